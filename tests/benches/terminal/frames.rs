//! Frames of large screens, drawn as the program draws them, into bytes for a terminal.

use std::cell::Cell;
use std::io::Write;
use std::rc::Rc;
use std::time::Instant;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use oot_hud::data::chosen::Commit;
use oot_hud::data::matrix::Matrix;
use oot_hud::data::{Answer, Data};
use oot_hud::screen::effect::Effect;
use oot_hud::screen::message::Message;
use oot_hud::screen::model::Model;
use oot_hud::screen::update::update;
use oot_hud::screen::{run, view};
use oot_hud::settings::args::{Choice, Command, Global};
use oot_hud::settings::config::{Config, Environment};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use serde_json::{Value, json};

use crate::data::{self, JOBS, NOW, PULL_REQUESTS};
use crate::report::{self, Times};

const FRAMES: usize = 2_000;

/// Its name, how it is opened, and what it shows.
type Case = (&'static str, Command, fn() -> Data);

/// Every screen at each size: keys go down, right and back, a frame after each.
pub(crate) fn measured() -> Value {
    let screens: [Case; 4] = [
        ("summary", Command::Summary, data::summary),
        ("backend", Command::Backend { repo: "a/b".to_owned() }, data::backend),
        (
            "pull request",
            Command::Pr {
                number: 7,
                commit: Commit::Latest,
            },
            data::pull_request,
        ),
        (
            "trends",
            Command::Trends {
                repo: None,
                jobs: false,
            },
            data::trends,
        ),
    ];
    let mut told = serde_json::Map::new();
    for (name, command, data) in screens {
        let of_sizes = [(200, 60), (120, 40)].map(|size| {
            let (frames, bytes) = frames(&command, data(), size);
            println!(
                "  frame of {name:13} {}x{}: {:6.3} ms, p99 {:6.3}, {bytes} bytes",
                size.0,
                size.1,
                frames.quantile(0.5),
                frames.quantile(0.99)
            );
            (
                format!("{}x{}", size.0, size.1),
                json!({ "time": frames.json(), "bytes": bytes }),
            )
        });
        told.insert(name.to_owned(), Value::Object(of_sizes.into_iter().collect()));
    }
    json!({ "frames": told, "matrix_from_rows": matrix_from_rows() })
}

/// What is done off the loop when a large answer has come.
fn matrix_from_rows() -> Value {
    let rows = (data::rows(), data::jobs());
    report::criterion().bench_function("matrix_from_rows", |bencher| {
        let put_together = |(rows, jobs)| Matrix::new(rows, PULL_REQUESTS as usize, jobs);
        bencher.iter_batched(|| rows.clone(), put_together, criterion::BatchSize::LargeInput);
    });
    let time = report::of_criterion("matrix_from_rows");
    let millis = time["median_us"].as_f64().unwrap() / 1e3;
    println!("  a matrix of {PULL_REQUESTS} x {JOBS} from its rows: {millis:.1} ms");
    time
}

/// Times of frames, and the bytes that one has on average.
fn frames(command: &Command, data: Data, size: (u16, u16)) -> (Times, usize) {
    let mut model = showing(command, data, size);
    let bytes = Rc::new(Cell::new(0));
    let mut terminal = terminal(size, &bytes);
    terminal.draw(|frame| view::draw(&model, frame)).unwrap();
    bytes.set(0);
    let mut times = Times::default();
    for number in 0..FRAMES {
        let code = match number % 100 {
            0..60 => KeyCode::Down,
            60..80 => KeyCode::Right,
            80..90 => KeyCode::Left,
            _ => KeyCode::PageDown,
        };
        let begun = Instant::now();
        update(&mut model, Message::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        terminal.draw(|frame| view::draw(&model, frame)).unwrap();
        times.take(begun.elapsed());
    }
    (times, bytes.get() / FRAMES)
}

/// A terminal of this size that counts its bytes.
pub(crate) fn terminal(size: (u16, u16), bytes: &Rc<Cell<usize>>) -> Terminal<CrosstermBackend<Counted>> {
    let options = TerminalOptions {
        viewport: Viewport::Fixed(Rect::new(0, 0, size.0, size.1)),
    };
    Terminal::with_options(CrosstermBackend::new(Counted(Rc::clone(bytes))), options).unwrap()
}

/// Counts what a terminal would get.
pub(crate) struct Counted(Rc<Cell<usize>>);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.set(self.0.get() + bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A program that has asked for a screen and has its answer.
pub(crate) fn showing(command: &Command, data: Data, size: (u16, u16)) -> Model {
    let flags = Global {
        config: Some("/dev/null".into()),
        ..Global::default()
    };
    let config = Config::load(Environment::default(), &flags, &Choice::default()).unwrap();
    let mut model = run::model(&config, command.clone(), size, None);
    let effects = update(&mut model, Message::Tick(NOW));
    let subject = model.screen().place.subject();
    let asked = effects.into_iter().find_map(|effect| match effect {
        Effect::Ask {
            generation,
            subject: of,
            ..
        } if of == subject => Some(generation),
        _ => None,
    });
    let answer = Ok(Answer::from(data));
    update(
        &mut model,
        Message::Answered {
            generation: asked.unwrap(),
            answer,
        },
    );
    model
}
