//! Whatever is pressed, however large the terminal is, and whatever is answered meanwhile.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;

use super::*;
use crate::data::Answer;
use crate::data::names::Names;
use crate::screen::effect::Effect;
use crate::screen::message::Message;
use crate::screen::update::update;
use crate::source::Subject;

#[derive(Clone, Debug)]
enum Step {
    Key(KeyCode),
    Control(char),
    /// At a column and a row.
    Mouse(MouseEventKind, u16, u16),
    Paste(&'static str),
    Size(u16, u16),
    /// Everything that is awaited is answered: with so much of what is there, or with an error.
    Answers(Option<usize>),
    Later(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let keys = "jkhlgGdfcxnNsStT/:?qmeyYoaiLPrp[] 7%!xu"
        .chars()
        .map(KeyCode::Char)
        .chain([
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Tab,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::End,
            KeyCode::PageDown,
            KeyCode::Backspace,
        ]);
    let mouse = vec![
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::ScrollDown,
        MouseEventKind::ScrollUp,
    ];
    let step = prop_oneof![
        8 => prop::sample::select(keys.collect::<Vec<_>>()).prop_map(Step::Key),
        // What opens something, and what then may take it away.
        4 => prop::sample::select(vec!['d', 'L', '?', 'r']).prop_map(|letter| Step::Key(KeyCode::Char(letter))),
        1 => prop::sample::select(vec!['p', 'r', 'd', 'u']).prop_map(Step::Control),
        2 => (prop::sample::select(mouse), 0..200_u16, 0..50_u16).prop_map(|(kind, x, y)| Step::Mouse(kind, x, y)),
        1 => prop::sample::select(vec!["pr 179600", "as-of -2h\r", "日本", "range 30d", "xpu"]).prop_map(Step::Paste),
        1 => (1..220_u16, 1..60_u16).prop_map(|(columns, rows)| Step::Size(columns, rows)),
        4 => prop::option::weighted(0.8, 0..9_usize).prop_map(Step::Answers),
        1 => (0..40_i64).prop_map(Step::Later),
    ];
    prop::collection::vec(step, 1..60)
}

/// A matrix; with few rows it is known how the backend stands towards level 3.
fn backend(cells: &[Cell]) -> Data {
    let Data::Backend(mut backend) = backend_of(cells) else {
        unreachable!()
    };
    let row = crate::data::readiness::tests::row();
    let known = (cells.len() < 5).then(|| Readiness::new(&row, &row, Vec::new(), NOW).into());
    backend.readiness = known;
    Data::Backend(backend)
}

/// What a question is answered with: the first of what the samples hold.
fn answer(subject: Subject, most: usize) -> Answer {
    let few: Vec<Cell> = cells().into_iter().take(most).collect();
    Answer::from(match subject {
        Subject::Summary => summary(),
        Subject::Backend => backend(&few),
        Subject::PullRequest => Data::PullRequest(PullRequest::new(few)),
        Subject::Trends => trends(),
        Subject::Pipeline => Data::Pipeline(pipeline()),
        Subject::Attempts => return Answer::Attempts(attempts()),
        Subject::Repositories => {
            let names = vec!["apple/mps-backend".to_owned()];
            return Answer::Repositories(Names { names, again: None });
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn what_takes_the_keys_is_seen_and_can_be_left(at in 0..3_usize, steps in steps()) {
        let repo = "apple/mps-backend".to_owned();
        let mut model = match at {
            0 => showing(Place::Summary, Ok(summary())),
            1 => showing(Place::Backend(repo), Ok(backend(&cells()[..3]))),
            _ => showing(Place::PullRequest(179_600), Ok(Data::PullRequest(PullRequest::new(cells())))),
        };
        model.size = (120, 40);
        let mut awaited = Vec::new();
        for step in steps {
            let messages = match step {
                Step::Key(code) => vec![Message::Key(KeyEvent::new(code, KeyModifiers::NONE))],
                Step::Control(letter) => {
                    vec![Message::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL))]
                }
                Step::Mouse(kind, column, row) => {
                    vec![Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })]
                }
                Step::Size(columns, rows) => vec![Message::Resize(columns, rows)],
                Step::Paste(text) => vec![Message::Paste(text.to_owned())],
                Step::Later(seconds) => vec![Message::Tick(model.now + seconds * SECOND)],
                Step::Answers(most) => awaited
                    .drain(..)
                    .map(|(generation, subject)| Message::Answered {
                        generation,
                        answer: most.map(|most| answer(subject, most)).ok_or_else(|| "gone".to_owned()),
                    })
                    .collect(),
            };
            for message in messages {
                let effects = update(&mut model, message);
                awaited.extend(effects.into_iter().filter_map(|effect| match effect {
                    Effect::Ask { generation, subject, .. } => Some((generation, subject)),
                    _ => None,
                }));
            }
            model.quit = false;
            let (columns, rows) = model.size;
            let text = drawn(&mut model, columns, rows);
            let is_open = model.cover().is_some() || model.palette.is_some();
            if is_open && columns >= SMALLEST.0 && rows >= SMALLEST.1 {
                prop_assert!(text.contains(" closes"), "{text}");
            }
        }
        // Out of whatever is open: each of them is left by Esc.
        for _ in 0..200 {
            update(&mut model, Message::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE)));
        }
        let is_open = model.cover().is_some() || model.palette.is_some() || model.typing.is_some();
        prop_assert!(!is_open && model.screens.len() == 1 && model.screen().place == Place::Summary);
    }
}
