//! Who gets the columns of a matrix: first every job a letter, then titles and authors, then the names over the jobs.

/// Marker, when, commit, older commits and PR, with their blanks.
pub(super) const PINNED: usize = 33;
/// A letter and a blank.
pub(super) const LEAST: usize = 2;
/// What names are made of in words that stack.
const WORDS: usize = 5;
/// A title that is cut to less says nothing;
const LEAST_TITLE: usize = 12;
/// one of these is worth more than names that can be read.
const GOOD_TITLE: usize = 24;

/// The columns of title and author, in so many columns with so many jobs; 0 for what finds no room. None where not even all jobs do.
pub(super) fn said(columns: usize, jobs: usize, has_titles: bool) -> Option<(usize, usize)> {
    let rest = columns.saturating_sub(PINNED);
    let spare = rest.checked_sub(jobs * LEAST)?;
    let (title, author) = match columns {
        _ if !has_titles => (0, 0),
        140.. => (40, 12),
        100.. => (24, 8),
        _ => (0, 0),
    };
    let fitting = |room: usize, least: usize| {
        if gap(title) + gap(author) <= room {
            return Some((title, author));
        }
        let title = title.min(room.saturating_sub(2));
        (title >= least).then_some((title, 0))
    };
    let with_words = rest
        .checked_sub(jobs * WORDS)
        .and_then(|room| fitting(room, GOOD_TITLE));
    Some(with_words.or_else(|| fitting(spare, LEAST_TITLE)).unwrap_or_default())
}

/// With the blanks behind it.
pub(super) fn gap(columns: usize) -> usize {
    if columns > 0 { columns + 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn authors_go_before_titles_and_titles_before_jobs() {
        let said_of = |jobs| said(160, jobs, true);
        assert_eq!(said_of(10), Some((40, 12)));
        assert_eq!(said_of(17), Some((40, 0)), "names in words");
        assert_eq!(said_of(20), Some((25, 0)), "a shorter title, and names in words");
        assert_eq!(said_of(30), Some((40, 12)), "names stand upright in any case");
        assert_eq!(said_of(40), Some((40, 0)));
        assert_eq!(said_of(56), Some((13, 0)));
        assert_eq!(said_of(57), Some((0, 0)));
        assert_eq!(said_of(63), Some((0, 0)));
        assert_eq!(said_of(64), None);
        assert_eq!(said(200, 60, true), Some((40, 0)));
        assert_eq!(said(200, 10, false), Some((0, 0)));
    }

    proptest! {
        #[test]
        fn what_is_said_leaves_every_job_its_letter(columns in 60_usize..400, jobs in 0_usize..200, has_titles: bool) {
            match said(columns, jobs, has_titles) {
                Some((title, author)) => {
                    prop_assert!(PINNED + gap(title) + gap(author) + jobs * LEAST <= columns);
                    prop_assert!(title == 0 || title >= LEAST_TITLE);
                }
                None => prop_assert!(PINNED + jobs * LEAST > columns),
            }
        }
    }
}
