//! How long a connection may keep silent: a head that has begun must be complete soon, and between requests there is time.
//!
//! A connection that is closed while a client sends its next request on it is a result lost: whoever keeps connections open
//! (proxies do for 60 s, HTTP libraries for up to 90) must be the one to close them.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// For how long a connection may keep silent.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// A request's head must be complete by then, from its first byte on; and the first one's first byte must have come.
    pub(super) head: Duration,
    /// A connection without a request is closed after this.
    pub(super) between: Duration,
}

/// What a connection is at. Cheap to clone.
#[derive(Clone)]
pub(super) struct Pace {
    patience: Patience,
    phase: Arc<Mutex<Phase>>,
}

#[derive(Clone, Copy)]
enum Phase {
    /// Nothing of the next request has come.
    Between { until: Instant },
    /// Its head has begun.
    Head { until: Instant },
    /// It is being answered; its body has a deadline of its own.
    Answering,
}

impl Pace {
    /// Of a connection that was just opened.
    pub(super) fn new(patience: Patience) -> Self {
        let until = Instant::now() + patience.head;
        Self {
            patience,
            phase: Arc::new(Mutex::new(Phase::Head { until })),
        }
    }

    /// A head is complete.
    pub(super) fn answering(&self) {
        *self.lock() = Phase::Answering;
    }

    /// A request is answered. Where connections are short the next one must not be long in coming.
    pub(super) fn answered(&self, short: bool) {
        let Patience { head, between } = self.patience;
        let until = Instant::now() + if short { head } else { between };
        *self.lock() = Phase::Between { until };
    }

    fn bytes_came(&self) {
        let mut phase = self.lock();
        if let Phase::Between { .. } = *phase {
            let until = Instant::now() + self.patience.head;
            *phase = Phase::Head { until };
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match *self.lock() {
            Phase::Between { until } | Phase::Head { until } => Some(until),
            Phase::Answering => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().expect("nothing panics while it holds this lock")
    }
}

/// A stream that fails to be read once its time is over.
pub(super) struct Paced<S> {
    stream: S,
    pace: Pace,
    timer: Pin<Box<Sleep>>,
}

impl<S> Paced<S> {
    pub(super) fn new(stream: S, pace: Pace) -> Self {
        let timer = Box::pin(tokio::time::sleep(pace.patience.head));
        Self { stream, pace, timer }
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
        let Some(deadline) = self.pace.deadline() else {
            return Poll::Pending;
        };
        if self.timer.deadline() != deadline {
            self.timer.as_mut().reset(deadline);
        }
        ready!(self.timer.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    const HOUR: Duration = Duration::from_secs(3600);

    fn connection(head: Duration, between: Duration) -> (DuplexStream, Paced<DuplexStream>, Pace) {
        let (client, server) = duplex(64);
        let pace = Pace::new(Patience { head, between });
        (client, Paced::new(server, pace.clone()), pace)
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
        let short = Duration::from_millis(5);
        let (_client, mut paced, _) = connection(short, HOUR);
        fails(&mut paced).await;

        let (mut client, mut paced, pace) = connection(short, HOUR);
        pace.answered(false);
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
        let short = Duration::from_millis(5);
        let (mut client, mut paced, pace) = connection(short, HOUR);
        pace.answered(false);
        assert!(waits(&mut paced).await);
        client.write_all(b"x").await.unwrap();
        assert_eq!(paced.read_u8().await.unwrap(), b'x');
        pace.answering();
        assert!(
            waits(&mut paced).await,
            "while it is answered the client may keep silent"
        );
        pace.answered(true);
        fails(&mut paced).await;
    }
}
