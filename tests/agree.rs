//! Numbers agree everywhere: random histories in both layouts, and every surface held against one plain computation in memory of
//! what the words mean (relay contract, section 7): [`oot_tests::reference`].
//!
//! `OOT_AGREE_CASES` makes the histories more, `OOT_AGREE_SEED` others. What fails is made smaller, and its records are printed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agree {
    pub(crate) mod printed;
    pub(crate) mod screens;
    pub(crate) mod shapes;
}

use agree::{printed, screens};
use oot_hud::answer::Sources;
use oot_hud::data::chosen::{EventView, Range};
use oot_hud::settings::args::{Choice, Global, Moment};
use oot_hud::settings::config::{Config, Environment};
use oot_hud::settings::location::Location;
use oot_hud::source::Reader;
use oot_hud::source::daemons::Daemons;
use oot_hud::web::allowlist::AllowlistSource;
use oot_hud::web::titles::Titles;
use oot_tests::history::{Ask, History, histories};
use oot_tests::reference::{DAY, Filters, Layout, Record, View};
use oot_tests::{ClickHouse, TABLES, make_tables};
use proptest::test_runner::{Config as Settings, RngAlgorithm, TestCaseResult, TestRng, TestRunner};

const LAYOUTS: [Layout; 2] = [Layout::Own, Layout::Hud];
/// Of a backend in another case than it reports under, and one that never does.
const LISTED: &[(&str, &str)] = &[("B/Two", "L4"), ("c/silent", "L2")];
const LIST: &str = "L4: [B/Two]\nL2: [c/silent]\n";
/// Records of a history.
const MOST: usize = 60;
/// Attempts at making one smaller that fails.
const SMALLER: u32 = 400;

fn setting(name: &str, default: u32) -> u32 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

#[test]
fn every_surface_says_what_the_words_mean() {
    let cases = setting("OOT_AGREE_CASES", 12);
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&setting("OOT_AGREE_SEED", 1).to_le_bytes());
    let settings = Settings {
        cases,
        failure_persistence: None,
        max_shrink_iters: setting("PROPTEST_MAX_SHRINK_ITERS", SMALLER),
        ..Settings::default()
    };
    let world = World::new();
    let mut runner = TestRunner::new_with_rng(settings, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    if let Err(failed) = runner.run(&histories(MOST), |history| world.agrees_on(&history)) {
        panic!("{failed}");
    }
}

/// A ClickHouse with a table of each layout, and who reads them.
struct World {
    clickhouse: ClickHouse,
    runtime: tokio::runtime::Runtime,
    /// The allowlist.
    list: tempfile::NamedTempFile,
    /// A configuration that says nothing.
    config: tempfile::NamedTempFile,
    _data: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let clickhouse = ClickHouse::start(data.path());
        make_tables(&clickhouse);
        let list = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(list.path(), LIST).unwrap();
        let config = tempfile::NamedTempFile::new().unwrap();
        Self {
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
            config,
            clickhouse,
            list,
            _data: data,
        }
    }

    /// Those of a layout, which know nothing of another history.
    fn sources(&self, layout: Layout) -> Sources {
        let config = load(
            &self.clickhouse,
            TABLES[layout as usize],
            &self.config,
            &Choice::default(),
        );
        let list = Location::File(self.list.path().to_owned());
        Sources::new(
            Reader::new(&config.clickhouse),
            self.runtime.block_on(AllowlistSource::new(Some(&list), None)),
            Daemons::new(&[]),
            // Nobody is asked.
            Titles::default(),
        )
        .waiting(std::time::Duration::from_secs(60))
    }

    /// Puts a history into both tables and asks all surfaces.
    fn agrees_on(&self, history: &History) -> TestCaseResult {
        // Whole seconds: the HUD's table has no smaller ones of an insert.
        let now = time::OffsetDateTime::now_utc().unix_timestamp() * 1_000_000_000;
        let records: Vec<Record> = history.records.iter().map(|record| record.later(now)).collect();
        self.fill(&records);
        let ask = Ask {
            as_of: history.ask.as_of.map(|as_of| as_of + now),
            ..history.ask.clone()
        };
        for layout in LAYOUTS {
            let case = Case {
                records: &records,
                ask: &ask,
                layout,
                now,
            };
            screens::agree(self, &case)?;
            // Processes take their time: they read one table or the other.
            if records.len() / 5 % 2 == layout as usize {
                printed::agree(self, &case)?;
            }
        }
        Ok(())
    }

    /// Whatever has ended has run before, in another part.
    fn fill(&self, records: &[Record]) {
        self.clickhouse.run("TRUNCATE TABLE oot_workflow_job_backends");
        for (layout, table) in LAYOUTS.into_iter().zip(TABLES) {
            self.clickhouse.run(&format!("TRUNCATE TABLE {table}"));
            let ran: Vec<String> = records
                .iter()
                .filter(|record| record.completed)
                .map(|record| record.while_it_ran().row(layout, 1).to_string())
                .collect();
            let last: Vec<String> = records.iter().map(|record| record.row(layout, 2).to_string()).collect();
            for rows in [ran, last].iter().filter(|rows| !rows.is_empty()) {
                self.clickhouse.run(&format!(
                    "INSERT INTO {table} SETTINGS date_time_input_format = 'best_effort' FORMAT JSONEachRow\n{}\n",
                    rows.join("\n")
                ));
            }
        }
    }
}

/// What the program goes by when it is given this.
fn load(clickhouse: &ClickHouse, table: &str, config: &tempfile::NamedTempFile, choice: &Choice) -> Config {
    let flags = Global {
        config: Some(config.path().to_owned()),
        clickhouse: Some(clickhouse.url.clone()),
        table: Some(table.to_owned()),
        refresh: Some(0),
        ..Global::default()
    };
    let environment = Environment {
        now: time::OffsetDateTime::now_utc().unix_timestamp_nanos() as i64,
        ..Environment::default()
    };
    Config::load(environment, &flags, choice).unwrap()
}

/// What is asked of a history, and where.
struct Case<'a> {
    records: &'a [Record],
    ask: &'a Ask,
    layout: Layout,
    now: i64,
}

impl Case<'_> {
    /// The moment that all is told of.
    fn moment(&self) -> i64 {
        self.ask.as_of.unwrap_or(self.now)
    }

    fn table(&self) -> &'static str {
        TABLES[self.layout as usize]
    }

    /// All there ever was.
    fn all(&self) -> Filters {
        Filters {
            layout: self.layout,
            view: View::All,
            repo: None,
            pr: None,
            commit: None,
            since: None,
            as_of: self.ask.as_of,
            now: self.moment(),
        }
    }

    /// The view and the range that were asked for.
    fn in_range(&self) -> Filters {
        Filters {
            view: self.ask.view,
            since: Some(self.moment() - self.range()),
            ..self.all()
        }
    }

    fn range(&self) -> i64 {
        self.ask.range * DAY
    }

    fn config(&self, world: &World) -> Config {
        let choice = Choice {
            range: Some(match self.ask.range {
                1 => Range::Day,
                7 => Range::Week,
                14 => Range::Fortnight,
                30 => Range::Month,
                _ => Range::Quarter,
            }),
            event: Some(match self.ask.view {
                View::Pr => EventView::Pr,
                View::Push => EventView::Push,
                View::Nightly => EventView::Nightly,
                View::Periodic => EventView::Periodic,
                View::All => EventView::All,
            }),
            as_of: self.ask.as_of.map(Moment::At),
            ..Choice::default()
        };
        load(&world.clickhouse, self.table(), &world.config, &choice)
    }
}
