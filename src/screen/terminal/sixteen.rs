//! Sixteen colours, told in the way that terminals know which have no more: `31`, not `38;5;1`.
//!
//! crossterm tells every colour as one of 256. To a terminal without them that is no colour, then `5`, which blinks, and `1`, which is bold.

/// The same with each of the first sixteen of 256 colours told by a number of its own.
pub(super) fn in_sixteen(bytes: &[u8]) -> Vec<u8> {
    const INTRODUCER: &[u8] = b"\x1b[";
    let mut told = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(2).position(|two| two == INTRODUCER) {
        let (before, sequence) = rest.split_at(at + INTRODUCER.len());
        told.extend_from_slice(before);
        let end = sequence
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b';'))
            .unwrap_or(sequence.len());
        let (parameters, behind) = sequence.split_at(end);
        match behind.first() {
            Some(b'm') => told.extend(renditions(parameters)),
            _ => told.extend_from_slice(parameters),
        }
        rest = behind;
    }
    told.extend_from_slice(rest);
    told
}

/// Parameters of a change of colours and attributes.
fn renditions(parameters: &[u8]) -> Vec<u8> {
    let parameters: Vec<&[u8]> = parameters.split(|byte| *byte == b';').collect();
    let mut told: Vec<Vec<u8>> = Vec::new();
    let mut rest = parameters.as_slice();
    while let [first, behind @ ..] = rest {
        let colour = match rest {
            [ground, b"5", colour, ..] => one_of_sixteen(ground, colour),
            _ => None,
        };
        rest = if colour.is_some() { &rest[3..] } else { behind };
        told.push(colour.unwrap_or_else(|| first.to_vec()));
    }
    told.join(&b';')
}

/// ECMA-48's 30 to 37 and 40 to 47, and the bright ones at 90 and 100.
fn one_of_sixteen(ground: &[u8], colour: &[u8]) -> Option<Vec<u8>> {
    let dark = match ground {
        b"38" => 30,
        b"48" => 40,
        _ => return None,
    };
    let colour: u8 = std::str::from_utf8(colour).ok()?.parse().ok()?;
    let number = match colour {
        0..8 => dark + colour,
        8..16 => dark + 60 + colour - 8,
        _ => return None,
    };
    Some(number.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_of_sixteen_has_a_number_of_its_own() {
        for (written, told) in [
            ("\x1b[38;5;1mred\x1b[39m", "\x1b[31mred\x1b[39m"),
            ("\x1b[38;5;9;48;5;12m", "\x1b[91;104m"),
            ("\x1b[1;38;5;2m日本\x1b[0m", "\x1b[1;32m日本\x1b[0m"),
            ("\x1b[39;48;5;4m", "\x1b[39;44m"),
            // Neither of sixteen nor a colour.
            ("\x1b[38;5;114m\x1b[38;2;5;5;1m", "\x1b[38;5;114m\x1b[38;2;5;5;1m"),
            ("\x1b[38;5;1H\x1b[5;1m\x1b[m", "\x1b[38;5;1H\x1b[5;1m\x1b[m"),
            ("38;5;1m \x1b", "38;5;1m \x1b"),
        ] {
            assert_eq!(String::from_utf8(in_sixteen(written.as_bytes())).unwrap(), told);
        }
    }
}
