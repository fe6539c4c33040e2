//! What screens ask of the engine beyond the rows that commands print: figures by hand, from both layouts.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers {
    mod again;
    mod attempts;
    mod columns;
    mod layouts;
    mod levels;
    mod matrix;
    mod readiness;
    mod relay;
    mod repositories;
    mod sides;
}

use std::fmt::Debug;

use oot_hud::answer::Sources;
use oot_hud::data::chosen::EventView;
use oot_hud::data::{Answer, Data};
use oot_hud::settings::clickhouse;
use oot_hud::source::Subject;
use oot_hud::source::daemons::Daemons;
use oot_hud::source::{Question, Reader, SourceError};
use oot_hud::web::allowlist::AllowlistSource;
use oot_hud::web::titles::Titles;
use oot_tests::{Both, TABLES, ago};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How a store says that there is no such time.
const NONE: &str = "1970-01-01T00:00:00Z";

fn sha(letter: char) -> String {
    letter.to_string().repeat(40)
}

/// So many minutes ago, in nanoseconds since 1970.
fn moment(minutes: i64) -> i64 {
    let at = OffsetDateTime::parse(&ago(minutes), &Rfc3339).unwrap();
    at.unix_timestamp() * 1_000_000_000
}

/// So many minutes ago, in milliseconds since 1970.
fn millis(minutes: i64) -> i64 {
    moment(minutes) / 1_000_000
}

/// Everything there ever was of a backend.
fn all_of(repo: &str, event: EventView) -> Question {
    Question {
        repo: repo.to_owned(),
        ..Question::of_all(millis(0), event)
    }
}

fn reader(both: &Both, table: &str) -> Reader {
    let (database, table) = table.split_once('.').unwrap();
    Reader::new(&clickhouse::ClickHouse {
        url: both.clickhouse.url.clone(),
        user: None,
        password: None,
        database: database.to_owned(),
        table: table.to_owned(),
    })
}

/// What each layout answers, ours first.
fn answers<T>(both: &Both, ask: impl AsyncFn(Reader) -> Result<T, SourceError>) -> [T; 2] {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    TABLES.map(|table| runtime.block_on(ask(reader(both, table))).unwrap())
}

/// What both layouts answer: the same. It is compared as it is printed, because NaN equals nothing.
fn answer<T: Debug>(both: &Both, ask: impl AsyncFn(Reader) -> Result<T, SourceError>) -> T {
    let [own, reference] = answers(both, ask);
    assert_eq!(format!("{own:?}"), format!("{reference:?}"));
    own
}

/// What a screen is given.
async fn screen(reader: Reader, subject: Subject, question: &Question) -> Result<Data, SourceError> {
    match asked(reader, subject, question).await? {
        Answer::Screen { data, .. } => Ok(data),
        other => panic!("no screen shows {other:?}"),
    }
}

/// What is told of a subject.
async fn asked(reader: Reader, subject: Subject, question: &Question) -> Result<Answer, SourceError> {
    let sources = Sources::new(
        reader,
        AllowlistSource::new(None, None).await,
        Daemons::new(&[]),
        // Nobody is asked.
        Titles::default(),
    )
    .waiting(std::time::Duration::from_secs(60));
    sources.answer(subject, question, None, moment(0)).await
}
