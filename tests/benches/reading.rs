//! What it costs to read: each screen's questions over our table, beside plain queries over the reference layout, on one engine in one
//! run. Results go to `assets/bench/reading.json`.
//!
//! `OOT_BENCH_RECORDS=100000,1000000` measures smaller tables alone, and writes nothing.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

#[path = "reading/data.rs"]
mod data;
#[path = "report.rs"]
mod report;

use std::sync::Arc;
use std::time::Duration;

use oot_hud::answer::Sources;
use oot_hud::data::Answer;
use oot_hud::data::basis::Basis;
use oot_hud::data::chosen::EventView;
use oot_hud::settings::clickhouse;
use oot_hud::source::daemons::Daemons;
use oot_hud::source::{Question, Reader, Subject};
use oot_hud::web::allowlist::AllowlistSource;
use oot_hud::web::titles::Titles;
use oot_tests::{Cost, Counting, post};
use serde_json::{Value, json};
use time::OffsetDateTime;

use data::{OWN, REFERENCE, Size, World};
use report::{Times, cpu_seconds};

/// Over 365 days, in both layouts.
const RECORDS: [u64; 3] = [100_000, 1_000_000, 5_000_000];
/// In ours alone: four times as many in as many days; and less and more at one rate, that of 5 million.
const OURS: [(u64, u64); 3] = [(20_000_000, 365), (1_000_000, 73), (20_000_000, 1_460)];
const RUNS: usize = 15;
/// Where a run takes seconds.
const REFERENCE_RUNS: usize = 5;
const DAY_MILLIS: i64 = 86_400_000;
/// The one with the most jobs.
const REPO: &str = "vendor-39/torch-backend-ci";

/// A screen, as it is opened.
struct Screen {
    name: &'static str,
    subject: Subject,
    repo: &'static str,
    pr: u64,
    /// Queries that one would write for the reference layout.
    plain: &'static [&'static str],
}

const SCREENS: [Screen; 4] = [
    Screen {
        name: "summary",
        subject: Subject::Summary,
        repo: "",
        pr: 0,
        plain: &[include_str!("reading/plain/summary.sql")],
    },
    Screen {
        name: "backend",
        subject: Subject::Backend,
        repo: REPO,
        pr: 0,
        plain: &[include_str!("reading/plain/backend.sql")],
    },
    Screen {
        name: "pull request",
        subject: Subject::PullRequest,
        repo: "",
        pr: 399_997,
        plain: &[include_str!("reading/plain/pull_request.sql")],
    },
    Screen {
        name: "trends",
        subject: Subject::Trends,
        repo: "",
        pr: 0,
        plain: &[
            include_str!("reading/plain/trends.sql"),
            include_str!("reading/plain/trends_jobs.sql"),
        ],
    },
];

fn main() {
    let chosen = std::env::var("OOT_BENCH_RECORDS").ok();
    let mut sizes: Vec<Size> = RECORDS
        .map(|records| Size {
            records,
            days: 365,
            with_reference: true,
        })
        .into();
    match &chosen {
        Some(chosen) => {
            let chosen: Vec<u64> = chosen.split(',').map(|number| number.trim().parse().unwrap()).collect();
            sizes.retain(|size| chosen.contains(&size.records));
        }
        None => sizes.extend(OURS.map(|(records, days)| Size {
            records,
            days,
            with_reference: false,
        })),
    }
    let told: Vec<Value> = sizes.into_iter().map(measured).collect();
    if chosen.is_none() {
        report::write("reading", json!(told));
    }
}

fn measured(size: Size) -> Value {
    let directory = tempfile::tempdir().unwrap();
    let now = (OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64;
    let mut filling = Times::default();
    let world = filling.time(|| World::new(directory.path(), size, now));
    println!(
        "{} records over {} days, filled in {:.0} s",
        size.records,
        size.days,
        filling.quantile(1.0) / 1e3
    );
    let screens: serde_json::Map<String, Value> = SCREENS
        .iter()
        .map(|screen| (screen.name.to_owned(), of_screen(&world, screen)))
        .collect();
    json!({ "table": world.told(), "screens": screens })
}

/// What a screen costs in each layout, and what the plain queries cost.
fn of_screen(world: &World, screen: &Screen) -> Value {
    let own = of_layout(world, screen, OWN);
    let mut told = json!({ "own": own });
    if world.size.with_reference {
        told["on_the_reference_layout"] = of_layout(world, screen, REFERENCE);
        told["plain"] = of_plain(world, screen);
    }
    for (whose, figures) in told.as_object().unwrap() {
        for (when, it) in figures.as_object().unwrap() {
            println!(
                "  {:13} {whose:24} {when:7} {:8.1} ms, p99 {:8.1}, cpu {:8.1} · {:2} queries, {:9} rows, {:11} bytes read, {:8} answered",
                screen.name,
                it["time"]["p50_ms"].as_f64().unwrap(),
                it["time"]["p99_ms"].as_f64().unwrap(),
                it["cpu_ms"].as_f64().unwrap(),
                it["queries"],
                it["rows_read"],
                it["bytes_read"],
                it["bytes_answered"],
            );
        }
    }
    told
}

/// The rows of a screen alone, which is what the plain queries ask; opening it, by a program that knows nothing yet; and asking again a
/// refresh later, when nothing has come, and when something has come to what is shown.
fn of_layout(world: &World, screen: &Screen, table: &str) -> Value {
    let runs = if table == OWN { RUNS } else { REFERENCE_RUNS };
    let program = |url: &str| Program::new(world, screen, table, url);
    let counting = Counting::before(&world.clickhouse.url);

    // It knows the layout by now.
    let mut counted = program(&counting.url);
    counted.ask_rows();
    counting.take();
    counted.ask_rows();
    let rows_cost = counting.take();
    let mut counted = program(&counting.url);
    let mut cost_of = |refresh: Refresh| {
        refresh.prepare(world, screen, table);
        counting.take();
        counted.ask(refresh);
        counting.take()
    };
    let [first_cost, _, nothing_cost, little_cost] = REFRESHES.map(&mut cost_of);

    let mut known = program(&world.clickhouse.url);
    known.ask_rows();
    let mut rows = Runs::default();
    for _ in 0..runs {
        rows.run(world, || known.ask_rows());
    }
    let mut told: [Runs; 4] = Default::default();
    for _ in 0..runs {
        let mut program = program(&world.clickhouse.url);
        for (refresh, told) in REFRESHES.into_iter().zip(&mut told) {
            refresh.prepare(world, screen, table);
            told.run(world, || program.ask(refresh));
        }
    }
    let [first, _, nothing, little] = told;
    json!({
        "rows": rows.told(rows_cost),
        "first": first.told(first_cost),
        "nothing": nothing.told(nothing_cost),
        "little": little.told(little_cost),
    })
}

/// What has come before it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refresh {
    First,
    /// The first time that it is asked again, it is only counted what has come.
    Look,
    Nothing,
    Little,
}

/// One after the other, 15 seconds apart.
const REFRESHES: [Refresh; 4] = [Refresh::First, Refresh::Look, Refresh::Nothing, Refresh::Little];

impl Refresh {
    fn prepare(self, world: &World, screen: &Screen, table: &str) {
        if self == Self::Little {
            world.add(table, REPO, screen.pr);
        }
        // What was asked before has ended, in the background as well.
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

/// One that shows a screen.
struct Program<'a> {
    world: &'a World,
    screen: &'a Screen,
    runtime: tokio::runtime::Runtime,
    reader: Reader,
    sources: Sources,
    basis: Option<Arc<Basis>>,
}

impl<'a> Program<'a> {
    fn new(world: &'a World, screen: &'a Screen, table: &str, url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let reader = || {
            Reader::new(&clickhouse::ClickHouse {
                url: url.to_owned(),
                user: None,
                password: None,
                database: "default".to_owned(),
                table: table.to_owned(),
            })
        };
        let allowlist = runtime.block_on(AllowlistSource::new(None, None));
        let sources = Sources::new(reader(), allowlist, Daemons::new(&[]), Titles::default()).patient();
        Self {
            world,
            screen,
            runtime,
            reader: reader(),
            sources,
            basis: None,
        }
    }

    fn question(&self, later: i64) -> Question {
        let now = self.world.now + later;
        let question = Question {
            since: now - 7 * DAY_MILLIS,
            repo: self.screen.repo.to_owned(),
            pr: self.screen.pr,
            pull_requests: 100,
            ..Question::of_all(now, EventView::Pr)
        };
        match self.screen.pr {
            0 => question,
            _ => Question {
                since: 0,
                event: EventView::All,
                ..question
            },
        }
    }

    fn ask_rows(&mut self) {
        self.runtime
            .block_on(rows(&self.reader, self.screen.subject, &self.question(0)));
    }

    fn ask(&mut self, refresh: Refresh) {
        let question = self.question(15_000 * refresh as i64);
        let now = question.now * 1_000_000;
        let shown = self.basis.clone();
        let answer = self.sources.answer(self.screen.subject, &question, shown, now);
        match self.runtime.block_on(answer).unwrap() {
            Answer::Screen { basis, .. } => {
                assert_ne!(refresh, Refresh::Nothing, "nothing has come");
                self.basis = basis;
            }
            Answer::Same => assert_eq!(refresh, Refresh::Nothing, "something has come"),
            other => panic!("no screen shows {other:?}"),
        }
    }
}

/// A screen's own questions.
async fn rows(reader: &Reader, subject: Subject, question: &Question) {
    match subject {
        Subject::Summary => drop(reader.summary(question).await.unwrap()),
        Subject::Backend => drop(tokio::try_join!(reader.rows(question), reader.jobs(question)).unwrap()),
        Subject::PullRequest => drop(reader.cells(question).await.unwrap()),
        Subject::Trends => drop(tokio::try_join!(reader.days(question), reader.usual(question)).unwrap()),
        other => panic!("{other:?} is not measured"),
    }
}

fn of_plain(world: &World, screen: &Screen) -> Value {
    let since = (world.now - 7 * DAY_MILLIS) / 1000;
    let queries: Vec<String> = screen
        .plain
        .iter()
        .map(|sql| {
            sql.replace("{since}", &since.to_string())
                .replace("{repo}", screen.repo)
                .replace("{pr}", &screen.pr.to_string())
        })
        .collect();
    let ask = |url: &str| {
        for sql in &queries {
            // Without the rows themselves: that they are written out and sent is on top.
            let answer = post(&format!("{url}/?default_format=Null"), &[], sql.as_bytes()).unwrap();
            assert_eq!(answer.status, 200, "{sql}: {}", answer.body);
        }
    };
    let counting = Counting::before(&world.clickhouse.url);
    ask(&counting.url);
    let cost = counting.take();
    let mut runs = Runs::default();
    for _ in 0..REFERENCE_RUNS {
        runs.run(world, || ask(&world.clickhouse.url));
    }
    json!({ "rows": runs.told(cost) })
}

/// What some runs took.
#[derive(Default)]
struct Runs {
    times: Times,
    /// Of ClickHouse, in seconds.
    cpu: f64,
    runs: u32,
}

impl Runs {
    fn run(&mut self, world: &World, work: impl FnOnce()) {
        let process = world.clickhouse.id().unwrap();
        let before = cpu_seconds(process);
        self.times.time(work);
        self.cpu += cpu_seconds(process) - before;
        self.runs += 1;
    }

    fn told(&self, cost: Cost) -> Value {
        let cpu_ms = self.cpu * 1e3 / f64::from(self.runs);
        json!({
            "time": self.times.json(),
            "cpu_ms": (cpu_ms * 10.0).round() / 10.0,
            "queries": cost.queries,
            "rows_read": cost.rows,
            "bytes_read": cost.bytes,
            "bytes_asked": cost.asked_bytes,
            "bytes_answered": cost.answered_bytes,
        })
    }
}
