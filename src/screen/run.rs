//! The loop: wait, drain all that is there, update, draw once if something changed.
//!
//! Generic over backend, events and answers, so that tests drive the real loop.

mod answers;
mod job;
mod under_way;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use crossterm::event::{Event, EventStream};
use futures_util::{Stream, StreamExt as _};
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::layout::{Position, Rect};
use tokio::sync::mpsc;

use crate::answer::Sources;
use crate::clock;
use crate::data::slot::Slot;
use crate::data::text::printable;
use crate::printed;
use crate::screen::effect::Effect;
use crate::screen::message::Message;
use crate::screen::model::{Model, Place, SPIN, Screen};
use crate::screen::outside::{self, Errands};
use crate::screen::resume::{self, State};
use crate::screen::signals::{Signal, signals};
use crate::screen::terminal::{self, Controlling, Stops, Taken, Tty};
use crate::screen::update::update;
use crate::screen::view;
use crate::settings::args::{Command, Typed};
use crate::settings::config::Config;
use crate::source::Reader;
use crate::source::daemons::Daemons;
use crate::web::allowlist::AllowlistSource;
use crate::web::titles::Titles;
pub use answers::{Answers, answers};
pub use job::Signals;
use under_way::{UnderWay, ready};

/// The clock's tick: ages are shown in seconds.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// So many messages go by between two frames at most: who pours in more sees something all the same.
const DRAINED: usize = 1_000;

/// What the loop needs of the world.
pub struct World {
    pub answers: Answers,
    pub errands: Errands,
    /// What goes wrong in the background.
    pub notices: mpsc::UnboundedReceiver<String>,
    pub tty: Box<dyn Tty>,
    pub signals: Signals,
    /// Nanoseconds since 1970.
    pub now: fn() -> i64,
    /// Comes when another thread has panicked.
    pub panicked: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Opens a screen, by default the summary or where one was, and stays until it is quit.
///
/// # Errors
/// When the terminal can't be taken, drawn on or read from.
pub async fn open(config: Config, command: Option<Command>, typed: Typed) -> io::Result<()> {
    let (say, notices) = mpsc::unbounded_channel();
    let allowlist = AllowlistSource::new(config.allowlist.as_ref(), Some(say.clone())).await;
    let notice = allowlist.notice();
    // Who names a screen wants that one.
    let (resumed, notice) = match config.resume && command.is_none() {
        false => (None, notice),
        true => match resume::file::read().await {
            Ok(state) => (state, notice),
            Err(why) => (
                None,
                notice.or_else(|| Some(format!("not where you were: {}", printable(&why)))),
            ),
        },
    };
    // From now on: a signal that comes while the terminal is taken gives it back as well.
    let mut signals: Signals = Box::pin(signals());
    if !job::is_ours(&mut Controlling, &mut signals).await? {
        return Ok(());
    }
    let (taken, mut terminal) = Taken::take(config.look.colours)?;
    let size = terminal.size()?;
    let command = command.unwrap_or(Command::Summary);
    let mut model = model(&config, command, (size.width, size.height), notice);
    if let Some(event) = typed.event {
        model.screen_mut().event = event;
    }
    if let Some(state) = resumed {
        state.restore(&mut model, typed);
    }
    model.caution();
    let world = World {
        answers: answers(sources(&config, allowlist, Some(say)))?,
        errands: outside::errands(),
        notices,
        tty: Box::new(Controlling),
        signals,
        now: clock::now,
        panicked: Box::pin(terminal::panicked()),
    };
    let ran = run(&mut terminal, &mut model, EventStream::new(), world).await;
    drop(taken);
    if let Err(why) = resume::file::write(&State::of(&model)).await
        && config.resume
    {
        printed::complain(format_args!("where you were is not kept: {}", printable(&why)));
    }
    for why in ran? {
        printed::complain(printable(&why));
    }
    Ok(())
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

/// The state at the start.
pub fn model(config: &Config, command: Command, size: (u16, u16), notice: Option<String>) -> Model {
    let mut screen = Screen::new(match &command {
        Command::Summary | Command::Status { .. } => Place::Summary,
        Command::Backend { repo } => Place::Backend(repo.clone()),
        Command::Pr { number, .. } => Place::PullRequest(*number),
        Command::Commit { sha } => Place::Commit(sha.clone()),
        Command::Trends { repo, .. } => Place::Trends(repo.clone()),
        Command::Pipeline => Place::Pipeline,
    });
    if let Command::Pr { commit, .. } = command {
        screen.commit = commit;
    }
    Model {
        now: clock::now(),
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
        followed: Vec::new(),
        keymap: config.keymap.clone(),
        mouse: config.mouse,
        notice,
        size,
        look: config.look,
        quit: false,
        dirty: true,
        generation: 0,
        pipeline: Slot::default(),
        repositories: Slot::default(),
        reads_from: printable(&config.clickhouse.to_string()).into_owned(),
        has_daemons: !config.ingest.is_empty(),
        has_focus: true,
    }
}

/// Runs until the model quits, or the events end. Gives what failed so late that nobody saw it.
///
/// # Errors
/// When the terminal can't be drawn on or read from.
pub async fn run<B: Backend>(
    terminal: &mut Terminal<B>,
    model: &mut Model,
    events: impl Stream<Item = io::Result<Event>>,
    world: World,
) -> io::Result<Vec<String>>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut under_way = UnderWay::default();
    let mut events = std::pin::pin!(events.fuse());
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    let mut spin = tokio::time::interval(Duration::from_nanos(SPIN as u64));
    for timer in [&mut heartbeat, &mut spin] {
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    }
    // The first frame comes before the first question.
    draw(terminal, model)?;
    let World {
        answers,
        errands,
        mut notices,
        mut tty,
        mut signals,
        now,
        mut panicked,
    } = world;
    if model.mouse {
        tty.mouse(true)?;
    }
    let mut messages = VecDeque::new();
    loop {
        // Whatever is heard is heard now: who counted from the last heartbeat would find a new question a second old, and its answer slow.
        messages.push_front(Message::Tick(now()));
        let mut drained = 0;
        while !model.quit && drained < DRAINED {
            let message = match messages.pop_front() {
                Some(message) => Some(message),
                None => match ready(|context| events.as_mut().poll_next(context)).await.flatten() {
                    Some(event) => Some(of_event(event?)),
                    None => match ready(|context| under_way.poll(context)).await {
                        Some(message) => Some(message),
                        None => notices.try_recv().ok().map(Message::Noticed),
                    },
                },
            };
            let Some(message) = message else { break };
            drained += 1;
            for effect in update(model, message) {
                match effect {
                    Effect::Ask {
                        generation,
                        subject,
                        question,
                        shown,
                    } => under_way.ask(generation, answers(subject, question, shown)),
                    Effect::Do(errand) => {
                        let matters = errand.matters_at_the_end();
                        messages.extend(under_way.begin(errands(errand), matters).await);
                    }
                    Effect::Mouse(on) => tty.mouse(on)?,
                    Effect::Suspend => {
                        let called = suspend(terminal, model, &mut *tty, &mut signals, Stops::Job).await?;
                        messages.extend(called);
                    }
                }
            }
            under_way.forget(model);
        }
        if ready(|context| panicked.as_mut().poll(context)).await.is_some() {
            end_as_panics_do();
        }
        if model.quit {
            return Ok(under_way.end().await);
        }
        if std::mem::take(&mut model.dirty) {
            draw(terminal, model)?;
        }
        if !messages.is_empty() {
            continue;
        }
        let message = tokio::select! {
            event = events.next() => match event {
                None => return Ok(under_way.end().await),
                Some(event) => of_event(event?),
            },
            message = poll_fn(|context| under_way.poll(context)) => message,
            Some(notice) = notices.recv() => Message::Noticed(notice),
            _ = heartbeat.tick() => continue,
            // Only while something is awaited: an idle screen sleeps.
            _ = spin.tick(), if model.is_waiting() || model.asks_soon() => continue,
            Some(signal) = signals.next() => {
                messages.extend(match signal {
                    Signal::End => vec![Message::Stop],
                    Signal::Suspend => suspend(terminal, model, &mut *tty, &mut signals, Stops::Process).await?,
                    Signal::Continue => take_again(terminal, model, &mut *tty, &mut signals).await?,
                });
                continue;
            }
            () = &mut panicked => end_as_panics_do(),
        };
        messages.push_back(message);
    }
}

fn draw<B: Backend>(terminal: &mut Terminal<B>, model: &Model) -> io::Result<()>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    terminal
        .draw(|frame| view::draw(model, frame))
        .map_err(io::Error::other)?;
    Ok(())
}

/// Leaves the terminal to the shell. Gives what happened meanwhile.
async fn suspend<B: Backend>(
    terminal: &mut Terminal<B>,
    model: &Model,
    tty: &mut dyn Tty,
    signals: &mut Signals,
    stops: Stops,
) -> io::Result<Vec<Message>>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if !tty.is_job() {
        return Ok(vec![Message::Noticed(
            "there is no shell that the terminal could be left to".to_owned(),
        )]);
    }
    match job::suspend(tty, signals, stops).await? {
        true => take(terminal, model, tty),
        false => Ok(vec![Message::Stop]),
    }
}

/// After somebody else stopped us, perhaps in the background. Gives what happened meanwhile.
async fn take_again<B: Backend>(
    terminal: &mut Terminal<B>,
    model: &Model,
    tty: &mut dyn Tty,
    signals: &mut Signals,
) -> io::Result<Vec<Message>>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match job::is_ours(tty, signals).await? {
        true => take(terminal, model, tty),
        false => Ok(vec![Message::Stop]),
    }
}

fn take<B: Backend>(terminal: &mut Terminal<B>, model: &Model, tty: &mut dyn Tty) -> io::Result<Vec<Message>>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    tty.take()?;
    if model.mouse {
        tty.mouse(true)?;
    }
    // Nothing of what was drawn is there any more, and the size may be another. (`clear` would ask the terminal for its cursor, and the
    // answer come in between the keys.)
    let size = terminal.size().map_err(io::Error::other)?;
    terminal
        .resize(Rect::from((Position::ORIGIN, size)))
        .map_err(io::Error::other)?;
    // It tells only of changes.
    Ok(vec![Message::Resize(size.width, size.height), Message::Focus(true)])
}

/// Its hook has given the terminal back and said why: to draw on would be to write over the shell.
fn end_as_panics_do() -> ! {
    std::panic::resume_unwind(Box::new("another thread panicked"))
}

fn of_event(event: Event) -> Message {
    match event {
        Event::Key(key) => Message::Key(key),
        Event::Paste(text) => Message::Paste(text),
        Event::Resize(columns, rows) => Message::Resize(columns, rows),
        Event::Mouse(event) => Message::Mouse(event),
        Event::FocusGained => Message::Focus(true),
        Event::FocusLost => Message::Focus(false),
    }
}

#[cfg(test)]
mod tests;
