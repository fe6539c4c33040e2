use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;

use super::*;
use crate::web::fake::{Request, Server, reply};

const NOW: i64 = 1_790_000_000 * SECOND;
/// Longer than any answer takes.
const PATIENT: Duration = Duration::from_secs(30);

fn titles(server: &Server, cache: &Path) -> Titles {
    titles_of(server, cache, Some("s3cret"), None)
}

fn titles_of(server: &Server, cache: &Path, token: Option<&str>, notices: Option<UnboundedSender<String>>) -> Titles {
    let github = GitHub {
        url: server.url("/graphql"),
        owner: "a".to_owned(),
        name: "b".to_owned(),
        token: token.map(str::to_owned),
    };
    let cache = CacheFile::in_home(Some(cache.to_owned()), "titles", &github.url, FILE_MAX_BYTES);
    Titles::with_cache(&github, cache, notices)
}

/// The numbers that a question is about.
fn numbers(request: &Request) -> Vec<u64> {
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    let query = body["query"].as_str().unwrap();
    let numbers = query.split(": pullRequest(number: ").skip(1).map(|rest| {
        let number: u64 = rest.split(')').next().unwrap().parse().unwrap();
        assert!(query.contains(&format!(" p{number}: pullRequest(number: {number})")));
        number
    });
    numbers.collect()
}

/// GitHub, where odd numbers are issues.
fn github(request: &Request) -> Option<String> {
    let (mut data, mut errors) = (serde_json::Map::new(), Vec::new());
    for number in numbers(request) {
        let alias = format!("p{number}");
        let value = if number % 2 == 0 {
            let title = format!("\u{1b}Title {number}");
            serde_json::json!({ "title": title, "author": { "login": "bob" }, "state": "OPEN" })
        } else {
            errors.push(serde_json::json!({ "type": "NOT_FOUND", "path": ["repository", alias], "message": "no" }));
            serde_json::Value::Null
        };
        data.insert(alias, value);
    }
    let body = serde_json::json!({ "data": { "repository": data }, "errors": errors });
    Some(reply("200 OK", "", &body.to_string()))
}

/// Waits until nothing is asked any more, and what came is kept.
async fn is_done(titles: &Titles) {
    let mut states = titles.asker.as_ref().unwrap().state.subscribe();
    states.wait_for(|state| !state.asking).await.unwrap();
}

#[tokio::test]
async fn one_question_for_all_once_across_programs() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(github);
    let first = titles(&server, dir.path());
    // Neither none nor what GitHub can't count is asked for.
    let asked = [2, 3, 4, 2, 0, u64::MAX];
    let known = first.known(&asked, NOW, PATIENT).await;
    let expected = [2, 4].map(|number| {
        let title = Title {
            title: format!("\u{fffd}Title {number}"),
            author: "bob".to_owned(),
        };
        (number, title)
    });
    assert_eq!(known, expected.clone().into());
    let [request] = &server.requests()[..] else {
        panic!("one question")
    };
    assert_eq!(numbers(request), [4, 3, 2]);
    assert_eq!(request.header("authorization"), Some("Bearer s3cret"));
    assert!(request.header("user-agent").is_some(), "GitHub wants one");
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(body["variables"], serde_json::json!({ "owner": "a", "name": "b" }));
    assert_eq!(first.known(&asked, NOW, PATIENT).await, expected.clone().into());
    is_done(&first).await;
    let second = titles(&server, dir.path());
    assert_eq!(second.known(&asked, NOW, PATIENT).await, expected.into());
    assert_eq!(server.requests().len(), 1);
    // What has no pull request may get one.
    second.known(&asked, NOW + 3_600 * SECOND, PATIENT).await;
    is_done(&second).await;
    assert_eq!(numbers(&server.requests()[1]), [3]);
}

#[tokio::test]
async fn questions_come_one_after_the_other_a_hundred_in_each() {
    let dir = tempfile::tempdir().unwrap();
    let (at_once, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, most_counted) = (Arc::clone(&at_once), Arc::clone(&most));
    let server = Server::start(move |request| {
        let now = counted.fetch_add(1, Ordering::SeqCst) + 1;
        most_counted.fetch_max(now, Ordering::SeqCst);
        let answer = github(request);
        counted.fetch_sub(1, Ordering::SeqCst);
        answer
    });
    let titles = titles(&server, dir.path());
    let many: Vec<u64> = (1..=150).map(|number| 2 * number).collect();
    let (one, other) = tokio::join!(titles.known(&many, NOW, PATIENT), titles.known(&[1_000], NOW, PATIENT));
    assert_eq!((one.len(), other.len()), (150, 1));
    let asked: Vec<usize> = server.requests().iter().map(|request| numbers(request).len()).collect();
    assert_eq!((asked.iter().sum::<usize>(), asked.iter().max()), (151, Some(&100)));
    assert_eq!(most.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn it_is_left_alone_for_as_long_as_it_wants() {
    let reset = format!(
        "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: {}\r\n",
        NOW / SECOND + 900
    );
    for (status, headers, seconds) in [
        ("429 Too Many Requests", "Retry-After: 30\r\n", 30),
        ("403 Forbidden", reset.as_str(), 900),
        ("429 Too Many Requests", "", 60),
        ("200 OK", reset.as_str(), 900),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let refusal = reply(status, headers, r#"{"errors": [{"type": "RATE_LIMITED"}]}"#);
        let server = Server::start(move |_| Some(refusal.clone()));
        let titles = titles(&server, dir.path());
        for (after, asked) in [(0, 1), (seconds - 1, 1), (seconds, 2)] {
            assert!(titles.known(&[2], NOW + after * SECOND, PATIENT).await.is_empty());
            assert_eq!(server.requests().len(), asked, "{status} {headers}");
        }
    }
}

/// The last question of a limit has an answer: it is taken, and the next waits.
#[tokio::test]
async fn a_limit_that_is_used_up_is_known_before_the_refusal() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(|request| {
        let headers = format!(
            "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: {}\r\nContent",
            NOW / SECOND + 900
        );
        Some(github(request)?.replacen("Content", &headers, 1))
    });
    let titles = titles(&server, dir.path());
    let many: Vec<u64> = (1..=150).map(|number| 2 * number).collect();
    assert_eq!(titles.known(&many, NOW, PATIENT).await.len(), 100);
    assert_eq!(titles.known(&many, NOW + 899 * SECOND, PATIENT).await.len(), 100);
    assert_eq!(server.requests().len(), 1);
    assert_eq!(titles.known(&many, NOW + 900 * SECOND, PATIENT).await.len(), 150);
}

#[tokio::test]
async fn after_errors_it_waits_longer_each_time_and_says_so_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(|_| Some(reply("502 Bad Gateway", "", "")));
    let (say, mut notices) = mpsc::unbounded_channel();
    let titles = titles_of(&server, dir.path(), Some("s3cret"), Some(say));
    let asked = [(0, 1), (59, 1), (60, 2), (179, 2), (180, 3), (419, 3), (420, 4)];
    for (after, asked) in asked {
        titles.known(&[2], NOW + after * SECOND, PATIENT).await;
        assert_eq!(server.requests().len(), asked, "after {after} s");
    }
    let said = format!("titles from {}: it answers 502", server.url("/graphql"));
    assert_eq!((notices.try_recv(), notices.try_recv().ok()), (Ok(said), None));
}

#[tokio::test]
async fn the_token_follows_no_redirect() {
    let dir = tempfile::tempdir().unwrap();
    let elsewhere = Server::start(github);
    let to = format!("Location: {}\r\n", elsewhere.url("/graphql"));
    for status in ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let redirect = reply(status, &to, "");
        let server = Server::start(move |_| Some(redirect.clone()));
        assert!(titles(&server, dir.path()).known(&[2], NOW, PATIENT).await.is_empty());
        assert_eq!(server.requests().len(), 1);
    }
    assert!(elsewhere.requests().is_empty());
}

/// However many rows a matrix has, those at its end have their titles in the end.
#[tokio::test]
async fn a_long_list_is_asked_for_in_parts_and_known_as_a_whole() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(github);
    let many: Vec<u64> = (1..=WANTED_MAX as u64 + 1).map(|number| 2 * number).collect();
    let first = titles(&server, dir.path());
    assert_eq!(first.known(&many, NOW, PATIENT).await.len(), WANTED_MAX);
    assert_eq!(first.known(&many, NOW, PATIENT).await.len(), WANTED_MAX + 1);
    let asked = server.requests().len();
    let second = titles(&server, dir.path());
    assert_eq!(second.known(&many, NOW, PATIENT).await.len(), WANTED_MAX + 1);
    assert_eq!(server.requests().len(), asked, "all of them were kept");
}

#[tokio::test]
async fn a_disk_that_hangs_costs_no_title() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(github);
    let titles = titles(&server, dir.path());
    let disk = Arc::clone(&titles.asker.as_ref().unwrap().cache.disk);
    let hangs = disk.lock().await;
    assert_eq!(titles.known(&[2], NOW, PATIENT).await.len(), 1);
    assert_eq!(titles.known(&[2, 4], NOW, PATIENT).await.len(), 2);
    drop(hangs);
}

/// What takes its time may be done by nobody twice, and by nobody's patience.
#[tokio::test]
async fn whoever_loses_patience_with_the_disk_leaves_it_to_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(github);
    let kept = titles(&server, dir.path());
    kept.known(&[2], NOW, PATIENT).await;
    is_done(&kept).await;
    let titles = titles(&server, dir.path());
    let disk = Arc::clone(&titles.asker.as_ref().unwrap().cache.disk);
    let slow = disk.lock().await;
    assert!(titles.known(&[2], NOW, Duration::ZERO).await.is_empty());
    tokio::task::yield_now().await;
    assert!(titles.known(&[2], NOW, Duration::ZERO).await.is_empty());
    drop(slow);
    assert_eq!(titles.known(&[2], NOW, PATIENT).await.len(), 1);
    assert_eq!(server.requests().len(), 1, "it was kept, and read once");
}

#[tokio::test]
async fn without_a_token_nothing_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(github);
    let titles = titles_of(&server, dir.path(), None, None);
    assert!(titles.known(&[2], NOW, PATIENT).await.is_empty());
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn nobody_waits_for_a_server_that_hangs() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(github);
    let before = titles(&server, dir.path());
    assert_eq!(before.known(&[2], NOW, PATIENT).await.len(), 1);
    is_done(&before).await;
    let hanging = Server::start(|_| None);
    let mut titles = titles(&server, dir.path());
    Arc::get_mut(titles.asker.as_mut().unwrap()).unwrap().github.url = hanging.url("/graphql");
    let asks = |titles: &Titles| titles.asker.as_ref().unwrap().state.borrow().asking;
    // What is old is better than nothing, however long one would wait.
    let later = NOW + 25 * 3_600 * SECOND;
    assert_eq!(titles.known(&[2], later, PATIENT).await.len(), 1);
    assert!(asks(&titles));
    // What is missing is not waited for longer than that.
    assert_eq!(titles.known(&[2, 4], later, Duration::from_millis(10)).await.len(), 1);
    assert!(asks(&titles));
}

/// Who only prints asks anew the next time otherwise.
#[tokio::test]
async fn what_is_known_is_kept_already() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(github);
    let titles = titles(&server, dir.path());
    assert_eq!(titles.known(&[2], NOW, PATIENT).await.len(), 1);
    let kept: Entries = titles.asker.as_ref().unwrap().cache.read().await.unwrap();
    assert!(kept.has(2));
}
