//! Signals, as far as they mean something to the loop. (Ctrl-C and Ctrl-Z are keys here, and no signals.)

use std::task::Poll;

use futures_util::{Stream, stream};
use tokio::signal::unix::{self, SignalKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The program is to end, as `q` does it: SIGTERM, SIGHUP, SIGINT, SIGQUIT.
    End,
    /// It is to leave the terminal to the shell: SIGTSTP.
    Suspend,
    /// It was stopped, and isn't any more: SIGCONT.
    Continue,
}

/// Catches them from the moment of this call. Of several that are there the one to end comes first.
pub fn signals() -> impl Stream<Item = Signal> + Send {
    let kind = |signal: rustix::process::Signal| SignalKind::from_raw(signal.as_raw());
    let kinds = [
        (SignalKind::terminate(), Signal::End),
        (SignalKind::hangup(), Signal::End),
        (SignalKind::interrupt(), Signal::End),
        (SignalKind::quit(), Signal::End),
        (kind(rustix::process::Signal::TSTP), Signal::Suspend),
        (kind(rustix::process::Signal::CONT), Signal::Continue),
    ];
    let mut caught: Vec<_> = kinds
        .into_iter()
        .filter_map(|(kind, signal)| Some((unix::signal(kind).ok()?, signal)))
        .collect();
    stream::poll_fn(move |context| {
        let there = caught
            .iter_mut()
            .find_map(|(it, signal)| it.poll_recv(context).is_ready().then_some(*signal));
        there.map_or(Poll::Pending, |signal| Poll::Ready(Some(signal)))
    })
}
