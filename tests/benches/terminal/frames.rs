//! Frames of large screens, drawn as the program draws them, into bytes for a terminal.

use std::io::Write;
use std::rc::Rc;
use std::time::Instant;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use oot_hud::data::backend::Backend;
use oot_hud::data::matrix::Matrix;
use oot_hud::data::missing::Missing;
use oot_hud::data::pull_request::PullRequest;
use oot_hud::data::rows::Summary;
use oot_hud::data::trend::Trends;
use oot_hud::data::{Answer, Data};
use oot_hud::screen::effect::Effect;
use oot_hud::screen::message::Message;
use oot_hud::screen::model::Model;
use oot_hud::screen::update::update;
use oot_hud::screen::{run, view};
use oot_hud::settings::args::{Choice, Command, Commit, Global};
use oot_hud::settings::config::{Config, Environment};
use oot_hud::source::{Cell, JobRow, MatrixRow, MatrixRows, TrendRow, UsualRow};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use serde_json::{Value, json};

use crate::report::Times;

const BACKENDS: u64 = 120;
const PULL_REQUESTS: u64 = 5_000;
const JOBS: u64 = 300;
const FRAMES: usize = 2_000;
const SECOND: i64 = 1_000_000_000;
const NOW: i64 = 1_790_000_000 * SECOND;

/// Its name, how it is opened, and what it shows.
type Case = (&'static str, Command, fn() -> Data);

/// Every screen at each size: keys go down, right and back, a frame after each.
pub(crate) fn measured() -> Value {
    let screens: [Case; 4] = [
        ("summary", Command::Summary, summary),
        ("backend", Command::Backend { repo: "a/b".to_owned() }, backend),
        (
            "pull request",
            Command::Pr {
                number: 7,
                commit: Commit::Latest,
            },
            pull_request,
        ),
        (
            "trends",
            Command::Trends {
                repo: None,
                jobs: false,
            },
            trends,
        ),
    ];
    let mut told = serde_json::Map::new();
    for (name, command, data) in screens {
        let of_sizes = [(200, 60), (120, 40)].map(|size| {
            let (frames, bytes) = frames(&command, data(), size);
            println!(
                "  frame of {name:13} {}x{}: {:6.3} ms, p99 {:6.3}, {bytes} bytes",
                size.0,
                size.1,
                frames.quantile(0.5),
                frames.quantile(0.99)
            );
            (
                format!("{}x{}", size.0, size.1),
                json!({ "time": frames.json(), "bytes": bytes }),
            )
        });
        told.insert(name.to_owned(), Value::Object(of_sizes.into_iter().collect()));
    }
    let mut regroup = Times::default();
    for _ in 0..20 {
        let (rows, jobs) = (rows(), jobs());
        regroup.time(|| std::hint::black_box(Matrix::new(rows, PULL_REQUESTS as usize, jobs)));
    }
    println!(
        "  a matrix of {PULL_REQUESTS} x {JOBS} from its rows: {:.1} ms",
        regroup.quantile(0.5)
    );
    json!({ "frames": told, "matrix_from_rows": regroup.json() })
}

/// Times of frames, and the bytes that one has on average.
fn frames(command: &Command, data: Data, size: (u16, u16)) -> (Times, usize) {
    let mut model = showing(command, data, size);
    let bytes = Rc::new(std::cell::Cell::new(0));
    let options = TerminalOptions {
        viewport: Viewport::Fixed(Rect::new(0, 0, size.0, size.1)),
    };
    let mut terminal = Terminal::with_options(CrosstermBackend::new(Counted(Rc::clone(&bytes))), options).unwrap();
    terminal.draw(|frame| view::draw(&model, frame)).unwrap();
    bytes.set(0);
    let mut times = Times::default();
    for number in 0..FRAMES {
        let code = match number % 100 {
            0..60 => KeyCode::Down,
            60..80 => KeyCode::Right,
            80..90 => KeyCode::Left,
            _ => KeyCode::PageDown,
        };
        let begun = Instant::now();
        update(&mut model, Message::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        terminal.draw(|frame| view::draw(&model, frame)).unwrap();
        times.take(begun.elapsed());
    }
    (times, bytes.get() / FRAMES)
}

/// Counts what a terminal would get.
struct Counted(Rc<std::cell::Cell<usize>>);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.set(self.0.get() + bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A program that has asked for a screen and has its answer.
fn showing(command: &Command, data: Data, size: (u16, u16)) -> Model {
    let flags = Global {
        config: Some("/dev/null".into()),
        ..Global::default()
    };
    let config = Config::load(Environment::default(), &flags, &Choice::default()).unwrap();
    let mut model = run::model(&config, command.clone(), size, None);
    let effects = update(&mut model, Message::Tick(NOW));
    let subject = model.screen().place.subject();
    let asked = effects.into_iter().find_map(|effect| match effect {
        Effect::Ask {
            generation,
            subject: of,
            ..
        } if of == subject => Some(generation),
        _ => None,
    });
    let answer = Ok(Answer::Screen(data));
    update(
        &mut model,
        Message::Answered {
            generation: asked.unwrap(),
            answer,
        },
    );
    model
}

fn summary() -> Data {
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
        daily: (0..14)
            .map(|day| (day % 5 > 0).then_some(0.9 - 0.02 * day as f64))
            .collect(),
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

fn rows() -> MatrixRows {
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
fn jobs() -> Vec<JobRow> {
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

fn backend() -> Data {
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
fn pull_request() -> Data {
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
            duration: Some(2_400.0),
            queue_time: Some(60.0),
            total_tests: 8_430,
            level: format!("L{}", 1 + backend % 4),
            ..Cell::default()
        }
    };
    Data::PullRequest(PullRequest::new((0..BACKENDS * 30).map(cell).collect()))
}

fn trends() -> Data {
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
