//! A screen that is refreshed asks first what has come since.

use std::sync::Arc;

use oot_hud::answer::Sources;
use oot_hud::data::basis::Basis;
use oot_hud::data::chosen::EventView;
use oot_hud::data::trend::Daily;
use oot_hud::data::{Answer, Data};
use oot_hud::settings::clickhouse;
use oot_hud::source::daemons::Daemons;
use oot_hud::source::{Question, Reader, Subject};
use oot_hud::web::allowlist::{AllowlistSource, Known};
use oot_hud::web::titles::Titles;
use oot_tests::{Both, Counting, Fault, Faulty, TABLES};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::{all_of, millis, moment};

const SUBJECTS: [Subject; 4] = [
    Subject::Summary,
    Subject::Backend,
    Subject::PullRequest,
    Subject::Trends,
];
const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

/// A screen that asks again and again.
struct Screen {
    sources: Sources,
    subject: Subject,
    runtime: Runtime,
    basis: Option<Arc<Basis>>,
    /// Nanoseconds since 1970.
    now: i64,
}

impl Screen {
    fn new(url: &str, table: &str, subject: Subject) -> Self {
        let (database, table) = table.split_once('.').unwrap();
        let reader = Reader::new(&clickhouse::ClickHouse {
            url: url.to_owned(),
            user: None,
            password: None,
            database: database.to_owned(),
            table: table.to_owned(),
        });
        let allowlist = AllowlistSource::Fixed(Known::default());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        Self {
            sources: Sources::new(reader, allowlist, Daemons::new(&[]), Titles::default()).patient(),
            subject,
            runtime,
            basis: None,
            now: moment(0),
        }
    }

    fn question(&self) -> Question {
        let now = self.now / 1_000_000;
        let all = Question {
            now,
            ..all_of("", EventView::Pr)
        };
        let since = now - 24 * 3_600_000;
        match self.subject {
            Subject::Backend => Question {
                since,
                repo: "A/b".to_owned(),
                ..all
            },
            Subject::PullRequest => Question { pr: 7, ..all },
            _ => Question { since, ..all },
        }
    }

    /// None where what is shown stands.
    fn ask(&mut self) -> Option<Data> {
        self.ask_for(&self.question())
    }

    fn ask_for(&mut self, question: &Question) -> Option<Data> {
        let shown = self.basis.clone();
        let answer = self.sources.answer(self.subject, question, shown, self.now);
        match self.runtime.block_on(answer).unwrap() {
            Answer::Same => None,
            Answer::Screen { data, basis } => {
                self.basis = basis;
                Some(data)
            }
            other => panic!("no screen shows {other:?}"),
        }
    }

    /// After it has been looked for the first time what came.
    fn stands(&mut self) {
        assert!(self.ask().is_some() && self.ask().is_some(), "{:?}", self.subject);
        assert_eq!(self.ask(), None, "{:?}", self.subject);
    }
}

/// Its rows, without what stands beside them and may be of before. As they are printed, because NaN equals nothing.
fn told(data: &Data) -> String {
    match data.clone() {
        Data::Summary {
            mut rows,
            relay,
            relay_nightly,
            ..
        } => {
            for row in &mut rows {
                (row.daily, row.red_since) = (Daily::default(), None);
            }
            format!("{rows:?} {relay:?} {relay_nightly:?}")
        }
        Data::Backend(it) => format!("{:?} {:?}", it.summary, it.matrix.with_usual(&[])),
        Data::PullRequest(it) => format!("{:?}", it.cells),
        data => format!("{data:?}"),
    }
}

#[test]
fn where_nothing_came_what_is_shown_stands_for_one_question() {
    let both = Both::new();
    both.insert(&[json!({})]);
    let counting = Counting::before(&both.clickhouse.url);
    for table in TABLES {
        for subject in SUBJECTS {
            let mut screen = Screen::new(&counting.url, table, subject);
            screen.stands();
            counting.take();
            screen.now += 15 * SECOND;
            assert_eq!(screen.ask(), None);
            assert_eq!(counting.take().queries, 1, "{subject:?} {table}");
        }
    }
}

#[test]
fn what_came_is_shown() {
    let both = Both::new();
    both.insert(&[json!({ "dynamoKey": "first" })]);
    let mut screens = Vec::new();
    for table in TABLES {
        for subject in SUBJECTS {
            let mut screen = Screen::new(&both.clickhouse.url, table, subject);
            screen.stands();
            screens.push((table, screen));
        }
    }
    for (number, own) in [
        // Another job; the same one, now that it failed; and one of another pull request.
        json!({ "dynamoKey": "second", "job_name": "k" }),
        json!({ "dynamoKey": "first", "conclusion": "failure", "_version": 2 }),
        json!({ "dynamoKey": "third", "pr_number": 8 }),
    ]
    .into_iter()
    .enumerate()
    {
        both.insert(std::slice::from_ref(&own));
        for (table, screen) in &mut screens {
            let is_concerned = number < 2 || screen.subject != Subject::PullRequest;
            let data = screen.ask();
            assert_eq!(data.is_some(), is_concerned, "{:?} {table} {own}", screen.subject);
            if let Some(data) = data {
                let anew = Screen::new(&both.clickhouse.url, table, screen.subject).ask().unwrap();
                assert_eq!(told(&data), told(&anew), "{table}");
            }
            assert_eq!(screen.ask(), None);
        }
    }
}

#[test]
fn of_a_summary_only_what_came_is_asked_for() {
    let both = Both::new();
    let backend = |repo: &str, conclusion: &str| {
        json!({
            "dynamoKey": format!("{repo} {conclusion}"), "downstream_repo": repo, "conclusion": conclusion,
            "job_name": conclusion, "downstream_repo_level": "L3",
        })
    };
    let repos = ["Org/one", "org/two", "org/three", "pytorch/crcr-test"];
    both.insert(&repos.map(|repo| backend(repo, "success")));
    let counting = Counting::before(&both.clickhouse.url);
    for table in TABLES {
        let mut screen = Screen::new(&counting.url, table, Subject::Summary);
        screen.stands();
        let whole = counting.take();
        both.insert(&[backend("org/One", table)]);
        let data = screen.ask().unwrap();
        let cost = counting.take();
        assert!(whole.queries > 5 && cost.queries == 2, "{whole:?} {cost:?}");
        let anew = Screen::new(&both.clickhouse.url, table, Subject::Summary)
            .ask()
            .unwrap();
        assert_eq!(told(&data), told(&anew));
        // The relay's probe, and most of them.
        for came in [vec!["pytorch/crcr-test"], vec!["org/two", "org/three", "org/one"]] {
            both.insert(
                &came
                    .iter()
                    .map(|repo| backend(repo, &format!("{table} 2")))
                    .collect::<Vec<_>>(),
            );
            let data = screen.ask().unwrap();
            let anew = Screen::new(&both.clickhouse.url, table, Subject::Summary)
                .ask()
                .unwrap();
            assert_eq!(told(&data), told(&anew), "{came:?}");
            assert_eq!(screen.ask(), None);
        }
        // Not even of the others anything stands for longer.
        screen.now += 100 * SECOND;
        both.insert(&[backend("org/One", &format!("{table} 3"))]);
        assert!(screen.ask().is_some());
        screen.now += 20 * SECOND;
        counting.take();
        assert!(screen.ask().is_some());
        assert!(counting.take().queries > 2);
    }
}

#[test]
fn it_stands_for_two_minutes_and_not_when_it_is_asked_by_hand() {
    let both = Both::new();
    both.insert(&[json!({})]);
    for subject in SUBJECTS {
        let mut screen = Screen::new(&both.clickhouse.url, TABLES[0], subject);
        screen.stands();
        let by_hand = Question {
            anew: true,
            ..screen.question()
        };
        assert!(screen.ask_for(&by_hand).is_some());
        assert_eq!(screen.ask(), None);
        screen.now += 119 * SECOND;
        assert_eq!(screen.ask(), None);
        screen.now += SECOND;
        assert!(screen.ask().is_some());
        assert_eq!(screen.ask(), None, "and for two more");
    }
}

#[test]
fn another_question_is_answered() {
    let both = Both::new();
    both.insert(&[json!({})]);
    let mut screen = Screen::new(&both.clickhouse.url, TABLES[0], Subject::Backend);
    screen.stands();
    let (question, basis) = (screen.question(), screen.basis.clone());
    for other in [
        Question {
            event: EventView::All,
            ..question.clone()
        },
        Question {
            since: millis(60),
            ..question.clone()
        },
        Question {
            pull_requests: 1,
            ..question.clone()
        },
        Question {
            repo: "c/d".to_owned(),
            ..question
        },
    ] {
        screen.basis = basis.clone();
        assert!(screen.ask_for(&other).is_some(), "{other:?}");
    }
}

#[test]
fn what_is_not_whole_is_asked_for_again() {
    let both = Both::new();
    both.insert(&[json!({})]);
    let server = Faulty::before(&both.clickhouse.url);
    let mut screen = Screen::new(&server.url, TABLES[0], Subject::PullRequest);
    server.set_for("How does each job usually do", Fault::Refuted);
    for _ in 0..3 {
        assert!(
            screen
                .ask()
                .is_some_and(|data| data.missing().unwrap().in_words().is_some())
        );
    }
    server.set(Fault::None);
    screen.stands();
}

#[test]
fn who_cannot_tell_what_came_is_asked_for_all() {
    let both = Both::new();
    both.insert(&[json!({})]);
    let server = Faulty::before(&both.clickhouse.url);
    for fault in [Fault::Refuted, Fault::Hangs] {
        let mut screen = Screen::new(&server.url, TABLES[0], Subject::PullRequest);
        screen.stands();
        server.set_for("What came since a moment", fault);
        assert!(screen.ask().is_some(), "{fault:?}");
        server.set(Fault::None);
        assert!(screen.ask().is_some(), "it is looked for the first time");
        assert_eq!(screen.ask(), None);
    }
}

#[test]
fn of_a_commit_only_what_came_to_it_counts() {
    let both = Both::new();
    let result =
        |letter: &str, key: &str| json!({ "dynamoKey": key, "pytorch_head_sha": letter.repeat(40), "job_name": key });
    both.insert(&[result("a", "1"), result("b", "2")]);
    for (number, table) in TABLES.into_iter().enumerate() {
        let mut screen = Screen::new(&both.clickhouse.url, table, Subject::PullRequest);
        let question = Question {
            pr: 0,
            commit: "AAAA".to_owned(),
            ..screen.question()
        };
        for _ in 0..2 {
            assert!(screen.ask_for(&question).is_some());
        }
        both.insert(&[result("b", &format!("3 {number}"))]);
        assert_eq!(screen.ask_for(&question), None, "{table}");
        both.insert(&[result("A", &format!("4 {number}"))]);
        assert!(screen.ask_for(&question).is_some(), "{table}");
        assert_eq!(screen.ask_for(&question), None, "{table}");
        both.insert(&[json!({ "dynamoKey": format!("5 {number}"), "pytorch_head_sha": "" })]);
        assert!(screen.ask_for(&question).is_some(), "{table}");
    }
}

/// What comes is counted on the server's clock: whatever ours says, nothing that came is overlooked.
#[test]
fn a_clock_that_is_wrong_overlooks_nothing() {
    let both = Both::new();
    both.insert(&[json!({ "dynamoKey": "first" })]);
    for (number, wrong) in [-DAY, 20 * 60 * SECOND, DAY].into_iter().enumerate() {
        let mut screen = Screen::new(&both.clickhouse.url, TABLES[0], Subject::PullRequest);
        screen.now += wrong;
        for _ in 0..3 {
            screen.ask();
        }
        assert_eq!(screen.ask(), None);
        both.insert(&[json!({ "dynamoKey": format!("{number}"), "job_name": format!("{number}") })]);
        assert!(screen.ask().is_some());
    }
}
