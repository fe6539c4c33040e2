//! What is under way: answers that are awaited, and errands.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::task::{AbortHandle, JoinError, JoinSet};

use crate::screen::message::Message;
use crate::screen::model::Model;

/// The end of the program waits no longer for a copy or a file.
const ENDS_WITHIN: Duration = Duration::from_secs(1);

type Future<T> = Pin<Box<dyn std::future::Future<Output = T> + Send>>;

#[derive(Default)]
pub(super) struct UnderWay {
    answers: JoinSet<Message>,
    /// The questions that have no answer yet, by their numbers.
    asked: HashMap<u64, AbortHandle>,
    /// What has to be done before the end.
    errands: JoinSet<Message>,
    /// What may go on without us.
    others: JoinSet<Message>,
}

impl UnderWay {
    pub(super) fn ask(&mut self, generation: u64, answer: Future<Result<crate::data::Answer, String>>) {
        let asked = self.answers.spawn(async move {
            let answer = answer.await;
            Message::Answered { generation, answer }
        });
        self.asked.insert(generation, asked);
    }

    /// Begins an errand at once: who quits with the next key has begun it.
    pub(super) async fn begin(&mut self, mut errand: Future<Result<String, String>>, matters: bool) -> Option<Message> {
        if let Some(said) = ready(|context| errand.as_mut().poll(context)).await {
            return Some(Message::Done(said));
        }
        let errands = if matters { &mut self.errands } else { &mut self.others };
        errands.spawn(async move { Message::Done(errand.await) });
        None
    }

    /// Asks no further for what the model doesn't await any more: another question took its place, or its screen was left.
    pub(super) fn forget(&mut self, model: &Model) {
        self.asked.retain(|generation, asked| {
            let is_awaited = model.awaits(*generation);
            if !is_awaited {
                asked.abort();
            }
            is_awaited
        });
    }

    /// What has come of it, when something has.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Message> {
        for set in [&mut self.answers, &mut self.errands, &mut self.others] {
            while let Poll::Ready(Some(ended)) = set.poll_join_next(context) {
                if let Some(message) = message_of(ended) {
                    return Poll::Ready(message);
                }
            }
        }
        Poll::Pending
    }

    /// Waits for what was begun and must not be lost. Gives what nobody sees any more: why it failed.
    pub(super) async fn end(mut self) -> Vec<String> {
        let mut failed = Vec::new();
        let ended = tokio::time::timeout(ENDS_WITHIN, async {
            while let Some(ended) = self.errands.join_next().await {
                if let Some(Message::Done(Err(why))) = message_of(ended) {
                    failed.push(why);
                }
            }
        });
        if ended.await.is_err() {
            failed.push("what was being written may not be whole".to_owned());
        }
        failed
    }
}

/// None of what was not awaited any more. A panic is one of the program's: its hook has given the terminal back, and nothing may be drawn
/// there any more.
fn message_of(ended: Result<Message, JoinError>) -> Option<Message> {
    match ended.map_err(JoinError::try_into_panic) {
        Ok(message) => Some(message),
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        Err(Err(_cancelled)) => None,
    }
}

/// What is there now. Whoever is polled goes on to wake this task.
pub(super) async fn ready<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Option<T> {
    poll_fn(|context| {
        Poll::Ready(match poll(context) {
            Poll::Ready(it) => Some(it),
            Poll::Pending => None,
        })
    })
    .await
}
