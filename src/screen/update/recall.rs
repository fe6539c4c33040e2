//! A line behind `:` without typing it: one that was followed before, or the rest of a word, of a backend's name or of what may follow.

use tui_input::Input;

use crate::data::names;
use crate::screen::known;
use crate::screen::model::{Model, Typing};
use crate::screen::prompt;

/// So many lines are remembered.
const KEPT: usize = 100;

/// Keeps a line that was followed, as the newest.
pub(super) fn remember(model: &mut Model, line: &str) {
    model.followed.retain(|followed| followed != line);
    model.followed.push(line.to_owned());
    let more = model.followed.len().saturating_sub(KEPT);
    model.followed.drain(..more);
}

/// Puts the line before that one there, or the one after it; behind the newest what was being typed.
pub(super) fn recall(model: &Model, typing: &mut Typing, by: isize) {
    let to = typing.back.saturating_add_signed(by).min(model.followed.len());
    if to == typing.back {
        return;
    }
    if typing.back == 0 {
        typing.before = typing.input.value().to_owned();
    }
    typing.back = to;
    let line = match to {
        0 => &typing.before,
        back => &model.followed[model.followed.len() - back],
    };
    typing.input = Input::new(line.clone());
    typing.error = None;
}

/// Completes the word, the name of a backend, or what may follow a word; of several as far as they are the same, and then says which.
pub(super) fn complete(model: &Model, typing: &mut Typing) {
    let line = typing.input.value().trim_start();
    let (before, typed) = line.split_once(' ').unwrap_or(("", line));
    let typed = typed.trim_start();
    let begins = |name: &&str| name.get(..typed.len()).is_some_and(|it| it.eq_ignore_ascii_case(typed));
    let mut found: Vec<&str> = match before {
        "" => prompt::WORDS.iter().map(|(word, ..)| *word).filter(begins).collect(),
        word => prompt::values(word).filter(begins).collect(),
    };
    if found.is_empty() && matches!(before, "" | "repo" | "backend" | "trends") {
        let known = known::repositories(model);
        found = known.iter().copied().filter(begins).collect();
        if found.is_empty() {
            found = match names::meant(&known, typed) {
                names::Meant::One(one) => vec![one],
                names::Meant::Several(several) => {
                    typing.error = Some(names::which(&several));
                    return;
                }
                names::Meant::None => Vec::new(),
            };
        }
    }
    let Some(same) = same_beginning(&found) else {
        typing.error = Some(match typed {
            "" => "nothing to complete here".to_owned(),
            typed => format!("nothing begins with {typed}"),
        });
        return;
    };
    match found.len() {
        // It is longer, or of other letters.
        2.. if same.len() <= typed.len() => typing.error = Some(names::which(&found)),
        _ => typing.input = Input::new(format!("{before} {same}").trim_start().to_owned()),
    }
}

/// With what all of them begin.
fn same_beginning<'a>(found: &[&'a str]) -> Option<&'a str> {
    let (first, rest) = found.split_first()?;
    let is_same = |at: usize| {
        let beginning = first.get(..at)?;
        let all = rest.iter().all(|other| other.get(..at) == Some(beginning));
        all.then_some(beginning)
    };
    (0..=first.len()).rev().find_map(is_same)
}
