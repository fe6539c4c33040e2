//! Where the two layouts differ: when a record without times was heard of, what only ours knows, and which version is the newest.

use oot_hud::data::chosen::EventView;
use oot_hud::source::{Layout, PROBE, Question, ResultRow, SourceError};
use oot_tests::{Both, SCHEMA, TABLES, ago, apply, hud};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::{NONE, all_of, answer, answers, millis, moment, sha};

/// Ours, with all that stands beside it.
const OWN: Layout = Layout::Own {
    has_days: true,
    has_backends: true,
};

/// Puts one record into one table, as it is.
fn put(both: &Both, table: &str, own: Value) {
    let mut record = json!({ "dynamoKey": "key", "status": "completed", "conclusion": "success", "downstream_repo": "a/b",
        "upstream_repo": "pytorch/pytorch", "pr_number": 7, "pytorch_head_sha": sha('a'), "delivery_id": "d1",
        "workflow_name": "w", "job_name": "j", "started_at": NONE, "completed_at": NONE });
    record.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    both.clickhouse.run(&format!(
        "INSERT INTO {table} SETTINGS date_time_input_format = 'best_effort' FORMAT JSONEachRow\n{record}\n"
    ));
}

/// Ours knows when it first heard of a record, the other when it was put in.
const HEARD: [&str; 2] = ["created_at", "_inserted_at"];

#[test]
fn without_times_a_record_belongs_to_when_it_was_heard_of_in_every_query() {
    let both = Both::new();
    for (table, heard) in TABLES.into_iter().zip(HEARD) {
        put(&both, table, json!({ heard: ago(30), "downstream_repo_level": "L2" }));
    }
    let within = |since: i64, until: Option<i64>| {
        let question = Question {
            since: millis(since),
            until: until.map(millis),
            ..all_of("a/b", EventView::Pr)
        };
        answer(&both, async |reader| {
            let rows = reader.rows(&question).await?;
            let figures = reader.readiness(&question).await?;
            Ok((
                rows.rows.iter().map(|row| row.newest).collect::<Vec<_>>(),
                reader.cells(&question).await?.len(),
                figures[0].total,
                reader.levels(&question).await?.len(),
            ))
        })
    };
    let there = (vec![moment(30)], 1, 1, 1);
    let not_there = (vec![], 0, 0, 0);
    assert_eq!(within(40, None), there);
    assert_eq!(within(30, None), there, "a range begins with its first moment");
    assert_eq!(within(29, None), not_there);
    assert_eq!(within(40, Some(30)), there, "as of a moment, with it");
    assert_eq!(within(40, Some(31)), not_there);
}

/// Else one wrong clock would hide for ever that nothing comes any more.
#[test]
fn what_begins_in_the_future_is_no_newer_than_when_it_was_heard_of() {
    let both = Both::new();
    let five_days = 5 * 24 * 60;
    for (table, heard) in TABLES.into_iter().zip(HEARD) {
        let future = json!({ heard: ago(five_days), "started_at": "2200-01-01T00:00:00Z", "completed_at": "2200-01-01T00:10:00Z" });
        put(&both, table, future);
    }
    let question = Question {
        since: millis(24 * 60),
        ..all_of("", EventView::Pr)
    };
    let rows = answer(&both, async |reader| reader.summary(&question).await);
    assert_eq!(
        (rows[0].success, rows[0].last_run, rows[0].newest),
        (1, moment(five_days), moment(five_days)),
        "it counts, and is old"
    );
    for table in TABLES {
        let printed = hud(&both.clickhouse.url, &["status", "--table", table]);
        assert_eq!(printed.code, Some(1), "{printed:?}");
        assert!(printed.stdout.contains("no result in 24 hours"), "{printed:?}");
    }
}

/// Else its commit would be a pull request's newest for ever, whatever is pushed, and its spelling the backend's name.
#[test]
fn a_clock_that_is_ahead_makes_no_commit_and_no_name_the_newest() {
    for ahead in ["2200-01-01T00:00:00Z".to_owned(), ago(-24 * 60)] {
        let both = Both::new();
        let put_all = |name: &str, commit: char, minutes: i64, started: &str| {
            for (table, heard) in TABLES.into_iter().zip(HEARD) {
                for (repo, pr) in [(name, 7), (PROBE, 8)] {
                    let it = json!({ "dynamoKey": format!("{repo} {minutes}"), "downstream_repo": repo, "pr_number": pr,
                        "pytorch_head_sha": sha(commit), heard: ago(minutes), "started_at": started });
                    put(&both, table, it);
                }
            }
        };
        put_all("A/B", 'a', 90, &ahead);
        put_all("a/b", 'b', 30, &ago(30));
        let question = all_of("a/b", EventView::Pr);
        let found = answer(&both, async |reader| {
            let rows = reader.rows(&question).await?.rows;
            let cells = reader.cells(&question).await?;
            let results = reader.results(&question).await?;
            let relay = reader.relay_health(&question, EventView::Pr).await?;
            let started = cells.iter().map(|cell| cell.started).max();
            Ok((
                rows.iter()
                    .map(|row| (row.commit.clone(), row.newest))
                    .collect::<Vec<_>>(),
                cells.into_iter().map(|cell| cell.commit).collect::<Vec<_>>(),
                results.into_iter().map(|result| result.commit).collect::<Vec<_>>(),
                relay.into_iter().map(|row| row.commit).collect::<Vec<_>>(),
                started.flatten(),
            ))
        });
        let newest_first = vec![sha('b'), sha('a')];
        let rows = vec![(sha('b'), moment(30)), (sha('a'), moment(90))];
        assert_eq!(found.0, rows, "{ahead}");
        assert_eq!((found.1, found.2), (newest_first.clone(), newest_first), "{ahead}");
        assert_eq!(found.3, [sha('b')], "{ahead}");
        let at = OffsetDateTime::parse(&ahead, &Rfc3339).unwrap();
        assert_eq!(
            found.4,
            Some(at.unix_timestamp_nanos() as i64),
            "what was said is shown"
        );

        let names = answer(&both, async |reader| {
            let summary = reader.summary(&question).await?;
            let usual = reader.usual(&question).await?;
            let levels = reader.repositories(&all_of("", EventView::All)).await?;
            let of_levels = levels.iter().map(|row| row.repo.clone());
            let own = of_levels.filter(|repo| repo.eq_ignore_ascii_case("a/b"));
            let own = own.chain([summary[0].repo.clone(), usual[0].repo.clone()]);
            Ok(own.collect::<Vec<_>>())
        });
        assert_eq!(names, ["a/b"; 3], "{ahead}");
    }
}

/// What has no times runs since it was heard of.
#[test]
fn what_runs_without_a_start_is_overdue_by_when_it_was_heard_of() {
    for (minutes, overdue) in [(385, false), (386, true)] {
        let both = Both::new();
        for (table, heard) in TABLES.into_iter().zip(HEARD) {
            put(
                &both,
                table,
                json!({ heard: ago(minutes), "status": "in_progress", "conclusion": "" }),
            );
        }
        let question = all_of("a/b", EventView::Pr);
        let cells = answer(&both, async |reader| reader.cells(&question).await);
        assert_eq!((cells.len(), cells[0].overdue), (1, overdue), "{minutes}");
    }
}

#[test]
fn what_a_layout_does_not_know_it_does_not_say() {
    let both = Both::new();
    let [own, reference] = TABLES;
    put(
        &both,
        own,
        json!({ "created_at": ago(30), "triage_verdict": "infra", "started_at": ago(20) }),
    );
    put(
        &both,
        reference,
        json!({ "_inserted_at": ago(10), "started_at": ago(20) }),
    );
    let question = all_of("a/b", EventView::Pr);
    let [own, reference] = answers(&both, async |reader| reader.results(&question).await);
    let said = |rows: &[ResultRow]| {
        assert_eq!((rows.len(), rows[0].belongs), (1, moment(20)));
        (rows[0].created, rows[0].triage_verdict.clone())
    };
    assert_eq!(said(&own), (Some(moment(30)), "infra".to_owned()));
    assert_eq!(said(&reference), (None, String::new()));
    assert_eq!(reference[0].inserted, moment(10));
    assert_eq!(
        ResultRow {
            created: None,
            triage_verdict: String::new(),
            inserted: moment(10),
            ..own[0].clone()
        },
        reference[0]
    );
}

/// A table may have become another since its layout was found.
#[test]
fn a_layout_that_was_told_is_found_anew_when_a_query_fails_by_it() {
    let both = Both::new();
    for (table, heard) in TABLES.into_iter().zip(HEARD) {
        put(&both, table, json!({ heard: ago(30) }));
    }
    let question = all_of("a/b", EventView::Pr);
    let found = answers(&both, async |reader| {
        let reader = reader.told(Some(OWN));
        Ok((reader.cells(&question).await?.len(), reader.layout().await))
    });
    assert_eq!(found, [(1, Some(OWN)), (1, Some(Layout::Hud))]);
    both.clickhouse.run(&format!("DROP TABLE {}", TABLES[0]));
    let [gone, _] = answers(&both, async |reader| {
        Ok(reader.told(Some(OWN)).cells(&question).await.err())
    });
    assert!(matches!(gone, Some(SourceError::NoTable { .. })), "{gone:?}");
}

/// A screen that is open all day finds it out, too.
#[test]
fn a_table_that_becomes_another_is_read_on() {
    let both = Both::new();
    for (table, heard) in TABLES.into_iter().zip(HEARD) {
        put(&both, table, json!({ heard: ago(30) }));
    }
    let question = all_of("a/b", EventView::Pr);
    let exchange = format!("EXCHANGE TABLES {} AND {}", TABLES[0], TABLES[1]);
    for asks_for_many in [false, true] {
        // The first finds ours under its name, and so does the second, since they were exchanged.
        let found = answers(&both, async |reader| {
            reader.cells(&question).await?;
            let before = reader.layout().await;
            both.clickhouse.run(&exchange);
            let results = match asks_for_many {
                false => reader.cells(&question).await?.len(),
                true => reader.results(&question).await?.len(),
            };
            let was_own = matches!(before, Some(Layout::Own { .. }));
            Ok((was_own, results, reader.layout().await))
        });
        assert_eq!(found, [(true, 1, Some(Layout::Hud)); 2]);
    }
}

/// A reader may have no right to them, or the table an older schema.
#[test]
fn without_the_tables_beside_it_the_results_say_the_same() {
    let both = Both::new();
    // Of yesterday: two moments of now may be of two days.
    let today = OffsetDateTime::parse(&ago(0), &Rfc3339).unwrap();
    let noon = i64::from(today.hour()) * 60 + i64::from(today.minute()) + 12 * 60;
    for (table, heard) in TABLES.into_iter().zip(HEARD) {
        for (key, minutes, level) in [
            ("one", noon + 3 * 24 * 60, "L1"),
            ("two", noon, "L2"),
            ("three", noon - 30, "L3"),
        ] {
            let said = json!({ "dynamoKey": key, heard: ago(minutes), "started_at": ago(minutes), "job_name": key, "downstream_repo_level": level });
            put(&both, table, said);
        }
    }
    let one = Question {
        pr: 7,
        ..all_of("", EventView::All)
    };
    let found = || {
        answers(&both, async |reader| {
            let cells = reader.cells(&one).await?.len();
            let all = all_of("", EventView::All);
            let levels = reader.levels(&all_of("A/B", EventView::All)).await?;
            let said = (reader.repositories(&all).await?, reader.names().await?, levels);
            Ok((cells, said, reader.layout().await))
        })
    };
    let [own, hud] = found();
    assert_eq!((own.0, own.2), (3, Some(OWN)));
    assert_eq!(
        (own.1.0[0].level.as_str(), own.1.0[0].last_pr),
        ("L3", moment(noon - 30))
    );
    assert_eq!(
        own.1.2.len(),
        2,
        "one of four days ago, and the last of yesterday: {:?}",
        own.1.2
    );
    assert_eq!(own.1, hud.1);
    for table in ["days", "backends"] {
        both.clickhouse
            .run(&format!("DROP TABLE oot_workflow_job_{table}_of_rows"));
        both.clickhouse.run(&format!("DROP TABLE oot_workflow_job_{table}"));
    }
    let without = Layout::Own {
        has_days: false,
        has_backends: false,
    };
    let [alone, _] = found();
    assert_eq!((alone.0, &alone.1, alone.2), (3, &own.1, Some(without)));
    both.clickhouse
        .run("ALTER TABLE oot_workflow_job DROP INDEX belongs_idx, DROP COLUMN _belongs");
    let [older, _] = found();
    assert_eq!(
        (older.0, &older.1, older.2),
        (3, &own.1, Some(Layout::Hud)),
        "of an older schema"
    );
}

/// What is derived of them is found out as they are read, and what backends said when the schema is brought up to date.
#[test]
fn rows_that_were_there_before_an_update_of_the_schema_say_the_same_after_it() {
    let both = Both::new();
    for table in ["", "_days", "_days_of_rows", "_backends", "_backends_of_rows"] {
        both.clickhouse.run(&format!("DROP TABLE oot_workflow_job{table}"));
    }
    let (before, after) = SCHEMA.split_at(3);
    before.iter().for_each(|statement| apply(&both.clickhouse, statement));
    for (table, heard) in TABLES.into_iter().zip(HEARD) {
        let times =
            json!({ heard: ago(30), "downstream_repo_level": "L2", "started_at": ago(30), "completed_at": ago(10) });
        let without = json!({ "dynamoKey": "two", "job_name": "x", "pytorch_head_sha": "", heard: ago(5), "conclusion": "stale", "execution_time": 7 });
        put(&both, table, times);
        put(&both, table, without);
    }
    after.iter().for_each(|statement| apply(&both.clickhouse, statement));
    let question = all_of("", EventView::All);
    let said = answers(&both, async |reader| {
        let mut results = reader.results(&question).await?;
        for result in &mut results {
            (result.created, result.inserted) = (None, 0);
        }
        Ok((results, reader.repositories(&question).await?, reader.layout().await))
    });
    let [own, hud] = said;
    assert_eq!((own.0.len(), own.2), (2, Some(OWN)));
    assert_eq!((own.0, own.1), (hud.0, hud.1));
}

/// Ours goes by the version, whatever came last; the other has none, and the last one counts.
#[test]
fn a_record_counts_once_in_its_newest_version() {
    let both = Both::new();
    let [own, reference] = TABLES;
    let runs = json!({ "status": "in_progress", "conclusion": "", "started_at": ago(20) });
    let ended = json!({ "started_at": ago(20), "completed_at": ago(10) });
    let version = |record: &Value, version: u64| {
        let mut record = record.clone();
        record["_version"] = version.into();
        record["created_at"] = ago(20).into();
        record
    };
    put(&both, own, version(&ended, 2));
    put(&both, own, version(&runs, 1));
    put(&both, reference, runs);
    put(&both, reference, ended);
    let question = all_of("a/b", EventView::Pr);
    let cells = answer(&both, async |reader| reader.cells(&question).await);
    assert_eq!(cells.len(), 1);
    assert_eq!((cells[0].verdict.as_str(), cells[0].attempts), ("success", 1));

    // A tombstone takes it away, from every query.
    let mut tombstone = version(&json!({ "started_at": ago(20) }), 3);
    tombstone["_deleted"] = 1.into();
    put(&both, own, tombstone);
    let [own, reference] = answers(&both, async |reader| {
        Ok((
            reader.cells(&question).await?.len(),
            reader.rows(&question).await?.rows.len(),
        ))
    });
    assert_eq!((own, reference), ((0, 0), (1, 1)));
}
