//! Questions that nobody awaits any more, and errands at the end.

use super::*;

/// What never comes, while it is held.
fn never<T: Send + 'static>(held: Arc<()>) -> Pin<Box<dyn Future<Output = T> + Send>> {
    Box::pin(async move {
        let _held = held;
        std::future::pending().await
    })
}

/// Each takes a server's memory, for up to 20 s.
#[tokio::test]
async fn a_question_that_another_takes_the_place_of_is_given_up() {
    let asked = Arc::new(AtomicUsize::new(0));
    let held = Arc::new(());
    // But for the one that the world has.
    let under_way = Arc::downgrade(&held);
    let count = Arc::clone(&asked);
    let world = World {
        answers: Arc::new(move |_, _, _| {
            count.fetch_add(1, Ordering::Relaxed);
            never(Arc::clone(&held))
        }),
        ..world(&Arc::default(), &Arc::default())
    };
    let keys = stream::unfold(0, move |step| {
        let (asked, under_way) = (Arc::clone(&asked), under_way.clone());
        async move {
            // The screen's question; the same of another range; that of a screen above it, which is left again.
            let (wanted, code) = [
                ((1, 1), KeyCode::Char('t')),
                ((2, 1), KeyCode::Char('T')),
                ((3, 2), KeyCode::Esc),
                ((3, 1), KeyCode::Char('q')),
            ]
            .get(step)
            .copied()?;
            while (asked.load(Ordering::Relaxed), under_way.strong_count() - 1) != wanted {
                tokio::task::yield_now().await;
            }
            Some((key(code), step + 1))
        }
    });
    let mut terminal = Terminal::new(TestBackend::new(100, 24)).unwrap();
    let mut model = model_of(100, 24);
    let now: fn() -> i64 = crate::clock::now;
    let running = run(&mut terminal, &mut model, keys, World { now, ..world });
    let ended = tokio::time::timeout(Duration::from_secs(20), running).await;
    assert!(ended.is_ok() && model.quit);
}

/// A world whose errands end, or don't.
fn with_errand(
    errand: impl Fn() -> Pin<Box<dyn Future<Output = Result<String, String>> + Send>> + Send + Sync + 'static,
) -> World {
    World {
        errands: Arc::new(move |_| errand()),
        ..world(&Arc::default(), &Arc::default())
    }
}

/// Begins an errand and quits, all in one burst.
async fn quit_after(keys: &str, world: World) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(100, 24)).unwrap();
    let mut model = model_of(100, 24);
    for effect in update(&mut model, Message::Tick(1_790_000_000_000_000_000)) {
        let Effect::Ask { generation, .. } = effect else {
            continue;
        };
        let answer = Ok(Answer::from(summary()));
        update(&mut model, Message::Answered { generation, answer });
    }
    let keys: Vec<_> = keys.chars().map(|letter| key(KeyCode::Char(letter))).collect();
    let events = stream::iter(keys).chain(stream::pending());
    run(&mut terminal, &mut model, events, world).await.unwrap()
}

#[tokio::test]
async fn who_copies_and_quits_has_copied() {
    let done = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&done);
    let world = with_errand(move || {
        let count = Arc::clone(&count);
        Box::pin(async move {
            tokio::task::yield_now().await;
            count.fetch_add(1, Ordering::Relaxed);
            Ok("copied".to_owned())
        })
    });
    assert!(quit_after("yq", world).await.is_empty());
    assert_eq!(done.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn what_fails_at_the_end_is_told() {
    let world = with_errand(|| {
        Box::pin(async {
            tokio::task::yield_now().await;
            Err("the disk is full".to_owned())
        })
    });
    assert_eq!(quit_after("yq", world).await, ["the disk is full"]);
    let hangs = with_errand(|| never(Arc::default()));
    let told = quit_after("yq", hangs).await;
    assert!(
        matches!(told.as_slice(), [one] if one.contains("may not be whole")),
        "{told:?}"
    );
}

/// A browser that was started goes on alone.
#[tokio::test]
async fn nobody_waits_for_a_browser() {
    let begun = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&begun);
    let world = with_errand(move || {
        let count = Arc::clone(&count);
        Box::pin(async move {
            count.fetch_add(1, Ordering::Relaxed);
            std::future::pending().await
        })
    });
    assert!(quit_after("oq", world).await.is_empty());
    assert_eq!(begun.load(Ordering::Relaxed), 1);
}
