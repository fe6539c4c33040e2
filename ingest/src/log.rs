//! The log on stderr: a thread writes it, so that whoever reads may be slow or gone, and nothing else waits for them or fails by that.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};

/// So many lines wait for whoever reads the log; more are left out.
const LINES_WAITING: usize = 4_096;
/// How often it is looked whether some were left out.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// Where lines are written to, by a thread of its own. Dropping the guard writes what waits, for a second at most.
pub fn writer(to: impl Write + Send + 'static) -> (NonBlocking, WorkerGuard, LeftOut) {
    of(to, LINES_WAITING)
}

fn of(to: impl Write + Send + 'static, lines: usize) -> (NonBlocking, WorkerGuard, LeftOut) {
    let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(lines).finish(to);
    let left_out = LeftOut {
        lines: writer.error_counter(),
        told: AtomicUsize::new(0),
    };
    (writer, guard, left_out)
}

/// The lines that there was no room for.
pub struct LeftOut {
    lines: ErrorCounter,
    /// How many it was that were told of.
    told: AtomicUsize,
}

impl LeftOut {
    /// Tells of them as they become more.
    pub async fn watch(&self) {
        loop {
            tokio::time::sleep(LOOK_INTERVAL).await;
            self.tell();
        }
    }

    /// Logs how many there were since the start, if that is news.
    pub fn tell(&self) {
        let lines = self.lines.dropped_lines();
        if lines == self.told.load(Ordering::Relaxed) {
            return;
        }
        tracing::warn!(
            lines,
            "lines of this log were left out since the start: whoever reads it is slow"
        );
        // Else this one was left out, too, and comes again.
        if self.lines.dropped_lines() == lines {
            self.told.store(lines, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Can be written to while nobody else holds it.
    struct Slow(Arc<Mutex<Vec<u8>>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_were_left_out_are_told_of_when_there_is_room_again() {
        let read = Arc::new(Mutex::new(Vec::new()));
        let (writer, guard, left_out) = of(Slow(Arc::clone(&read)), 2);
        let log = tracing_subscriber::fmt().with_writer(writer).with_ansi(false).finish();
        let said = || {
            let read = String::from_utf8(read.lock().unwrap().clone()).unwrap();
            read.matches("lines of this log were left out").count()
        };
        tracing::subscriber::with_default(log, || {
            left_out.tell();
            let held = read.lock().unwrap();
            for line in 0..10 {
                tracing::info!(line, "x");
            }
            left_out.tell();
            drop(held);
            let started = std::time::Instant::now();
            while said() == 0 {
                assert!(started.elapsed() < Duration::from_secs(30), "never told");
                left_out.tell();
                std::thread::yield_now();
            }
        });
        drop(guard);
        let read = String::from_utf8(read.lock().unwrap().clone()).unwrap();
        let lines = left_out.lines.dropped_lines();
        assert!(lines >= 7, "{lines}");
        assert!(read.contains(&format!("lines={lines}\n")), "{lines} {read}");
    }
}
