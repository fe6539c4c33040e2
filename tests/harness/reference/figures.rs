//! What is told of current results: how repositories, the relay, days and jobs do.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Counts, DAY, Filters, Layout, Outcome, PROBE, Record, SLACK, Verdict, View};
use super::{chosen, current, is_in_view, is_probe, is_same_repo};

/// Pull requests of the probe that tell how the relay does.
const RELAY_PRS: usize = 5;
/// Below this a pass rate is red.
const RED: f64 = 0.80;

/// Assumed: of so many, sorted, the one before which that part of them lies; of an even number in the middle, the upper one.
fn quantile(part: f64, figures: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let mut figures: Vec<f64> = figures.flatten().collect();
    figures.sort_by(f64::total_cmp);
    figures.get((part * figures.len() as f64) as usize).copied()
}

/// How a repository stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub repo: String,
    pub probe: bool,
    pub level: Option<String>,
    pub counts: Counts,
    pub duration_p50: Option<f64>,
    pub duration_p95: Option<f64>,
    pub queue_p50: Option<f64>,
    pub last_run: Option<i64>,
    /// When anything was last reported.
    pub newest: Option<i64>,
}

/// What is known of levels and last runs, whatever is looked at: the records of some months, the newest first.
pub struct Levels {
    lately: Vec<Outcome>,
    view: View,
}

impl Levels {
    /// Assumed: months are a hundred days, and all attempts of all events count; in our layout what a record said while it ran counts as
    /// well, until it is asked as of a moment (`schema/0006`).
    pub fn of(records: &[Record], filters: &Filters) -> Self {
        let all = Filters {
            view: View::All,
            repo: None,
            pr: None,
            commit: None,
            since: Some(filters.now - 100 * DAY),
            ..filters.clone()
        };
        let mut lately = chosen(records, &all);
        if filters.layout == Layout::Own && filters.as_of.is_none() {
            let ran: Vec<Record> = records
                .iter()
                .filter(|record| record.completed)
                .map(Record::while_it_ran)
                .collect();
            lately.extend(chosen(&ran, &all));
        }
        sort_newest_level_first(&mut lately);
        Self {
            lately,
            view: filters.view,
        }
    }

    /// A repository's level, where it has current results among these.
    ///
    /// Assumed: where neither the newest record nor the list says it, an older one does; at last, one of those that are looked at.
    pub fn level(&self, results: &[Outcome], repo: &str, allowlist: &[(&str, &str)]) -> Option<String> {
        let says = |results: &[Outcome]| -> Vec<String> {
            let own = results.iter().filter(|result| is_same_repo(&result.record.repo, repo));
            own.map(|result| result.record.level.clone()).collect()
        };
        let mut newest = says(&self.lately);
        if let Some(level) = newest.first().filter(|level| !level.is_empty()) {
            return Some(level.clone());
        }
        for (listed, level) in allowlist {
            if is_same_repo(listed, repo) {
                return Some((*level).to_owned());
            }
        }
        newest.extend(says(results));
        newest.into_iter().find(|level| !level.is_empty())
    }

    fn last_run(&self, repo: &str) -> Option<i64> {
        let own = self
            .lately
            .iter()
            .filter(|result| is_same_repo(&result.record.repo, repo));
        let own = own.filter(|result| is_in_view(&result.record, self.view));
        own.map(|result| result.seen).max()
    }
}

/// Assumed: of levels of one moment the greater one is newer.
fn sort_newest_level_first(outcomes: &mut [Outcome]) {
    outcomes.sort_by_key(|outcome| Reverse((outcome.seen, outcome.record.level.clone())));
}

/// Assumed: of names of one moment the one with the greater checksum is newer.
fn sort_newest_name_first(outcomes: &mut [Outcome]) {
    outcomes.sort_by_key(|outcome| Reverse((outcome.seen, crc32(&outcome.record.repo))));
}

fn crc32(text: &str) -> u32 {
    let mut crc = u32::MAX;
    for byte in text.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 * (crc & 1));
        }
    }
    !crc
}

/// Every repository that reported or is on the list, under the name that its newest record has.
///
/// Assumed: highest level first, then the worst rate, none last, then by name; the probe behind all.
pub fn standings(records: &[Record], filters: &Filters, allowlist: &[(&str, &str)]) -> Vec<Standing> {
    let results = current(records, filters);
    let levels = Levels::of(records, filters);
    // A record of the future says its level last.
    let mut by_newest = results.clone();
    sort_newest_level_first(&mut by_newest);
    let mut by_name = results.clone();
    sort_newest_name_first(&mut by_name);
    let mut standings: Vec<Standing> = Vec::new();
    for named in by_name
        .iter()
        .map(|result| result.record.repo.as_str())
        .chain(allowlist.iter().map(|(repo, _)| *repo))
    {
        if standings.iter().any(|other| is_same_repo(&other.repo, named)) {
            continue;
        }
        let own: Vec<&Outcome> = results
            .iter()
            .filter(|result| is_same_repo(&result.record.repo, named))
            .collect();
        standings.push(Standing {
            repo: named.to_owned(),
            probe: is_same_repo(named, PROBE),
            level: levels.level(&by_newest, named, allowlist),
            counts: Counts::of(&own),
            duration_p50: quantile(0.5, own.iter().map(|result| result.duration)),
            duration_p95: quantile(0.95, own.iter().map(|result| result.duration)),
            queue_p50: quantile(0.5, own.iter().map(|result| result.record.queue_time)),
            // Of who has none in the range, the last before it.
            last_run: own
                .iter()
                .map(|result| result.seen)
                .max()
                .or_else(|| levels.last_run(named)),
            newest: own.iter().map(|result| last_heard_of(result, filters.now)).max(),
        });
    }
    standings.sort_by(|one, other| {
        let rate = |standing: &Standing| standing.counts.pass_rate().unwrap_or(2.0);
        one.probe
            .cmp(&other.probe)
            .then(other.level.cmp(&one.level))
            .then(rate(one).total_cmp(&rate(other)))
            .then(one.repo.cmp(&other.repo))
    });
    standings
}

/// Assumed: an end in the future tells nothing.
fn last_heard_of(result: &Outcome, now: i64) -> i64 {
    let ended = result.record.ended.filter(|ended| *ended <= now + SLACK);
    result.seen.max(ended.unwrap_or(0))
}

/// Of the backends together; the probe is none.
pub fn overall_pass_rate(records: &[Record], filters: &Filters) -> Option<f64> {
    let results = current(records, filters);
    let backends: Vec<&Outcome> = results.iter().filter(|result| !is_probe(&result.record)).collect();
    Counts::of(&backends).pass_rate()
}

/// The commit with the latest start, of results that come newest first.
pub fn newest_commit(results: &[&Outcome]) -> Option<String> {
    results.first().map(|result| result.commit.clone())
}

/// The probe's pull requests that tell how the relay does, the latest first, each with what did not pass.
pub fn relay(records: &[Record], filters: &Filters) -> Vec<(u64, Vec<String>)> {
    let filters = Filters {
        view: View::Pr,
        repo: Some(PROBE.to_owned()),
        pr: None,
        commit: None,
        ..filters.clone()
    };
    let results = current(records, &filters);
    let prs: BTreeSet<u64> = results.iter().map(|result| result.record.pr).collect();
    let mut told = Vec::new();
    for pr in prs {
        let of_pr: Vec<&Outcome> = results.iter().filter(|result| result.record.pr == pr).collect();
        let newest = newest_commit(&of_pr);
        let on_newest: Vec<&Outcome> = of_pr
            .into_iter()
            .filter(|result| Some(&result.commit) == newest.as_ref())
            .collect();
        if on_newest.iter().any(|result| result.verdict == Verdict::Running) {
            continue;
        }
        let mut failing = Vec::new();
        for result in &on_newest {
            if result.verdict != Verdict::Success {
                failing.push(format!("{} / {}", result.record.workflow, result.record.job));
            }
        }
        failing.sort();
        let latest_start = on_newest.iter().map(|result| result.seen).max();
        told.push((latest_start, pr, failing));
    }
    // Assumed: of one moment, the greater number.
    told.sort_by_key(|(start, pr, _)| std::cmp::Reverse((*start, *pr)));
    told.truncate(RELAY_PRS);
    told.into_iter().map(|(_, pr, failing)| (pr, failing)).collect()
}

/// What the health line says, where no daemon is configured.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    pub degraded: bool,
    pub pass_rate: Option<f64>,
    pub backends: u64,
    pub red: BTreeSet<String>,
    pub running: u64,
    pub overdue: u64,
    pub relay: &'static str,
    pub relay_failing: Vec<(u64, Vec<String>)>,
    pub newest: Option<i64>,
}

/// Assumed: what runs is counted of the backends, what is overdue and what is newest of the probe, too.
pub fn health(records: &[Record], layout: Layout, now: i64) -> Health {
    let filters = Filters {
        layout,
        view: View::Pr,
        repo: None,
        pr: None,
        commit: None,
        since: Some(now - DAY),
        as_of: None,
        now,
    };
    let standings = standings(records, &filters, &[]);
    let backends: Vec<&Standing> = standings.iter().filter(|standing| !standing.probe).collect();
    let red: BTreeSet<String> = backends
        .iter()
        .filter(|standing| matches!(standing.counts.pass_rate(), Some(rate) if rate < RED))
        .map(|standing| standing.repo.clone())
        .collect();
    let prs = relay(records, &filters);
    let failing: Vec<(u64, Vec<String>)> = prs.iter().filter(|(_, failing)| !failing.is_empty()).cloned().collect();
    let overdue = standings.iter().map(|standing| standing.counts.overdue).sum();
    let newest = standings.iter().filter_map(|standing| standing.newest).max();
    Health {
        degraded: !red.is_empty()
            || !failing.is_empty()
            || overdue > 0
            || newest.is_none_or(|newest| now - newest > DAY),
        pass_rate: overall_pass_rate(records, &filters),
        backends: backends.len() as u64,
        red,
        running: backends.iter().map(|standing| standing.counts.running).sum(),
        overdue,
        relay: match (prs.is_empty(), failing.is_empty()) {
            (true, _) => "no data",
            (_, true) => "healthy",
            _ => "degraded",
        },
        relay_failing: failing,
        newest,
    }
}

/// The pass rates of a backend's last days (UTC) up to a moment, the oldest first.
pub fn daily(records: &[Record], filters: &Filters, repo: &str, days: i64) -> Vec<Option<f64>> {
    let last = filters.now.div_euclid(DAY);
    let filters = Filters {
        repo: Some(repo.to_owned()),
        since: Some((last - days + 1) * DAY),
        ..filters.clone()
    };
    let results = current(records, &filters);
    let mut rates = Vec::new();
    for day in last - days + 1..=last {
        rates.push(Counts::of(&of_day(&results, day, filters.now)).pass_rate());
    }
    rates
}

/// Assumed: what begins in the future is of today.
fn of_day(results: &[Outcome], day: i64, now: i64) -> Vec<&Outcome> {
    results
        .iter()
        .filter(|result| result.belongs.min(now).div_euclid(DAY) == day)
        .collect()
}

/// How it went on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// Since 1970.
    pub number: i64,
    pub counts: Counts,
    pub duration_p50: Option<f64>,
    pub queue_p50: Option<f64>,
}

/// How a job does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Job {
    pub success: u64,
    /// Failed or timed out.
    pub failure: u64,
    pub flaky: u64,
    /// Median of what passed.
    pub duration: Option<f64>,
}

/// Day by day, and job by job under repository, workflow and job, the repository in lower case.
///
/// Assumed: days are whole, as many as the range has, up to today's; of a single day, both that it touches.
pub fn trends(records: &[Record], filters: &Filters, range: i64) -> (Vec<Day>, BTreeMap<[String; 3], Job>) {
    let first = (filters.now - range).div_euclid(DAY) + i64::from(range > DAY);
    let filters = Filters {
        since: Some(first * DAY),
        ..filters.clone()
    };
    let mut results = current(records, &filters);
    if filters.repo.is_none() {
        results.retain(|result| !is_probe(&result.record));
    }
    let mut days = Vec::new();
    for number in first..=filters.now.div_euclid(DAY) {
        let own = of_day(&results, number, filters.now);
        days.push(Day {
            number,
            counts: Counts::of(&own),
            duration_p50: quantile(0.5, own.iter().map(|result| result.duration)),
            queue_p50: quantile(0.5, own.iter().map(|result| result.record.queue_time)),
        });
    }
    (days, jobs(&results))
}

/// How each job does that ended.
pub fn jobs(results: &[Outcome]) -> BTreeMap<[String; 3], Job> {
    let mut by_job = BTreeMap::<[String; 3], Vec<&Outcome>>::new();
    for result in results.iter().filter(|result| result.verdict != Verdict::Running) {
        by_job.entry(job_of(&result.record)).or_default().push(result);
    }
    let mut jobs = BTreeMap::new();
    for (name, own) in by_job {
        let counts = Counts::of(&own);
        let passed = own.iter().filter(|result| result.verdict == Verdict::Success);
        let job = Job {
            success: counts.success,
            failure: counts.failure + counts.timed_out,
            flaky: counts.flaky,
            duration: quantile(0.5, passed.map(|result| result.duration)),
        };
        jobs.insert(name, job);
    }
    jobs
}

/// Pull requests that a result's job failed in lately since it passed last, where the result is no older than the first of these failures.
///
/// Assumed: a timeout is a failure, too.
pub fn failing_prs(result: &Outcome, lately: &[Outcome]) -> u64 {
    let has_failed = |it: &Outcome| matches!(it.verdict, Verdict::Failure | Verdict::TimedOut);
    let own = lately
        .iter()
        .filter(|other| job_of(&other.record) == job_of(&result.record));
    let passed = own.clone().filter(|other| other.verdict == Verdict::Success);
    let last_passed = passed.map(|other| other.seen).max().unwrap_or(0);
    let failing = own.filter(|other| has_failed(other) && other.seen > last_passed);
    match failing.clone().map(|other| other.seen).min() {
        Some(since) if has_failed(result) && result.seen >= since => {
            failing.map(|other| other.record.pr).collect::<BTreeSet<_>>().len() as u64
        }
        _ => 0,
    }
}

/// A job's name across commits.
pub fn job_of(record: &Record) -> [String; 3] {
    [record.repo.to_lowercase(), record.workflow.clone(), record.job.clone()]
}
