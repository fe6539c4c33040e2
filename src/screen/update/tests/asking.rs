//! When what is asked.

use super::*;

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
