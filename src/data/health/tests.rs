use super::*;
use crate::data::pipeline::{Daemon, tests::daemon};

const NOW: i64 = 1_790_000_000_000_000_000;

fn backend(repo: &str, success: u64, failure: u64) -> Summary {
    Summary {
        repo: repo.to_owned(),
        success,
        failure,
        running: 3,
        total: success + failure,
        pass_rate: pass_rate(success, failure, 0),
        last_run: Some(NOW - 9_000_000_000),
        newest: Some(NOW - 4_000_000_000),
        ..Summary::default()
    }
}

fn lag(seconds: f64) -> Pipeline {
    Pipeline {
        daemons: vec![daemon(serde_json::json!({ "lag_seconds": seconds }))],
    }
}

#[test]
fn a_silent_daemon_makes_what_seems_well_unknown_and_what_is_bad_no_better() {
    let silent = Pipeline {
        daemons: vec![Daemon {
            url: "http://h".to_owned(),
            answer: Err("refused".to_owned()),
        }],
    };
    let well = Health::of(&[backend("a/b", 1, 0)], &relay(&[]), &silent, NOW);
    assert_eq!(
        (well.state, well.reasons.as_slice(), well.lag_seconds),
        (
            State::Unknown,
            ["oot-ingest at http://h is silent: refused".to_owned()].as_slice(),
            None
        )
    );
    let bad = Health::of(&[backend("a/b", 0, 1)], &relay(&[]), &silent, NOW);
    assert_eq!((bad.state, bad.reasons.len()), (State::Degraded, 2));
}

fn relay(failing: &[&str]) -> Vec<RelayRow> {
    vec![RelayRow {
        pr_number: 7,
        commit: String::new(),
        failing: failing.iter().map(|job| (*job).to_owned()).collect(),
        last_run: NOW,
    }]
}

#[test]
fn all_well_is_healthy() {
    let health = Health::of(&[backend("a/b", 98, 2)], &relay(&[]), &lag(0.6), NOW);
    assert_eq!(
        (health.state, health.state.exit_code(), health.reasons.len()),
        (State::Healthy, 0, 0)
    );
    assert_eq!(
        health.plain(NOW),
        "oot healthy · 98.0% · relay ok · 3 run · newest 4s ago"
    );
    assert_eq!(
        health.tmux(NOW, true),
        "#[fg=green]oot O#[default] 98.0% · relay ok · 3 run · 4s"
    );
}

#[test]
fn each_trouble_is_a_reason() {
    let red = Health::of(&[backend("a/b", 7, 3)], &relay(&[]), &Pipeline::default(), NOW);
    assert_eq!(
        (red.state, red.reasons, red.red),
        (
            State::Degraded,
            vec!["a/b passes 70.0%".to_owned()],
            vec!["a/b".to_owned()]
        )
    );
    let relay_down = Health::of(&[backend("a/b", 1, 0)], &relay(&["w / j"]), &Pipeline::default(), NOW);
    assert_eq!(relay_down.reasons, ["relay: PR 7 failed w / j"]);
    let lagging = Health::of(&[backend("a/b", 1, 0)], &[], &lag(61.0), NOW);
    assert_eq!(lagging.reasons, ["the pipeline lags 61 s"]);
    assert_eq!(lagging.plain(NOW).matches("lag").count(), 1, "{}", lagging.plain(NOW));
    let overdue = Health::of(
        &[Summary {
            overdue: 2,
            ..backend("a/b", 1, 0)
        }],
        &[],
        &Pipeline::default(),
        NOW,
    );
    assert_eq!(overdue.reasons, ["2 overdue"]);
    let silent = Health::of(&[], &[], &Pipeline::default(), NOW);
    assert_eq!(
        (silent.state.exit_code(), silent.reasons),
        (1, vec!["no result in 24 hours".to_owned()])
    );
}

#[test]
fn no_rate_is_neither_red_nor_counted() {
    let health = Health::of(
        &[
            backend("a/b", 0, 0),
            Summary {
                probe: true,
                ..backend("p/p", 0, 9)
            },
        ],
        &[],
        &Pipeline::default(),
        NOW,
    );
    assert_eq!(
        (health.state, health.pass_rate, health.backends, health.running),
        (State::Healthy, None, 1, 3)
    );
}

#[test]
fn hostile_text_stays_text() {
    let health = Health::of(
        &[backend("a/#[fg=red]\u{1b}[2J", 1, 9)],
        &relay(&["#(id)"]),
        &Pipeline::default(),
        NOW,
    );
    let line = health.plain(NOW);
    assert!(!line.contains('\u{1b}') && line.lines().count() == 1);
    let health = Health {
        red: Vec::new(),
        relay: Some(Relay::Healthy),
        ..health
    };
    assert!(
        health.tmux(NOW, true).contains("a/##[fg=red]�[2J"),
        "{}",
        health.tmux(NOW, true)
    );
}

#[test]
fn unknown_is_one_line_too() {
    let health = Health::unknown("ClickHouse:\nno".to_owned());
    assert_eq!(
        (health.plain(NOW).as_str(), health.state.exit_code()),
        ("oot unknown: ClickHouse:�no", 2)
    );
    assert_eq!(health.tmux(NOW, true), "#[fg=yellow]oot U unknown#[default]");
}

#[test]
fn an_old_answer_says_so_and_one_that_is_too_old_is_none() {
    let well = Health::of(&[backend("a/b", 98, 2)], &relay(&[]), &Pipeline::default(), NOW);
    let later = |seconds: i64| {
        let now = NOW + seconds * 1_000_000_000;
        well.clone().at(now, seconds as f64, true).tmux(now, true)
    };
    assert_eq!(
        later(60),
        "#[fg=green]oot O#[default] 98.0% · relay ok · 3 run · 1m (1m old)"
    );
    assert_eq!(
        later(600),
        "#[fg=yellow]oot U unknown#[default] 98.0% · relay ok · 3 run · 10m (10m old)"
    );
}

#[test]
fn a_daemon_that_is_silent_is_named_where_clickhouse_is_away_as_well() {
    let silent = Pipeline {
        daemons: vec![Daemon {
            url: "http://h".to_owned(),
            answer: Err("refused".to_owned()),
        }],
    };
    let health = Health::unknown("ClickHouse is away".to_owned()).with(&silent);
    assert_eq!(
        health.reasons,
        ["ClickHouse is away", "oot-ingest at http://h is silent: refused"]
    );
}
