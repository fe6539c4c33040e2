//! A statement to run, and what comes of it.

use std::io::Read;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::exception::Exception;
use super::ffi::{Parameters, Progress};
use super::session::SessionUse;

/// One statement, and how to run it.
pub(super) struct Job {
    pub(super) session: Option<SessionUse>,
    pub(super) database: Option<String>,
    /// Names are checked; values are anything.
    pub(super) settings: Vec<(String, String)>,
    /// It may change nothing: it came by GET.
    pub(super) read_only: bool,
    pub(super) parameters: Parameters,
    pub(super) work: Work,
}

pub(super) enum Work {
    Query {
        sql: Bytes,
        format: String,
        /// The whole result is wanted before the first byte of it.
        whole: bool,
    },
    Insert {
        /// Without FORMAT clause and data.
        sql: Bytes,
        format: String,
        data: Box<dyn Read + Send>,
    },
}

/// A result that has begun.
pub(super) struct Answer {
    pub(super) progress: Progress,
    pub(super) first: Bytes,
    /// What follows, if it comes in pieces, none of them empty. An error ends it, or an empty one: without either it is not whole.
    pub(super) rest: Option<mpsc::Receiver<Result<Bytes, Exception>>>,
}
