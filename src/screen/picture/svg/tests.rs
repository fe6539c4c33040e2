use super::*;
use proptest::prelude::*;
use ratatui::layout::Rect;
use ratatui::style::{Style, Stylize as _};
use ratatui::text::Line;

/// On the ground of the default theme.
fn drawn(buffer: &Buffer, title: &str) -> String {
    svg(buffer, title, Theme::Dark.ground())
}

fn screen(line: impl Into<Line<'static>>) -> Buffer {
    Buffer::with_lines([line])
}

/// The names of the elements in the order in which they open, if each is closed where it may be.
fn elements(xml: &str) -> Option<Vec<&str>> {
    let (mut opened, mut all) = (Vec::new(), Vec::new());
    for part in xml.split('<').skip(1) {
        let (tag, between) = part.split_once('>')?;
        let entities = between.split('&').skip(1);
        let known = ["amp;", "lt;", "gt;", "quot;"];
        if between.contains('>')
            || !entities
                .into_iter()
                .all(|rest| known.iter().any(|name| rest.starts_with(name)))
        {
            return None;
        }
        if let Some(name) = tag.strip_prefix('/') {
            (opened.pop()? == name).then_some(())?;
            continue;
        }
        let name = tag.split([' ', '/']).next()?;
        all.push(name);
        if !tag.ends_with('/') {
            opened.push(name);
        }
    }
    opened.is_empty().then_some(all)
}

#[test]
fn hostile_text_stays_text() {
    let mut buffer = screen("<script>&\"</text>");
    for (x, hostile) in ["\u{1b}", "\n", "\u{9b}", "\u{202e}", "\u{ffff}"]
        .into_iter()
        .enumerate()
    {
        buffer[(x as u16 + 1, 0)].set_symbol(hostile);
    }
    let picture = drawn(&buffer, "</title><script>\u{0}&");
    assert_eq!(
        elements(&picture).unwrap(),
        ["svg", "title", "rect", "g", "g", "text", "text", "text"]
    );
    assert!(picture.contains("<title>&lt;/title&gt;&lt;script&gt;�&amp;</title>"));
    assert!(picture.contains(">�����</text>"));
    assert!(picture.contains(">t&gt;&amp;&quot;&lt;/text&gt;</text>"));
    assert!(text(&buffer).starts_with("<����"));
}

#[test]
fn a_cell_without_a_character_keeps_its_column() {
    let mut buffer = screen("abc");
    buffer[(1, 0)].set_symbol("");
    assert_eq!(text(&buffer), "a c\n");
}

#[test]
fn wide_characters_take_two_cells() {
    let buffer = screen("日本x  ");
    let picture = drawn(&buffer, "");
    assert!(picture.contains(r#"x="0.0" y="13" textLength="33.6" lengthAdjust="spacingAndGlyphs">日本</text>"#));
    assert!(picture.contains(r#"x="33.6" y="13" textLength="8.4" lengthAdjust="spacingAndGlyphs">x</text>"#));
    assert_eq!(text(&buffer), "日本x\n");
    let mut cut = screen("ab");
    cut[(1, 0)].set_symbol("日");
    assert!(drawn(&cut, "").contains(r#"x="8.4" y="13" textLength="8.4""#));
}

#[test]
fn reversed_swaps_colours_and_the_defaults_too() {
    let red = drawn(&screen("a".red().reversed()), "");
    assert!(red.contains(r##"width="8.4" height="17" fill="#e06c75"/>"##));
    assert!(red.contains(r##" fill="#16181d">a</text>"##));
    assert!(drawn(&screen(" ".reversed()), "").contains(r##"height="17" fill="#c8ccd4"/>"##));
}

#[test]
fn blanks_are_left_out_unless_something_shows_on_them() {
    assert!(!drawn(&screen("   "), "").contains("<text"));
    assert!(
        drawn(&screen("  a b  "), "")
            .contains(r#"x="16.8" y="13" textLength="25.2" lengthAdjust="spacingAndGlyphs">a b</text>"#)
    );
    let both = drawn(&screen("  ".underlined().crossed_out()), "");
    assert!(both.contains(r#" text-decoration="underline line-through">  </text>"#));
    assert_eq!(both.matches("text-decoration").count(), 1);
    assert!(drawn(&screen("  ".on_blue()), "").contains(r##"width="16.8" height="17" fill="#61afef"/>"##));
}

#[test]
fn bars_are_drawn_without_gaps() {
    let bars = drawn(&screen("▂██ █".red()), "");
    assert!(!bars.contains("<text"), "{bars}");
    assert!(
        bars.contains(r#"<rect x="0.00" y="12.75" width="8.40" height="4.25""#),
        "{bars}"
    );
    assert!(
        bars.contains(r#"<rect x="8.40" y="0.00" width="16.80" height="17.00""#),
        "{bars}"
    );
    assert_eq!(bars.matches("fill=\"#e06c75\"").count(), 3, "{bars}");
    let marks = drawn(&screen("▌▌▕"), "");
    assert!(
        marks.contains(r#"<rect x="8.40" y="0.00" width="4.20" height="17.00""#),
        "{marks}"
    );
    assert!(
        marks.contains(r#"<rect x="24.15" y="0.00" width="1.05" height="17.00""#),
        "{marks}"
    );
    assert_eq!(text(&screen("▌█")), "▌█\n");
}

#[test]
fn modifiers_show_and_what_is_hidden_does_not() {
    let picture = drawn(&screen("a".bold().dim().italic()), "");
    assert!(picture.contains(r#" font-weight="bold" opacity=".6" font-style="italic">a</text>"#));
    let hidden = screen("secret".hidden());
    assert!(!drawn(&hidden, "").contains("secret"));
    assert_eq!(text(&hidden), "\n");
    assert!(!text(&screen("日本".hidden())).contains('日'));
}

#[test]
fn indexed_colours_are_those_of_xterm() {
    let colours = [1, 16, 21, 208, 231, 232, 255].map(|index| rgb(Color::Indexed(index), 0));
    assert_eq!(
        colours,
        [
            rgb(Color::Red, 0),
            0,
            0x00_00ff,
            0xff_8700,
            0xff_ffff,
            0x08_0808,
            0xee_eeee
        ]
    );
}

proptest! {
    #[test]
    fn any_screen_is_a_well_formed_document_and_the_same_one_twice(
        symbols in prop::collection::vec("(?s).{0,3}", 12),
        colours in prop::collection::vec(any::<u8>(), 12),
        modifiers in prop::collection::vec(any::<u16>(), 12),
        title in "(?s).*",
    ) {
        let mut buffer = Buffer::empty(Rect::new(3, 2, 6, 2));
        for (at, cell) in buffer.content.iter_mut().enumerate() {
            let style = Style::new().fg(Color::Indexed(colours[at])).bg(Color::Indexed(colours[11 - at]));
            cell.set_symbol(&symbols[at]).set_style(style);
            cell.modifier = Modifier::from_bits_truncate(modifiers[at]);
        }
        let picture = drawn(&buffer, &title);
        prop_assert!(elements(&picture).is_some(), "{picture}");
        prop_assert!(!picture.contains(|character: char| character.is_control() && character != '\n'));
        prop_assert_eq!(picture, drawn(&buffer.clone(), &title));
        prop_assert_eq!(text(&buffer).lines().count(), 2);
    }
}

#[test]
fn an_empty_screen_is_a_picture() {
    let buffer = Buffer::empty(Rect::ZERO);
    assert!(elements(&drawn(&buffer, "")).is_some());
    assert_eq!(text(&buffer), "");
}
