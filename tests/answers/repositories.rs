//! The names of all backends: for whoever looks for one that no screen has loaded.

use oot_hud::data::Answer;
use oot_hud::data::chosen::EventView;
use oot_hud::source::Subject;
use oot_tests::{Both, ago};
use serde_json::json;

use crate::{all_of, answer, asked};

#[test]
fn every_backend_is_named_whenever_and_whatever_it_reported() {
    let both = Both::new();
    let long_ago = ago(200 * 24 * 60);
    both.insert(&[
        json!({ "job_name": "1" }),
        json!({ "job_name": "2" }),
        json!({ "downstream_repo": "C/d", "started_at": &long_ago, "completed_at": &long_ago }),
        json!({ "downstream_repo": "e/f", "pr_number": 0, "event_type": "periodic" }),
    ]);
    let names = answer(&both, async |reader| {
        let question = all_of("", EventView::Nightly);
        let Answer::Repositories(names) = asked(reader, Subject::Repositories, &question).await? else {
            panic!("another answer");
        };
        Ok(names)
    });
    assert_eq!(names.again, None, "these are all");
    assert_eq!(names.names, ["C/d", "a/b", "e/f"]);
}
