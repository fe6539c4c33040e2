//! How the terminal goes to the shell and comes back.

use super::*;

/// What the shell sees of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    GivenBack,
    Stopped(Stops),
    Taken,
}

/// A shell: what is stopped it continues, with other signals.
pub(super) struct Shell {
    seen: Arc<Mutex<Vec<Seen>>>,
    is_job: bool,
    /// Each time that the program stops: whether it is in the foreground from then on, and the signals that it gets.
    continues: VecDeque<(bool, Vec<Signal>)>,
    is_foreground: bool,
    signal: mpsc::UnboundedSender<Signal>,
}

impl Default for Shell {
    fn default() -> Self {
        Self::new([]).0
    }
}

impl Shell {
    fn new(continues: impl IntoIterator<Item = (bool, Vec<Signal>)>) -> (Self, Signals) {
        let (signal, mut signals) = mpsc::unbounded_channel();
        let shell = Self {
            seen: Arc::default(),
            is_job: true,
            continues: continues.into_iter().collect(),
            is_foreground: true,
            signal,
        };
        (
            shell,
            Box::pin(stream::poll_fn(move |context| signals.poll_recv(context))),
        )
    }
}

impl Tty for Shell {
    fn mouse(&mut self, _on: bool) -> io::Result<()> {
        Ok(())
    }

    fn give_back(&mut self) {
        self.seen.lock().unwrap().push(Seen::GivenBack);
    }

    fn take(&mut self) -> io::Result<()> {
        self.seen.lock().unwrap().push(Seen::Taken);
        Ok(())
    }

    fn is_ours(&self) -> bool {
        self.is_foreground
    }

    fn is_job(&self) -> bool {
        self.is_job
    }

    fn stop(&mut self, stops: Stops) -> io::Result<()> {
        self.seen.lock().unwrap().push(Seen::Stopped(stops));
        let (is_foreground, signals) = self.continues.pop_front().expect("it is continued");
        self.is_foreground = is_foreground;
        for signal in signals {
            self.signal.send(signal).unwrap();
        }
        Ok(())
    }
}

/// Runs the loop in a shell, with some signals at first, until it ends or the shell has seen so much; gives that, and the model.
async fn run_in(
    (shell, signals): (Shell, Signals),
    first: &[Signal],
    events: impl Stream<Item = Event>,
    until: usize,
) -> (Vec<Seen>, Model) {
    for signal in first {
        shell.signal.send(*signal).unwrap();
    }
    let seen = Arc::clone(&shell.seen);
    let world = World {
        tty: Box::new(shell),
        signals,
        ..world(&Arc::default(), &Arc::default())
    };
    let mut terminal = Terminal::new(TestBackend::new(100, 24)).unwrap();
    let mut model = model_of(100, 24);
    let has_seen = async {
        while seen.lock().unwrap().len() < until {
            tokio::task::yield_now().await;
        }
        // What would come behind it.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    };
    let running = async {
        tokio::select! {
            ended = run(&mut terminal, &mut model, events.map(Ok), world) => { ended.unwrap(); }
            () = has_seen => {}
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(20), running).await;
    let seen = seen.lock().unwrap().clone();
    assert!(ended.is_ok(), "{seen:?}");
    (seen, model)
}

fn key_at_first() -> impl Stream<Item = Event> {
    stream::iter([control_z()]).chain(stream::pending())
}

fn control_z() -> Event {
    Event::Key(KeyEvent::new(KeyCode::Char('z'), KeyModifiers::CONTROL))
}

#[tokio::test]
async fn the_key_stops_the_job_and_takes_the_terminal_again() {
    let shell = Shell::new([(true, vec![Signal::Continue])]);
    let (seen, model) = run_in(shell, &[], key_at_first(), 3).await;
    assert_eq!(seen, [Seen::GivenBack, Seen::Stopped(Stops::Job), Seen::Taken]);
    assert!(!model.quit);
}

#[tokio::test]
async fn a_signal_stops_the_process_and_takes_the_terminal_again() {
    let shell = Shell::new([(true, vec![Signal::Continue])]);
    let (seen, model) = run_in(shell, &[Signal::Suspend], stream::pending(), 3).await;
    assert_eq!(seen, [Seen::GivenBack, Seen::Stopped(Stops::Process), Seen::Taken]);
    assert!(!model.quit);
}

/// A shell ends a stopped job with a signal, and continues it so that it hears it: in the background, where the terminal isn't ours.
#[tokio::test]
async fn a_stopped_job_that_is_ended_leaves_the_terminal_alone() {
    for signals_at_once in [vec![Signal::End, Signal::Continue], vec![Signal::Continue, Signal::End]] {
        let shell = Shell::new([(false, signals_at_once)]);
        let (seen, model) = run_in(shell, &[], key_at_first(), usize::MAX).await;
        assert_eq!(seen, [Seen::GivenBack, Seen::Stopped(Stops::Job)]);
        assert!(model.quit);
    }
}

#[tokio::test]
async fn in_the_background_it_stops_again_until_it_has_the_terminal() {
    let shell = Shell::new([(false, vec![Signal::Continue]), (true, vec![Signal::Continue])]);
    let (seen, model) = run_in(shell, &[], key_at_first(), 4).await;
    let stops = [Stops::Job, Stops::Background].map(Seen::Stopped);
    assert_eq!(seen, [Seen::GivenBack, stops[0], stops[1], Seen::Taken]);
    assert!(!model.quit);
}

/// SIGSTOP can't be heard, and what continues behind it can.
#[tokio::test]
async fn who_was_stopped_without_a_word_takes_the_terminal_again() {
    let shell = Shell::new([]);
    let (seen, _) = run_in(shell, &[Signal::Continue], stream::pending(), 1).await;
    assert_eq!(seen, [Seen::Taken]);
}

/// What is stopped with nobody to continue it is lost.
#[tokio::test]
async fn without_a_shell_it_does_not_stop() {
    let mut shell = Shell::new([]);
    shell.0.is_job = false;
    let (seen, model) = run_in(shell, &[], stream::iter([control_z()]), usize::MAX).await;
    assert_eq!(seen, []);
    assert!(model.notice.unwrap().contains("no shell"));
}
