//! What the screens are drawn of.

use super::*;

/// A model that shows one screen, answered four seconds ago.
pub(super) fn showing(place: Place, data: Result<Data, String>) -> Model {
    let flags = Global {
        config: Some("/dev/null".into()),
        ..Global::default()
    };
    let config = Config::load(Environment::default(), &flags, &Choice::default()).unwrap();
    let mut model = crate::screen::run::model(&config, Command::Summary, (0, 0), None);
    (model.now, model.event) = (NOW, EventView::Pr);
    let mut screen = Screen::new(place);
    screen.slot.asked(NOW - 4 * SECOND, 1);
    screen.slot.answered(data, NOW - 4 * SECOND, Some(15 * SECOND));
    screen.chosen = Some(model.chosen());
    screen.arrange(None, NOW);
    model.screens.push(screen);
    model
}

pub(super) fn drawn(model: &mut Model, columns: u16, rows: u16) -> String {
    model.size = (columns, rows);
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(model, frame)).unwrap();
    terminal.backend().to_string()
}

pub(super) fn backend(repo: &str, level: &str, counts: [u64; 6]) -> SummaryRow {
    let [success, failure, timed_out, cancelled, other, running] = counts;
    SummaryRow {
        repo: repo.to_owned(),
        level: level.to_owned(),
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

pub(super) fn summary() -> Data {
    let allowlist = Allowlist::parse(include_str!("../../../../assets/allowlist.yml")).unwrap();
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
        last_run: NOW - 7_200 * SECOND,
    };
    let mut rows = summaries(rows, &Levels::default(), EventView::Pr, &allowlist);
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
        relay: Some(vec![relay(179_604, &["crcr-probe / l2-success"]), relay(179_603, &[])]),
        relay_nightly: Some(vec![relay(0, &[])]),
        missing: crate::data::missing::Missing::default(),
    }
}

pub(super) fn cells() -> Vec<Cell> {
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
                level: "L4".to_owned(),
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

/// A failure after a failure, with its tests.
pub(super) fn attempts() -> Attempts {
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

pub(super) fn trends() -> Data {
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
        failing_since: 0,
        failing_prs: 0,
        ..usual(repo, job, success, failure)
    };
    let jobs = vec![
        job("apple/mps-backend", "ops-shard-3 日本語", 61, 199),
        job("intel/torch-xpu-ops", "build", 300, 4),
        job("Ascend/pytorch", "never-ended-with-a-verdict", 0, 0),
    ];
    Data::Trends(Trends::new(days.collect(), jobs, (today - 13) * DAY, NOW, false))
}

pub(super) fn pipeline() -> Pipeline {
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

/// One of each kind.
pub(super) fn every_screen() -> [(Place, Data); 5] {
    [
        (Place::Summary, summary()),
        (Place::Backend("a/b".to_owned()), backend_of(&cells())),
        (Place::PullRequest(7), Data::PullRequest(PullRequest::new(cells()))),
        (Place::Trends(None), trends()),
        (Place::Pipeline, Data::Pipeline(pipeline())),
    ]
}
