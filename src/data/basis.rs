//! What an answer stands on. Who still shows it says so when he asks again: what nothing has come to since is not asked for again.

use std::collections::BTreeMap;

use crate::source::{Question, Subject, SummaryRow};

/// What was asked, and what had come by then.
#[derive(Clone, Debug, PartialEq)]
pub struct Basis {
    pub subject: Subject,
    pub question: Question,
    /// When all of it was asked for last, in nanoseconds since 1970.
    pub asked_at: i64,
    pub arrivals: Arrivals,
    /// Those of a summary: each may stand while something comes to others. None of other screens.
    pub rows: Option<Vec<SummaryRow>>,
}

/// What came since a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrivals {
    /// Of the server's clock, in seconds since 1970.
    pub since: i64,
    /// Of each backend, in lower case, how many rows came, and when the last of them did; none where nobody has looked yet.
    pub backends: Option<BTreeMap<String, (u64, u32)>>,
}

impl Basis {
    /// Is it asked again? A range moves on, and is the same.
    pub fn is_of(&self, subject: Subject, question: &Question) -> bool {
        let still = |question: &Question| Question {
            now: if question.since == 0 {
                0
            } else {
                question.now - question.since
            },
            since: 0,
            anew: false,
            ..question.clone()
        };
        self.subject == subject && still(&self.question) == still(question)
    }
}

impl Arrivals {
    /// The backends of which something came between two looks; none where these are not known, or not of one moment.
    pub fn since(&self, before: &Self) -> Option<Vec<String>> {
        let (now, then) = (self.backends.as_ref()?, before.backends.as_ref()?);
        let came = now
            .keys()
            .chain(then.keys().filter(|backend| !now.contains_key(*backend)));
        let came = came.filter(|backend| now.get(*backend) != then.get(*backend));
        (self.since == before.since).then(|| came.cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::chosen::EventView;

    fn arrivals(since: i64, backends: &[(&str, u64, u32)]) -> Arrivals {
        let backends = backends
            .iter()
            .map(|(backend, rows, last)| ((*backend).to_owned(), (*rows, *last)));
        Arrivals {
            since,
            backends: Some(backends.collect()),
        }
    }

    #[test]
    fn what_came_is_of_the_backends_that_differ() {
        let before = arrivals(7, &[("a/same", 2, 9), ("b/more", 1, 9), ("c/merged", 3, 9)]);
        let now = arrivals(7, &[("a/same", 2, 9), ("b/more", 2, 9), ("d/new", 1, 10)]);
        assert_eq!(
            now.since(&before),
            Some(vec!["b/more".to_owned(), "d/new".to_owned(), "c/merged".to_owned()])
        );
        assert_eq!(now.since(&now), Some(Vec::new()));
        assert_eq!(now.since(&arrivals(8, &[])), None, "counted from another moment");
        let unknown = Arrivals {
            since: 7,
            backends: None,
        };
        assert_eq!((now.since(&unknown), unknown.since(&now)), (None, None));
    }

    #[test]
    fn a_question_is_the_same_while_its_range_moves_on() {
        let week = |now: i64| Question {
            since: now - 7,
            repo: "a/b".to_owned(),
            ..Question::of_all(now, EventView::Pr)
        };
        let basis = Basis {
            subject: Subject::Backend,
            question: week(100),
            asked_at: 0,
            arrivals: arrivals(0, &[]),
            rows: None,
        };
        let is_of = |question: Question| basis.is_of(Subject::Backend, &question);
        assert!(
            is_of(week(115))
                && is_of(Question {
                    anew: true,
                    ..week(115)
                })
        );
        assert!(!basis.is_of(Subject::Trends, &week(100)));
        assert!(
            !is_of(Question {
                since: 100,
                ..week(115)
            }),
            "another range"
        );
        assert!(!is_of(Question { since: 0, ..week(115) }));
        assert!(!is_of(Question {
            event: EventView::All,
            ..week(100)
        }));
        assert!(!is_of(Question {
            pull_requests: 2,
            ..week(100)
        }));
        assert!(!is_of(Question {
            until: Some(100),
            ..week(100)
        }));
        let pull_request = |now: i64| Question {
            pr: 3,
            ..Question::of_all(now, EventView::All)
        };
        let basis = Basis {
            question: pull_request(1),
            ..basis
        };
        assert!(basis.is_of(Subject::Backend, &pull_request(2)));
    }
}
