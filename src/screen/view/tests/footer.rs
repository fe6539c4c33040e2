//! The footer: keys, what is typed, what went wrong.

use super::*;

/// Until the next key; that the screen is of before stands in its head.
#[test]
fn what_the_last_key_did_is_seen_whatever_is_wrong() {
    let mut model = showing(Place::Summary, Err("gone".to_owned()));
    let last = |model: &mut Model| drawn(model, 80, 24).lines().last().unwrap_or_default().to_owned();
    assert!(last(&mut model).contains("gone"), "{}", last(&mut model));
    model.notice = Some("copied a link".to_owned());
    assert!(last(&mut model).contains("copied a link"), "{}", last(&mut model));
}

/// Why a line was not understood is read, however long the line is; and its end is seen.
#[test]
fn what_was_not_understood_is_seen_beside_a_long_line() {
    let mut model = showing(Place::Summary, Ok(summary()));
    let mut typing = Typing::go();
    typing.input = format!("pr {}9", "7".repeat(100)).into();
    typing.error = Some("pr: expected a number".to_owned());
    model.typing = Some(typing);
    let text = drawn(&mut model, 80, 24);
    let line = text.lines().last().unwrap_or_default();
    assert!(line.contains("779   pr: expected a number"), "{line}");
}

/// Rows that are left out would be missed.
#[test]
fn a_filter_is_seen_beside_an_error() {
    let mut model = showing(Place::Summary, Err("gone".to_owned()));
    model.screen_mut().filter = "unit".to_owned();
    let text = drawn(&mut model, 80, 24);
    let line = text.lines().last().unwrap_or_default();
    assert!(line.contains(" / unit · gone"), "{line}");
    model.screen_mut().filter = "unit ".repeat(20);
    let text = drawn(&mut model, 80, 24);
    let line = text.lines().last().unwrap_or_default();
    assert!(line.contains(" / unit unit") && line.contains("… · gone"), "{line}");
}

/// Nothing is asked while it is paused: no moment is named that goes by.
#[test]
fn an_error_while_it_is_paused_is_not_said_to_be_asked_again() {
    let mut model = showing(Place::Summary, Err("gone".to_owned()));
    model.paused = true;
    let text = drawn(&mut model, 80, 24);
    assert!(text.contains("gone · paused, r asks again"), "{text}");
    model.screen_mut().slot.hurry(NOW);
    assert!(!drawn(&mut model, 80, 24).contains("· paused, r"));
}

/// Whatever else has no room, and however long the filter is.
#[test]
fn the_footer_says_how_one_gets_help_and_leaves() {
    for (place, data) in every_screen() {
        let mut model = showing(place, Ok(data));
        for (columns, filter) in (80..130).step_by(7).zip(["", "日本", "ops-shard"].into_iter().cycle()) {
            model.screen_mut().filter = filter.repeat(20);
            let text = drawn(&mut model, columns, 20);
            let footer = text.lines().last().unwrap_or_default();
            assert!(footer.contains("? help · q quit"), "{footer}");
        }
    }
}

/// Under what is open the screen's own keys do nothing.
#[test]
fn the_footer_says_the_keys_of_what_is_open() {
    let place = Place::PullRequest(179_600);
    let mut model = showing(place, Ok(Data::PullRequest(PullRequest::new(cells()))));
    let last = |model: &mut Model| drawn(model, 120, 24).lines().last().unwrap_or_default().to_owned();
    model.detail = Some(0);
    let footer = last(&mut model);
    let said = "Esc back · o browser · y copy link · r refresh · p pause · ? help · q close ";
    assert!(footer.contains(said), "{footer}");
    model.help = true;
    let footer = last(&mut model);
    assert!(footer.contains("\" Esc back · / filter · q close  "), "{footer}");
    (model.help, model.palette) = (false, Some(Palette::new(Vec::new())));
    let footer = last(&mut model);
    assert!(footer.trim_matches(['"', ' ']).is_empty(), "{footer}");
}

/// Where there is room for its beginning alone, the rest stands above.
#[test]
fn why_a_line_was_not_understood_is_read_whole() {
    let mut model = showing(Place::Summary, Ok(summary()));
    for (kind, typed) in [
        (Typing::go(), "nonsense"),
        (Typing::go(), "export svg"),
        (Typing::filter(model.screen()), "%repo"),
    ] {
        for error in [
            "pr: expected a number",
            "the backends' names aren't loaded yet; one that is complete will do, and one of which nobody has heard as well",
            "no column repo: backend level oncall pass ok fail time canc other run overdue p50 p95 queue total last and more",
        ] {
            let mut typing = kind.clone();
            typing.input = typed.into();
            typing.error = Some(error.to_owned());
            model.typing = Some(typing);
            for columns in [80, 120, 200] {
                let text = drawn(&mut model, columns, 24);
                let words: Vec<&str> = text.split([' ', '\n', '"']).filter(|word| !word.is_empty()).collect();
                assert!(words.join(" ").contains(error), "{text}");
                assert!(text.lines().last().unwrap_or_default().contains(typed), "{text}");
            }
        }
    }
}
