//! The loop: wait, drain, update, draw if something changed.
//!
//! Generic over backend, events and answers, so that tests drive the real loop.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crossterm::event::{Event, EventStream};
use futures_util::{Stream, StreamExt as _};
use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};

use crate::answer::Sources;
use crate::data::Data;
use crate::data::slot::Slot;
use crate::data::text::printable;
use crate::printed;
use crate::screen::effect::Effect;
use crate::screen::message::Message;
use crate::screen::model::{Model, Place, SPIN, Screen};
use crate::screen::outside::{self, Errands};
use crate::screen::resume::{self, State};
use crate::screen::terminal::{self, Taken};
use crate::screen::update::update;
use crate::screen::view;
use crate::settings::args::{Choice, Command};
use crate::settings::config::Config;
use crate::source::Subject;
use crate::source::daemons::Daemons;
use crate::source::{Question, Reader};
use crate::web::allowlist::AllowlistSource;
use crate::web::titles::Titles;

/// The clock's tick: ages are shown in seconds.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// Finds out what is asked.
pub type Answers =
    Arc<dyn Fn(Subject, Question) -> Pin<Box<dyn Future<Output = Result<Data, String>> + Send>> + Send + Sync>;

/// What the loop needs of the world.
pub struct World {
    pub answers: Answers,
    pub errands: Errands,
    /// What goes wrong in the background.
    pub notices: mpsc::UnboundedReceiver<String>,
    /// Lets the terminal tell of the mouse, or no more.
    pub mouse: fn(bool) -> io::Result<()>,
    /// Stops this process, and returns when it is continued.
    pub suspend: fn() -> io::Result<()>,
    /// Nanoseconds since 1970.
    pub now: fn() -> i64,
    /// Comes when the program is to end.
    pub stop: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Opens a screen, by default the summary or where one was, and stays until it is quit.
///
/// # Errors
/// When the terminal can't be taken, drawn on or read from.
pub async fn open(config: Config, command: Option<Command>, choice: &Choice) -> io::Result<()> {
    let (say, notices) = mpsc::unbounded_channel();
    let allowlist = AllowlistSource::new(config.allowlist.as_ref(), Some(say.clone()));
    let notice = allowlist.notice();
    // Who names a screen wants that one.
    let (resumed, notice) = match config.resume && command.is_none() {
        false => (None, notice),
        true => match resume::file::read() {
            Ok(state) => (state, notice),
            Err(why) => (
                None,
                notice.or_else(|| Some(format!("not where you were: {}", printable(&why)))),
            ),
        },
    };
    // From now on: a signal that comes while the terminal is taken gives it back as well.
    let stop = Box::pin(stop());
    let (taken, mut terminal) = Taken::take(config.look.colours)?;
    let size = terminal.size()?;
    let command = command.unwrap_or(Command::Summary);
    let mut model = model(&config, command, (size.width, size.height), notice);
    if let Some(event) = choice.event {
        model.screen_mut().event = event;
    }
    model.caution();
    if let Some(state) = resumed {
        state.restore(&mut model, choice.range, choice.event);
    }
    let world = World {
        answers: answers(sources(&config, allowlist, Some(say))),
        errands: outside::errands(),
        notices,
        mouse: terminal::mouse,
        suspend: terminal::suspend,
        now,
        stop,
    };
    let ran = run(&mut terminal, &mut model, EventStream::new(), world).await;
    drop(taken);
    if let Err(why) = resume::file::write(&State::of(&model)).await
        && config.resume
    {
        printed::complain(format_args!("where you were is not kept: {}", printable(&why)));
    }
    ran
}

/// ClickHouse, the daemons and GitHub; what is wrong with the latter is told to `notices`.
pub fn sources(config: &Config, allowlist: AllowlistSource, notices: Option<mpsc::UnboundedSender<String>>) -> Sources {
    Sources::new(
        Reader::new(&config.clickhouse),
        allowlist,
        Daemons::new(&config.ingest),
        Titles::new(&config.github, notices),
    )
}

/// What they say.
pub fn answers(sources: Sources) -> Answers {
    let sources = Arc::new(sources);
    Arc::new(move |subject, question| {
        let sources = Arc::clone(&sources);
        Box::pin(async move {
            let answer = sources.answer(subject, &question, now()).await;
            answer.map_err(|error| error.to_string())
        })
    })
}

/// The state at the start.
pub fn model(config: &Config, command: Command, size: (u16, u16), notice: Option<String>) -> Model {
    let mut screen = Screen::new(match &command {
        Command::Summary | Command::Status { .. } => Place::Summary,
        Command::Backend { repo } => Place::Backend(repo.clone()),
        Command::Pr { number, .. } => Place::PullRequest(*number),
        Command::Commit { sha } => Place::Commit(sha.clone()),
        Command::Trends { repo } => Place::Trends(repo.clone()),
        Command::Pipeline => Place::Pipeline,
    });
    if let Command::Pr { commit, .. } = command {
        screen.commit = commit;
    }
    Model {
        now: now(),
        event: config.event,
        range: config.range,
        as_of: config.as_of,
        refresh: Some(config.refresh.as_nanos() as i64).filter(|refresh| *refresh > 0),
        paused: false,
        screens: vec![screen],
        help: false,
        help_scroll: 0,
        detail: None,
        help_filter: String::new(),
        palette: None,
        typing: None,
        keymap: config.keymap.clone(),
        mouse: config.mouse,
        notice,
        size,
        look: config.look,
        quit: false,
        dirty: true,
        generation: 0,
        pipeline: Slot::default(),
        has_daemons: !config.ingest.is_empty(),
        has_focus: true,
    }
}

/// Runs until the model quits, or the events end.
///
/// # Errors
/// When the terminal can't be drawn on or read from.
pub async fn run<B: Backend>(
    terminal: &mut Terminal<B>,
    model: &mut Model,
    events: impl Stream<Item = io::Result<Event>>,
    world: World,
) -> io::Result<()>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    // What is awaited: answers, and what becomes of errands.
    let mut awaited = JoinSet::new();
    let mut events = std::pin::pin!(events);
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    let mut spin = tokio::time::interval(Duration::from_nanos(SPIN as u64));
    for timer in [&mut heartbeat, &mut spin] {
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    }
    // The first frame comes before the first question.
    terminal
        .draw(|frame| view::draw(model, frame))
        .map_err(io::Error::other)?;
    let World {
        answers,
        errands,
        mut notices,
        mouse,
        suspend,
        now,
        mut stop,
    } = world;
    if model.mouse {
        mouse(true)?;
    }
    let mut next = Some(Message::Tick(now()));
    loop {
        while let Some(message) = next.take().or_else(|| awaited.try_join_next().map(message_of)) {
            for effect in update(model, message) {
                let message: Pin<Box<dyn Future<Output = Message> + Send>> = match effect {
                    Effect::Ask {
                        generation,
                        subject,
                        question,
                    } => {
                        let answer = answers(subject, question);
                        Box::pin(async move {
                            let answer = answer.await;
                            Message::Answered { generation, answer }
                        })
                    }
                    Effect::Do(errand) => {
                        let done = errands(errand);
                        Box::pin(async move { Message::Done(done.await) })
                    }
                    Effect::Mouse(on) => {
                        mouse(on)?;
                        continue;
                    }
                    Effect::Suspend => {
                        suspend()?;
                        if model.mouse {
                            mouse(true)?;
                        }
                        // Nothing of what was drawn is there any more, and the size may be another. (`clear` would ask the terminal
                        // for its cursor, and the answer come in between the keys.)
                        let size = terminal.size().map_err(io::Error::other)?;
                        terminal
                            .resize(ratatui::layout::Rect::from((ratatui::layout::Position::ORIGIN, size)))
                            .map_err(io::Error::other)?;
                        Box::pin(async move { Message::Resize(size.width, size.height) })
                    }
                };
                awaited.spawn(message);
            }
        }
        if model.quit {
            return Ok(());
        }
        if std::mem::take(&mut model.dirty) {
            terminal
                .draw(|frame| view::draw(model, frame))
                .map_err(io::Error::other)?;
        }
        next = tokio::select! {
            event = events.next() => match event {
                None => return Ok(()),
                Some(Err(error)) => return Err(error),
                Some(Ok(event)) => of_event(event),
            },
            Some(ended) = awaited.join_next() => Some(message_of(ended)),
            Some(notice) = notices.recv() => Some(Message::Noticed(notice)),
            _ = heartbeat.tick() => Some(Message::Tick(now())),
            // Only while something is awaited: an idle screen sleeps.
            _ = spin.tick(), if model.is_waiting() => Some(Message::Tick(now())),
            () = &mut stop => Some(Message::Stop),
        };
    }
}

/// A panic is one of the program's: its hook has given the terminal back, and nothing may be drawn there any more.
fn message_of(ended: Result<Message, JoinError>) -> Message {
    ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

fn of_event(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) => Some(Message::Key(key)),
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Resize(columns, rows) => Some(Message::Resize(columns, rows)),
        Event::Mouse(event) => Some(Message::Mouse(event)),
        Event::FocusGained => Some(Message::Focus(true)),
        Event::FocusLost => Some(Message::Focus(false)),
    }
}

/// SIGTERM, SIGHUP, SIGINT and SIGQUIT end the program as `q` does, from the moment of this call. (Ctrl-C is a key here, and no signal.)
fn stop() -> impl Future<Output = ()> + Send {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [
        SignalKind::terminate(),
        SignalKind::hangup(),
        SignalKind::interrupt(),
        SignalKind::quit(),
    ];
    let mut signals: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
    std::future::poll_fn(move |context| {
        let is_there = signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
        if is_there { Poll::Ready(()) } else { Poll::Pending }
    })
}

fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp_nanos() as i64
}

#[cfg(test)]
mod tests;
