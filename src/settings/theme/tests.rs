use super::*;

const TONES: [Tone; 4] = [Tone::Bad, Tone::Warning, Tone::Good, Tone::Running];
const COLOURED: [Theme; 3] = [Theme::Dark, Theme::Light, Theme::ColourBlind];
fn look(theme: Theme, colours: Colours) -> Look {
    Look {
        theme,
        colours,
        ascii: false,
    }
}

fn inks(theme: Theme) -> Vec<Ink> {
    TONES.into_iter().filter_map(|tone| theme.ink(tone)).collect()
}

#[test]
fn in_every_theme_and_depth_the_tones_are_apart() {
    for theme in COLOURED {
        for colours in [Colours::True, Colours::Indexed, Colours::Palette] {
            let colours: Vec<_> = TONES
                .iter()
                .filter_map(|tone| look(theme, colours).colour(*tone))
                .collect();
            assert_eq!(colours.len(), TONES.len());
            for (at, colour) in colours.iter().enumerate() {
                assert!(!colours[..at].contains(colour), "{theme:?}: {colours:?}");
            }
        }
    }
}

#[test]
fn without_colours_there_are_none() {
    for tone in TONES.into_iter().chain([Tone::Dim]) {
        for colours in Colours::value_variants() {
            assert_eq!(look(Theme::Monochrome, *colours).colour(tone), None);
        }
        for theme in Theme::value_variants() {
            assert_eq!(look(*theme, Colours::None).colour(tone), None);
        }
    }
}

/// The default themes leave 16 colours to the terminal, as everything else in it does.
#[test]
fn of_sixteen_colours_the_terminal_says_what_they_are() {
    let usual = [Color::Red, Color::Yellow, Color::Green, Color::Cyan];
    for theme in [Theme::Dark, Theme::Light] {
        assert_eq!(
            TONES.map(|tone| look(theme, Colours::Palette).colour(tone)),
            usual.map(Some)
        );
    }
}

#[test]
fn a_picture_has_all_colours_but_those_that_nobody_wants() {
    let of_dumb = |theme| look(theme, Colours::None).of_picture().colour(Tone::Good);
    assert_eq!(of_dumb(Theme::Dark), Some(Color::Rgb(0x7e, 0xc9, 0x7e)));
    assert_eq!(of_dumb(Theme::Monochrome), None);
}

#[test]
fn terminals_say_how_many_colours_they_have() {
    use Colours::{Indexed, None as Without, Palette, True};
    for (term, colorterm, expected) in [
        (None, None, Palette),
        (None, Some("truecolor"), True),
        (Some("xterm"), None, Palette),
        (Some("xterm"), Some("24bit"), True),
        (Some("xterm"), Some("yes"), Palette),
        (Some("xterm-256color"), None, Indexed),
        (Some("xterm-256color"), Some(""), Indexed),
        (Some("xterm-256color"), Some("truecolor"), True),
        (Some("xterm-direct"), None, True),
        (Some("tmux-256color"), Some("truecolor"), True),
        (Some("screen"), None, Palette),
        (Some("screen"), Some("truecolor"), Indexed),
        (Some("screen-256color"), None, Indexed),
        (Some("screen-256color"), Some("truecolor"), Indexed),
        (Some("linux"), None, Palette),
        (Some("linux"), Some("truecolor"), Palette),
        (Some("vt100"), Some("truecolor"), Without),
        (Some("vt220"), None, Without),
        (Some("dumb"), None, Without),
        (Some("dumb"), Some("truecolor"), Without),
    ] {
        assert_eq!(
            Colours::of_terminal(term, colorterm),
            expected,
            "{term:?} {colorterm:?}"
        );
    }
}

#[test]
fn a_locale_or_a_console_asks_for_ascii() {
    let utf = Some("en_US.UTF-8");
    let latin = Some("de_DE.ISO-8859-1");
    for (term, locale, expected) in [
        (None, [None, None, None], false),
        (None, [None, None, utf], false),
        (None, [None, None, Some("C.utf8")], false),
        (None, [None, None, Some("ca_ES.UTF-8@valencia")], false),
        (None, [None, None, latin], true),
        (None, [None, None, Some("de_DE.ISO-8859-15@euro")], true),
        (None, [None, utf, latin], false),
        (None, [Some("C"), utf, utf], true),
        (None, [Some(""), latin, utf], true),
        (None, [latin, utf, utf], true),
        (None, [None, None, Some("C")], true),
        (None, [None, Some("POSIX"), utf], true),
        (None, [Some(""), None, Some("C.UTF-8")], false),
        (None, [None, None, Some("de_DE")], false),
        (Some("xterm"), [None, None, utf], false),
        (Some("linux"), [None, None, utf], true),
        (Some("linux"), [None, None, None], true),
    ] {
        assert_eq!(wants_ascii(term, locale), expected, "{term:?} {locale:?}");
    }
}

#[test]
fn the_nearest_of_256_colours_stands_in_the_table() {
    let of = |index: u8| {
        let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * i32::from(step) };
        match index {
            0..=231 => [(index - 16) / 36, (index - 16) / 6 % 6, (index - 16) % 6].map(level),
            _ => [8 + 10 * (i32::from(index) - 232); 3],
        }
    };
    let distance = |rgb: u32, index: u8| -> i32 {
        let [_, channels @ ..] = rgb.to_be_bytes();
        channels
            .iter()
            .zip(of(index))
            .map(|(one, other)| (i32::from(*one) - other).pow(2))
            .sum()
    };
    for ink in COLOURED.into_iter().flat_map(inks) {
        let nearest = (16..=255).min_by_key(|index| distance(ink.rgb, *index));
        assert_eq!(Some(ink.indexed), nearest, "{:06x}", ink.rgb);
    }
}

fn linear(rgb: u32) -> [f64; 3] {
    let [_, channels @ ..] = rgb.to_be_bytes();
    channels.map(|channel| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    })
}

/// The contrast of WCAG 2: 1 to 21.
fn contrast(one: u32, other: u32) -> f64 {
    let luminance = |rgb| {
        let [red, green, blue] = linear(rgb);
        0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05
    };
    let (one, other) = (luminance(one), luminance(other));
    one.max(other) / one.min(other)
}

#[test]
fn what_is_coloured_can_be_read_on_its_ground() {
    for (theme, ground, least) in [
        (Theme::Dark, Theme::Dark, 4.5),
        (Theme::Light, Theme::Light, 4.5),
        (Theme::ColourBlind, Theme::Dark, 4.5),
        (Theme::ColourBlind, Theme::Light, 2.0),
    ] {
        let ground = ground.ground().background;
        for ink in inks(theme) {
            let contrast = contrast(ink.rgb, ground);
            assert!(
                contrast >= least,
                "{theme:?}: {:06x} on {ground:06x}: {contrast:.1}",
                ink.rgb
            );
        }
    }
}

/// Machado, Oliveira and Fernandes (2009) at full severity: protanopia, deuteranopia, tritanopia.
const DEFICIENCIES: [[[f64; 3]; 3]; 3] = [
    [
        [0.152_286, 1.052_583, -0.204_868],
        [0.114_503, 0.786_281, 0.099_216],
        [-0.003_882, -0.048_116, 1.051_998],
    ],
    [
        [0.367_322, 0.860_646, -0.227_968],
        [0.280_085, 0.672_501, 0.047_413],
        [-0.011_820, 0.042_940, 0.968_881],
    ],
    [
        [1.255_528, -0.076_749, -0.178_779],
        [-0.078_411, 0.930_809, 0.147_602],
        [0.004_733, 0.691_367, 0.303_900],
    ],
];

/// The smallest distance (OKLab) between two tones, as the worst of the deficiencies sees them.
fn closest(theme: Theme) -> f64 {
    let product = |matrix: &[[f64; 3]; 3], vector: [f64; 3]| {
        matrix.map(|row| row.iter().zip(vector).map(|(one, other)| one * other).sum::<f64>())
    };
    let oklab = |linear: [f64; 3]| {
        let to_cones = [
            [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
            [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
            [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
        ];
        let to_lab = [
            [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
            [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
            [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
        ];
        product(
            &to_lab,
            product(&to_cones, linear.map(|value| value.clamp(0.0, 1.0))).map(f64::cbrt),
        )
    };
    let mut closest = f64::INFINITY;
    for deficiency in &DEFICIENCIES {
        let seen: Vec<[f64; 3]> = inks(theme)
            .iter()
            .map(|ink| oklab(product(deficiency, linear(ink.rgb))))
            .collect();
        for (at, one) in seen.iter().enumerate() {
            for other in &seen[..at] {
                let squares = one.iter().zip(other).map(|(one, other)| (one - other).powi(2));
                closest = closest.min(squares.sum::<f64>().sqrt());
            }
        }
    }
    closest
}

#[test]
fn the_colour_blind_see_the_tones_apart() {
    assert!(closest(Theme::ColourBlind) > 0.1, "{}", closest(Theme::ColourBlind));
    assert!(closest(Theme::Dark) < 0.06, "the measure tells them from others");
}
