//! The loop: wait, drain, update, draw if something changed.
//!
//! Generic over backend, events and answers, so that tests drive the real loop.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event, EventStream};
use futures_util::{Stream, StreamExt as _};
use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::sync::mpsc;

use crate::allowlist::Allowlist;
use crate::args::{Command, EventView, Range};
use crate::config::Config;
use crate::effect::Effect;
use crate::matrix::Matrix;
use crate::message::Message;
use crate::model::{Data, GATING, Model, Place, Screen};
use crate::outside::{self, Errands};
use crate::pull_request::PullRequest;
use crate::rows::{overall_pass_rate, set_levels, summaries};
use crate::slot::Slot;
use crate::source::daemons::Daemons;
use crate::source::{Question, Reader, SourceError};
use crate::terminal::{self, Taken};
use crate::text::{make_printable, printable};
use crate::trend::{self, Trends};
use crate::update::update;
use crate::view;

/// The clock's tick: ages are shown in seconds.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// Finds out what a screen shows.
pub type Answers =
    Arc<dyn Fn(Place, Question) -> Pin<Box<dyn Future<Output = Result<Data, String>> + Send>> + Send + Sync>;

/// What the loop needs of the world.
pub struct World {
    pub answers: Answers,
    pub errands: Errands,
    /// Stops this process, and returns when it is continued.
    pub suspend: fn() -> io::Result<()>,
    /// Nanoseconds since 1970.
    pub now: fn() -> i64,
}

/// Opens a screen and stays until it is quit.
///
/// # Errors
/// When the terminal can't be taken, drawn on or read from.
pub async fn open(config: Config, command: Command, event: Option<EventView>) -> io::Result<()> {
    let (allowlist, notice) = match config.allowlist.as_deref().map(Allowlist::read) {
        None => (Allowlist::default(), None),
        Some(Ok(list)) => {
            let more = list.warnings.len().saturating_sub(1);
            let notice = list.warnings.first().map(|warning| match more {
                0 => warning.clone(),
                more => format!("{warning}, and {more} more; `oot-hud summary --format table` says them all"),
            });
            (list, notice)
        }
        Some(Err(error)) => (Allowlist::default(), Some(error.to_string())),
    };
    let (taken, mut terminal) = Taken::take()?;
    let size = terminal.size()?;
    let mut model = model(&config, command, (size.width, size.height), notice);
    if let Some(event) = event {
        model.screen_mut().event = event;
    }
    let reader = Arc::new(Reader::new(&config.clickhouse));
    let (daemons, allowlist) = (Arc::new(Daemons::new(&config.ingest)), Arc::new(allowlist));
    let answers: Answers = Arc::new(move |place, question| {
        let (reader, allowlist) = (Arc::clone(&reader), Arc::clone(&allowlist));
        let daemons = Arc::clone(&daemons);
        Box::pin(async move {
            answer(&reader, &allowlist, &daemons, place, &question)
                .await
                .map_err(|error| error.to_string())
        })
    });
    let world = World {
        answers,
        errands: outside::errands(),
        suspend: terminal::suspend,
        now,
    };
    let ran = run(&mut terminal, &mut model, EventStream::new(), world).await;
    drop(taken);
    ran
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
        typing: None,
        notice,
        size,
        monochrome: std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
        quit: false,
        dirty: true,
        generation: 0,
        pipeline: Slot::default(),
        has_daemons: !config.ingest.is_empty(),
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
    let (sender, mut inbox) = mpsc::unbounded_channel();
    let mut events = std::pin::pin!(events);
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut stop = std::pin::pin!(stop());
    // The first frame comes before the first question.
    terminal
        .draw(|frame| view::draw(model, frame))
        .map_err(io::Error::other)?;
    let World {
        answers,
        errands,
        suspend,
        now,
    } = world;
    let mut next = Some(Message::Tick(now()));
    loop {
        while let Some(message) = next.take().or_else(|| inbox.try_recv().ok()) {
            for effect in update(model, message) {
                let message: Pin<Box<dyn Future<Output = Message> + Send>> = match effect {
                    Effect::Ask {
                        generation,
                        place,
                        question,
                    } => {
                        let answer = answers(place, question);
                        Box::pin(async move {
                            let answer = answer.await;
                            Message::Answered { generation, answer }
                        })
                    }
                    Effect::Do(errand) => {
                        let done = errands(errand);
                        Box::pin(async move { Message::Done(done.await) })
                    }
                    Effect::Suspend => {
                        suspend()?;
                        // Nothing of what was drawn is there any more, and the size may be another. (`clear` would ask the terminal
                        // for its cursor, and the answer come in between the keys.)
                        let size = terminal.size().map_err(io::Error::other)?;
                        terminal
                            .resize(ratatui::layout::Rect::from((ratatui::layout::Position::ORIGIN, size)))
                            .map_err(io::Error::other)?;
                        Box::pin(async move { Message::Resize(size.width, size.height) })
                    }
                };
                let sender = sender.clone();
                tokio::spawn(async move {
                    // Nobody listens any more when the program ends.
                    let _ = sender.send(message.await);
                });
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
            Some(message) = inbox.recv() => Some(message),
            _ = heartbeat.tick() => Some(Message::Tick(now())),
            () = &mut stop => Some(Message::Stop),
        };
    }
}

fn of_event(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) => Some(Message::Key(key)),
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Resize(columns, rows) => Some(Message::Resize(columns, rows)),
        Event::FocusGained | Event::FocusLost | Event::Mouse(_) => None,
    }
}

/// SIGTERM and SIGHUP end the program as `q` does.
async fn stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut hang_up)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup())) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
}

fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp_nanos() as i64
}

/// Whole days, as many as the range has; and the jobs of these days.
///
/// # Errors
/// [`SourceError`].
pub async fn trends(reader: &Reader, question: &Question) -> Result<Trends, SourceError> {
    let moment = question.now * 1_000_000;
    // The first of them would be cut; of a day's range that leaves less than a day.
    let is_long = moment - question.since * 1_000_000 > trend::DAY;
    let first = trend::day_of(question.since * 1_000_000) + i64::from(is_long);
    let question = Question {
        since: first * trend::DAY / 1_000_000,
        ..question.clone()
    };
    let (days, mut jobs) = tokio::try_join!(reader.days(&question), reader.usual(&question))?;
    for row in &mut jobs {
        for text in [&mut row.repo, &mut row.workflow, &mut row.job] {
            make_printable(text);
        }
    }
    Ok(Trends::new(
        days,
        jobs,
        first * trend::DAY,
        moment,
        !question.repo.is_empty(),
    ))
}

/// Hostile text ends here: what goes into the model is fit for a terminal.
async fn answer(
    reader: &Reader,
    allowlist: &Allowlist,
    daemons: &Daemons,
    place: Place,
    question: &Question,
) -> Result<Data, SourceError> {
    if place == Place::Pipeline {
        return Ok(Data::Pipeline(daemons.ask().await));
    }
    if let Place::Trends(_) = place {
        return Ok(Data::Trends(trends(reader, question).await?));
    }
    if place == Place::Summary {
        // As many whole days as are shown, and the range that lies before this one.
        let days = Question {
            since: (trend::day_of(question.now * 1_000_000) - trend::SHOWN as i64 + 1) * trend::DAY / 1_000_000,
            ..question.clone()
        };
        let before = Question {
            since: 2 * question.since - question.now,
            until: Some(question.since),
            ..question.clone()
        };
        let (rows, mut relay, days, before) = tokio::try_join!(
            reader.summary(question),
            reader.relay_health(question),
            reader.daily(&days),
            reader.summary(&before)
        )?;
        let mut rows = summaries(rows, allowlist);
        trend::attach(&mut rows, &days, question.now * 1_000_000);
        let before = overall_pass_rate(&summaries(before, allowlist));
        for row in &mut rows {
            make_printable(&mut row.repo);
            row.level.as_mut().map(make_printable);
        }
        relay
            .iter_mut()
            .flat_map(|row| &mut row.failing)
            .for_each(make_printable);
        return Ok(Data::Summary { rows, relay, before });
    }
    let is_one = matches!(place, Place::PullRequest(_) | Place::Commit(_));
    // What is usual is told from pull requests, whatever is looked at.
    let lately = Question {
        since: question.now - Range::Fortnight.millis(),
        until: question.until,
        ..Question::of_all(question.now, EventView::Pr)
    };
    let usual = async {
        match is_one {
            true => reader.usual(&lately).await,
            false => Ok(Vec::new()),
        }
    };
    let (mut cells, mut usual) = tokio::try_join!(reader.cells(question), usual)?;
    for row in &mut usual {
        for text in [&mut row.repo, &mut row.workflow, &mut row.job] {
            make_printable(text);
        }
    }
    cells.iter_mut().for_each(crate::source::Cell::make_printable);
    set_levels(&mut cells, allowlist);
    Ok(match place {
        Place::PullRequest(_) | Place::Commit(_) => {
            let gating = allowlist.at_level(GATING).map(|repo| printable(repo).into_owned());
            Data::PullRequest(PullRequest::new(cells).gated_by(gating.collect()).with_usual(&usual))
        }
        _ => Data::Backend(Matrix::new(cells)),
    })
}

#[cfg(test)]
mod tests;
