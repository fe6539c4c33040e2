//! When what is asked.

use std::sync::Arc;

use super::*;
use crate::data::basis::{Arrivals, Basis};
use crate::data::pipeline::Pipeline;
use crate::source::Question;

/// Seconds after the start.
fn tick(model: &mut Model, seconds: i64) -> Vec<Effect> {
    update(model, Message::Tick(NOW + seconds * SECOND))
}

/// Ten questions of a large table, of which nobody sees nine, take a server's memory.
#[test]
fn who_runs_through_the_ranges_asks_for_the_first_and_the_last() {
    let mut model = loaded();
    let mut asked = Vec::new();
    for _ in 0..10 {
        asked.extend(press(&mut model, KeyCode::Char('t')));
    }
    assert!(model.asks_soon() && !model.is_waiting());
    asked.extend(tick(&mut model, 1));
    let generations: Vec<u64> = asked
        .iter()
        .filter_map(|effect| match effect {
            Effect::Ask { generation, .. } => Some(*generation),
            _ => None,
        })
        .collect();
    assert_eq!(generations.len(), 2, "{asked:?}");
    assert!(!model.awaits(generations[0]) && model.awaits(generations[1]));
}

#[test]
fn what_a_screen_asked_is_not_awaited_when_it_was_left() {
    let mut model = loaded();
    let asked = press(&mut model, KeyCode::Enter);
    let [Effect::Ask { generation, .. }] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert!(model.awaits(*generation));
    press(&mut model, KeyCode::Esc);
    assert!(!model.awaits(*generation));
}

#[test]
fn a_terminal_without_the_keyboard_asks_four_times_more_slowly() {
    let mut model = loaded();
    model.refresh = Some(15 * SECOND);
    let asked = tick(&mut model, 20);
    answer(&mut model, asked, summary(&[("a/good", 9, 0)]));
    update(&mut model, Message::Focus(false));
    // A tenth more or less of one interval.
    assert_eq!(tick(&mut model, 20 + 58), []);
    assert_eq!(tick(&mut model, 20 + 62).len(), 1);
}

#[test]
fn who_comes_back_sees_what_is_not_older_than_the_interval() {
    let mut model = loaded();
    model.refresh = Some(15 * SECOND);
    let asked = tick(&mut model, 20);
    answer(&mut model, asked, summary(&[("a/good", 9, 0)]));
    update(&mut model, Message::Focus(false));
    tick(&mut model, 20 + 10);
    assert_eq!(update(&mut model, Message::Focus(true)), [], "it is new enough");
    update(&mut model, Message::Focus(false));
    assert_eq!(tick(&mut model, 20 + 17), []);
    assert_eq!(update(&mut model, Message::Focus(true)).len(), 1);
}

/// Some terminals tell only that it was lost; and the footer says when an error is asked again.
#[test]
fn a_key_and_an_error_are_not_slower() {
    let mut model = loaded();
    model.refresh = Some(15 * SECOND);
    update(&mut model, Message::Focus(false));
    press(&mut model, KeyCode::Down);
    assert!(model.has_focus);
    update(&mut model, Message::Focus(false));
    let asked = tick(&mut model, 100);
    answer(&mut model, asked, Err::<Data, _>("gone".to_owned()));
    assert_eq!(tick(&mut model, 101), []);
    assert_eq!(tick(&mut model, 102).len(), 1);
}

/// What stands beside the rows is held for a while: who asks by hand wants it as well.
#[test]
fn what_is_asked_by_hand_is_asked_anew_once() {
    let anew = |asked: &[Effect]| match asked {
        [Effect::Ask { question, .. }] => question.anew,
        other => panic!("{other:?}"),
    };
    let mut model = loaded();
    model.refresh = Some(15 * SECOND);
    let asked = press(&mut model, KeyCode::Char('r'));
    assert!(anew(&asked));
    answer(&mut model, asked, summary(&[("a/good", 9, 0)]));
    assert!(!anew(&tick(&mut model, 60)));
}

/// The lag that stands beside rows that are new isn't of another time.
#[test]
fn the_daemons_are_asked_with_every_screen() {
    let mut model = loaded();
    model.has_daemons = true;
    let asks_pipeline = |asked: &[Effect]| {
        asked.iter().find_map(|effect| match effect {
            Effect::Ask {
                subject: Subject::Pipeline,
                generation,
                ..
            } => Some(*generation),
            _ => None,
        })
    };
    model.refresh = None;
    let generation = asks_pipeline(&tick(&mut model, 1)).expect("the header wants it");
    let answer = Ok(Data::Pipeline(Pipeline::default()).into());
    update(&mut model, Message::Answered { generation, answer });
    assert!(asks_pipeline(&press(&mut model, KeyCode::Enter)).is_some());
}

/// Who shows an answer says on what it stands, and is told when it still does.
#[test]
fn what_stands_keeps_its_rows_and_is_fresh() {
    let mut model = loaded();
    model.refresh = Some(15 * SECOND);
    let basis = Arc::new(Basis {
        subject: Subject::Summary,
        question: Question::of_all(NOW / 1_000_000, EventView::Pr),
        asked_at: NOW,
        arrivals: Arrivals {
            since: 0,
            backends: None,
        },
        rows: None,
    });
    let asked = tick(&mut model, 20);
    let shown = Answer::Screen {
        data: summary(&[("a/good", 9, 0)]).unwrap(),
        basis: Some(Arc::clone(&basis)),
    };
    answer(&mut model, asked, Ok(shown));
    let asked = tick(&mut model, 40);
    answer(&mut model, asked, Err::<Data, _>("gone".to_owned()));
    let asked = tick(&mut model, 60);
    let says = |asked: &[Effect]| matches!(asked, [Effect::Ask { shown: Some(of), .. }] if Arc::ptr_eq(of, &basis));
    assert!(says(&asked), "{asked:?}");
    answer(&mut model, asked, Ok(Answer::Same));
    let slot = &model.screen().slot;
    assert_eq!((slot.fresh_at(), slot.error()), (Some(NOW + 60 * SECOND), None));
    assert!(matches!(slot.value(), Some(Data::Summary { rows, .. }) if rows[0].repo == "a/good"));
    assert_eq!(tick(&mut model, 61), []);
    assert!(says(&tick(&mut model, 80)));
}
