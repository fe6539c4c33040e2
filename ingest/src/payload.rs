//! The relay's wire format: bytes of a POST → a [`Callback`] whose every value is of the right type and in range.
//!
//! The relay never asks twice, so a refusal is for what can't be stored. A required field that is missing, or anything wrong
//! under `trusted`, is a [`Refusal`]; an optional field under `untrusted` that is wrong is left out and named in the warnings.
//! Source: the relay contract, sections 2, 3 and 5.

mod failed_tests;
mod fields;
mod value;

use fields::{Field, Fields, Kind};
use serde_json::value::RawValue;

use crate::timestamp::Timestamp;

pub use failed_tests::FAILED_TESTS_MAX_BYTES;
pub use value::COUNT_MAX;

/// The longest body that is read: 2 MiB.
pub const BODY_MAX_BYTES: usize = 2 * 1024 * 1024;

/// One report of one job, as the relay sent it.
#[derive(Clone, Debug, PartialEq)]
pub struct Callback {
    /// `owner/repo` of the backend, proven by the relay.
    pub verified_repo: String,
    /// `L1` to `L4`, as the relay's allowlist has it.
    pub downstream_repo_level: Option<String>,
    /// Seconds from dispatch to start, 0 to 1e9.
    pub queue_time: Option<f64>,
    /// Seconds from start to end, 0 to 1e9.
    pub execution_time: Option<f64>,
    /// What triggered the run: `pull_request`, `push`, `nightly`, `periodic` or a word we don't know.
    pub event_type: Option<String>,
    /// The webhook's GUID, or the upstream commit of a nightly or periodic run.
    pub delivery_id: String,
    /// What we read of the webhook.
    pub webhook: Webhook,
    /// The job execution itself.
    pub workflow: Workflow,
}

/// The fields of the GitHub webhook that we read; all optional.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Webhook {
    /// `pull_request.number`, at least 1.
    pub pull_request_number: Option<u64>,
    /// `pull_request.head.sha`.
    pub pull_request_head_sha: Option<String>,
    /// `repository.full_name`.
    pub repository_full_name: Option<String>,
    /// `ref` of a push.
    pub git_ref: Option<String>,
    /// `after` of a push: the commit.
    pub after: Option<String>,
    /// `head_sha` of a nightly or periodic run.
    pub head_sha: Option<String>,
}

/// The status of a job execution. `Completed` is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It has started.
    InProgress,
    /// It has ended, one way or the other.
    Completed,
}

impl Status {
    /// The word on the wire and in every store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
        }
    }
}

/// `workflow` of the callback: what the backend says of its own job.
#[derive(Clone, Debug, PartialEq)]
pub struct Workflow {
    pub status: Status,
    pub conclusion: Option<String>,
    pub name: String,
    pub url: Option<String>,
    pub job_name: String,
    pub check_run_id: String,
    pub run_id: Option<String>,
    /// At least 1.
    pub run_attempt: u32,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    pub artifact_url: Option<String>,
    /// A JSON object as text, at most 16 KB.
    pub environment: Option<String>,
    /// A JSON object as text, at most 16 KB.
    pub triage_verdict: Option<String>,
    pub test_results: TestResults,
    /// A JSON array of failed tests, at most [`FAILED_TESTS_MAX_BYTES`].
    pub failed_tests_json: Option<String>,
}

/// How many tests passed, failed and were skipped: whole numbers from 0 to 2^53.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TestResults {
    pub passed: Option<u64>,
    pub failed: Option<u64>,
    pub skipped: Option<u64>,
    pub total: Option<u64>,
}

/// A callback that can be stored, and what had to be left out of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    pub callback: Callback,
    /// One line per field that was left out: `workflow.started_at: expected …, got …`.
    pub warnings: Vec<String>,
}

/// Why a body can't be stored. The text names the JSON path and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not JSON at all; says line and column.
    #[error("body: expected JSON: {0}")]
    NotJson(String),
    /// A field is missing, empty or wrong.
    #[error("{path}: expected {expected}, got {got}")]
    Field {
        path: &'static str,
        expected: &'static str,
        got: String,
    },
}

/// Reads the body of a POST.
///
/// # Errors
/// [`Refusal`] when it can't be stored: final for the relay, so nothing optional ends here.
pub fn parse(body: &[u8]) -> Result<Accepted, Refusal> {
    let fields = Fields::scan(body).map_err(|error| Refusal::NotJson(error.to_string()))?;
    let mut reader = Reader {
        fields,
        warnings: Vec::new(),
    };
    let callback = reader.callback()?;
    Ok(Accepted {
        callback,
        warnings: reader.warnings,
    })
}

/// Why one value can't be used.
struct Problem {
    expected: &'static str,
    got: String,
}

/// Reads fields, by how much their absence or a wrong value matters.
struct Reader<'a> {
    fields: Fields<'a>,
    warnings: Vec<String>,
}

impl<'a> Reader<'a> {
    fn callback(&mut self) -> Result<Callback, Refusal> {
        self.required_object(Field::Body)?;
        self.required_object(Field::Trusted)?;
        let verified_repo = self.required(Field::VerifiedRepo, value::repository)?;
        let downstream_repo_level = self.trusted(Field::Level, value::text)?.flatten();
        self.trusted_object(Field::CiMetrics)?;
        let queue_time = self.trusted(Field::QueueTime, value::seconds)?;
        let execution_time = self.trusted(Field::ExecutionTime, value::seconds)?;

        self.required_object(Field::Untrusted)?;
        self.required_object(Field::CallbackPayload)?;
        let delivery_id = self.required(Field::DeliveryId, value::required_text)?;
        self.required_object(Field::Workflow)?;
        let workflow = self.workflow()?;
        Ok(Callback {
            verified_repo,
            downstream_repo_level,
            queue_time,
            execution_time,
            event_type: self.optional_text(Field::EventType),
            delivery_id,
            webhook: self.webhook(),
            workflow,
        })
    }

    fn webhook(&mut self) -> Webhook {
        for object in [
            Field::Payload,
            Field::PullRequest,
            Field::PullRequestHead,
            Field::Repository,
        ] {
            self.optional_object(object);
        }
        Webhook {
            pull_request_number: self
                .optional(Field::PullRequestNumber, value::count)
                .filter(|number| *number > 0),
            pull_request_head_sha: self.optional_text(Field::PullRequestHeadSha),
            repository_full_name: self.optional_text(Field::RepositoryFullName),
            git_ref: self.optional_text(Field::Ref),
            after: self.optional_text(Field::After),
            head_sha: self.optional_text(Field::HeadSha),
        }
    }

    fn workflow(&mut self) -> Result<Workflow, Refusal> {
        let status = self.required(Field::Status, value::status)?;
        let name = self.required(Field::WorkflowName, value::required_text)?;
        let job_name = self.required(Field::JobName, value::required_text)?;
        let check_run_id = self.required(Field::CheckRunId, value::required_id)?;
        self.optional_object(Field::TestResults);
        Ok(Workflow {
            status,
            conclusion: self.optional_text(Field::Conclusion),
            name,
            url: self.optional_text(Field::Url),
            job_name,
            check_run_id,
            run_id: self.optional(Field::RunId, value::id).flatten(),
            run_attempt: self.optional(Field::RunAttempt, value::attempt).unwrap_or(1),
            started_at: self.optional(Field::StartedAt, value::timestamp).flatten(),
            completed_at: self.optional(Field::CompletedAt, value::timestamp).flatten(),
            artifact_url: self.optional_text(Field::ArtifactUrl),
            environment: self.optional(Field::Environment, value::object_text).flatten(),
            triage_verdict: self.optional(Field::TriageVerdict, value::object_text).flatten(),
            test_results: TestResults {
                passed: self.optional(Field::Passed, value::count),
                failed: self.optional(Field::Failed, value::count),
                skipped: self.optional(Field::Skipped, value::count),
                total: self.optional(Field::Total, value::count),
            },
            failed_tests_json: self.optional(Field::FailedTestsDetail, failed_tests::bounded).flatten(),
        })
    }

    fn required<T>(&self, field: Field, read: fn(&'a RawValue) -> Result<T, Problem>) -> Result<T, Refusal> {
        let result = match self.fields.value(field) {
            Some(raw) => read(raw),
            None => Err(Problem {
                expected: value::expected_when_missing(field),
                got: "nothing".to_owned(),
            }),
        };
        result.map_err(|problem| refusal(field, problem))
    }

    /// Under `trusted` an absent value is fine, a wrong one means that the relay itself is broken.
    fn trusted<T>(&self, field: Field, read: fn(&'a RawValue) -> Result<T, Problem>) -> Result<Option<T>, Refusal> {
        self.fields
            .value(field)
            .map(read)
            .transpose()
            .map_err(|problem| refusal(field, problem))
    }

    fn optional<T>(&mut self, field: Field, read: fn(&'a RawValue) -> Result<T, Problem>) -> Option<T> {
        match read(self.fields.value(field)?) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.warn(field, &problem);
                None
            }
        }
    }

    fn optional_text(&mut self, field: Field) -> Option<String> {
        self.optional(field, value::text).flatten()
    }

    fn required_object(&self, field: Field) -> Result<(), Refusal> {
        match self.fields.object(field) {
            Some(Kind::Object) => Ok(()),
            found => Err(refusal(field, not_an_object(found))),
        }
    }

    fn trusted_object(&self, field: Field) -> Result<(), Refusal> {
        match self.fields.object(field) {
            Some(Kind::Object) | None => Ok(()),
            found => Err(refusal(field, not_an_object(found))),
        }
    }

    fn optional_object(&mut self, field: Field) {
        if let found @ Some(Kind::Bool | Kind::Number | Kind::String | Kind::Array) = self.fields.object(field) {
            self.warn(field, &not_an_object(found));
        }
    }

    fn warn(&mut self, field: Field, problem: &Problem) {
        let path = field.path();
        let path = path.strip_prefix("untrusted.callback_payload.").unwrap_or(path);
        let path = path.replace("test_results", self.fields.test_results_key);
        self.warnings
            .push(format!("{path}: expected {}, got {}", problem.expected, problem.got));
    }
}

fn not_an_object(found: Option<Kind>) -> Problem {
    Problem {
        expected: "an object",
        got: found.map_or("nothing".to_owned(), |kind| kind.to_string()),
    }
}

fn refusal(field: Field, problem: Problem) -> Refusal {
    Refusal::Field {
        path: field.path(),
        expected: problem.expected,
        got: problem.got,
    }
}

#[cfg(test)]
mod tests;
