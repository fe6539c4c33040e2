//! A screen on stdout: drawn once, when all that it shows is there.

use std::io::{self, Write as _};

use futures_util::future::join_all;

use crate::data::Data;
use crate::data::chosen::EventView;
use crate::printed;
use crate::screen::effect::Effect;
use crate::screen::message::Message;
use crate::screen::model::{Model, Place};
use crate::screen::run;
use crate::screen::update::update;
use crate::settings::args::{Command, Size};
use crate::settings::config::Config;
use crate::source::Subject;
use crate::web::allowlist::{AllowlistSource, Known};

/// Times that something is asked, at most.
const ROUNDS: usize = 10;

/// The screen as SVG, or as text. Gives whether all have answered that it is of.
///
/// # Errors
/// When there is no answer, nothing of what was named, or nothing can be written.
pub async fn print(
    config: &Config,
    command: Command,
    event: Option<EventView>,
    size: Size,
    as_svg: bool,
) -> Result<bool, Box<dyn std::error::Error>> {
    let mut model = run::model(config, command, (size.columns, size.rows), None);
    if let Some(event) = event {
        model.screen_mut().event = event;
    }
    if model.screen().place == Place::Pipeline && !model.has_daemons {
        return Err(crate::data::pipeline::NO_DAEMON.into());
    }
    let now = model.now;
    let allowlist = AllowlistSource::Fixed(Known {
        list: printed::allowlist(config, now).await,
        ..Known::default()
    });
    let answers = run::answers(run::sources(config, allowlist, None).patient())?;
    // What an answer makes one want to know is asked as on a screen: more rows, and what is selected.
    let mut effects = update(&mut model, Message::Tick(now));
    for _ in 0..ROUNDS {
        let asked = effects.drain(..).filter_map(|effect| match effect {
            // No key is pressed.
            Effect::Ask {
                subject: Subject::Repositories,
                ..
            } => None,
            Effect::Ask {
                generation,
                subject,
                question,
                shown,
            } => {
                let answer = answers(subject, question, shown);
                Some(async move { (generation, answer.await) })
            }
            Effect::Do(_) | Effect::Mouse(_) | Effect::Suspend => None,
        });
        let answered = join_all(asked).await;
        if answered.is_empty() {
            break;
        }
        for (generation, answer) in answered {
            effects.extend(update(&mut model, Message::Answered { generation, answer }));
        }
    }
    if let Some((error, _)) = model.screen().slot.error() {
        return Err(error.into());
    }
    if let Place::Backend(repo) | Place::Trends(Some(repo)) = &model.screen().place
        && model.screen().list.rows() == 0
    {
        printed::names::is_somebody(config, repo).await?;
    }
    if let Some(why) = nothing_of_what_was_named(&model) {
        return Err(why.into());
    }
    let text = match as_svg {
        true => super::svg(&mut model),
        false => super::text(&model),
    };
    match io::stdout().lock().write_all(text.as_bytes()) {
        // A reader that went away is no error.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        written => written?,
    }
    Ok(match model.screen().slot.value() {
        Some(Data::Pipeline(pipeline)) => pipeline.silent().next().is_none(),
        _ => true,
    })
}

/// Whoever names a pull request or a commit wants results of it, as where rows are printed.
fn nothing_of_what_was_named(model: &Model) -> Option<String> {
    let screen = model.screen();
    let Some(Data::PullRequest(it)) = screen.slot.value() else {
        return None;
    };
    match &screen.place {
        Place::PullRequest(number) if it.chosen(&screen.commit).is_empty() => Some(printed::nothing_on_pull_request(
            *number,
            &screen.commit,
            screen.event,
            model.as_of,
        )),
        Place::Commit(sha) if it.cells.is_empty() => Some(printed::nothing_on_commit(sha, screen.event, model.as_of)),
        _ => None,
    }
}
