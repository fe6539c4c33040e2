mod job;
mod under_way;

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use futures_util::stream;
use ratatui::backend::TestBackend;

use super::*;
use crate::data::Answer;
use crate::data::Data;
use crate::data::names::Names;
use crate::data::summary::Summary;
use crate::screen::outside::Errand;
use crate::settings::args::{Choice, Global};
use crate::settings::config::Environment;
use crate::source::Subject;

fn key(code: KeyCode) -> io::Result<Event> {
    Ok(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn model_of(columns: u16, rows: u16) -> Model {
    let flags = Global {
        config: Some("/dev/null".into()),
        ..Global::default()
    };
    let config = Config::load(Environment::default(), &flags, &Choice::default()).unwrap();
    model(&config, Command::Summary, (columns, rows), None)
}

fn summary() -> Data {
    let row = |repo: &str, failure| Summary {
        repo: repo.to_owned(),
        level: Some("L2".to_owned()),
        success: 9,
        failure,
        pass_rate: Some(9.0 / (9 + failure) as f64),
        ..Summary::default()
    };
    Data::Summary {
        rows: vec![row("good/one", 0), row("bad/one", 9)],
        relay: Some(Vec::new()),
        relay_nightly: Some(Vec::new()),
        before: None,
        missing: crate::data::missing::Missing::default(),
    }
}

/// A world that answers what it is asked, and remembers its errands.
fn world(asked: &Arc<AtomicUsize>, errands: &Arc<Mutex<Vec<Errand>>>) -> World {
    world_that_counts(asked, &Arc::default(), errands)
}

/// Also how often it is asked for the backends' names: behind the first answer.
fn world_that_counts(asked: &Arc<AtomicUsize>, named: &Arc<AtomicUsize>, errands: &Arc<Mutex<Vec<Errand>>>) -> World {
    let (asked, named, errands) = (Arc::clone(asked), Arc::clone(named), Arc::clone(errands));
    World {
        answers: Arc::new(move |subject, _, _| {
            if subject == Subject::Repositories {
                named.fetch_add(1, Ordering::Relaxed);
                return Box::pin(async { Ok(Answer::Repositories(Names::default())) });
            }
            asked.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { Ok(Answer::from(summary())) })
        }),
        errands: Arc::new(move |errand| {
            errands.lock().unwrap().push(errand);
            Box::pin(async { Ok("done".to_owned()) })
        }),
        notices: mpsc::unbounded_channel().1,
        tty: Box::new(job::Shell::default()),
        signals: Box::pin(stream::pending()),
        now: || 1_790_000_000_000_000_000,
        panicked: Box::pin(std::future::pending()),
    }
}

/// The real loop, from the first frame to the end: what is asked is answered and drawn, keys do what they say, and it ends with `q`.
#[tokio::test]
async fn the_loop_asks_draws_and_ends() {
    let (asked, named, errands) = (Arc::default(), Arc::default(), Arc::default());
    let mut terminal = Terminal::new(TestBackend::new(100, 24)).unwrap();
    let mut model = model_of(100, 24);
    // Keys come when the answer is there.
    let there = Arc::clone(&named);
    let keys = stream::unfold(0, move |step| {
        let there: Arc<AtomicUsize> = Arc::clone(&there);
        async move {
            while there.load(Ordering::Relaxed) == 0 {
                tokio::task::yield_now().await;
            }
            let codes = [
                KeyCode::Char('j'),
                KeyCode::Char('y'),
                KeyCode::Char('?'),
                KeyCode::Char('q'),
            ];
            codes.get(step).map(|code| (key(*code), step + 1))
        }
    });
    let events = keys.chain(stream::pending());
    let world_of_names = world_that_counts(&asked, &named, &errands);
    let running = run(&mut terminal, &mut model, events, world_of_names);
    let ended = tokio::time::timeout(Duration::from_secs(1), running).await;
    assert!(ended.is_err() && !model.help, "q closed the help, and nothing else");
    let screen = terminal.backend().to_string();
    assert!(screen.contains("▌ O good/one"), "{screen}");
    assert!(screen.contains("X bad/one") && screen.contains("50.0%"), "{screen}");
    assert_eq!(
        *errands.lock().unwrap(),
        [Errand::Copy("https://github.com/good/one".to_owned())]
    );
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let events = stream::iter([key(KeyCode::Char('q'))]).chain(stream::pending());
    run(&mut terminal, &mut model, events, world(&asked, &errands))
        .await
        .unwrap();
    assert!(model.quit);
}

/// It stands in the footer, beside what is there.
#[tokio::test]
async fn what_goes_wrong_in_the_background_is_said() {
    let (say, notices) = mpsc::unbounded_channel();
    say.send("allowlist https://h/list.yml: it answers 500".to_owned())
        .unwrap();
    let world = World {
        notices,
        ..world(&Arc::default(), &Arc::default())
    };
    let mut terminal = Terminal::new(TestBackend::new(100, 24)).unwrap();
    let mut model = model_of(100, 24);
    let running = run(&mut terminal, &mut model, stream::pending(), world);
    let ended = tokio::time::timeout(Duration::from_secs(1), running).await;
    let screen = terminal.backend().to_string();
    assert!(ended.is_err() && screen.contains("it answers 500"), "{screen}");
    assert!(screen.contains("good/one"), "{screen}");
}

/// Its hook has given the terminal back: to draw on would be to write over the shell.
#[tokio::test]
async fn a_panic_while_an_answer_is_sought_ends_the_program() {
    let world = World {
        answers: Arc::new(|_, _, _| Box::pin(async { panic!("the answer panics") })),
        ..world(&Arc::default(), &Arc::default())
    };
    let running = tokio::spawn(async {
        let mut terminal = Terminal::new(TestBackend::new(100, 24)).unwrap();
        run(&mut terminal, &mut model_of(100, 24), stream::pending(), world).await
    });
    let ended = tokio::time::timeout(Duration::from_secs(20), running).await;
    let panic = ended.expect("it ends").unwrap_err().into_panic();
    assert_eq!(panic.downcast_ref(), Some(&"the answer panics"));
}

/// Keys that come in a burst cost one frame, not one each.
#[tokio::test]
async fn all_that_is_there_is_heard_before_the_screen_is_drawn() {
    let (asked, errands) = (Arc::default(), Arc::default());
    let mut terminal = Terminal::new(TestBackend::new(100, 24)).unwrap();
    let mut model = model_of(100, 24);
    let burst = (0..100).map(|_| key(KeyCode::Char('?'))).chain([key(KeyCode::Down)]);
    let events = stream::iter(burst).chain(stream::once(async {
        // One that comes when those before have been drawn.
        tokio::time::sleep(Duration::from_millis(1)).await;
        key(KeyCode::Char('q'))
    }));
    run(&mut terminal, &mut model, events, world(&asked, &errands))
        .await
        .unwrap();
    assert!(model.quit);
    let frames = terminal.get_frame().count();
    assert!((2..20).contains(&frames), "{frames} frames of 102 keys");
}

/// Its hook has given the terminal back, wherever it was.
#[tokio::test]
async fn a_panic_of_another_thread_ends_the_program() {
    let world = World {
        panicked: Box::pin(std::future::ready(())),
        ..world(&Arc::default(), &Arc::default())
    };
    let running = tokio::spawn(async {
        let mut terminal = Terminal::new(TestBackend::new(100, 24)).unwrap();
        run(&mut terminal, &mut model_of(100, 24), stream::pending(), world).await
    });
    let ended = tokio::time::timeout(Duration::from_secs(20), running).await;
    assert!(ended.expect("it ends").unwrap_err().is_panic());
}

/// However long ago the last heartbeat was: an answer would be called slow before it can be there.
#[tokio::test]
async fn an_answer_is_awaited_from_the_moment_of_the_question() {
    const MILLIS: i64 = 1_000_000;
    static CLOCK: AtomicI64 = AtomicI64::new(1_790_000_000_000_000_000);
    let world = World {
        answers: Arc::new(|_, _, _| Box::pin(std::future::pending())),
        now: || CLOCK.load(Ordering::Relaxed),
        ..world(&Arc::default(), &Arc::default())
    };
    // Each comes so long after what was before.
    let keys = [(900, 'i'), (100, 'q')];
    let events = stream::iter(keys).then(|(later, letter)| async move {
        tokio::task::yield_now().await;
        CLOCK.fetch_add(later * MILLIS, Ordering::Relaxed);
        tokio::task::yield_now().await;
        key(KeyCode::Char(letter))
    });
    let mut terminal = Terminal::new(TestBackend::new(100, 24)).unwrap();
    let mut model = model_of(100, 24);
    run(&mut terminal, &mut model, events.chain(stream::pending()), world)
        .await
        .unwrap();
    let slot = &model.screen().slot;
    assert_eq!((model.screens.len(), slot.waiting(model.now)), (2, Some(100 * MILLIS)));
}
