//! A cache file without waiting for ever: its disk may hang, as one of another machine does when that is away.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::files::cache_file::CacheFile;

/// A cache file that takes no longer than a time limit; while one call hangs there is no other, and no cache.
pub struct Timely {
    file: CacheFile,
    within: Duration,
    /// One call at a time: each that hangs keeps a thread.
    free: Arc<Semaphore>,
    /// Held by a test, its disk hangs.
    #[cfg(test)]
    pub(crate) disk: Arc<tokio::sync::Mutex<()>>,
}

impl Timely {
    pub fn new(file: CacheFile, within: Duration) -> Self {
        Self {
            file,
            within,
            free: Arc::new(Semaphore::new(1)),
            #[cfg(test)]
            disk: Arc::default(),
        }
    }

    /// What is kept, if it is of the same and comes in time.
    pub async fn read<T: DeserializeOwned + Send + 'static>(&self) -> Option<T> {
        self.with(CacheFile::read).await.flatten()
    }

    /// Keeps it. Where that takes longer it goes on by itself.
    pub async fn write<T: Serialize + Send + 'static>(&self, kept: T) {
        self.with(move |file| file.write(&kept)).await;
    }

    /// Does something with the file that blocks; gives nothing where that takes too long, or the last call hangs still.
    pub async fn with<T: Send + 'static>(&self, work: impl FnOnce(&CacheFile) -> T + Send + 'static) -> Option<T> {
        let free = Arc::clone(&self.free).try_acquire_owned().ok()?;
        let file = self.file.clone();
        #[cfg(test)]
        let disk = Arc::clone(&self.disk);
        let done = spawn_blocking(move || {
            let _free = free;
            #[cfg(test)]
            let _disk = disk.blocking_lock();
            work(&file)
        });
        tokio::time::timeout(self.within, done).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_disk_that_hangs_is_no_cache_and_holds_nobody_up() {
        let dir = tempfile::tempdir().unwrap();
        let file = CacheFile::in_home(Some(dir.path().to_owned()), "kind", "one", 100);
        file.write(&"kept");
        let timely = Timely::new(file, Duration::from_millis(10));
        let disk = Arc::clone(&timely.disk);
        let hangs = disk.lock().await;
        assert_eq!(timely.read::<String>().await, None);
        timely.write("lost").await;
        assert_eq!(timely.free.available_permits(), 0, "it is still the first that hangs");
        drop(hangs);
        drop(timely.free.acquire().await);
        let timely = Timely::new(timely.file, Duration::from_secs(30));
        assert_eq!(timely.read::<String>().await.as_deref(), Some("kept"));
        timely.write("other").await;
        assert_eq!(timely.read::<String>().await.as_deref(), Some("other"));
    }
}
