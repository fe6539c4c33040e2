use std::path::Path;
use std::sync::Mutex;

use tokio::sync::mpsc;

use super::*;
use crate::web::fake::{Request, Server, reply};

const NOW: i64 = 1_790_000_000 * SECOND;
/// Longer than any answer takes.
const PATIENT: Wait = Wait::ForNew(Duration::from_secs(30));
const ONE: &str = "L2: [a/b]";
const OTHER: &str = "L4: [a/b, c/d]";

/// A server whose answer can be changed.
struct Changing {
    server: Server,
    answer: Arc<Mutex<String>>,
}

impl Changing {
    fn start(answer: String) -> Self {
        let answer = Arc::new(Mutex::new(answer));
        let said = Arc::clone(&answer);
        let server = Server::start(move |_| Some(said.lock().unwrap().clone()));
        Self { server, answer }
    }

    fn now_says(&self, answer: String) {
        *self.answer.lock().unwrap() = answer;
    }

    fn asked(&self) -> usize {
        self.server.requests().len()
    }
}

fn remote(server: &Server, cache: &Path) -> Arc<Remote> {
    remote_of(&server.url("/list.yml?token=s3cret"), cache, None)
}

fn remote_of(url: &str, cache: &Path, notices: Option<UnboundedSender<String>>) -> Arc<Remote> {
    let cache = CacheFile::in_home(Some(cache.to_owned()), "allowlist", url, CACHE_MAX_BYTES);
    Arc::new(Remote::with_cache(url, cache, notices))
}

fn level(known: &Known) -> Option<&'static str> {
    known.list.level("A/B")
}

#[tokio::test]
async fn a_list_is_asked_for_by_what_is_known_of_it_across_programs() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(|request: &Request| {
        Some(match request.header("if-none-match") {
            Some("\"one\"") => reply("304 Not Modified", "", ""),
            _ => reply("200 OK", "ETag: \"one\"\r\nLast-Modified: yesterday\r\n", ONE),
        })
    });
    let first = remote(&server, dir.path());
    assert_eq!(level(&first.known(NOW, PATIENT).await), Some("L2"));
    assert_eq!(server.requests()[0].header("if-none-match"), None);
    let known = first.known(NOW + INTERVAL, PATIENT).await;
    assert_eq!((level(&known), known.trouble), (Some("L2"), None));
    assert_eq!(server.requests().len(), 2);
    assert_eq!(server.requests()[1].header("if-modified-since"), Some("yesterday"));
    let second = remote(&server, dir.path());
    let just_before = NOW + 2 * INTERVAL - 1;
    assert_eq!(level(&second.known(just_before, PATIENT).await), Some("L2"));
    assert_eq!(server.requests().len(), 2, "the other has asked a while ago");
    let known = second.known(just_before + 1, PATIENT).await;
    assert_eq!((level(&known), known.trouble), (Some("L2"), None));
    assert_eq!(server.requests()[2].header("if-none-match"), Some("\"one\""));
}

#[tokio::test]
async fn a_change_is_seen_after_ten_minutes_by_one_question() {
    let dir = tempfile::tempdir().unwrap();
    let it = Changing::start(reply("200 OK", "", ONE));
    let remote = remote(&it.server, dir.path());
    let three = |now| async move {
        let (one, two, three) = tokio::join!(
            remote.known(now, PATIENT),
            remote.known(now, PATIENT),
            remote.known(now, PATIENT)
        );
        let levels = [one, two, three].map(|known| level(&known));
        (remote, levels)
    };
    let (remote, levels) = three(NOW).await;
    assert_eq!(levels, [Some("L2"); 3]);
    it.now_says(reply("200 OK", "", OTHER));
    assert_eq!(level(&remote.known(NOW + INTERVAL - 1, PATIENT).await), Some("L2"));
    assert_eq!(it.asked(), 1);
    assert_eq!(level(&remote.known(NOW + INTERVAL, PATIENT).await), Some("L4"));
    assert_eq!(it.asked(), 2);
}

#[tokio::test]
async fn the_last_good_list_stands_with_its_age_whatever_comes() {
    let too_long = format!("L1: [x/y]\n# {}", "x".repeat(LIST_MAX_BYTES));
    for (answer, why) in [
        (
            reply("500 Internal Server Error", "", ""),
            "it answers 500 Internal Server Error",
        ),
        (
            reply("206 Partial Content", "", OTHER),
            "it answers 206 Partial Content",
        ),
        (reply("200 OK", "", &too_long), "it is longer than 1024 KiB"),
        (reply("200 OK", "", ""), "expected a mapping of levels, got nothing"),
        (
            reply("200 OK", "", "<html>sign in</html>"),
            "expected a mapping of levels, got a text",
        ),
        (
            reply("200 OK", "", "{\"message\": \"Not Found\"}"),
            "it lists no repository",
        ),
        (reply("200 OK", "", "L1: [a/b, \"A/b\"]\n"), "A/b is listed twice"),
        (
            reply("200 OK", "", "L1: [\"a/b\", \"x/\\e[31m\", \"x/\\e[31m\"]\n"),
            "x/\u{fffd}[31m is listed twice",
        ),
        ("nonsense\r\n\r\n".to_owned(), "invalid HTTP version parsed"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let it = Changing::start(reply("200 OK", "ETag: \"one\"\r\n", ONE));
        let first = remote(&it.server, dir.path());
        first.known(NOW, PATIENT).await;
        it.now_says(answer);
        // Both who had it in memory, and who has it from disk.
        for remote in [first, remote(&it.server, dir.path())] {
            let known = remote.known(NOW + 2 * 3_600 * SECOND, PATIENT).await;
            assert_eq!((level(&known), known.list.repos.len()), (Some("L2"), 1));
            let url = it.server.url("/list.yml?***");
            let trouble = format!("allowlist {url}: {why}; the list of 2h00 ago stands");
            assert_eq!(known.trouble, Some(trouble));
        }
        assert_eq!(it.server.requests()[2].header("if-none-match"), Some("\"one\""));
    }
}

#[tokio::test]
async fn without_a_list_it_is_asked_again_after_a_minute() {
    let dir = tempfile::tempdir().unwrap();
    let it = Changing::start(reply("503 Service Unavailable", "", ""));
    let (say, mut notices) = mpsc::unbounded_channel();
    let remote = remote_of(&it.server.url("/"), dir.path(), Some(say));
    let known = remote.known(NOW, PATIENT).await;
    let trouble = known.trouble.unwrap();
    assert!(trouble.ends_with("it answers 503 Service Unavailable; levels are those of the results"));
    assert_eq!((known.list.repos.len(), notices.recv().await), (0, Some(trouble)));
    assert_eq!(known.again, Some(60 * SECOND));
    assert_eq!(remote.known(NOW + 20 * SECOND, PATIENT).await.again, Some(40 * SECOND));
    it.now_says(reply("200 OK", "", "L9: [x/y]\nL2: [a/b]"));
    assert_eq!(level(&remote.known(NOW + 59 * SECOND, PATIENT).await), None);
    let known = remote.known(NOW + 60 * SECOND, PATIENT).await;
    let again = known.again;
    assert_eq!((level(&known), known.trouble, it.asked()), (Some("L2"), None, 2));
    assert_eq!(again, None, "it is the list of now");
    let warning = "allowlist: \"L9\" is not a level that is known here";
    assert_eq!(notices.recv().await.as_deref(), Some(warning));
}

#[tokio::test]
async fn a_disk_that_hangs_costs_no_list() {
    let dir = tempfile::tempdir().unwrap();
    let it = Changing::start(reply("200 OK", "", ONE));
    let remote = remote(&it.server, dir.path());
    let disk = Arc::clone(&remote.cache.disk);
    let hangs = disk.lock().await;
    assert_eq!(level(&remote.known(NOW, PATIENT).await), Some("L2"));
    it.now_says(reply("200 OK", "", OTHER));
    assert_eq!(level(&remote.known(NOW + INTERVAL, PATIENT).await), Some("L4"));
    drop(hangs);
}

/// It would be another number of seconds if it were the question's own end.
#[tokio::test]
async fn nobody_waits_longer_than_he_wants_for_a_server_that_hangs() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(|_| None);
    let hanging = remote(&server, dir.path());
    for wait in [Wait::ForAny(Duration::from_secs(1)), Wait::ForNew(Duration::ZERO)] {
        let known = hanging.known(NOW, wait).await;
        let trouble = known.trouble.unwrap();
        assert!(
            trouble.contains("no answer within 1 s;") || trouble.contains("no answer within 0 s;"),
            "{trouble}"
        );
        assert!(hanging.state.borrow().asking);
        assert_eq!(known.again, Some(10 * SECOND), "it may come until then");
    }
    // With a list at hand nobody waits at all.
    let cache = CacheFile::in_home(Some(dir.path().to_owned()), "allowlist", &hanging.url, CACHE_MAX_BYTES);
    cache.write(&Document {
        text: ONE.to_owned(),
        etag: None,
        last_modified: None,
        checked_at: NOW - INTERVAL,
    });
    let kept = remote(&server, dir.path());
    let known = kept.known(NOW, Wait::ForAny(Duration::from_secs(3_600))).await;
    assert_eq!((level(&known), known.trouble), (Some("L2"), None));
    assert!(kept.state.borrow().asking);
}
