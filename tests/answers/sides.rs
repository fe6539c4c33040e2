//! What stands beside the rows of a screen may fail or be late, and costs its own part.

use std::time::Duration;

use oot_hud::answer::Sources;
use oot_hud::data::chosen::EventView;
use oot_hud::data::missing::Missing;
use oot_hud::data::{Answer, Data};
use oot_hud::settings::clickhouse;
use oot_hud::source::daemons::Daemons;
use oot_hud::source::{Question, Reader, SourceError, Subject};
use oot_hud::web::allowlist::{AllowlistSource, Known};
use oot_hud::web::titles::Titles;
use oot_tests::{Both, Fault, Faulty, TABLES};
use serde_json::json;

use crate::{all_of, millis, moment};

const LONG: Duration = Duration::from_secs(60);

fn sources(server: &Faulty, table: &str, side_within: Duration) -> Sources {
    let (database, table) = table.split_once('.').unwrap();
    let place = clickhouse::ClickHouse {
        url: server.url.clone(),
        user: None,
        password: None,
        database: database.to_owned(),
        table: table.to_owned(),
    };
    let (allowlist, daemons) = (AllowlistSource::Fixed(Known::default()), Daemons::new(&[]));
    Sources::new(Reader::new(&place), allowlist, daemons, Titles::default()).waiting(side_within)
}

fn ask(sources: &Sources, subject: Subject) -> Result<Data, SourceError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let question = Question {
        since: millis(24 * 60),
        repo: match subject {
            Subject::Backend => "a/b".to_owned(),
            _ => String::new(),
        },
        ..all_of("", EventView::Pr)
    };
    match runtime.block_on(sources.answer(subject, &question, None, moment(0)))? {
        Answer::Screen { data, .. } => Ok(data),
        other => panic!("no screen shows {other:?}"),
    }
}

/// Whether its own rows are there.
fn has_rows(data: &Data) -> bool {
    match data {
        Data::Summary { rows, .. } => rows.len() == 1,
        Data::Backend(it) => it.matrix.rows.len() == 1 && it.matrix.columns.len() == 1,
        Data::PullRequest(it) => it.cells.len() == 1,
        _ => false,
    }
}

fn missing(data: &Data) -> Option<String> {
    data.missing().and_then(Missing::in_words)
}

#[test]
fn a_side_question_that_fails_costs_its_own_part_and_is_asked_again() {
    let both = Both::new();
    both.insert(&[json!({})]);
    let server = Faulty::before(&both.clickhouse.url);
    let levels = "Which level does each repository have";
    for (subject, query, part) in [
        (Subject::Summary, "How often did each backend pass", "days"),
        (
            Subject::Summary,
            "Does the relay itself work",
            "the relay, the relay by night",
        ),
        (Subject::Summary, levels, "levels"),
        (Subject::PullRequest, "How does each job usually do", "what is usual"),
        (Subject::PullRequest, levels, "levels"),
        (Subject::Backend, "How does each job usually do", "what is usual"),
        (
            Subject::Backend,
            "How does each backend stand",
            "the backend as a whole",
        ),
        (Subject::Backend, "by the measures of level 3", "level 3"),
        (Subject::Backend, levels, "levels"),
    ] {
        for table in TABLES {
            let sources = sources(&server, table, LONG);
            server.set_for(query, Fault::Refuted);
            let data = ask(&sources, subject).unwrap_or_else(|why| panic!("{query}: {why}"));
            assert!(has_rows(&data), "{query}");
            let words = missing(&data).unwrap_or_default();
            assert!(
                words.starts_with(&format!("no answer about {part}: ClickHouse")) && words.contains("MEMORY_LIMIT"),
                "{query}: {words}"
            );
            if let (Data::Summary { relay, .. }, true) = (&data, part.contains("relay")) {
                assert_eq!(*relay, None, "that is not: no data");
            }
            server.set(Fault::None);
            let data = ask(&sources, subject).unwrap();
            assert!(has_rows(&data) && missing(&data).is_none(), "{query}: {data:?}");
        }
    }
}

#[test]
fn without_its_own_rows_there_is_no_screen() {
    let both = Both::new();
    both.insert(&[json!({})]);
    let server = Faulty::before(&both.clickhouse.url);
    let sources = sources(&server, TABLES[0], LONG);
    for (subject, query) in [
        (Subject::Summary, "How does each backend stand"),
        (Subject::PullRequest, "What is shown of each current result"),
        (Subject::Backend, "What stands in each job"),
        (Subject::Backend, "Which jobs are there"),
    ] {
        server.set_for(query, Fault::Refuted);
        assert!(ask(&sources, subject).is_err(), "{query}");
    }
}

/// The pull request and the matrix are there while what is usual hangs.
#[test]
fn who_is_late_is_not_waited_for() {
    let both = Both::new();
    both.insert(&[json!({})]);
    let server = Faulty::before(&both.clickhouse.url);
    let sources = sources(&server, TABLES[0], Duration::ZERO);
    server.set_for("How does each job usually do", Fault::Hangs);
    for subject in [Subject::PullRequest, Subject::Backend] {
        let data = ask(&sources, subject).unwrap();
        assert!(
            has_rows(&data) && data.missing().is_some_and(Missing::is_late),
            "{data:?}"
        );
    }
    server.set(Fault::None);
}
