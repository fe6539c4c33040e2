//! Answers, found out on a thread of their own.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use tokio::task::{JoinError, JoinHandle};

use crate::answer::Sources;
use crate::clock;
use crate::data::Answer;
use crate::data::basis::Basis;
use crate::source::{Question, Subject};

type Awaited = Pin<Box<dyn Future<Output = Result<Answer, String>> + Send>>;

/// Finds out what is asked, by who may still show it.
pub type Answers = Arc<dyn Fn(Subject, Question, Option<Arc<Basis>>) -> Awaited + Send + Sync>;

/// What they say, found out on a thread of its own: that a million results are read and put together holds up no key.
///
/// # Errors
/// When there is no thread for it.
pub fn answers(sources: Sources) -> io::Result<Answers> {
    let sources = Arc::new(sources);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let reading = runtime.handle().clone();
    // It ends with the process.
    std::thread::Builder::new()
        .name("answers".to_owned())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
    Ok(Arc::new(move |subject, question, shown| {
        let sources = Arc::clone(&sources);
        let mut asked = Asked(reading.spawn(async move {
            let answer = sources.answer(subject, &question, shown, clock::now()).await;
            answer.map_err(|error| error.to_string())
        }));
        Box::pin(async move {
            match (&mut asked.0).await.map_err(JoinError::try_into_panic) {
                Ok(answer) => answer,
                Err(Ok(panic)) => std::panic::resume_unwind(panic),
                Err(Err(cancelled)) => Err(cancelled.to_string()),
            }
        })
    }))
}

/// A question that is asked no further when nobody waits for its answer any more.
struct Asked(JoinHandle<Result<Answer, String>>);

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.abort();
    }
}
