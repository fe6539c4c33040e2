//! Waiting for what becomes so.

use std::fmt::Debug;
use std::time::{Duration, Instant};

const WITHIN: Duration = Duration::from_secs(30);
const BETWEEN: Duration = Duration::from_millis(20);

/// Looks until a value is as it should be; says what it was last where it never was.
pub(crate) async fn eventually<T: Debug>(what: &str, mut value: impl AsyncFnMut() -> T, is_so: impl Fn(&T) -> bool) {
    let start = Instant::now();
    loop {
        let value = value().await;
        if is_so(&value) {
            return;
        }
        assert!(start.elapsed() < WITHIN, "never: {what}; it is {value:?}");
        tokio::time::sleep(BETWEEN).await;
    }
}
