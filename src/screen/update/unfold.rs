//! What is folded away under what is selected: older commits, earlier attempts, shards.

use super::rearrange;
use crate::data::Data;
use crate::data::pull_request::PullRequest;
use crate::screen::model::{Model, Screen};
use crate::source::Execution;

/// Unfolds what the selected row stands for, or folds it. Gives a sentence where there is nothing.
pub(super) fn rows(model: &mut Model) -> Option<String> {
    let (now, moment) = (model.now, model.moment());
    let screen = model.screen_mut();
    match screen.slot.value()? {
        Data::Backend(_) => commits(screen, moment),
        Data::PullRequest(_) => attempts(screen, now, moment),
        Data::Summary { .. } | Data::Trends(_) | Data::Pipeline(_) => None,
    }
}

/// The earlier attempts of the selected result, or the one that counts alone.
fn attempts(screen: &mut Screen, now: i64, moment: i64) -> Option<String> {
    let result = screen.shown(screen.list.selected()?)?.result;
    if result.attempts < 2 {
        return Some(match result.run_attempt {
            ..2 => "it ran once".to_owned(),
            number => format!("no attempt before attempt {number} was reported"),
        });
    }
    // Where an attempt was selected its result is.
    let (execution, selected) = (Execution::of(result), PullRequest::key(result));
    screen.looked.unfold(execution, now);
    screen.arrange(Some(&selected), moment);
    None
}

/// The older commits of the selected pull request, or its newest alone.
fn commits(screen: &mut Screen, moment: i64) -> Option<String> {
    let Some(Data::Backend(backend)) = screen.slot.value() else {
        return None;
    };
    let matrix = &backend.matrix;
    let pr = matrix.rows.get(screen.list.selected()?)?.pr;
    if pr == 0 || matrix.rows.iter().filter(|row| row.pr == pr).count() < 2 {
        return Some("no older commits here".to_owned());
    }
    // Where an older one was selected the newest is.
    let selected = matrix.rows.iter().find(|row| row.pr == pr && row.is_newest());
    let selected = selected.map(|newest| format!("{} {}", newest.pr, newest.commit));
    if !screen.unfolded_pull_requests.remove(&pr) {
        screen.unfolded_pull_requests.insert(pr);
    }
    screen.arrange(selected.as_deref(), moment);
    None
}

/// The shards of the selected group, or the group again. Gives a sentence where there are none. Of shards the one that was shown is selected:
/// the worst.
pub(super) fn shards(screen: &mut Screen, moment: i64) -> Option<String> {
    let Some((head, group)) = screen
        .heads
        .get(screen.column)
        .and_then(|head| Some((head, head.group()?)))
    else {
        return Some("no shards here".to_owned());
    };
    let Some(Data::Backend(backend)) = screen.slot.value() else {
        return None;
    };
    let worst = screen.list.selected().and_then(|row| backend.matrix.worst(row, head));
    let shown = worst.map_or(head.members[0], |(_, column)| column);
    let group = group.to_owned();
    let first = screen.heads.iter().position(|head| head.group() == Some(&group));
    if !screen.unfolded.remove(&group) {
        screen.unfolded.insert(group);
    }
    rearrange(screen, moment);
    // Where what narrows the matrix hides it, there is the place at which the others begin.
    let column = screen.heads.iter().position(|head| head.members.contains(&shown));
    let column = column.or(first).unwrap_or(screen.column);
    screen.column = column.min(screen.heads.len().saturating_sub(1));
    None
}
