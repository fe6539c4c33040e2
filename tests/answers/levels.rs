//! One level per repository, whatever is looked at.

use oot_hud::data::Data;
use oot_hud::data::chosen::EventView;
use oot_hud::source::{Question, Subject};
use oot_tests::{Both, ago};
use serde_json::json;

use crate::{answer, millis, screen};

const DAY: i64 = 24 * 60;

/// What a pull request of long ago said is not what a merge waits for now.
#[test]
fn a_repository_has_the_level_of_its_newest_record_in_every_view() {
    let both = Both::new();
    both.insert(&[
        json!({ "downstream_repo_level": "L3", "started_at": ago(20 * DAY), "completed_at": ago(20 * DAY - 1) }),
        json!({ "downstream_repo": "A/b", "pr_number": 0, "event_type": "nightly", "downstream_repo_level": "L4" }),
        // An older one, and one that says nothing.
        json!({ "downstream_repo_level": "L2", "pr_number": 8, "started_at": ago(61) }),
        json!({ "downstream_repo": "c/d", "downstream_repo_level": "", "started_at": ago(30) }),
    ]);
    let levels_at = |minutes: i64| {
        let question = Question {
            pr: 7,
            until: (minutes > 0).then(|| millis(minutes)),
            repo: "a/b".to_owned(),
            ..Question::of_all(millis(minutes), EventView::All)
        };
        let of_pull_request = answer(&both, async |reader| {
            let Data::PullRequest(it) = screen(reader, Subject::PullRequest, &question).await? else {
                panic!("another answer");
            };
            let cell = &it.cells[0];
            Ok((cell.level.clone(), cell.downstream_repo_level.clone(), it.gating))
        });
        let in_summary = [EventView::Pr, EventView::Nightly, EventView::All].map(|event| {
            let question = Question {
                pr: 0,
                repo: String::new(),
                event,
                ..question.clone()
            };
            answer(&both, async |reader| {
                let Data::Summary { rows, .. } = screen(reader, Subject::Summary, &question).await? else {
                    panic!("another answer");
                };
                let row = rows.iter().find(|row| row.repo.eq_ignore_ascii_case("a/b"));
                Ok(row.and_then(|row| row.level.clone()))
            })
        });
        (of_pull_request, in_summary)
    };
    let said = |level: &str| Some(level.to_owned());
    assert_eq!(
        levels_at(0),
        (
            ("L4".to_owned(), "L3".to_owned(), vec!["A/b".to_owned()]),
            [said("L4"), said("L4"), said("L4")]
        )
    );
    // As of a moment before.
    assert_eq!(
        levels_at(10 * DAY),
        (
            ("L3".to_owned(), "L3".to_owned(), vec![]),
            [said("L3"), None, said("L3")]
        )
    );
}
