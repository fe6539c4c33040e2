mod attempts;
mod backend;
mod footer;
mod header;
mod help;
mod large;
mod matrix;
mod pipeline;
mod pull_request;
mod readiness;
mod samples;
mod summary;
mod trends;
mod whatever;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Position;
use ratatui::style::Modifier;

use super::*;
use crate::data::attempts::Attempts;
use crate::data::chosen::{Commit, EventView};
use crate::data::figures::DAY;
use crate::data::levels::Levels;
use crate::data::matrix::tests::{backend_of, cell, usual};
use crate::data::pipeline::{Daemon, Pipeline, tests::daemon};
use crate::data::pull_request::PullRequest;
use crate::data::readiness::Readiness;
use crate::data::slot::Slot;
use crate::data::summary::summaries;
use crate::data::table::Sort;
use crate::data::trend::{self, Trends};
use crate::data::usual::Usual;
use crate::keys::action::Action;
use crate::keys::keymap::Keymap;
use crate::screen::model::{Screen, Typing};
use crate::screen::palette::Palette;
use crate::settings::args::{Choice, Command, Global};
use crate::settings::config::{Config, Environment};
use crate::settings::theme::Theme;
use crate::source::{Cell, DayRow, LevelRow, ReadinessRow, RelayRow, SummaryRow, TrendRow, UsualRow};
use crate::web::allowlist::Allowlist;
use crate::web::titles::Title;

use samples::*;

const SECOND: i64 = 1_000_000_000;
const NOW: i64 = 1_790_000_000 * SECOND;

/// What is to be done stands at the end of an error, which the footer has no room for.
#[test]
fn an_empty_screen_says_all_of_what_is_wrong() {
    let error = "ClickHouse at http://127.0.0.1:9: connection refused. Is oot-ingest serve running, or is the address \
                 another? name it with --clickhouse, or in the configuration as clickhouse.url";
    for place in [
        Place::Summary,
        Place::Backend("a/b".to_owned()),
        Place::PullRequest(7),
        Place::Trends(None),
        Place::Pipeline,
    ] {
        for (columns, rows) in [(80, 20), (120, 40)] {
            let text = drawn(&mut showing(place.clone(), Err(error.to_owned())), columns, rows);
            let words: Vec<&str> = text.split([' ', '\n', '"']).filter(|word| !word.is_empty()).collect();
            assert!(words.join(" ").contains(error), "{text}");
        }
    }
}

/// Also when it is no more typed; on a screen without columns that there are none.
#[test]
fn a_filter_that_names_no_column_says_so_where_rows_would_be() {
    for (place, data, reason) in [
        (
            Place::Summary,
            summary(),
            "no column repo: backend level oncall pass ok fail time",
        ),
        (
            Place::Backend("a/b".to_owned()),
            backend_of(&cells()),
            "no column repo: job workflow commit pr",
        ),
        (Place::Trends(None), trends(), "no column repo: backend workflow job"),
    ] {
        let mut model = showing(place, Ok(data));
        model.screen_mut().filter = "%repo x".to_owned();
        model.screen_mut().arrange(None, NOW);
        let text = drawn(&mut model, 80, 24);
        let words: Vec<&str> = text.split([' ', '\n', '"']).filter(|word| !word.is_empty()).collect();
        let said = words.join(" ");
        assert!(said.contains(reason) && said.contains("; Esc clears it"), "{text}");
    }
    let reason = Place::Pipeline.no_such_column("%level x").unwrap_or_default();
    assert!(reason.ends_with("words alone"), "{reason}");
}

/// Every row that is drawn is found under the mouse where it is drawn, on every screen.
#[test]
fn what_is_drawn_is_what_is_clicked() {
    for (place, data) in every_screen() {
        let mut model = showing(place.clone(), Ok(data));
        let mut seen = 0;
        for row in 0..40 {
            model.size = (120, 40);
            let Some(Target::Row { line, place: at, .. }) = target(&model, Position::new(40, row)) else {
                continue;
            };
            seen += 1;
            model.screen_mut().list.hold(line, at);
            let text = drawn(&mut model, 120, 40);
            let marked = text.lines().position(|text| text.contains('▌'));
            assert_eq!(marked, Some(usize::from(row)), "{place:?}\n{text}");
        }
        assert!(seen > 0 && seen == model.screen().list.rows(), "{place:?}: {seen}");
    }
}

/// Every head sorts by its own column, in every width, and none by another.
#[test]
fn what_stands_over_a_column_is_what_it_is_sorted_by() {
    let head_of = |place: &Place, number: usize| match place {
        Place::Summary => crate::data::summary::columns::COLUMNS
            .get(number)
            .map_or("backend", |it| it.head),
        _ => crate::data::trend::jobs::COLUMNS
            .get(number)
            .map_or("job", |it| it.head),
    };
    for (place, data) in [(Place::Summary, summary()), (Place::Trends(None), trends())] {
        for columns in [80, 120, 160, 200] {
            let mut model = showing(place.clone(), Ok(data.clone()));
            let text = drawn(&mut model, columns, 40);
            let row = (0..40)
                .find(|row| matches!(target(&model, Position::new(6, *row)), Some(Target::Head(_))))
                .unwrap();
            let line: Vec<char> = text
                .lines()
                .nth(row.into())
                .unwrap_or_default()
                .chars()
                .skip(1)
                .collect();
            let mut seen = Vec::new();
            for x in 0..columns {
                let Some(Target::Head(number)) = target(&model, Position::new(x, row)) else {
                    continue;
                };
                let head: String = line[..=usize::from(x)].iter().collect();
                let word = head_of(&place, number);
                if line.get(usize::from(x) + 1).is_none_or(|next| *next == ' ') && line[usize::from(x)] != ' ' {
                    assert!(
                        head.trim_end_matches(['▴', '▾']).ends_with(word),
                        "{word} at {x} of {text}"
                    );
                    // All of its letters are its own, and not those of the one before.
                    let first = x + 1 - u16::try_from(word.len()).unwrap();
                    let of_first = target(&model, Position::new(first, row));
                    assert_eq!(of_first, Some(Target::Head(number)), "{word} at {first} of {text}");
                    seen.push(number);
                }
            }
            assert_eq!(seen.len(), sortable(&model).len(), "{columns}: {text}");
        }
    }
}

/// Loading never blanks what is there, and whatever is wrong is said: every screen, as its slot stands, in every width.
#[test]
fn every_screen_in_every_state() {
    let screens = [
        ("summary", Place::Summary, summary()),
        (
            "backend",
            Place::Backend("apple/mps-backend".to_owned()),
            backend_of(&cells()),
        ),
        (
            "pull_request",
            Place::PullRequest(179_600),
            Data::PullRequest(PullRequest::new(cells())),
        ),
        ("trends", Place::Trends(None), trends()),
        ("pipeline", Place::Pipeline, Data::Pipeline(pipeline())),
    ];
    let error = || Err("ClickHouse at http://127.0.0.1:8154: connection refused".to_owned());
    for (name, place, data) in screens {
        for columns in [80, 120, 160] {
            let mut shown = String::new();
            let mut state = |title: &str, change: &dyn Fn(&mut Model)| {
                let mut model = showing(place.clone(), Ok(data.clone()));
                change(&mut model);
                shown.push_str(&format!("{title}\n{}\n", drawn(&mut model, columns, 20)));
            };
            let fresh = |model: &mut Model| {
                model.screen_mut().slot = Slot::default();
                model.screen_mut().arrange(None, NOW);
            };
            state("asked for the first time", &|model| {
                fresh(model);
                model.screen_mut().slot.asked(NOW, 2);
            });
            state("and slow", &|model| {
                fresh(model);
                model.screen_mut().slot.asked(NOW - SECOND, 2);
            });
            state("no answer", &|model| {
                fresh(model);
                model.screen_mut().slot.asked(NOW, 2);
                model.screen_mut().slot.answered(error(), NOW, None);
            });
            state("asked again, and slow", &|model| {
                model.screen_mut().slot.asked(NOW - SECOND, 2)
            });
            state("no answer any more", &|model| {
                model.screen_mut().slot.asked(NOW, 2);
                model.screen_mut().slot.answered(error(), NOW, None);
            });
            state("another range was asked for", &|model| {
                model.range = model.range.next();
                model.screen_mut().slot.ask_another(NOW);
                model.screen_mut().slot.asked(NOW, 2);
            });
            insta::assert_snapshot!(format!("states_of_{name}_{columns}"), shown);
        }
    }
}

/// Nothing that is drawn depends on how many rows there are beyond the screen, or on the size being a usual one.
#[test]
fn every_size_can_be_drawn() {
    for (place, data) in every_screen() {
        let mut model = showing(place, Ok(data));
        for (columns, rows) in [(1, 1), (79, 20), (80, 20), (81, 21), (200, 50), (500, 200)] {
            drawn(&mut model, columns, rows);
        }
    }
}

/// On every screen, whatever the names are.
#[test]
fn ascii_alone_is_drawn_where_it_is_asked_for() {
    let mut model = showing(Place::Trends(None), Ok(trends()));
    model.look.ascii = true;
    insta::assert_snapshot!("trends_ascii_120x40", drawn(&mut model, 120, 40));
    let screens = [
        (Place::Summary, summary()),
        (Place::Backend("a/日本".to_owned()), backend_of(&cells())),
        (Place::PullRequest(7), Data::PullRequest(PullRequest::new(cells()))),
        (Place::Pipeline, Data::Pipeline(pipeline())),
    ];
    for (place, data) in screens {
        let mut model = showing(place, Ok(data));
        model.look.ascii = true;
        for (help, columns) in [(false, 120), (true, 120), (false, 60)] {
            model.help = help;
            let drawn = drawn(&mut model, columns, 40);
            assert!(drawn.is_ascii(), "{drawn}");
        }
    }
}

/// Colours or not: the row that keys act on, and no other, stands out on each of them.
#[test]
fn what_is_selected_is_seen_without_colours() {
    for (place, data) in every_screen()
        .into_iter()
        .filter(|(place, _)| *place != Place::Pipeline)
    {
        let mut model = showing(place.clone(), Ok(data));
        model.look.theme = Theme::Monochrome;
        for columns in [80, 120, 160] {
            model.size = (columns, 40);
            let mut terminal = Terminal::new(TestBackend::new(columns, 40)).unwrap();
            terminal.draw(|frame| draw(&model, frame)).unwrap();
            let buffer = terminal.backend().buffer();
            let is_reversed = |row: &u16| {
                let mut cells = (0..columns).map(|column| &buffer[(column, *row)]);
                cells.any(|cell| cell.modifier.contains(Modifier::REVERSED))
            };
            let reversed: Vec<u16> = (0..40).filter(is_reversed).collect();
            let marked: Vec<u16> = (0..40).filter(|row| buffer[(0, *row)].symbol() == "▌").collect();
            assert!(
                marked.len() == 1 && marked == reversed,
                "{place:?} {columns}: {marked:?} {reversed:?}"
            );
        }
    }
}

/// What a theme changes is colours, and nothing else.
#[test]
fn a_theme_changes_no_letter() {
    let mut model = showing(Place::Summary, Ok(summary()));
    let dark = drawn(&mut model, 120, 40);
    for theme in [Theme::Light, Theme::ColourBlind, Theme::Monochrome] {
        model.look.theme = theme;
        assert_eq!(drawn(&mut model, 120, 40), dark);
        let svg = crate::screen::picture::svg(&mut model);
        let ground = theme.ground();
        let grounds = [ground.foreground, ground.background].map(|colour| format!("{colour:06x}"));
        let mut fills = svg.split("fill=\"#").skip(1).filter_map(|rest| rest.get(..6));
        let is_coloured = fills.any(|fill| !grounds.iter().any(|ground| ground == fill));
        assert_eq!(is_coloured, theme != Theme::Monochrome, "{theme:?}");
    }
}
