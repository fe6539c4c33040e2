//! How the heads of a matrix stand in the room that there is, how wide their columns are, and how many lines they take.

use unicode_segmentation::UnicodeSegmentation as _;

use super::labels;
use super::room::LEAST;
use crate::data::matrix::Head;
use crate::data::text::width;

/// Labels that lie take so many columns at most, those that stack too.
const LABEL_WIDTH: usize = 40;
/// Columns under labels that stand; with more of them the count of failed shards finds room.
const UPRIGHT_WIDTH: usize = 6;
/// Labels that stand take so many lines at most,
const UPRIGHT_HEIGHT: usize = 12;
/// those that stack so many.
const STACKED_HEIGHT: usize = 3;
/// `X 3/8` and its blank.
const COUNT_WIDTH: usize = 6;

/// How labels stand over their columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heads {
    Lying,
    Stacked,
    /// In columns as wide as their words.
    Fitted,
    Upright,
}

/// Widths of labels that lie side by side; none where they don't fit.
pub(super) fn lying(heads: &[Head], room: usize) -> Option<Vec<usize>> {
    let mut spare = room;
    let widths = heads.iter().map(|head| {
        // Under a group stands how many of its shards failed.
        let least = if head.members.len() > 1 { COUNT_WIDTH - 1 } else { 1 };
        let width = width(&head.label).min(LABEL_WIDTH).max(least) + 2;
        // Of hundreds of names no more are looked at than there is room for.
        spare = spare.checked_sub(width)?;
        Some(width)
    });
    widths.collect()
}

/// How labels that don't lie stand, the width of each column, and their lines.
pub(super) fn standing(labels: &[&str], shards: &[bool], room: usize, rows: usize) -> (Heads, Vec<usize>, usize) {
    let columns = (room / labels.len().max(1)).clamp(LEAST, LABEL_WIDTH + 2);
    let upright = UPRIGHT_HEIGHT.min(rows / 3).max(2);
    let stacked = STACKED_HEIGHT.min(rows / 3).max(2);
    let letters = columns - 1;
    // Three letters a line are hard to read, but better than none: where there are few lines they tell more.
    let has_words = letters > 3 || letters == 3 && 3 * stacked > upright;
    let height = if has_words {
        labels::whole(labels, letters, stacked)
    } else {
        None
    };
    // A narrow name leaves its room to a long word.
    if (height.is_none() || labels.iter().any(|label| labels::breaks(label, letters)))
        && let Some((widths, height)) = fitted(labels, shards, room, stacked)
    {
        return (Heads::Fitted, widths, height);
    }
    if has_words {
        let height = height.unwrap_or(stacked);
        return (Heads::Stacked, vec![columns; labels.len()], height);
    }
    let longest = labels.iter().map(|label| label.graphemes(true).take(upright).count());
    let height = longest.max().unwrap_or(1).max(2);
    (Heads::Upright, vec![columns.min(UPRIGHT_WIDTH); labels.len()], height)
}

/// Widths of columns in which all words are whole, on so many lines, and the lines they take; none where there is no room for them.
fn fitted(labels: &[&str], shards: &[bool], room: usize, most: usize) -> Option<(Vec<usize>, usize)> {
    let mut spare = room;
    let widths = labels.iter().zip(shards).map(|(label, has_shards)| {
        let least = if *has_shards { COUNT_WIDTH - 1 } else { 1 };
        let columns = labels::fewest_columns(label, most);
        let width = (columns <= LABEL_WIDTH).then(|| columns.max(least) + 1)?;
        spare = spare.checked_sub(width)?;
        Some(width)
    });
    let mut widths: Vec<usize> = widths.collect::<Option<_>>()?;
    let each = spare / widths.len().max(1);
    widths
        .iter_mut()
        .for_each(|width| *width = (*width + each).min(LABEL_WIDTH + 2));
    let lines = labels
        .iter()
        .zip(&widths)
        .map(|(label, width)| labels::lines(label, width - 1));
    let height = lines.max().unwrap_or(1);
    Some((widths, height))
}
