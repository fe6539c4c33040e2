//! Who reports, and what they are like: the repositories of the sample allowlist, each with a character of its own.

/// A downstream repository.
pub(super) struct Backend {
    pub(super) repo: &'static str,
    pub(super) level: &'static str,
    pub(super) ids: Ids,
    pub(super) workflows: &'static [Workflow],
    /// Of 1,000 jobs, how many end so.
    pub(super) failures: u32,
    pub(super) timeouts: u32,
    pub(super) cancellations: u32,
    /// A typical job, in seconds.
    pub(super) duration: f64,
    /// From dispatch to start, in seconds.
    pub(super) queue: f64,
    /// A job that has failed for days.
    pub(super) broken: Option<&'static str>,
    pub(super) nightly: bool,
    pub(super) periodic: bool,
}

/// How a backend's CI numbers its runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ids {
    GitHub,
    /// Runs are UUIDs, and all jobs of a run have one check run id.
    Buildkite,
}

pub(super) struct Workflow {
    pub(super) name: &'static str,
    pub(super) jobs: &'static [&'static str],
}

/// The health probe of the relay itself: its jobs fail, hang and are cancelled on purpose.
pub(super) const PROBE: &str = "pytorch/crcr-test";

const QUIET: Backend = Backend {
    repo: "",
    level: "L2",
    ids: Ids::GitHub,
    workflows: &[],
    failures: 20,
    timeouts: 2,
    cancellations: 15,
    duration: 1_500.0,
    queue: 120.0,
    broken: None,
    nightly: false,
    periodic: false,
};

pub(super) const BACKENDS: &[Backend] = &[
    Backend {
        repo: "apple/mps-backend",
        level: "L4",
        workflows: &[
            Workflow {
                name: "mps",
                jobs: &[
                    "build",
                    "lint",
                    "unit",
                    "ops-shard-1",
                    "ops-shard-2",
                    "ops-shard-3",
                    "ops-shard-4",
                ],
            },
            Workflow {
                name: "mps / macos 15",
                jobs: &["smoke", "inductor"],
            },
        ],
        failures: 210,
        timeouts: 12,
        duration: 2_400.0,
        broken: Some("ops-shard-3"),
        ..QUIET
    },
    Backend {
        repo: "NVIDIA/pytorch-windows-ci",
        level: "L4",
        workflows: &[Workflow {
            name: "windows",
            jobs: &[
                "build / cuda12.8-py3.12",
                "build / cuda13.0-py3.13",
                "test (1, 3)",
                "test (2, 3)",
                "test (3, 3)",
                "docs",
            ],
        }],
        failures: 8,
        duration: 1_300.0,
        queue: 60.0,
        nightly: true,
        ..QUIET
    },
    Backend {
        repo: "intel/torch-xpu-ops",
        level: "L3",
        workflows: &[Workflow {
            name: "xpu",
            jobs: &[
                "build",
                "smoke",
                "distributed",
                "ops (1, 2)",
                "ops (2, 2)",
                "inductor: timm",
                "inductor: hf",
            ],
        }],
        failures: 30,
        timeouts: 8,
        duration: 3_700.0,
        queue: 540.0,
        nightly: true,
        ..QUIET
    },
    Backend {
        repo: PROBE,
        level: "L3",
        workflows: &[Workflow {
            name: "crcr-probe",
            jobs: &["l2-success", "l2-xfail", "l3-success", "l3-xcancel", "l3-xtimeout"],
        }],
        failures: 15,
        timeouts: 0,
        cancellations: 0,
        duration: 30.0,
        queue: 5.0,
        nightly: true,
        ..QUIET
    },
    Backend {
        repo: "TorchedHat/pytorch-redhat-ci",
        workflows: &[Workflow {
            name: "rhel9 matrix",
            jobs: &[
                "build",
                "unit-tests-1",
                "unit-tests-2",
                "unit-tests-3",
                "unit-tests-4",
                "py-310",
                "py-312",
                "ubi9: smoke",
            ],
        }],
        failures: 90,
        timeouts: 10,
        cancellations: 50,
        duration: 1_100.0,
        queue: 240.0,
        broken: Some("unit-tests-2"),
        ..QUIET
    },
    Backend {
        repo: "Ascend/pytorch",
        workflows: &[
            Workflow {
                name: "npu-ci",
                jobs: &[
                    "build",
                    "test-npu-float32 (1, 4)",
                    "test-npu-float32 (2, 4)",
                    "test-npu-float32 (3, 4)",
                    "test-npu-float32 (4, 4)",
                    "hccl",
                ],
            },
            Workflow {
                name: "npu-lint",
                jobs: &["lint", "build"],
            },
        ],
        failures: 40,
        duration: 1_600.0,
        queue: 180.0,
        nightly: true,
        ..QUIET
    },
    Backend {
        repo: "torch-spyre/torch-spyre",
        workflows: &[Workflow {
            name: "spyre-ci",
            jobs: &["build", "ops-shard-1", "ops-shard-2", "ops-shard-3", "models/granite"],
        }],
        failures: 70,
        duration: 900.0,
        ..QUIET
    },
    Backend {
        repo: "vllm-project/vllm",
        ids: Ids::Buildkite,
        workflows: &[Workflow {
            name: "vllm-ci",
            jobs: &[
                ":docker: build image",
                "Basic Correctness",
                "Distributed Tests (2 GPUs)",
                "Kernels 🚀",
                "LoRA %N",
            ],
        }],
        failures: 25,
        timeouts: 6,
        duration: 2_000.0,
        queue: 300.0,
        nightly: true,
        ..QUIET
    },
    Backend {
        repo: "riseproject-dev/pytorch-ci",
        workflows: &[Workflow {
            name: "riscv",
            jobs: &["cross-build", "qemu-smoke", "qemu-unit"],
        }],
        failures: 60,
        timeouts: 30,
        duration: 5_400.0,
        queue: 30.0,
        periodic: true,
        ..QUIET
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Those of the list that only get the webhook (L1): they never report.
    const SILENT: &[&str] = &[
        "example-accel/pytorch-tpu-next",
        "riseproject-dev/pytorch-ci-experimental",
    ];

    #[test]
    fn the_repositories_are_those_of_the_sample_allowlist() {
        let listed: BTreeSet<&str> = include_str!("../../../assets/allowlist.yml")
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .flat_map(str::split_whitespace)
            .map(|word| word.trim_end_matches(':'))
            .filter(|word| word.contains('/'))
            .collect();
        let reporting = BACKENDS.iter().map(|backend| backend.repo);
        assert_eq!(listed, reporting.chain(SILENT.iter().copied()).collect());
    }
}
