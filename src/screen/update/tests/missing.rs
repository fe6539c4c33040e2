//! What stands beside the rows and isn't there.

use std::sync::Arc;

use super::*;
use crate::data::missing::{Missing, Told};

const WHY: &str = "no answer about days: memory";

/// An answer from which the days are missing.
fn without(told: Told<()>) -> Result<Data, String> {
    let Ok(Data::Summary {
        rows,
        relay,
        relay_nightly,
        before,
        ..
    }) = summary(&[("a/b", 9, 0)])
    else {
        unreachable!()
    };
    let mut missing = Missing::default();
    missing.part("days", told);
    Ok(Data::Summary {
        rows,
        relay,
        relay_nightly,
        before,
        missing,
    })
}

#[test]
fn what_failed_is_said_when_it_begins_and_no_longer_than_it_is_so() {
    let mut model = loaded();
    let failed = || without(Told::Failed(None, "memory".to_owned()));
    let asked = press(&mut model, KeyCode::Char('r'));
    answer(&mut model, asked, failed());
    assert_eq!(model.notice.as_deref(), Some(WHY));
    assert!(model.screen().slot.error().is_none(), "the rows are there");
    let asked = press(&mut model, KeyCode::Char('r'));
    answer(&mut model, asked, failed());
    assert_eq!(model.notice, None, "who pressed a key has read it");
    let asked = press(&mut model, KeyCode::Char('r'));
    answer(&mut model, asked, without(Told::Known(Arc::new(()))));
    let asked = press(&mut model, KeyCode::Char('r'));
    answer(&mut model, asked, failed());
    assert_eq!(model.notice.as_deref(), Some(WHY), "again");
    let asked = update(&mut model, Message::Tick(NOW + 3_600_000_000_000));
    answer(&mut model, asked, without(Told::Known(Arc::new(()))));
    assert_eq!(model.notice, None);
}

#[test]
fn what_is_late_is_asked_for_soon_by_who_never_asks_again_too() {
    let mut model = loaded();
    model.refresh = None;
    let asked = press(&mut model, KeyCode::Char('r'));
    answer(&mut model, asked, without(Told::Late(None)));
    assert_eq!(model.notice, None, "nothing went wrong");
    assert_eq!(update(&mut model, Message::Tick(NOW + 1_000_000_000)), []);
    let asked = update(&mut model, Message::Tick(NOW + 10_000_000_000));
    assert_eq!(asked.len(), 1);
    answer(&mut model, asked, without(Told::Known(Arc::new(()))));
    assert_eq!(update(&mut model, Message::Tick(NOW + 3_600_000_000_000)), []);
}
