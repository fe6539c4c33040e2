mod attempts;
mod large;
mod matrix;
mod samples;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Position;
use ratatui::style::Modifier;

use super::*;
use crate::data::attempts::Attempts;
use crate::data::levels::Levels;
use crate::data::matrix::tests::{backend_of, cell, usual};
use crate::data::pipeline::{Daemon, Pipeline, tests::daemon};
use crate::data::pull_request::PullRequest;
use crate::data::readiness::Readiness;
use crate::data::rows::summaries;
use crate::data::slot::Slot;
use crate::data::table::Sort;
use crate::data::trend::{self, Trends};
use crate::data::usual::Usual;
use crate::keys::action::Action;
use crate::keys::keymap::Keymap;
use crate::screen::model::{Screen, Typing};
use crate::screen::palette::Palette;
use crate::settings::args::{Choice, Command, EventView, Global};
use crate::settings::config::{Config, Environment};
use crate::settings::theme::Theme;
use crate::source::{Cell, DayRow, LevelRow, ReadinessRow, RelayRow, SummaryRow, TrendRow, UsualRow};
use crate::web::allowlist::Allowlist;
use crate::web::titles::Title;

use samples::*;

const SECOND: i64 = 1_000_000_000;
const NOW: i64 = 1_790_000_000 * SECOND;

#[test]
fn the_summary() {
    let mut model = showing(Place::Summary, Ok(summary()));
    insta::assert_snapshot!("summary_120x40", drawn(&mut model, 120, 40));
    insta::assert_snapshot!("summary_80x24", drawn(&mut model, 80, 24));
    insta::assert_snapshot!("summary_160x30", drawn(&mut model, 160, 30));
}

/// Bad days are no contradiction to the mark before a backend: of one that isn't red there is nothing to count.
#[test]
fn how_long_it_has_been_red_is_told_of_what_is_red() {
    let mut data = summary();
    let Data::Summary { rows, .. } = &mut data else {
        unreachable!()
    };
    for row in rows {
        row.daily = vec![Some(0.5); 3];
        row.daily.insert(0, Some(1.0));
    }
    let mut model = showing(Place::Summary, Ok(data));
    for columns in [120, 160] {
        let text = drawn(&mut model, columns, 24);
        let row = |repo: &str| text.lines().find(|line| line.contains(repo)).unwrap_or_default();
        assert!(text.contains("red for"), "{text}");
        assert!(row("X apple/mps-backend").contains(" 3d"), "{text}");
        assert!(!row("! TorchedHat/pytorch-redhat-ci").contains(" 3d"), "{text}");
    }
}

/// Until the next key; that the screen is of before stands in its head.
#[test]
fn what_the_last_key_did_is_seen_whatever_is_wrong() {
    let mut model = showing(Place::Summary, Err("gone".to_owned()));
    let last = |model: &mut Model| drawn(model, 80, 24).lines().last().unwrap_or_default().to_owned();
    assert!(last(&mut model).contains("gone"), "{}", last(&mut model));
    model.notice = Some("copied a link".to_owned());
    assert!(last(&mut model).contains("copied a link"), "{}", last(&mut model));
}

/// Whichever column it is sorted by, and the others stay.
#[test]
fn heads_stand_apart_with_the_mark_of_the_one_that_is_sorted_by() {
    for columns in [80, 120, 160, 200] {
        let mut model = showing(Place::Summary, Ok(summary()));
        let heads = |model: &mut Model| {
            let text = drawn(model, columns, 24);
            let line = text
                .lines()
                .find(|line| line.contains("backend") && line.contains("fail"));
            let words = line
                .unwrap_or_default()
                .split_whitespace()
                .map(|word| word.replace(['▾', '▴'], ""));
            words.collect::<Vec<_>>()
        };
        let all = heads(&mut model);
        for column in 0..=crate::data::summary::COLUMNS.len() {
            for reversed in [false, true] {
                model.screen_mut().sort = Sort { column, reversed };
                assert_eq!(heads(&mut model), all, "{columns} columns, by {column}");
            }
        }
    }
}

#[test]
fn a_backend() {
    let mut model = showing(Place::Backend("apple/mps-backend".to_owned()), Ok(backend_of(&cells())));
    insta::assert_snapshot!("backend_80x24", drawn(&mut model, 80, 24));
    let screen = model.screen_mut();
    screen.unfolded_pull_requests.insert(179_600);
    screen.column = 1;
    screen.arrange(None, NOW);
    let execution = screen.selected_execution().unwrap();
    let due = screen.looked.due(Some(execution), NOW).cloned().unwrap();
    screen.looked.asked(&due, NOW, 2);
    screen.looked.answered(2, Ok(attempts()), NOW);
    insta::assert_snapshot!("backend_120x40", drawn(&mut model, 120, 40));
    let Data::Backend(mut backend) = backend_of(&cells()) else {
        unreachable!()
    };
    let title = Title {
        title: "[inductor] Fuse pointwise chains of 平行 operations into one kernel".to_owned(),
        author: "bob".to_owned(),
    };
    backend.matrix = backend.matrix.with_titles([(179_600, title)].into());
    let screen = model.screen_mut();
    screen.slot.answered(Ok(Data::Backend(backend)), NOW, None);
    screen.arrange(None, NOW);
    insta::assert_snapshot!("backend_200x50", drawn(&mut model, 200, 50));
}

/// In the smallest terminal as well: each test with its message and its whole stack, each attempt, each address.
#[test]
fn everything_known_of_a_result_is_in_its_detail() {
    let mut model = showing(Place::Backend("apple/mps-backend".to_owned()), Ok(backend_of(&cells())));
    let screen = model.screen_mut();
    screen.unfolded_pull_requests.insert(179_600);
    screen.column = 1;
    screen.arrange(None, NOW);
    let execution = screen.selected_execution().unwrap();
    let due = screen.looked.due(Some(execution), NOW).cloned().unwrap();
    screen.looked.asked(&due, NOW, 2);
    screen.looked.answered(2, Ok(attempts()), NOW);
    model.detail = Some(0);
    insta::assert_snapshot!("detail_80x24", drawn(&mut model, 80, 24));
    insta::assert_snapshot!("detail_160x50", drawn(&mut model, 160, 50));
    let mut seen = String::new();
    model.size = (80, 20);
    for scroll in 0..=scroll_max(&model) {
        model.detail = Some(scroll);
        seen.push_str(&drawn(&mut model, 80, 20));
    }
    for said in [
        "TestFallback::test_clamp_cpu_fallback",
        "RuntimeError: not implemented",
        "File \"test_ops.py\", line 12",
        "attempt 1   T timed out",
        "https://example.org/artifacts/7",
        "https://github.com/apple/mps-backend/actions/runs/24033272679",
        "L4 · pull request 179600",
    ] {
        assert!(seen.contains(said), "{said} in {seen}");
    }
    assert!(scroll_max(&model) > 0);
}

#[test]
fn the_readiness_of_a_backend() {
    let Data::Backend(mut backend) = backend_of(&cells()) else {
        unreachable!()
    };
    let row = crate::data::readiness::tests::row();
    let slow = ReadinessRow {
        end_to_end_p50: 15_000.0,
        ..row.clone()
    };
    let level = |level: &str, ago: i64| LevelRow {
        level: level.to_owned(),
        since: NOW - ago * trend::DAY,
    };
    let levels = vec![level("L2", 90), level("L3", 12)];
    backend.readiness = Some(Readiness::new(&row, &slow, levels, NOW).into());
    if let Some(summary) = &mut backend.summary {
        summary.level = Some("L3".to_owned());
    }
    let mut model = showing(
        Place::Backend("apple/mps-backend".to_owned()),
        Ok(Data::Backend(backend)),
    );
    let line = drawn(&mut model, 120, 40).lines().nth(2).unwrap_or_default().to_owned();
    assert!(
        line.contains(
            "keeps L3 over 7 days: 2 of 3, at risk: end to end, median 4h10 (under 3h) · L3 since 2026-09-09"
        ),
        "{line}"
    );
    model.screen_mut().shows_readiness = true;
    insta::assert_snapshot!("readiness_80x24", drawn(&mut model, 80, 24));
}

/// Not to know is not to have no data.
#[test]
fn a_relay_that_could_not_be_found_out_is_unknown() {
    let Data::Summary {
        rows,
        relay_nightly,
        before,
        missing,
        ..
    } = summary()
    else {
        unreachable!()
    };
    let relay = None;
    let data = Data::Summary {
        rows,
        relay,
        relay_nightly,
        before,
        missing,
    };
    let text = drawn(&mut showing(Place::Summary, Ok(data)), 160, 40);
    assert!(text.contains("relay U unknown"), "{text}");
}

/// The box is called by what is judged: who is at level 4 has nothing to do with level 3.
#[test]
fn readiness_is_of_a_period_of_its_own_and_of_the_level_that_is_judged() {
    for (level, line, title) in [
        ("L2", "L3 readiness over 14 days: ", "┌ for L3 ─"),
        ("L4", "keeps L4 over 7 days: ", "┌ keeps L4 ─"),
    ] {
        let Data::Backend(mut backend) = backend_of(&cells()) else {
            unreachable!()
        };
        let row = crate::data::readiness::tests::row();
        backend.readiness = Some(Readiness::new(&row, &row, Vec::new(), NOW / SECOND).into());
        if let Some(summary) = &mut backend.summary {
            summary.level = Some(level.to_owned());
        }
        let mut model = showing(Place::Backend("a/b".to_owned()), Ok(Data::Backend(backend)));
        model.screen_mut().shows_readiness = true;
        let text = drawn(&mut model, 80, 24);
        assert!(text.contains(line) && text.contains(title), "{text}");
    }
}

/// One that comes later is waited for; one that failed is asked again with the screen, and nobody should wait meanwhile.
#[test]
fn a_readiness_that_is_awaited_is_told_from_one_that_could_not_be_found_out() {
    for (failed, said) in [
        (false, "L3 readiness: not found out yet"),
        (true, "L3 readiness: could not be found out"),
    ] {
        let Data::Backend(mut backend) = backend_of(&cells()) else {
            unreachable!()
        };
        backend.readiness_failed = failed;
        let mut model = showing(Place::Backend("a/b".to_owned()), Ok(Data::Backend(backend)));
        let text = drawn(&mut model, 80, 24);
        assert!(text.contains(said), "{text}");
    }
}

/// Sixty jobs fit beside one another: their names stand upright.
#[test]
fn a_matrix_of_many_jobs() {
    let words = [
        "build",
        "distributed",
        "inductor-平行",
        "unit",
        "quantization-long-name",
    ];
    let cells: Vec<Cell> = (0..60_usize)
        .map(|at| {
            let job = format!("{}-{}", words[at % 5], ["cpu", "gpu", "x"][at % 3].repeat(1 + at / 15));
            cell(
                7,
                "c",
                &format!("w{}", at % 2),
                &job,
                ["success", "failure"][at % 7 / 6],
                NOW,
            )
        })
        .collect();
    let mut model = showing(Place::Backend("a/b".to_owned()), Ok(backend_of(&cells)));
    let shown = drawn(&mut model, 159, 40);
    let row = shown.lines().find(|line| line.contains('▌')).unwrap();
    assert_eq!(row.matches(['O', 'X']).count(), 60, "{shown}");
    insta::assert_snapshot!("matrix_of_60_jobs_159x40", shown);
}

/// What is in the way of calm is said in every width, the change against the range before as well; words are shortened for it.
#[test]
fn the_summary_tells_what_is_wrong_in_every_width() {
    for columns in [80, 100, 120, 160] {
        let text = drawn(&mut showing(Place::Summary, Ok(summary())), columns, 24);
        let line = text.lines().nth(1).unwrap_or_default();
        let places: Vec<_> = ["relay X", "overdue 1", "pass 91.5% ▲1.5", "backends 10"]
            .map(|said| line.find(said).unwrap_or_else(|| panic!("{said} in {line}")))
            .into();
        assert!(places.is_sorted(), "{line}");
        // That is of the range, and stands with what is.
        let timed_out = line.find("timed out 9").or_else(|| line.find("time 9"));
        assert!(
            timed_out > line.find("pass 91.5% ▲1.5") && timed_out < line.find("backends"),
            "{line}"
        );
        assert_eq!(line.contains("timed out 9 in 7 days"), columns == 160, "{line}");
    }
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
            "no column repo: backend level pass ok fail time",
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

/// An address that is cut can't be copied by hand: where lines are left it goes on in the next.
#[test]
fn addresses_are_whole_beside_a_matrix_where_there_are_lines_for_them() {
    let mut model = showing(Place::Backend("apple/mps-backend".to_owned()), Ok(backend_of(&cells())));
    let screen = model.screen_mut();
    screen.column = 1;
    screen.arrange(None, NOW);
    let execution = screen.selected_execution().unwrap();
    let due = screen.looked.due(Some(execution), NOW).cloned().unwrap();
    screen.looked.asked(&due, NOW, 2);
    screen.looked.answered(2, Ok(attempts()), NOW);
    let address = crate::data::links::of_job(model.screen().selected_cell().unwrap()).unwrap();
    let beside = |model: &mut Model, rows| -> String {
        let text = drawn(model, 200, rows);
        let lines = text.lines().filter_map(|line| line.split_once('│'));
        lines.map(|(_, beside)| beside.trim_matches(['"', ' '])).collect()
    };
    assert!(beside(&mut model, 60).contains(&address), "{}", beside(&mut model, 60));
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

#[test]
fn the_trends() {
    let mut model = showing(Place::Trends(None), Ok(trends()));
    insta::assert_snapshot!("trends_120x40", drawn(&mut model, 120, 40));
    insta::assert_snapshot!("trends_80x24", drawn(&mut model, 80, 24));
}

/// The last bar's figure is read as a number, and every bar of a few has its day.
#[test]
fn charts_can_be_read_as_numbers() {
    let day = |ago: i64, success: u64, duration_p50: f64| TrendRow {
        day: u32::try_from(trend::day_of(NOW) - ago).unwrap(),
        success,
        failure: 3,
        timed_out: 1,
        total: success + 4,
        flaky_jobs: 0,
        duration_p50,
        queue_p50: 60.0,
    };
    let of = |durations: f64| {
        let rows = vec![day(1, 96, durations), day(0, 12, durations)];
        Data::Trends(Trends::new(rows, Vec::new(), NOW - trend::DAY, NOW, false))
    };
    let mut model = showing(Place::Trends(None), Ok(of(600.0)));
    let text = drawn(&mut model, 120, 24);
    for said in [
        "pass rate, 75.0% today",
        "failed or timed out, 4 today",
        "runs, 16 today",
        "median duration, 10m today",
        "   50%▕",
        "    50▕",
        "    5m▕",
        "09-20  09-21",
        "108 of 116) · 8 failed or timed out",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
    model.as_of = Some(NOW);
    let text = drawn(&mut model, 120, 24);
    assert!(text.contains("pass rate, 75.0% on 09-21"), "{text}");
    // Nightlies report an end that is the start.
    let text = drawn(&mut showing(Place::Trends(None), Ok(of(0.0))), 120, 24);
    assert!(text.contains("no durations") && !text.contains("0s▕"), "{text}");
}

/// However many days it has: where they have no column each, a bar is of several, and its title says so.
#[test]
fn trends_show_all_of_the_range() {
    let days = |number: u32| {
        let today = u32::try_from(trend::day_of(NOW)).unwrap();
        let rows = (0..number).map(|ago| TrendRow {
            day: today - ago,
            success: 90 + u64::from(ago),
            failure: 10,
            timed_out: 0,
            total: 100 + u64::from(ago),
            flaky_jobs: 0,
            duration_p50: 600.0,
            queue_p50: 60.0,
        });
        let since = i64::from(today - number + 1) * trend::DAY;
        Data::Trends(Trends::new(rows.collect(), Vec::new(), since, NOW, false))
    };
    for (number, columns, each, bars) in [
        (31, 80, None, 31),
        (31, 120, Some("2 days a bar"), 16),
        (91, 120, Some("5 days a bar"), 19),
        (91, 160, Some("3 days a bar"), 31),
        (91, 200, Some("3 days a bar"), 31),
        (91, 400, None, 91),
    ] {
        let text = drawn(&mut showing(Place::Trends(None), Ok(days(number))), columns, 24);
        let mut lines = text.lines();
        let titles = lines.find(|line| line.contains("pass rate") || line.contains("pass, "));
        let titles = titles.unwrap_or_default();
        assert_eq!(each, each.filter(|each| titles.contains(each)), "{text}");
        assert!(each.is_some() || !titles.contains("a bar"), "{text}");
        let row = text.lines().find(|line| line.contains("100%▕")).unwrap_or_default();
        let first = row.split('▕').nth(1).unwrap_or_default();
        let drawn = first.chars().filter(|bar| "▁▂▃▄▅▆▇█".contains(*bar)).count();
        assert_eq!(drawn, bars, "{text}");
        let oldest = crate::data::figures::rfc3339(NOW - i64::from(number - 1) * trend::DAY);
        assert!(text.contains(&oldest[5..10]), "{oldest}:\n{text}");
    }
}

#[test]
fn a_pull_request() {
    let mut model = showing(
        Place::PullRequest(179_600),
        Ok(Data::PullRequest(PullRequest::new(cells()))),
    );
    insta::assert_snapshot!("pull_request_120x40", drawn(&mut model, 120, 40));
    insta::assert_snapshot!("pull_request_80x24", drawn(&mut model, 80, 24));
}

/// A short name leaves its room to what is noted behind it; and what is cut all the same says so.
#[test]
fn what_is_noted_of_a_job_has_the_room_that_names_leave() {
    let mut cell = cell(7, &"a".repeat(40), "ci", "build", "failure", NOW - 3_600 * SECOND);
    (cell.failed_tests, cell.total_tests, cell.run_attempt) = (4, 6_612, 2);
    let mut pull_request = PullRequest::new(vec![cell]);
    pull_request.usual = vec![Usual::from(&usual("a/b", "build", 95, 5))];
    let mut model = showing(Place::PullRequest(7), Ok(Data::PullRequest(pull_request)));
    for (columns, over) in [(90, ""), (120, " in 14 days")] {
        let text = drawn(&mut model, columns, 24);
        let noted = format!("4 of 6612 failed · usually passes 95.0%{over} · attempt 2");
        assert!(text.contains(&noted), "{text}");
        assert!(
            text.contains("X failure · attempt 2 · usually passes 95.0% in 14 days"),
            "{text}"
        );
    }
    let text = drawn(&mut model, 80, 24);
    assert!(
        text.contains("4 of 6612 failed · usually passes 95.0%") && text.contains("…\"\n"),
        "{text}"
    );
}

/// In the narrowest terminal as well, and what is news before all others.
#[test]
fn every_backend_that_fails_is_told_of() {
    let of = |repo: &str, job: &str| Cell {
        downstream_repo: repo.to_owned(),
        ..cell(7, "c", "w", job, "failure", NOW - SECOND)
    };
    let repos = [
        "apple/mps-backend",
        "TorchedHat/pytorch-redhat-ci",
        "Ascend/pytorch",
        "a/b",
    ];
    let jobs = ["good", "good", "between", "bad"];
    let cells = repos.iter().zip(jobs).map(|(repo, job)| of(repo, job)).collect();
    let rows: Vec<UsualRow> = repos
        .iter()
        .flat_map(|repo| [("good", 99), ("between", 84), ("bad", 20)].map(|(job, success)| (repo, job, success)))
        .map(|(repo, job, success)| usual(repo, job, success, 100 - success))
        .collect();
    let pull_request = PullRequest::new(cells).with_usual(&rows);
    let mut model = showing(Place::PullRequest(7), Ok(Data::PullRequest(pull_request)));
    let news = "fails what usually passes: TorchedHat/pytorch-redhat-ci, apple/mps-backend";
    let rest = "unclear: Ascend/pytorch   fails what often fails: a/b";
    let text = drawn(&mut model, 80, 24);
    assert!(
        text.contains(&format!("\" {news}")) && text.contains(&format!("\" {rest}")),
        "{text}"
    );
    let text = drawn(&mut model, 160, 24);
    assert!(text.contains(&format!("\" {news}   {rest}")), "{text}");
}

/// Whose job it is, is seen wherever one is in the list; and what stands for it can't be clicked as the row that it covers.
#[test]
fn the_backend_of_the_first_rows_stands_over_them() {
    let of = |repo: &str, number: i64| Cell {
        downstream_repo: repo.to_owned(),
        level: "L3".to_owned(),
        ..cell(7, "c", "ci", &format!("job-{number}"), "failure", NOW - SECOND)
    };
    let cells = ["a/first", "b/second"].into_iter();
    let cells = cells
        .flat_map(|repo| (0..20).map(move |number| of(repo, number)))
        .collect();
    let pull_request = PullRequest::new(cells);
    let mut model = showing(Place::PullRequest(7), Ok(Data::PullRequest(pull_request)));
    for (steps, repo) in [(0, "a/first"), (12, "a/first"), (15, "b/second"), (12, "b/second")] {
        model.screen_mut().list.step(steps);
        let text = drawn(&mut model, 80, 24);
        let first = text.lines().nth(5).unwrap_or_default();
        assert!(first.contains(&format!("X {repo}  L3")), "{text}");
        assert_eq!(target(&model, Position::new(9, 5)), None);
        assert!(target(&model, Position::new(9, 7)).is_some());
        assert!(text.contains(" L3 · X failure"), "{text}");
    }
    assert!(text_of_detail(&mut model).contains("job-19 · ci · b/second L3 · X failure"));
}

fn text_of_detail(model: &mut Model) -> String {
    drawn(model, 80, 24).lines().skip(19).collect()
}

/// A commit says whose it is and the key that leads there; that it is the only one here would be no news.
#[test]
fn a_commit_says_its_pull_requests() {
    let on_two = |other: u64| {
        let mut cells = cells();
        cells.truncate(4);
        cells[3].pr_number = other;
        cells
    };
    for (other, said) in [
        (179_600, "of PR #179600 (P opens it)"),
        (5, "of PR #179600, #5 (P opens it)"),
    ] {
        let pull_request = PullRequest::new(on_two(other));
        let mut model = showing(Place::Commit("3f78".to_owned()), Ok(Data::PullRequest(pull_request)));
        let text = drawn(&mut model, 120, 24);
        assert!(text.contains(&format!("commit 3f786850 {said} · 1 backend")), "{text}");
        assert!(text.contains("P pull request"), "{text}");
    }
    let pull_request = PullRequest::new(on_two(5));
    let mut model = showing(Place::PullRequest(5), Ok(Data::PullRequest(pull_request)));
    let text = drawn(&mut model, 120, 24);
    assert!(
        !text.contains("P pull request") && text.contains("the only one"),
        "{text}"
    );
}

/// What a short detail leaves is the list's, where it is cut; and no row that stays in sight moves for it.
#[test]
fn rows_take_the_lines_that_the_detail_has_none_for() {
    let cells = (0..60).map(|number| Cell {
        failed_tests: u64::from(number == 0),
        attempts: 1 + u64::from(number == 2),
        ..cell(7, "c", "ci", &format!("job-{number}"), "failure", NOW - SECOND)
    });
    let pull_request = PullRequest::new(cells.collect());
    let mut model = showing(Place::PullRequest(7), Ok(Data::PullRequest(pull_request)));
    let seen = |model: &mut Model| -> Vec<String> {
        let text = drawn(model, 120, 40);
        let rows = text.lines().filter(|line| line.contains("queue"));
        let names = rows.map(|row| {
            row.split_whitespace()
                .find(|word| word.starts_with("job-"))
                .unwrap()
                .to_owned()
        });
        names.collect()
    };
    let all: Vec<Vec<String>> = (0..5)
        .map(|_| {
            let seen = seen(&mut model);
            model.screen_mut().list.step(1);
            seen
        })
        .collect();
    let lengths: Vec<usize> = all.iter().map(Vec::len).collect();
    assert_eq!(lengths, [25, 29, 29, 29, 29], "the first has a test to name");
    assert!(all.iter().all(|names| names[..25] == all[0]));
    let row = |y| target(&model, Position::new(9, y));
    assert!(row(34).is_some() && row(35).is_none());
}

/// One backend is one, however many of its commits are shown; a merge waits for the newest.
#[test]
fn several_commits_of_a_pull_request_are_summed_up_by_backend() {
    let mut model = showing(
        Place::PullRequest(179_600),
        Ok(Data::PullRequest(PullRequest::new(cells()))),
    );
    model.screen_mut().commit = crate::settings::args::Commit::All;
    model.screen_mut().arrange(None, NOW);
    let text = drawn(&mut model, 120, 40);
    assert!(text.contains("2 of 2 commits · 1 backend · 1 failed"), "{text}");
    let line = text.lines().find(|line| line.contains("to merge")).unwrap_or_default();
    assert_eq!(line.matches("apple/mps-backend").count(), 1, "{line}");
}

#[test]
fn names_of_other_commits_take_no_room() {
    let long = "a-job-with-a-long-name-that-is-no-more";
    let cells = vec![
        cell(7, "new", "ci", "build", "failure", NOW - SECOND),
        cell(7, "old", "ci", long, "failure", NOW - 60 * SECOND),
    ];
    let mut model = showing(Place::PullRequest(7), Ok(Data::PullRequest(PullRequest::new(cells))));
    let text = drawn(&mut model, 120, 24);
    assert!(text.contains("X build  ci "), "{text}");
}

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

/// Whatever else has no room; a long filter takes it from both.
#[test]
fn the_footer_says_how_one_gets_help_and_leaves() {
    let screens = [
        (Place::Summary, summary()),
        (Place::Backend("a/b".to_owned()), backend_of(&cells())),
        (Place::PullRequest(7), Data::PullRequest(PullRequest::new(cells()))),
        (Place::Trends(None), trends()),
        (Place::Pipeline, Data::Pipeline(pipeline())),
    ];
    for (place, data) in screens {
        let mut model = showing(place, Ok(data));
        for columns in (80..130).step_by(7) {
            let text = drawn(&mut model, columns, 20);
            let footer = text.lines().last().unwrap_or_default();
            assert!(footer.contains("? help · q quit"), "{footer}");
        }
    }
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

/// Every row that is drawn is found under the mouse where it is drawn, on every screen.
#[test]
fn what_is_drawn_is_what_is_clicked() {
    let screens = [
        (Place::Summary, summary()),
        (Place::Backend("a/b".to_owned()), backend_of(&cells())),
        (Place::PullRequest(7), Data::PullRequest(PullRequest::new(cells()))),
        (Place::Trends(None), trends()),
        (Place::Pipeline, Data::Pipeline(pipeline())),
    ];
    for (place, data) in screens {
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

#[test]
fn the_pipeline() {
    let mut model = showing(Place::Pipeline, Ok(Data::Pipeline(pipeline())));
    insta::assert_snapshot!("pipeline_120x40", drawn(&mut model, 120, 40));
    insta::assert_snapshot!("pipeline_80x24", drawn(&mut model, 80, 24));
}

/// Daemons say how they do now, whichever moment the other screens are of; and where these read, without its secrets.
#[test]
fn the_pipeline_is_of_now_and_says_where_the_screens_read() {
    let mut model = showing(Place::Pipeline, Ok(Data::Pipeline(Pipeline::default())));
    model.as_of = Some(NOW - trend::DAY);
    let text = drawn(&mut model, 80, 24);
    let head = text.lines().next().unwrap_or_default();
    assert!(head.contains("now   fresh 4s") && !head.contains("as of"), "{head}");
    assert!(
        text.contains("screens read http://127.0.0.1:8154, table default.oot_workflow_job"),
        "{text}"
    );
    let secret = crate::settings::config::ClickHouse {
        url: "http://u:s3cret@h:1/?password=s3cret".to_owned(),
        user: None,
        password: Some("s3cret".to_owned()),
        database: "d".to_owned(),
        table: "t".to_owned(),
    };
    assert_eq!(secret.to_string(), "http://***@h:1/?***, table d.t");
}

/// Where we came through is told as far as it is near.
#[test]
fn the_header_tells_the_last_places() {
    let mut model = showing(Place::PullRequest(7), Ok(Data::PullRequest(PullRequest::new(cells()))));
    for repo in ["a/a", "b/b"] {
        let at = model.screens.len() - 1;
        model.screens.insert(at, Screen::new(Place::Backend(repo.to_owned())));
    }
    let text = drawn(&mut model, 120, 24);
    assert!(text.starts_with("\" oot-hud  … ▸ a/a ▸ b/b ▸ PR #7 "), "{text}");
}

/// What is wrong with the pipeline stands in the header of every screen; else how far it is behind.
#[test]
fn the_header_tells_of_the_pipeline() {
    let said = |pipeline: Pipeline| {
        let mut model = showing(Place::Summary, Ok(summary()));
        model.pipeline.answered(Ok(pipeline), NOW, None);
        drawn(&mut model, 120, 40).lines().next().unwrap_or_default().to_owned()
    };
    let one = |at: usize| Pipeline {
        daemons: vec![pipeline().daemons[at].clone()],
    };
    for (pipeline, end) in [
        (one(0), "fresh 4s · lag 0.6s \""),
        (one(1), "fresh 4s · the pipeline lags 190 s +1 \""),
        (one(2), "fresh 4s · the pipeline is silent \""),
    ] {
        let line = said(pipeline);
        assert!(line.ends_with(end), "{line}");
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

/// The title takes the room that is there, the author goes before it, and where we are stays.
#[test]
fn the_header_tells_what_a_pull_request_is_called() {
    let title = Title {
        title: "[inductor] Fuse pointwise epilogues into templates".to_owned(),
        author: "bob".to_owned(),
    };
    let pull_request = PullRequest::new(cells()).with_titles([(179_600, title)].into());
    let mut model = showing(Place::PullRequest(179_600), Ok(Data::PullRequest(pull_request)));
    let backend = Screen::new(Place::Backend("apple/mps-backend".to_owned()));
    model.screens.insert(1, backend);
    let trail = "\" oot-hud  Summary ▸ apple/mps-backend ▸ PR #179600";
    for (columns, as_of, beginning) in [
        (
            120,
            None,
            format!("{trail}  [inductor] Fuse pointwise epilogues into templates — bob "),
        ),
        (100, None, format!("{trail}  [inductor] Fuse pointwise epil… — bob ")),
        (
            80,
            None,
            "\" oot-hud ▸ PR #179600  [inductor] Fuse pointwise epilogues int… — bob ".to_owned(),
        ),
        (
            80,
            Some(NOW),
            "\" oot-hud ▸ PR #179600  [inductor] Fuse pointwise… ".to_owned(),
        ),
    ] {
        model.as_of = as_of;
        let drawn = drawn(&mut model, columns, 24);
        let line = drawn.lines().next().unwrap_or_default();
        assert!(line.starts_with(&beginning) && line.ends_with("fresh 4s \""), "{line}");
    }
}

/// However little room there is: which view and range is chosen can't be read elsewhere.
#[test]
fn the_header_never_drops_what_is_chosen() {
    let mut model = showing(
        Place::Backend("TorchedHat/pytorch-redhat-ci".to_owned()),
        Ok(backend_of(&cells())),
    );
    let head = |model: &mut Model, columns| drawn(model, columns, 24).lines().next().unwrap_or_default().to_owned();
    model.range = model.range.next();
    model.screen_mut().slot.ask_another(NOW);
    model.screen_mut().slot.asked(NOW - SECOND, 2);
    for (columns, end) in [
        (160, "pull requests · 14 days   ⣟ loading, showing 7 days \""),
        (80, "pull requests · 14 days   ⣟ loading \""),
    ] {
        let line = head(&mut model, columns);
        assert!(
            line.ends_with(end) && line.contains("TorchedHat/pytorch-redhat-ci"),
            "{line}"
        );
    }
    model.pipeline.answered(Ok(pipeline()), NOW, None);
    let line = head(&mut model, 80);
    assert!(line.contains("pr · 14d"), "{line}");
    (model.paused, model.as_of) = (true, Some(NOW));
    let line = head(&mut model, 80);
    for said in [" TorchedHat/", "pr · 14d", "as of 09-21 14:13", "paused", "lags 190"] {
        assert!(line.contains(said), "{said} in {line}");
    }
}

/// What a later report replaced is not known any more, and nobody should think that it is.
#[test]
fn the_header_says_what_as_of_can_not_tell() {
    let mut model = showing(Place::Summary, Ok(summary()));
    model.as_of = Some(NOW);
    let text = drawn(&mut model, 120, 40);
    let said = "as of 2026-09-21 14:13 UTC, later values where replaced";
    assert!(text.lines().next().unwrap_or_default().contains(said), "{text}");
}

/// Nothing that is drawn depends on how many rows there are beyond the screen, or on the size being a usual one.
#[test]
fn every_size_can_be_drawn() {
    let screens = [
        (Place::Summary, summary()),
        (Place::Backend("a/b".to_owned()), backend_of(&cells())),
        (Place::PullRequest(7), Data::PullRequest(PullRequest::new(cells()))),
        (Place::Trends(None), trends()),
        (Place::Pipeline, Data::Pipeline(pipeline())),
    ];
    for (place, data) in screens {
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

/// The letters of a job are clicked where they are drawn, whatever stands before them.
#[test]
fn a_job_is_clicked_under_its_head() {
    let place = || Place::Backend("apple/mps-backend".to_owned());
    let Data::Backend(mut titled) = backend_of(&cells()) else {
        panic!("a backend's")
    };
    let title = Title {
        title: "Fuse pointwise chains".to_owned(),
        author: "bob".to_owned(),
    };
    titled.matrix = titled.matrix.with_titles([(179_600, title)].into());
    for data in [backend_of(&cells()), Data::Backend(titled)] {
        let mut model = showing(place(), Ok(data));
        let text = drawn(&mut model, 159, 40);
        let mut lines = text.lines().enumerate();
        let (row, line) = lines.find(|(_, line)| line.contains("commit ")).unwrap();
        for (number, head) in model.screen().heads.iter().enumerate() {
            // The first column is the quotation mark of what is drawn.
            let at = line.find(&head.label).unwrap();
            let column = crate::data::text::width(&line[..at]) - 1;
            let under = target(&model, Position::new(column as u16, row as u16 + 1));
            let found = match under {
                Some(Target::Row { head, .. }) => head,
                _ => None,
            };
            assert_eq!(found, Some(number), "{}\n{text}", head.label);
        }
    }
}

/// Whatever stands before them: titles, older commits, shards that failed by the dozen.
#[test]
fn letters_stand_under_their_heads() {
    let mut cells = Vec::new();
    for at in 0..30_u64 {
        let letter = char::from(b'a' + u8::try_from(at % 26).unwrap());
        let job = format!("{}-with-a-long-name", letter.to_string().repeat(1 + at as usize / 26));
        for (pr, commit) in [(9, "日本語の配達"), (7, "b"), (7, "a-rather-long-delivery")] {
            let belongs = NOW - i64::try_from(pr).unwrap() - i64::from(commit == "b");
            cells.push(cell(pr, commit, "w", &job, "success", belongs));
        }
    }
    cells.extend((1..=12).map(|shard| cell(9, "日本語の配達", "w", &format!("zz-{shard}"), "failure", NOW)));
    let Data::Backend(mut backend) = backend_of(&cells) else {
        unreachable!()
    };
    let title = Title {
        title: "A title 日本語".to_owned(),
        author: "bob".to_owned(),
    };
    backend.matrix = backend.matrix.with_titles([(9, title.clone()), (7, title)].into());
    let mut model = showing(Place::Backend("a/b".to_owned()), Ok(Data::Backend(backend)));
    let screen = model.screen_mut();
    screen.unfolded_pull_requests.insert(7);
    screen.arrange(None, NOW);
    for columns in [80, 110, 159, 200] {
        for column in [0, 15, 29, 30] {
            model.screen_mut().column = column;
            model.size = (columns, 40);
            let mut terminal = Terminal::new(TestBackend::new(columns, 40)).unwrap();
            terminal.draw(|frame| draw(&model, frame)).unwrap();
            let buffer = terminal.backend().buffer();
            let row_with = |text: &str| (0..40).find(|y| buffer[(2, *y)].symbol() == text);
            let heads = row_with("w").unwrap();
            let under = |x: u16, y: u16| buffer[(x, y)].symbol().to_owned();
            // The selected head is the one that is underlined.
            let x = (0..columns).find(|x| buffer[(*x, heads)].modifier.contains(Modifier::UNDERLINED));
            let x = x.unwrap_or_else(|| panic!("no head is underlined at {columns} columns"));
            let letters = [1, 2, 3].map(|below| under(x, heads + below));
            let expected = if column == 30 {
                ["–", "–", "X"]
            } else {
                ["O", "O", "O"]
            };
            assert_eq!(
                letters,
                expected,
                "{columns} columns, job {column}:\n{}",
                terminal.backend()
            );
        }
    }
}
