//! The body's shape, as far as we read it: which fields there are, and where.

/// Declares every field we read: its name here and its path in the body.
macro_rules! fields {
    ($($name:ident = $path:literal,)+) => {
        /// A place in the body that we read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(in crate::payload) enum Field { $($name,)+ }

        impl Field {
            const ALL: &[Field] = &[$(Field::$name,)+];
            pub(super) const COUNT: usize = Self::ALL.len();

            /// The JSON path, from the top of the body.
            pub(in crate::payload) const fn path(self) -> &'static str {
                match self { $(Field::$name => $path,)+ }
            }
        }
    };
}

fields! {
    Body = "body",
    Trusted = "trusted",
    VerifiedRepo = "trusted.verified_repo",
    Level = "trusted.downstream_repo_level",
    CiMetrics = "trusted.ci_metrics",
    QueueTime = "trusted.ci_metrics.queue_time",
    ExecutionTime = "trusted.ci_metrics.execution_time",
    Untrusted = "untrusted",
    CallbackPayload = "untrusted.callback_payload",
    EventType = "untrusted.callback_payload.event_type",
    DeliveryId = "untrusted.callback_payload.delivery_id",
    Payload = "untrusted.callback_payload.payload",
    PullRequest = "untrusted.callback_payload.payload.pull_request",
    PullRequestNumber = "untrusted.callback_payload.payload.pull_request.number",
    PullRequestHead = "untrusted.callback_payload.payload.pull_request.head",
    PullRequestHeadSha = "untrusted.callback_payload.payload.pull_request.head.sha",
    Repository = "untrusted.callback_payload.payload.repository",
    RepositoryFullName = "untrusted.callback_payload.payload.repository.full_name",
    Ref = "untrusted.callback_payload.payload.ref",
    After = "untrusted.callback_payload.payload.after",
    HeadSha = "untrusted.callback_payload.payload.head_sha",
    Workflow = "untrusted.callback_payload.workflow",
    Status = "untrusted.callback_payload.workflow.status",
    Conclusion = "untrusted.callback_payload.workflow.conclusion",
    WorkflowName = "untrusted.callback_payload.workflow.name",
    Url = "untrusted.callback_payload.workflow.url",
    JobName = "untrusted.callback_payload.workflow.job_name",
    CheckRunId = "untrusted.callback_payload.workflow.check_run_id",
    RunId = "untrusted.callback_payload.workflow.run_id",
    RunAttempt = "untrusted.callback_payload.workflow.run_attempt",
    StartedAt = "untrusted.callback_payload.workflow.started_at",
    CompletedAt = "untrusted.callback_payload.workflow.completed_at",
    ArtifactUrl = "untrusted.callback_payload.workflow.artifact_url",
    Environment = "untrusted.callback_payload.workflow.environment",
    TriageVerdict = "untrusted.callback_payload.workflow.triage_verdict",
    FailedTestsDetail = "untrusted.callback_payload.workflow.failed_tests_detail",
    TestResults = "untrusted.callback_payload.workflow.test_results",
    Passed = "untrusted.callback_payload.workflow.test_results.passed",
    Failed = "untrusted.callback_payload.workflow.test_results.failed",
    Skipped = "untrusted.callback_payload.workflow.test_results.skipped",
    Total = "untrusted.callback_payload.workflow.test_results.total",
}

/// The body's shape, as far as we read it: a key, the field it is, and what is read inside it.
pub(super) struct Node {
    pub(super) key: &'static str,
    pub(super) field: Field,
    pub(super) children: &'static [Node],
}

const fn leaf(key: &'static str, field: Field) -> Node {
    Node {
        key,
        field,
        children: &[],
    }
}

const fn object(key: &'static str, field: Field, children: &'static [Node]) -> Node {
    Node { key, field, children }
}

const TEST_RESULTS: &[Node] = &[
    leaf("passed", Field::Passed),
    leaf("failed", Field::Failed),
    leaf("skipped", Field::Skipped),
    leaf("total", Field::Total),
];

pub(super) static BODY: Node = object(
    "",
    Field::Body,
    &[
        object(
            "trusted",
            Field::Trusted,
            &[
                leaf("verified_repo", Field::VerifiedRepo),
                leaf("downstream_repo_level", Field::Level),
                object(
                    "ci_metrics",
                    Field::CiMetrics,
                    &[
                        leaf("queue_time", Field::QueueTime),
                        leaf("execution_time", Field::ExecutionTime),
                    ],
                ),
            ],
        ),
        object(
            "untrusted",
            Field::Untrusted,
            &[object(
                "callback_payload",
                Field::CallbackPayload,
                &[
                    leaf("event_type", Field::EventType),
                    leaf("delivery_id", Field::DeliveryId),
                    object(
                        "payload",
                        Field::Payload,
                        &[
                            object(
                                "pull_request",
                                Field::PullRequest,
                                &[
                                    leaf("number", Field::PullRequestNumber),
                                    object(
                                        "head",
                                        Field::PullRequestHead,
                                        &[leaf("sha", Field::PullRequestHeadSha)],
                                    ),
                                ],
                            ),
                            object(
                                "repository",
                                Field::Repository,
                                &[leaf("full_name", Field::RepositoryFullName)],
                            ),
                            leaf("ref", Field::Ref),
                            leaf("after", Field::After),
                            leaf("head_sha", Field::HeadSha),
                        ],
                    ),
                    object(
                        "workflow",
                        Field::Workflow,
                        &[
                            leaf("status", Field::Status),
                            leaf("conclusion", Field::Conclusion),
                            leaf("name", Field::WorkflowName),
                            leaf("url", Field::Url),
                            leaf("job_name", Field::JobName),
                            leaf("check_run_id", Field::CheckRunId),
                            leaf("run_id", Field::RunId),
                            leaf("run_attempt", Field::RunAttempt),
                            leaf("started_at", Field::StartedAt),
                            leaf("completed_at", Field::CompletedAt),
                            leaf("artifact_url", Field::ArtifactUrl),
                            leaf("environment", Field::Environment),
                            leaf("triage_verdict", Field::TriageVerdict),
                            leaf("failed_tests_detail", Field::FailedTestsDetail),
                            object("test_results", Field::TestResults, TEST_RESULTS),
                            object("test-results", Field::TestResults, TEST_RESULTS),
                        ],
                    ),
                ],
            )],
        ),
    ],
);

#[cfg(test)]
mod tests {
    use super::*;

    fn check(node: &Node, path: &str) {
        for child in node.children {
            let below = if path.is_empty() {
                child.key.to_owned()
            } else {
                format!("{path}.{}", child.key)
            };
            assert_eq!(child.field.path(), below.replace("test-results", "test_results"));
            check(child, &below);
        }
    }

    #[test]
    fn every_field_is_read_where_its_path_says() {
        check(&BODY, "");
    }
}
