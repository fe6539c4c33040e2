//! From a POST to a row: nothing lost, nothing twice, whatever happens on the way.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use oot_tests::{ClickHouse, Daemon, eventually, hud, post, result, samples};

/// All rows, without what stands outside the merge rules.
const ROWS: &str =
    "SELECT * EXCEPT (created_at, _version) FROM oot_workflow_job FINAL ORDER BY dynamoKey FORMAT JSONEachRow";

#[test]
fn the_order_and_number_of_the_payloads_make_no_difference() {
    let rows_of = |bodies: &[Vec<u8>]| {
        let data = tempfile::tempdir().unwrap();
        let daemon = Daemon::start(data.path());
        for (number, body) in bodies.iter().enumerate() {
            let header = ["X-OOT-Relay-Token", "x-hud-internal-bot", "X-HUD-Internal-Bot"][number % 3];
            let path = ["/api/oot/results", "/api/crcr/results"][number % 2];
            let answer = post(&format!("{}{path}", daemon.url), &[(header, daemon.token())], body).unwrap();
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
        // The last write of all tells when the rest has arrived.
        assert_eq!(daemon.post(&result(0, "completed")).unwrap().status, 200);
        eventually("the last row", || {
            (daemon
                .clickhouse
                .run("SELECT count() FROM oot_workflow_job FINAL WHERE downstream_repo = 'a/b'")
                == "1")
                .then_some(())
        });
        let rows = daemon.clickhouse.run(ROWS);
        assert_eq!(daemon.stop(), Some(0));
        rows
    };
    let once = samples();
    let mut shuffled: Vec<_> = once.iter().chain(&once).cloned().collect();
    shuffled.reverse();
    shuffled.swap(1, 9);
    shuffled.swap(4, 17);
    let expected = rows_of(&once);
    assert_eq!(expected.lines().count(), once.len());
    assert_eq!(rows_of(&shuffled), expected);
}

#[test]
fn what_was_acknowledged_before_a_termination_is_brought_home() {
    let data = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(data.path());
    for number in 0..100 {
        assert_eq!(daemon.post(&result(number, "completed")).unwrap().status, 200);
    }
    assert_eq!(daemon.stop(), Some(0));
    let clickhouse = ClickHouse::start(&data.path().join("clickhouse"));
    assert_eq!(clickhouse.results(), 100);
}

/// A power cut: the data directory comes back without the parts that ClickHouse wrote last.
#[test]
fn a_checkpoint_is_never_left_ahead_of_the_data() {
    let data = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(data.path());
    for number in 0..60 {
        assert_eq!(daemon.post(&result(number, "completed")).unwrap().status, 200);
        if number == 20 {
            eventually("the first rows", || (daemon.clickhouse.results() >= 20).then_some(()));
        }
    }
    assert_eq!(daemon.stop(), Some(0));

    let clickhouse = ClickHouse::start(&data.path().join("clickhouse"));
    // Every part that holds the last block, merged or not.
    let last = clickhouse.run(
        "SELECT path FROM system.parts WHERE table = 'oot_workflow_job' AND max_block_number =
         (SELECT max(max_block_number) FROM system.parts WHERE table = 'oot_workflow_job')",
    );
    drop(clickhouse);
    for part in last.lines() {
        std::fs::remove_dir_all(part).unwrap();
    }

    let clickhouse = ClickHouse::start(&data.path().join("clickhouse"));
    assert!(clickhouse.results() < 60, "something is missing");
    drop(clickhouse);
    let daemon = Daemon::start(data.path());
    eventually("all rows again", || (daemon.clickhouse.results() == 60).then_some(()));
    assert_eq!(daemon.stop(), Some(0));
}

/// The daemon's document is read by the other program; here both are held to it.
#[test]
fn the_daemon_tells_the_terminal_program_how_it_does() {
    let data = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(data.path());
    for number in 0..3 {
        assert_eq!(daemon.post(&result(number, "completed")).unwrap().status, 200);
    }
    assert_eq!(daemon.post(b"{}").unwrap().status, 400);
    let arguments = ["pipeline", "--ingest", &daemon.url, "--format", "json"];
    let row = eventually("a pipeline that is at rest and was probed", || {
        let row = hud(&daemon.clickhouse.url, &arguments).json()[0].clone();
        // A new destination is filled from the store first: until that scan has ended it is a second shard.
        let is_filled = row["shards_workable"] == 1;
        (row["lag_seconds"] == 0.0 && row["sink_answers"] == true && row["dead_letters"] == 0 && is_filled)
            .then_some(row)
    });
    assert_eq!(
        (&row["accepted"], &row["refused"], &row["unavailable"]),
        (&3.into(), &1.into(), &0.into())
    );
    assert_eq!(
        (&row["spooled"], &row["store_away"], &row["gaps"]),
        (&0.into(), &false.into(), &0.into())
    );
    assert_eq!(row["shards_followed"], 1);
    assert_eq!(
        (&row["error"], &row["url"]),
        (&serde_json::Value::Null, &daemon.url.as_str().into())
    );

    let status = hud(
        &daemon.clickhouse.url,
        &["status", "--ingest", &daemon.url, "--format", "json"],
    );
    assert_eq!(status.json()["lag_seconds"], 0.0, "{status:?}");
    let (clickhouse, url) = (daemon.clickhouse.url.clone(), daemon.url.clone());
    assert_eq!(daemon.stop(), Some(0));
    let gone = hud(&clickhouse, &["pipeline", "--ingest", &url, "--format", "json"]).json()[0].clone();
    assert!(
        gone["error"].as_str().is_some_and(|error| error.contains("refused")),
        "{gone}"
    );
}

#[test]
fn a_completed_callback_keeps_what_the_first_one_said() {
    let data = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(data.path());
    for body in samples() {
        assert_eq!(daemon.post(&body).unwrap().status, 200);
    }
    let job = eventually("the completed job", || {
        let printed = hud(&daemon.clickhouse.url, &["pr", "179565", "--format", "json"]);
        // Until there is something of it, that is an error.
        let rows = (printed.code == Some(0)).then(|| printed.json())?;
        let job = rows
            .as_array()?
            .iter()
            .find(|row| row["job_name"] == "test-npu-float32 (1, 4)")?
            .clone();
        (job["status"] == "completed").then_some(job)
    });
    assert_eq!(job["queue_time"], 12.345);
    assert_eq!(job["execution_time"], 1782.0);
    assert_eq!(job["started_at"], "2026-08-21T10:15:30.123456Z");
    assert_eq!(
        (job["passed_tests"].as_u64(), job["total_tests"].as_u64()),
        (Some(8430), Some(8452))
    );
}

#[test]
fn what_was_acknowledged_before_a_kill_is_there_once_after_it() {
    const RESULTS: usize = 2_000;
    let data = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(data.path());
    let next = std::sync::atomic::AtomicUsize::new(0);
    let acknowledged = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        // A connection that breaks is the kill; what it carried was not acknowledged.
                        match daemon.post(&result(number, "completed")) {
                            Ok(answer) if number < RESULTS => {
                                assert_eq!(answer.status, 200, "{}", answer.body);
                                acknowledged.lock().unwrap().push(number);
                            }
                            _ => return,
                        }
                    }
                })
            })
            .collect();
        eventually("half of them", || {
            (acknowledged.lock().unwrap().len() > RESULTS / 2).then_some(())
        });
        let id = std::process::Command::new("kill")
            .args(["-KILL", &daemon.id().to_string()])
            .status()
            .unwrap();
        assert!(id.success());
        senders.into_iter().for_each(|sender| sender.join().unwrap());
    });
    drop(daemon);
    let daemon = Daemon::start(data.path());
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() < RESULTS, "the kill came too late to mean anything");
    let rows = || {
        daemon
            .clickhouse
            .run("SELECT check_run_id, count() FROM oot_workflow_job FINAL GROUP BY 1")
    };
    let missing = |rows: &str| {
        let there: std::collections::HashMap<&str, &str> =
            rows.lines().filter_map(|line| line.split_once('\t')).collect();
        acknowledged
            .iter()
            .filter(|number| there.get(number.to_string().as_str()) != Some(&"1"))
            .count()
    };
    eventually("every acknowledged result, once", || {
        (missing(&rows()) == 0).then_some(())
    });
}

#[test]
fn a_wiped_clickhouse_is_filled_again() {
    let data = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(data.path());
    for body in samples() {
        assert_eq!(daemon.post(&body).unwrap().status, 200);
    }
    let expected = samples().len() - 1;
    eventually("all rows", || (daemon.clickhouse.results() == expected).then_some(()));
    assert_eq!(daemon.stop(), Some(0));
    std::fs::remove_dir_all(data.path().join("clickhouse")).unwrap();
    let daemon = Daemon::start(data.path());
    eventually("all rows again", || {
        (daemon.clickhouse.results() == expected).then_some(())
    });
}

/// The relay's client is urllib: it must see each refusal as an answer, not as a broken connection.
#[test]
fn the_relays_client_sees_every_refusal() {
    const SCRIPT: &str = r#"
import sys, urllib.request, urllib.error
url, token = sys.argv[1:]
def post(body, token):
    request = urllib.request.Request(url, data=body, headers={"X-OOT-Relay-Token": token}, method="POST")
    try:
        return urllib.request.urlopen(request, timeout=10).status
    except urllib.error.HTTPError as error:
        error.read()
        return error.code
big, bigger = b" " * 2097153, b"x" * 6000000
for _ in range(100):
    got = [post(b"{}", "wrong"), post(big, "wrong"), post(bigger, "wrong"), post(big, token), post(bigger, token), post(b"{}", token)]
    assert got == [401, 401, 401, 413, 413, 400], got
print("600 answers")
"#;
    let data = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(data.path());
    let url = format!("{}/api/crcr/results", daemon.url);
    let output = std::process::Command::new("python3")
        .args(["-c", SCRIPT, &url, daemon.token()])
        .output()
        .unwrap();
    let (out, error) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(out.trim(), "600 answers", "{error}");
}
