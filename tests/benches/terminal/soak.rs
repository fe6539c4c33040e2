//! Eight hours of use, in as much time as they take: the clock ticks each second, a key is pressed every five, what is looked at refreshes
//! every 15. What the process holds may not grow.

use std::cell::Cell;
use std::rc::Rc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use oot_hud::data::Answer;
use oot_hud::screen::effect::Effect;
use oot_hud::screen::message::Message;
use oot_hud::screen::update::update;
use oot_hud::screen::view;
use oot_hud::settings::args::Command;
use oot_hud::source::Subject;
use serde_json::{Value, json};

use crate::data::{self, NOW, SECOND};
use crate::frames::{showing, terminal};
use crate::report::resident_kilobytes;

const SIZE: (u16, u16) = (200, 60);
const SECONDS: i64 = 8 * 3_600;
/// Into a backend, around in it, to its trends, and back.
const KEYS: [KeyCode; 14] = [
    KeyCode::Down,
    KeyCode::Enter,
    KeyCode::Down,
    KeyCode::Right,
    KeyCode::Char('f'),
    KeyCode::PageDown,
    KeyCode::Char('f'),
    KeyCode::Char('x'),
    KeyCode::Left,
    KeyCode::Char('T'),
    KeyCode::Down,
    KeyCode::Esc,
    KeyCode::Esc,
    KeyCode::Char('s'),
];

pub(crate) fn measured() -> Value {
    let mut model = showing(&Command::Summary, data::summary(), SIZE);
    let bytes = Rc::new(Cell::new(0));
    let mut terminal = terminal(SIZE, &bytes);
    let (mut answers, mut resident) = (0, Vec::new());
    for second in 1..=SECONDS {
        let mut effects = update(&mut model, Message::Tick(NOW + second * SECOND));
        if second % 5 == 0 {
            let key = KEYS[second as usize / 5 % KEYS.len()];
            effects.extend(update(&mut model, Message::Key(KeyEvent::new(key, KeyModifiers::NONE))));
        }
        while let Some(effect) = effects.pop() {
            if let Effect::Ask {
                generation, subject, ..
            } = effect
            {
                answers += 1;
                let answer = answer(subject);
                effects.extend(update(&mut model, Message::Answered { generation, answer }));
            }
        }
        terminal.draw(|frame| view::draw(&model, frame)).unwrap();
        if second % (SECONDS / 10) == 0 {
            resident.extend(resident_kilobytes(std::process::id(), "VmRSS:"));
        }
    }
    println!("  eight hours, {answers} answers: {resident:?} kB resident after each tenth");
    json!({ "seconds": SECONDS, "answers": answers, "bytes": bytes.get(), "resident_kb": resident })
}

fn answer(subject: Subject) -> Result<Answer, String> {
    let data = match subject {
        Subject::Summary => data::summary(),
        Subject::Backend => data::backend(),
        Subject::PullRequest => data::pull_request(),
        Subject::Trends => data::trends(),
        other => return Err(format!("{other:?} is not in the script")),
    };
    Ok(Answer::from(data))
}
