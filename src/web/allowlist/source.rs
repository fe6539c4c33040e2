//! Where the list comes from: a file that is read at the start, or an address that is asked again and again.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::spawn_blocking;

use super::Allowlist;
use super::known::{Known, Wait, warnings};
use super::remote::Remote;
use crate::settings::location::Location;

/// Gives the list.
pub enum AllowlistSource {
    Fixed(Known),
    Remote(Arc<Remote>),
}

impl AllowlistSource {
    /// Reads a file at once, on a thread that may block: its disk may be slow. An address is asked when the list is wanted for the first
    /// time; what is wrong with it is told to `notices` when it is found.
    pub async fn new(location: Option<&Location>, notices: Option<UnboundedSender<String>>) -> Self {
        match location {
            None => Self::Fixed(Known::default()),
            Some(Location::Url(url)) => Self::Remote(Arc::new(Remote::new(url, notices))),
            Some(Location::File(path)) => {
                let path = path.clone();
                let read = spawn_blocking(move || Allowlist::read(&path).map_err(|error| error.to_string()));
                let known = match read
                    .await
                    .unwrap_or_else(|_| Err("the allowlist can't be read".to_owned()))
                {
                    Ok(list) => Known {
                        list: Arc::new(list),
                        ..Known::default()
                    },
                    // A list that can't be read hides nothing: the data stand without it.
                    Err(trouble) => Known {
                        trouble: Some(trouble),
                        ..Known::default()
                    },
                };
                Self::Fixed(known)
            }
        }
    }

    /// What is wrong from the start, in one line.
    pub fn notice(&self) -> Option<String> {
        match self {
            Self::Fixed(known) => known.trouble.clone().or_else(|| warnings(&known.list)),
            Self::Remote(_) => None,
        }
    }

    /// The list at a moment, in nanoseconds since 1970.
    pub async fn known(&self, now: i64, wait: Wait) -> Known {
        match self {
            Self::Fixed(known) => known.clone(),
            Self::Remote(remote) => remote.known(now, wait).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write as _;
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use rustix::fs::{CWD, Mode, mkfifoat};

    use super::*;

    /// Its bytes come after something else has gone on.
    #[tokio::test]
    async fn a_file_that_is_slow_holds_nobody_up() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list.yml");
        mkfifoat(CWD, &path, Mode::RUSR | Mode::WUSR).unwrap();
        let (go_on, gone_on) = channel();
        let writer = thread::spawn({
            let path = path.clone();
            move || {
                // Opened when somebody reads it.
                let mut file = OpenOptions::new().write(true).open(path).unwrap();
                let gone_on = gone_on.recv_timeout(Duration::from_secs(10));
                file.write_all(b"L2: [a/b]").unwrap();
                gone_on
            }
        });
        let location = Location::File(path);
        let other = async { go_on.send(()).unwrap() };
        let (source, ()) = tokio::join!(AllowlistSource::new(Some(&location), None), other);
        assert!(writer.join().unwrap().is_ok(), "nothing else went on while it was read");
        let known = source.known(0, Wait::ForAny(Duration::ZERO)).await;
        assert_eq!(known.list.level("a/b"), Some("L2"));
    }
}
