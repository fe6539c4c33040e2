//! How long a connection may keep silent: a head that has begun must be complete soon, between requests there is time, and who asks must
//! read the answer.
//!
//! A connection that is closed while a client sends its next request on it is a result lost: whoever keeps connections open
//! (proxies do for 60 s, HTTP libraries for up to 90) must be the one to close them.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep};

/// For how long a connection may keep silent.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// A request's head must be complete by then, from its first byte on; and the first one's first byte must have come.
    pub(super) head: Duration,
    /// A connection without a request is closed after this; where connections are short, after the time of a head.
    pub(super) between: Duration,
    /// A client that asked must have taken something of the answer by then, and something more as long after.
    pub(super) unread: Duration,
}

/// What a connection is at. Cheap to clone.
#[derive(Clone)]
pub(super) struct Pace(Arc<State>);

struct State {
    patience: Patience,
    /// Whether connections are short.
    short: Box<dyn Fn() -> bool + Send + Sync>,
    phase: Mutex<Phase>,
    turned: Notify,
}

#[derive(Clone, Copy)]
enum Phase {
    /// Nothing of the next request has come.
    Between { since: Instant },
    /// Its head has begun.
    Head { until: Instant },
    /// It is being answered; its body has a deadline of its own.
    Answering,
}

impl Pace {
    /// Of a connection that was just opened.
    pub(super) fn new(patience: Patience, short: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        let until = Instant::now() + patience.head;
        Self(Arc::new(State {
            patience,
            short: Box::new(short),
            phase: Mutex::new(Phase::Head { until }),
            turned: Notify::new(),
        }))
    }

    /// The first head may begin, after a handshake.
    pub(super) fn opened(&self) {
        let until = Instant::now() + self.0.patience.head;
        self.turn(Phase::Head { until });
    }

    /// A head is complete.
    pub(super) fn answering(&self) {
        self.turn(Phase::Answering);
    }

    /// A request is answered.
    pub(super) fn answered(&self) {
        self.turn(Phase::Between { since: Instant::now() });
    }

    /// Waits until a request is being answered, or nothing of another one comes for a moment. A first one is waited for as long as it
    /// may take.
    pub(super) async fn last_call(&self, moment: Duration) {
        loop {
            let turned = self.0.turned.notified();
            let mut turned = std::pin::pin!(turned);
            turned.as_mut().enable();
            match self.phase() {
                Phase::Answering => return,
                Phase::Head { .. } => turned.await,
                Phase::Between { .. } => {
                    if tokio::time::timeout(moment, turned).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    fn bytes_came(&self) {
        if let Phase::Between { .. } = self.phase() {
            let until = Instant::now() + self.0.patience.head;
            self.turn(Phase::Head { until });
        }
    }

    /// When its time is over, as it looks now; none while it is answered.
    fn deadline(&self) -> Option<Instant> {
        let Patience { head, between, .. } = self.0.patience;
        match self.phase() {
            Phase::Between { since } if (self.0.short)() => Some(since + head),
            Phase::Between { since } => Some(since + between),
            Phase::Head { until } => Some(until),
            Phase::Answering => None,
        }
    }

    fn turn(&self, phase: Phase) {
        *self.lock() = phase;
        self.0.turned.notify_waiters();
    }

    fn phase(&self) -> Phase {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.0.phase.lock().expect("nothing panics while it holds this lock")
    }
}

/// A stream that fails to be read once its time is over, and to be written once nobody takes what is written.
pub(super) struct Paced<S> {
    stream: S,
    pace: Pace,
    timer: Pin<Box<Sleep>>,
    /// While the other side takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Paced<S> {
    pub(super) fn new(stream: S, pace: Pace) -> Self {
        let timer = Box::pin(tokio::time::sleep(pace.0.patience.head));
        Self {
            stream,
            pace,
            timer,
            stalled: None,
        }
    }

    /// Gives on what came of a write, unless nothing has for too long: answers that nobody reads would hold the connection for good.
    fn within_time<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let unread = self.pace.0.patience.unread;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(unread)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(cx, buffer) {
            if buffer.filled().len() > before {
                self.pace.bytes_came();
            }
            return Poll::Ready(read);
        }
        loop {
            let Some(deadline) = self.pace.deadline() else {
                return Poll::Pending;
            };
            let now = Instant::now();
            if now >= deadline {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            // Connections may have become short by then.
            let look_again = deadline.min(now + self.pace.0.patience.head);
            if self.timer.is_elapsed() || self.timer.deadline() > look_again {
                self.timer.as_mut().reset(look_again);
            }
            ready!(self.timer.as_mut().poll(cx));
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buffer);
        self.within_time(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let written = Pin::new(&mut self.stream).poll_flush(cx);
        self.within_time(cx, written)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let written = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.within_time(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, buffers);
        self.within_time(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    const MOMENT: Duration = Duration::from_millis(5);
    const HOUR: Duration = Duration::from_secs(3600);
    const UNREAD: Duration = Duration::from_millis(500);

    type Connection = (DuplexStream, Paced<DuplexStream>, Pace, Arc<AtomicBool>);

    /// The last part says whether connections are short.
    fn connection(head: Duration, between: Duration) -> Connection {
        let (client, server) = duplex(64);
        let short = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&short);
        let patience = Patience {
            head,
            between,
            unread: UNREAD,
        };
        let pace = Pace::new(patience, move || told.load(Ordering::Relaxed));
        (client, Paced::new(server, pace.clone()), pace, short)
    }

    /// Reads until that fails; how is no matter.
    async fn fails(paced: &mut Paced<DuplexStream>) {
        while paced.read_u8().await.is_ok() {}
    }

    /// Whether it fails unless something else happens.
    async fn waits(paced: &mut Paced<DuplexStream>) -> bool {
        tokio::time::timeout(Duration::from_millis(50), fails(paced))
            .await
            .is_err()
    }

    #[tokio::test]
    async fn a_first_head_and_one_that_has_begun_have_little_time() {
        let (_client, mut paced, ..) = connection(MOMENT, HOUR);
        fails(&mut paced).await;

        let (mut client, mut paced, pace, _) = connection(MOMENT, HOUR);
        pace.answered();
        assert!(waits(&mut paced).await);
        // However many bytes come: the head is not complete.
        let slow = tokio::spawn(async move {
            while client.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        fails(&mut paced).await;
        drop(paced);
        slow.await.unwrap();
    }

    #[tokio::test]
    async fn between_requests_there_is_time_unless_connections_are_short() {
        let (mut client, mut paced, pace, short) = connection(MOMENT, HOUR);
        pace.answered();
        assert!(waits(&mut paced).await);
        client.write_all(b"x").await.unwrap();
        assert_eq!(paced.read_u8().await.unwrap(), b'x');
        pace.answering();
        assert!(
            waits(&mut paced).await,
            "while it is answered the client may keep silent"
        );
        pace.answered();
        // Also where they become so while it waits.
        let shortage = async {
            tokio::task::yield_now().await;
            short.store(true, Ordering::Relaxed);
        };
        tokio::join!(fails(&mut paced), shortage);
    }

    #[tokio::test]
    async fn an_answer_that_nobody_reads_is_given_up_and_one_that_is_read_slowly_is_not() {
        let answer = [0; 1024];
        let (client, mut paced, ..) = connection(HOUR, HOUR);
        let writing = tokio::time::timeout(20 * UNREAD, paced.write_all(&answer)).await;
        let unread = writing.expect("it is given up").unwrap_err();
        assert_eq!(unread.kind(), io::ErrorKind::TimedOut);
        drop(client);

        let (mut client, mut paced, ..) = connection(HOUR, HOUR);
        let reading = tokio::spawn(async move {
            let mut piece = [0; 64];
            for _ in 0..answer.len() / piece.len() {
                tokio::time::sleep(UNREAD / 8).await;
                client.read_exact(&mut piece).await.unwrap();
            }
        });
        paced.write_all(&answer).await.unwrap();
        reading.await.unwrap();
    }

    #[tokio::test]
    async fn the_last_call_waits_for_what_has_begun() {
        let (mut client, mut paced, pace, _) = connection(HOUR, HOUR);
        let is_over = async |moment| {
            tokio::time::timeout(Duration::from_millis(50), pace.last_call(moment))
                .await
                .is_ok()
        };
        assert!(!is_over(MOMENT).await, "nothing has come of the first request");
        pace.answering();
        assert!(is_over(HOUR).await);
        pace.answered();
        assert!(is_over(MOMENT).await, "nothing more comes");
        assert!(!is_over(HOUR).await);
        client.write_all(b"x").await.unwrap();
        assert_eq!(paced.read_u8().await.unwrap(), b'x');
        assert!(!is_over(MOMENT).await, "the head of another one has begun");
    }
}
