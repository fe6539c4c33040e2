//! Which formats can be sent in pieces, as the engine produces them.

/// Formats without frame: the pieces, one behind the other, are the result. All others are sent whole.
const IN_PIECES: &[&str] = &[
    "CSV",
    "JSONCompactEachRow",
    "JSONEachRow",
    "JSONLines",
    "JSONStringsEachRow",
    "LineAsString",
    "NDJSON",
    "Native",
    "RawBLOB",
    "RowBinary",
    WITH_HEADER,
    "TSKV",
    "TSV",
    "TSVRaw",
    "TabSeparated",
    "TabSeparatedRaw",
];

/// The clickhouse crate's format. Each piece begins with names and types again.
const WITH_HEADER: &str = "RowBinaryWithNamesAndTypes";

/// Can the result of a query in this format be sent piece by piece?
pub(super) fn comes_in_pieces(format: &str) -> bool {
    IN_PIECES.contains(&format)
}

/// Takes the repeated header off the pieces behind the first.
pub(super) struct RepeatedHeader {
    expected: bool,
    header: Vec<u8>,
}

impl RepeatedHeader {
    pub(super) fn of(format: &str) -> Self {
        Self {
            expected: format == WITH_HEADER,
            header: Vec::new(),
        }
    }

    /// Looks at the first piece, which keeps its header.
    pub(super) fn learn(&mut self, first: &[u8]) {
        if self.expected {
            self.header = first[..header_length(first).unwrap_or(0)].to_vec();
        }
    }

    pub(super) fn strip<'a>(&self, piece: &'a [u8]) -> &'a [u8] {
        piece.strip_prefix(self.header.as_slice()).unwrap_or(piece)
    }
}

/// The header is a count of columns, then that many names, then as many types, each with its length.
fn header_length(piece: &[u8]) -> Option<usize> {
    let mut rest = piece;
    let columns = varint(&mut rest)?;
    for _ in 0..columns.checked_mul(2)? {
        let length = usize::try_from(varint(&mut rest)?).ok()?;
        rest = rest.get(length..)?;
    }
    Some(piece.len() - rest.len())
}

/// LEB128, as ClickHouse's `VarUInt`.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_kept_once() {
        let header = b"\x02\x01a\x01b\x05Int32\x06String";
        let first = [header.as_slice(), b"data"].concat();
        let mut repeated = RepeatedHeader::of(WITH_HEADER);
        repeated.learn(&first);
        assert_eq!(repeated.strip(&[header.as_slice(), b"more"].concat()), b"more");
        let mut plain = RepeatedHeader::of("RowBinary");
        plain.learn(&first);
        assert_eq!(plain.strip(&first), first);
    }

    #[test]
    fn a_torn_header_is_no_header() {
        assert_eq!(header_length(b"\x02\x01a"), None);
        assert_eq!(header_length(&[0xff; 20]), None);
    }
}
