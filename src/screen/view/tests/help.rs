//! Help and palette: what can be done, and with which keys.

use super::*;

#[test]
fn help_and_errors() {
    let mut model = showing(
        Place::Summary,
        Err("ClickHouse at http://127.0.0.1:8154: no".to_owned()),
    );
    insta::assert_snapshot!("error_80x24", drawn(&mut model, 80, 24));
    model.help = true;
    insta::assert_snapshot!("help_80x24", drawn(&mut model, 80, 24));
    insta::assert_snapshot!("help_120x40", drawn(&mut model, 120, 40));
    model.help_filter = "ctrl-".to_owned();
    insta::assert_snapshot!("help_narrowed_120x40", drawn(&mut model, 120, 40));
}

#[test]
fn the_palette() {
    let mut model = showing(Place::Summary, Ok(summary()));
    let mut open = Palette::new(crate::screen::palette::offers(&model));
    model.palette = Some(open.clone());
    insta::assert_snapshot!("palette_80x24", drawn(&mut model, 80, 24));
    open.input = "torch".into();
    open.search();
    open.list.step(1);
    model.palette = Some(open);
    insta::assert_snapshot!("palette_torch_120x40", drawn(&mut model, 120, 40));
}

/// What was found is emphasised without colours, and nothing else is.
#[test]
fn what_was_found_in_the_palette_is_underlined() {
    let mut model = showing(Place::Summary, Ok(summary()));
    model.size = (80, 24);
    let mut open = Palette::new(crate::screen::palette::offers(&model));
    open.input = "xpu".into();
    open.search();
    model.palette = Some(open);
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| draw(&model, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let underlined = |row: u16| -> String {
        let cells = (0..80).map(|column| &buffer[(column, row)]);
        let cells = cells.filter(|cell| cell.modifier.contains(Modifier::UNDERLINED));
        cells.map(ratatui::buffer::Cell::symbol).collect()
    };
    let rows: Vec<String> = (0..24).map(underlined).filter(|text| !text.is_empty()).collect();
    assert_eq!(rows.first().map(String::as_str), Some("xpu"));
    assert!(rows.iter().all(|text| text.eq_ignore_ascii_case("xpu")), "{rows:?}");
}

/// Footer, help and palette say the keys that are configured.
#[test]
fn configured_keys_are_shown_wherever_keys_are() {
    let mut model = showing(Place::Summary, Ok(summary()));
    let changes = [
        (Action::Filter, vec!["F3".parse().unwrap()]),
        (Action::Sort, Vec::new()),
    ];
    model.keymap = Keymap::new(&changes).unwrap();
    let footer = drawn(&mut model, 80, 24);
    assert!(footer.contains("F3 filter") && !footer.contains("sort ·"), "{footer}");
    model.help = true;
    let help = drawn(&mut model, 120, 40);
    assert!(help.contains("│ F3 ") && help.contains("F3 narrows"), "{help}");
    assert!(help.contains("│ –            sort by the next column"), "{help}");
    model.palette = Some(Palette::new(crate::screen::palette::offers(&model)));
    let palette = drawn(&mut model, 80, 24);
    assert!(palette.contains("F3 │"), "{palette}");
}

/// A letter is a part of most words: the name of a key finds that key.
#[test]
fn the_help_is_searched_by_key() {
    let mut model = showing(Place::Summary, Ok(summary()));
    model.help = true;
    let mut found = |typed: &str| {
        model.help_filter = typed.to_owned();
        let text = drawn(&mut model, 120, 40);
        let lines = text.lines().filter_map(|line| line.split_once('│')?.1.rsplit_once('│'));
        lines.map(|(line, _)| line.trim().to_owned()).collect::<Vec<_>>()
    };
    for (typed, helps) in [
        ("t", &["24 hours, 7, 14, 30, 90 days"][..]),
        ("s", &["sort by the next column"]),
        ("S", &["the other way round", "S skipped"]),
        ("X", &["X failure"]),
        ("ctrl-p", &["actions, screens, backends"]),
        ("pgup", &["one page up"]),
        ("Up", &["one row up"]),
        ("other way", &["the other way round"]),
    ] {
        let lines = found(typed);
        let is_there = lines.iter().zip(helps).all(|(line, help)| line.contains(help));
        assert!(lines.len() == helps.len() && is_there, "{typed}: {lines:?}");
    }
    let of_no_key = found("F9");
    assert_eq!(of_no_key, ["nothing here has these words"]);
}

/// A help and the name behind it are two words.
#[test]
fn what_an_action_is_called_stands_apart_from_what_it_does() {
    for (place, data) in every_screen() {
        let mut model = showing(place, Ok(data));
        model.help = true;
        let text = drawn(&mut model, 120, 60);
        for (entry, _) in model.keymap.entries() {
            let line = text.lines().find(|line| line.contains(entry.help));
            let behind = line
                .and_then(|line| line.split_once(entry.help))
                .map(|(_, behind)| behind);
            assert!(behind.is_none_or(|behind| behind.starts_with("  ")), "{line:?}");
        }
    }
}
