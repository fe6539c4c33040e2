//! Section 7 of the relay contract once more, in memory and as plainly as it is written there: a second opinion on what queries and
//! programs say.
//!
//! It shares no code with them. Where the contract is silent, an "Assumed" says what the programs do. Moments are nanoseconds since
//! 1970, durations seconds.

mod figures;

use std::cmp::Reverse;

pub use figures::{
    Day, Health, Job, Levels, Standing, daily, failing_prs, health, job_of, jobs, newest_commit, overall_pass_rate,
    relay, standings, trends,
};

pub const MINUTE: i64 = 60_000_000_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// The relay's health probe.
pub const PROBE: &str = "pytorch/crcr-test";
/// Clocks differ by so much.
const SLACK: i64 = 5 * MINUTE;
/// What runs for longer is overdue.
const OVERDUE: i64 = 6 * HOUR + 25 * MINUTE;

/// An attempt, as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub key: String,
    pub completed: bool,
    pub conclusion: String,
    pub repo: String,
    /// 0 for none.
    pub pr: u64,
    pub sha: String,
    pub delivery: String,
    pub workflow: String,
    pub job: String,
    pub attempt: u32,
    pub event: String,
    pub level: String,
    pub started: Option<i64>,
    pub ended: Option<i64>,
    /// When we first heard of it, which only our own table knows.
    pub created: i64,
    /// When it was put into the HUD's table.
    pub inserted: i64,
    pub queue_time: Option<f64>,
    pub execution_time: Option<f64>,
    pub failed_tests: u64,
}

/// Whose table it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    Own,
    Hud,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Pr,
    Push,
    Nightly,
    Periodic,
    All,
}

/// What chooses attempts.
#[derive(Clone, Debug)]
pub struct Filters {
    pub layout: Layout,
    pub view: View,
    pub repo: Option<String>,
    pub pr: Option<u64>,
    /// The beginning of a SHA.
    pub commit: Option<String>,
    /// Where the range begins.
    pub since: Option<i64>,
    /// Where it ends, and as of when all is told.
    pub as_of: Option<i64>,
    /// The moment of asking.
    pub now: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Success,
    Failure,
    TimedOut,
    Cancelled,
    Other,
    Running,
}

/// An attempt that was chosen, as it stood; or, with what is known of its fellows, a current result.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub record: Record,
    pub belongs: i64,
    /// By when it is newer than others.
    pub seen: i64,
    pub commit: String,
    pub verdict: Verdict,
    pub duration: Option<f64>,
    pub overdue: bool,
    pub attempts: u64,
    pub flaky: bool,
    pub passed_before: u64,
    pub failed_before: u64,
}

/// How often things came out in a way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub success: u64,
    pub failure: u64,
    pub timed_out: u64,
    pub cancelled: u64,
    pub other: u64,
    pub running: u64,
    pub overdue: u64,
    pub flaky: u64,
}

impl Counts {
    pub fn of(results: &[&Outcome]) -> Self {
        let mut counts = Self::default();
        for result in results {
            match result.verdict {
                Verdict::Success => counts.success += 1,
                Verdict::Failure => counts.failure += 1,
                Verdict::TimedOut => counts.timed_out += 1,
                Verdict::Cancelled => counts.cancelled += 1,
                Verdict::Other => counts.other += 1,
                Verdict::Running => counts.running += 1,
            }
            counts.overdue += u64::from(result.overdue);
            counts.flaky += u64::from(result.flaky);
        }
        counts
    }

    /// Completed current results.
    pub fn total(&self) -> u64 {
        self.success + self.failure + self.timed_out + self.cancelled + self.other
    }

    pub fn pass_rate(&self) -> Option<f64> {
        let judged = self.success + self.failure + self.timed_out;
        if judged == 0 {
            return None;
        }
        Some(self.success as f64 / judged as f64)
    }
}

/// Assumed: names are those of repositories on GitHub, where case means nothing.
pub fn is_same_repo(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn is_probe(record: &Record) -> bool {
    is_same_repo(&record.repo, PROBE)
}

fn heard(record: &Record, layout: Layout) -> i64 {
    match layout {
        Layout::Own => record.created,
        Layout::Hud => record.inserted,
    }
}

/// By when a record belongs to a range.
fn belongs(record: &Record, layout: Layout) -> i64 {
    record.started.or(record.ended).unwrap_or(heard(record, layout))
}

/// Assumed: what begins later than it was heard of has a wrong clock, and is no newer than that.
fn seen(record: &Record, layout: Layout) -> i64 {
    let (belongs, heard) = (belongs(record, layout), heard(record, layout));
    match belongs > heard + SLACK {
        true => heard,
        false => belongs,
    }
}

/// The commit, in lower case, or the delivery that stands for it.
fn commit(record: &Record) -> String {
    let is_sha = record.sha.len() == 40 && record.sha.chars().all(|digit| digit.is_ascii_hexdigit());
    if is_sha {
        record.sha.to_lowercase()
    } else {
        record.delivery.clone()
    }
}

fn is_chosen(record: &Record, filters: &Filters) -> bool {
    let belongs = belongs(record, filters.layout);
    // Assumed: both ends of a range are in it.
    if filters.since.is_some_and(|since| belongs < since) || filters.as_of.is_some_and(|as_of| belongs > as_of) {
        return false;
    }
    if let Some(repo) = &filters.repo
        && !is_same_repo(&record.repo, repo)
    {
        return false;
    }
    if filters.pr.is_some_and(|pr| record.pr != pr) {
        return false;
    }
    if let Some(beginning) = &filters.commit
        && !commit(record).starts_with(&beginning.to_lowercase())
    {
        return false;
    }
    is_in_view(record, filters.view)
}

fn is_in_view(record: &Record, view: View) -> bool {
    match view {
        View::Pr => record.pr > 0,
        View::Push => record.event == "push",
        View::Nightly => record.event == "nightly",
        View::Periodic => record.event == "periodic",
        View::All => true,
    }
}

/// Assumed: as of a moment, what ended later still ran, and what came with its end is not known; one that doesn't say when it ended
/// has ended when it belongs.
fn as_it_stood(record: &Record, filters: &Filters) -> Record {
    let ended = record.ended.unwrap_or(belongs(record, filters.layout));
    match filters.as_of {
        Some(as_of) if record.completed && ended > as_of => Record {
            completed: false,
            conclusion: String::new(),
            ended: None,
            execution_time: None,
            failed_tests: 0,
            ..record.clone()
        },
        _ => record.clone(),
    }
}

fn verdict(record: &Record) -> Verdict {
    if !record.completed {
        return Verdict::Running;
    }
    // Assumed: such words stand in a job's name in lower case.
    let is_meant = match record.conclusion.as_str() {
        "failure" => record.job.contains("xfail"),
        "cancelled" => record.job.contains("xcancel"),
        "timed_out" => record.job.contains("xtimeout"),
        _ => false,
    };
    if is_probe(record) && is_meant {
        return Verdict::Success;
    }
    match record.conclusion.as_str() {
        "success" => Verdict::Success,
        "failure" => Verdict::Failure,
        "timed_out" => Verdict::TimedOut,
        "cancelled" => Verdict::Cancelled,
        _ => Verdict::Other,
    }
}

/// Assumed: what runs has none yet.
fn duration(record: &Record) -> Option<f64> {
    if !record.completed {
        return None;
    }
    let seconds = match (record.started, record.ended) {
        (Some(started), Some(ended)) => (ended - started) as f64 / 1e9,
        _ => record.execution_time?,
    };
    if seconds < 0.0 { None } else { Some(seconds) }
}

/// The attempts that the filters choose, as they stood.
fn chosen(records: &[Record], filters: &Filters) -> Vec<Outcome> {
    let mut chosen = Vec::new();
    for record in records {
        if !is_chosen(record, filters) {
            continue;
        }
        let belongs = belongs(record, filters.layout);
        let record = as_it_stood(record, filters);
        chosen.push(Outcome {
            belongs,
            seen: seen(&record, filters.layout),
            commit: commit(&record),
            verdict: verdict(&record),
            duration: duration(&record),
            // Assumed: what doesn't say when it started runs since it belongs.
            overdue: !record.completed && filters.now - belongs > OVERDUE,
            attempts: 1,
            flaky: false,
            passed_before: 0,
            failed_before: 0,
            record,
        });
    }
    sort_newest_first(&mut chosen);
    chosen
}

/// Assumed: newest is by the moment that a record belongs by, where its clock is right, then by commit and key.
fn sort_newest_first(outcomes: &mut [Outcome]) {
    let key = |outcome: &Outcome| (outcome.seen, outcome.commit.clone(), outcome.record.key.clone());
    outcomes.sort_by_cached_key(|outcome| Reverse(key(outcome)));
}

fn is_same_job(one: &Outcome, other: &Outcome) -> bool {
    is_same_repo(&one.record.repo, &other.record.repo)
        && one.commit == other.commit
        && one.record.workflow == other.record.workflow
        && one.record.job == other.record.job
}

/// Of two attempts of one job: does this one count?
fn counts_before(one: &Record, other: &Record) -> bool {
    if one.attempt != other.attempt {
        return one.attempt > other.attempt;
    }
    if one.completed != other.completed {
        return one.completed;
    }
    // Assumed: whoever doesn't say when it started stands last; of two keys, the greater counts.
    if one.started != other.started {
        return one.started > other.started;
    }
    one.key > other.key
}

/// The current results, newest first.
pub fn current(records: &[Record], filters: &Filters) -> Vec<Outcome> {
    let chosen = chosen(records, filters);
    let mut current = Vec::new();
    for attempt in &chosen {
        let fellows: Vec<&Outcome> = chosen.iter().filter(|other| is_same_job(attempt, other)).collect();
        if fellows
            .iter()
            .any(|other| counts_before(&other.record, &attempt.record))
        {
            continue;
        }
        // Assumed: a timeout is a failure, too; only chosen attempts tell.
        let has_failed = |other: &&Outcome| matches!(other.verdict, Verdict::Failure | Verdict::TimedOut);
        let before = || fellows.iter().filter(|other| other.record.key != attempt.record.key);
        let failed_before = before().filter(|other| has_failed(other)).count() as u64;
        current.push(Outcome {
            attempts: fellows.len() as u64,
            flaky: attempt.verdict == Verdict::Success && failed_before > 0,
            passed_before: before().filter(|other| other.verdict == Verdict::Success).count() as u64,
            failed_before,
            ..attempt.clone()
        });
    }
    current
}

/// The letter of a result.
pub fn glyph(result: &Outcome) -> char {
    match result.verdict {
        Verdict::Success if result.flaky => 'F',
        Verdict::Success => 'O',
        Verdict::Failure => 'X',
        Verdict::TimedOut => 'T',
        Verdict::Cancelled => 'C',
        // Assumed: one of its own, so that it is seen without colours.
        Verdict::Running if result.overdue => '!',
        Verdict::Running => '?',
        Verdict::Other => match result.record.conclusion.as_str() {
            "skipped" => 'S',
            "neutral" => 'N',
            "queued" => 'Q',
            _ => 'U',
        },
    }
}
