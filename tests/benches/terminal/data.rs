//! Large answers: 120 backends, 5,000 pull requests of 300 jobs.

use oot_hud::data::Data;
use oot_hud::data::backend::Backend;
use oot_hud::data::matrix::Matrix;
use oot_hud::data::missing::Missing;
use oot_hud::data::pull_request::PullRequest;
use oot_hud::data::summary::Summary;
use oot_hud::data::trend::{Daily, Trends};
use oot_hud::source::{Cell, JobRow, MatrixRow, MatrixRows, TrendRow, UsualRow};

pub(crate) const BACKENDS: u64 = 120;
pub(crate) const PULL_REQUESTS: u64 = 5_000;
pub(crate) const JOBS: u64 = 300;
pub(crate) const SECOND: i64 = 1_000_000_000;
/// The moment of asking.
pub(crate) const NOW: i64 = 1_790_000_000 * SECOND;

pub(crate) fn summary() -> Data {
    let row = |number: u64| Summary {
        repo: format!("vendor-{number:03}/torch-backend"),
        level: Some(format!("L{}", 1 + number % 4)),
        success: 900 + number,
        failure: number,
        timed_out: number % 7,
        cancelled: number % 5,
        running: number % 3,
        total: 1_000 + number,
        pass_rate: Some((900 + number) as f64 / (900 + 2 * number) as f64),
        duration_p50: Some(2_460.0),
        duration_p95: Some(4_320.0),
        queue_p50: Some(120.0),
        last_run: Some(NOW - 60 * SECOND),
        newest: Some(NOW - 60 * SECOND),
        daily: Daily {
            first: 0,
            rates: (0..14)
                .map(|day| (day % 5 > 0).then_some(0.9 - 0.02 * day as f64))
                .collect(),
        },
        ..Summary::default()
    };
    Data::Summary {
        rows: (0..BACKENDS).map(row).collect(),
        relay: Some(Vec::new()),
        relay_nightly: Some(Vec::new()),
        before: Some(0.9),
        missing: Missing::default(),
    }
}

pub(crate) fn rows() -> MatrixRows {
    let letter = |number: u64, job: u64| if (number + job).is_multiple_of(5) { b'X' } else { b'O' };
    let row = |number: u64| MatrixRow {
        pr_number: number,
        commit: format!("{number:040x}"),
        newest: NOW - (PULL_REQUESTS - number) as i64 * SECOND,
        cells: (1..=JOBS).map(|job| (job, letter(number, job))).collect(),
    };
    (1..=PULL_REQUESTS).rev().map(row).collect()
}

/// Half of them are shards of one job.
pub(crate) fn jobs() -> Vec<JobRow> {
    let name = |job: u64| match job <= JOBS / 2 {
        true => format!("test ({job}, {})", JOBS / 2),
        false => format!("job-{}", job * 7),
    };
    (1..=JOBS)
        .map(|job| JobRow {
            workflow: "linux".to_owned(),
            job: name(job),
            id: job,
        })
        .collect()
}

pub(crate) fn backend() -> Data {
    Data::Backend(Box::new(Backend {
        summary: Some(Summary {
            repo: "a/b".to_owned(),
            pull_requests: PULL_REQUESTS,
            ..Summary::default()
        }),
        matrix: Matrix::new(rows(), PULL_REQUESTS as usize, jobs()),
        ..Backend::default()
    }))
}

/// Every backend has jobs on one commit.
pub(crate) fn pull_request() -> Data {
    let cell = |number: u64| -> Cell {
        let (backend, job) = (number / 30, number % 30);
        let verdict = if number.is_multiple_of(11) {
            "failure"
        } else {
            "success"
        };
        Cell {
            dynamoKey: format!("{number}"),
            downstream_repo: format!("vendor-{backend:03}/torch-backend"),
            pr_number: 7,
            commit: "a".repeat(40),
            pytorch_head_sha: "a".repeat(40),
            workflow_name: "linux".to_owned(),
            job_name: format!("job-{}", job * 7),
            job_id: job,
            run_attempt: 1,
            conclusion: verdict.to_owned(),
            ended: true,
            verdict: verdict.to_owned(),
            attempts: 1,
            started: Some(NOW - 3_000 * SECOND),
            completed: Some(NOW - 600 * SECOND),
            belongs: NOW - 3_000 * SECOND,
            seen: NOW - 3_000 * SECOND,
            duration: Some(2_400.0),
            queue_time: Some(60.0),
            total_tests: 8_430,
            level: format!("L{}", 1 + backend % 4),
            ..Cell::default()
        }
    };
    Data::PullRequest(PullRequest::new((0..BACKENDS * 30).map(cell).collect()))
}

pub(crate) fn trends() -> Data {
    let today = NOW.div_euclid(86_400 * SECOND);
    let day = |ago: i64| TrendRow {
        day: u32::try_from(today - ago).unwrap(),
        success: 900,
        failure: 50,
        timed_out: 5,
        total: 1_000,
        flaky_jobs: 10,
        duration_p50: 2_400.0,
        queue_p50: 60.0,
    };
    let job = |number: u64| UsualRow {
        repo: format!("vendor-{:03}/torch-backend", number / 30),
        workflow: "linux".to_owned(),
        job: format!("job-{}", number % 30 * 7),
        id: number,
        total: 100,
        success: 90,
        failure: number % 10,
        flaky_jobs: number % 3,
        duration_p50: 2_400.0,
        failing_since: 0,
        failing_prs: 0,
    };
    let since = (today - 13) * 86_400 * SECOND;
    Data::Trends(Trends::new(
        (0..14).map(day).collect(),
        (0..BACKENDS * 30).map(job).collect(),
        since,
        NOW,
        false,
    ))
}
