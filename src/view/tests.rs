use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Position;
use ratatui::style::Modifier;

use super::*;
use crate::action::Action;
use crate::allowlist::Allowlist;
use crate::args::{Choice, Command, EventView, Global};
use crate::attempts::Attempts;
use crate::config::{Config, Environment};
use crate::keymap::Keymap;
use crate::matrix::tests::{backend_of, cell, usual};
use crate::model::{Data, Screen};
use crate::palette::Palette;
use crate::pipeline::{Daemon, Pipeline, tests::daemon};
use crate::pull_request::PullRequest;
use crate::readiness::Readiness;
use crate::rows::summaries;
use crate::slot::Slot;
use crate::source::{Cell, DayRow, LevelRow, ReadinessRow, RelayRow, SummaryRow, TrendRow, UsualRow};
use crate::theme::Theme;
use crate::titles::Title;
use crate::trend::{self, Trends};

const SECOND: i64 = 1_000_000_000;
const NOW: i64 = 1_790_000_000 * SECOND;

/// A model that shows one screen, answered four seconds ago.
fn showing(place: Place, data: Result<Data, String>) -> Model {
    let flags = Global {
        config: Some("/dev/null".into()),
        ..Global::default()
    };
    let config = Config::load(Environment::default(), &flags, &Choice::default()).unwrap();
    let mut model = crate::run::model(&config, Command::Summary, (0, 0), None);
    (model.now, model.event) = (NOW, EventView::Pr);
    let mut screen = Screen::new(place);
    screen.slot.asked(NOW - 4 * SECOND, 1);
    screen.slot.answered(data, NOW - 4 * SECOND, Some(15 * SECOND));
    screen.arrange(None, NOW);
    model.screens.push(screen);
    model
}

fn drawn(model: &mut Model, columns: u16, rows: u16) -> String {
    model.size = (columns, rows);
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(model, frame)).unwrap();
    terminal.backend().to_string()
}

fn backend(repo: &str, level: &str, counts: [u64; 6]) -> SummaryRow {
    let [success, failure, timed_out, cancelled, other, running] = counts;
    SummaryRow {
        repo: repo.to_owned(),
        level: level.to_owned(),
        level_before: String::new(),
        success,
        failure,
        timed_out,
        cancelled,
        other,
        running,
        overdue_jobs: u64::from(running > 4),
        duration_p50: 2_460.0,
        duration_p95: 4_320.0,
        queue_p50: 120.0,
        pull_requests: 48,
        last_run: NOW - 240 * SECOND,
        newest: NOW - 10 * SECOND,
    }
}

fn summary() -> Data {
    let allowlist = Allowlist::parse(include_str!("../../assets/allowlist.yml")).unwrap();
    let rows = vec![
        backend("apple/mps-backend", "L4", [50, 18, 2, 3, 0, 5]),
        backend("NVIDIA/pytorch-windows-ci", "L4", [180, 2, 0, 6, 1, 2]),
        backend("intel/torch-xpu-ops", "L3", [96, 3, 1, 3, 0, 1]),
        backend("TorchedHat/pytorch-redhat-ci", "L2", [310, 50, 4, 22, 0, 0]),
        backend("Ascend/pytorch", "L2", [512, 24, 2, 8, 0, 2]),
        backend("pytorch/crcr-test", "L3", [40, 1, 0, 0, 0, 0]),
    ];
    let relay = |pr_number, failing: &[&str]| RelayRow {
        pr_number,
        commit: "3f786850e387550fdab836ed7e6dc881de23001b".to_owned(),
        failing: failing.iter().map(|job| (*job).to_owned()).collect(),
    };
    let mut rows = summaries(rows, &allowlist);
    let today = u32::try_from(trend::day_of(NOW)).unwrap();
    let days = rows.iter().flat_map(|row| {
        (0..14_u32)
            .filter(|ago| ago % 5 != 3 && row.total > 0)
            .map(move |ago| DayRow {
                repo: row.repo.clone(),
                day: today - ago,
                success: row.success + u64::from(ago),
                failure: row.failure * u64::from(14 - ago) / 7,
                timed_out: 0,
            })
    });
    let days: Vec<DayRow> = days.collect();
    trend::attach(&mut rows, &days, NOW);
    Data::Summary {
        rows,
        before: Some(0.9),
        relay: vec![relay(179_604, &["crcr-probe / l2-success"]), relay(179_603, &[])],
        relay_nightly: vec![relay(0, &[])],
    }
}

fn cells() -> Vec<Cell> {
    let commits = [
        "3f786850e387550fdab836ed7e6dc881de23001b",
        "89e6c98d92887913cadf06b2adb97f26cde4849b",
    ];
    let jobs = [
        ("mps", "build", ["success", "failure"]),
        ("mps", "ops-shard-1 日本語", ["failure", "success"]),
        ("mps", "ops-shard-2", ["running", "timed_out"]),
        ("mps / macos 15", "build", ["other", "cancelled"]),
    ];
    let mut cells = Vec::new();
    for (at, commit) in commits.iter().enumerate() {
        for (workflow, job, verdicts) in jobs {
            let belongs = NOW - (3_600 * (at as i64 + 1)) * SECOND;
            cells.push(Cell {
                downstream_repo: "apple/mps-backend".to_owned(),
                downstream_repo_level: "L4".to_owned(),
                duration: Some(2_460.0),
                queue_time: Some(180.0),
                total_tests: 8_452,
                passed_tests: 8_430,
                failed_tests: 2,
                skipped_tests: 20,
                workflow_run_url: "https://github.com/apple/mps-backend/actions/runs/24033272679".to_owned(),
                ..cell(179_600, commit, workflow, job, verdicts[at], belongs)
            });
        }
    }
    cells
}

#[test]
fn the_summary() {
    let mut model = showing(Place::Summary, Ok(summary()));
    insta::assert_snapshot!("summary_120x40", drawn(&mut model, 120, 40));
    insta::assert_snapshot!("summary_80x24", drawn(&mut model, 80, 24));
    insta::assert_snapshot!("summary_160x30", drawn(&mut model, 160, 30));
}

#[test]
fn a_backend() {
    let mut model = showing(Place::Backend("apple/mps-backend".to_owned()), Ok(backend_of(&cells())));
    insta::assert_snapshot!("backend_80x24", drawn(&mut model, 80, 24));
    let screen = model.screen_mut();
    screen.unfolded_pull_requests.insert(179_600);
    screen.column = 1;
    screen.arrange(None, NOW);
    let (execution, _) = screen.selected_execution().unwrap();
    screen.looked.due(Some(execution), NOW);
    screen.looked.slot_mut().answered(Ok(attempts()), NOW, None);
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

#[test]
fn the_readiness_of_a_backend() {
    let Data::Backend(mut backend) = backend_of(&cells()) else {
        unreachable!()
    };
    let row = crate::readiness::tests::row();
    let slow = ReadinessRow {
        end_to_end_p50: 15_000.0,
        ..row.clone()
    };
    let level = |level: &str, ago: i64| LevelRow {
        level: level.to_owned(),
        day: u32::try_from(trend::day_of(NOW) - ago).unwrap(),
    };
    let levels = vec![level("L2", 90), level("L3", 12)];
    backend.readiness = Some(Readiness::new(&row, &slow, levels, NOW / SECOND).into());
    if let Some(summary) = &mut backend.summary {
        summary.level = Some("L3".to_owned());
    }
    let mut model = showing(
        Place::Backend("apple/mps-backend".to_owned()),
        Ok(Data::Backend(backend)),
    );
    let line = drawn(&mut model, 120, 40).lines().nth(2).unwrap_or_default().to_owned();
    assert!(
        line.contains("keeps L3 2 of 3, at risk: end to end, median 4h10 (under 3h) · L3 since 2026-09-09"),
        "{line}"
    );
    model.screen_mut().shows_readiness = true;
    insta::assert_snapshot!("readiness_80x24", drawn(&mut model, 80, 24));
}

/// A failure after a failure, with its tests.
fn attempts() -> Attempts {
    let failed = Cell {
        run_attempt: 2,
        attempts: 2,
        completed: Some(NOW - 600 * SECOND),
        artifact_url: "https://example.org/artifacts/7".to_owned(),
        failed_tests_json: r#"[{"name":"test_add_out_bfloat16","classname":"TestBinaryUfuncs","message":"AssertionError: Tensor-likes are not close!","stacktrace":"Traceback (most recent call last):\n  File \"test_ops.py\", line 12"},
            {"name":"test_clamp_cpu_fallback","classname":"TestFallback","message":"RuntimeError: not implemented"}]"#
            .to_owned(),
        ..cells()[1].clone()
    };
    let before = Cell {
        run_attempt: 1,
        verdict: "timed_out".to_owned(),
        ..failed.clone()
    };
    Attempts::new(vec![failed, before])
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

fn trends() -> Data {
    let today = trend::day_of(NOW);
    let days = (0..14_u32).filter(|ago| ago % 5 != 3).map(|ago| TrendRow {
        day: u32::try_from(today).unwrap() - ago,
        success: 400 + 10 * u64::from(ago),
        failure: u64::from(ago * ago),
        timed_out: 2,
        total: 500 + 10 * u64::from(ago),
        flaky_jobs: 3,
        duration_p50: 1_500.0 + 60.0 * f64::from(ago),
        queue_p50: 60.0,
    });
    let job = |repo: &str, job: &str, success, failure| UsualRow {
        flaky_jobs: failure / 4,
        duration_p50: 2_460.0,
        ..usual(repo, job, success, failure)
    };
    let jobs = vec![
        job("apple/mps-backend", "ops-shard-3 日本語", 61, 199),
        job("intel/torch-xpu-ops", "build", 300, 4),
        job("Ascend/pytorch", "never-ended-with-a-verdict", 0, 0),
    ];
    Data::Trends(Trends::new(days.collect(), jobs, (today - 13) * trend::DAY, NOW, false))
}

#[test]
fn the_trends() {
    let mut model = showing(Place::Trends(None), Ok(trends()));
    insta::assert_snapshot!("trends_120x40", drawn(&mut model, 120, 40));
    insta::assert_snapshot!("trends_80x24", drawn(&mut model, 80, 24));
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
    let mut open = Palette::new(crate::palette::offers(&model));
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
    let mut open = Palette::new(crate::palette::offers(&model));
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
    model.palette = Some(Palette::new(crate::palette::offers(&model)));
    let palette = drawn(&mut model, 80, 24);
    assert!(palette.contains("F3 │"), "{palette}");
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

fn pipeline() -> Pipeline {
    let answers = [
        serde_json::json!({"version": "0.1.0", "uptime_seconds": 11_520, "lag_seconds": 0.6, "dead_letters": 0,
            "intake": {"store_away": false, "spool": {"results": 0, "max_bytes": 1_073_741_824},
                "last_hour": {"accepted": 3120, "refused": 2, "unavailable": 0},
                "repositories": [
                    {"repo": "Ascend/pytorch", "accepted": 312, "refused": 0, "unavailable": 0, "with_warnings": 1, "last_seconds": 4},
                    {"repo": "apple/mps-backend", "accepted": 88, "refused": 2, "unavailable": 1, "last_seconds": 61}]}}),
        serde_json::json!({"version": "0.1.0", "uptime_seconds": 70, "lag_seconds": 190.2, "dead_letters": 2,
            "troubles": [{"source": "ClickHouse", "seconds": 190, "what": "Code: 241. DB::Exception: Memory limit exceeded"}],
            "replication": {"lag_seconds": 190.2, "sink_answers": false, "rows_inserted": 81_223, "gaps": 1,
                "shards": {"listed": 4, "workable": 4, "followed": 2, "others": 1},
                "positions": [{"shard": "shardId-00000001790000000000-0123abcd", "position": "421600000000000000000123456", "behind_seconds": 190.2,
                    "poll_age_seconds": 0.3, "checkpoint_age_seconds": 200}]}}),
    ];
    let mut daemons: Vec<Daemon> = answers.into_iter().map(daemon).collect();
    daemons.push(Daemon {
        url: "http://127.0.0.1:8056".to_owned(),
        answer: Err("Connection refused (os error 111)".to_owned()),
    });
    Pipeline { daemons }
}

#[test]
fn the_pipeline() {
    let mut model = showing(Place::Pipeline, Ok(Data::Pipeline(pipeline())));
    insta::assert_snapshot!("pipeline_120x40", drawn(&mut model, 120, 40));
    insta::assert_snapshot!("pipeline_80x24", drawn(&mut model, 80, 24));
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
            "\" oot-hud ▸ PR #179600  [inductor] Fuse poin… ".to_owned(),
        ),
    ] {
        model.as_of = as_of;
        let drawn = drawn(&mut model, columns, 24);
        let line = drawn.lines().next().unwrap_or_default();
        assert!(line.starts_with(&beginning) && line.ends_with("fresh 4s \""), "{line}");
    }
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
        let svg = crate::picture::svg(&mut model);
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
            let column = crate::text::width(&line[..at]) - 1;
            let under = target(&model, Position::new(column as u16, row as u16 + 1));
            let found = match under {
                Some(Target::Row { head, .. }) => head,
                _ => None,
            };
            assert_eq!(found, Some(number), "{}\n{text}", head.label);
        }
    }
}
