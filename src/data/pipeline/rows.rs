//! The lines of the pipeline's screen, daemon by daemon.

use super::Pipeline;
use crate::data::filter::Filter;

/// A line of the pipeline's screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A daemon's heading.
    Daemon(usize),
    /// Why it doesn't answer.
    Silent(usize),
    /// Its n-th trouble.
    Trouble(usize, usize),
    Callbacks(usize),
    Store(usize),
    Replication(usize),
    /// The heads of the shards' table, and its n-th row.
    PositionHeads,
    Position(usize, usize),
    /// The heads of the repositories' table, and its n-th row.
    RepositoryHeads,
    Repository(usize, usize),
    Blank,
}

impl Pipeline {
    /// The screen's lines; of the repositories those that pass.
    pub fn rows(&self, filter: &Filter) -> Vec<Row> {
        let mut rows = Vec::new();
        for (number, daemon) in self.daemons.iter().enumerate() {
            if number > 0 {
                rows.push(Row::Blank);
            }
            rows.push(Row::Daemon(number));
            let status = match &daemon.answer {
                Ok(status) => status,
                Err(_) => {
                    rows.push(Row::Silent(number));
                    continue;
                }
            };
            rows.extend((0..status.troubles.len()).map(|at| Row::Trouble(number, at)));
            if status.intake.is_some() {
                rows.extend([Row::Callbacks(number), Row::Store(number)]);
            }
            if let Some(replication) = &status.replication {
                rows.push(Row::Replication(number));
                if !replication.positions.is_empty() {
                    rows.extend([Row::Blank, Row::PositionHeads]);
                    rows.extend((0..replication.positions.len()).map(|at| Row::Position(number, at)));
                }
            }
            if let Some(intake) = status.intake.as_ref().filter(|it| !it.repositories.is_empty()) {
                rows.extend([Row::Blank, Row::RepositoryHeads]);
                let passing = intake.repositories.iter().enumerate();
                let passing = passing.filter(|(_, it)| filter.passes(&[&it.repo]));
                rows.extend(passing.map(|(at, _)| Row::Repository(number, at)));
            }
        }
        rows
    }

    /// What tells a row of [`Pipeline::rows`] from all others, whatever comes and goes around it.
    pub fn key(&self, rows: &[Row], at: usize) -> Option<String> {
        let of = |number: usize, kind: &str, what: &str| {
            let daemon = self.daemons.get(number)?;
            Some(format!("{}\n{kind}\n{what}", daemon.url))
        };
        let status = |number: usize| self.daemons.get(number)?.answer.as_ref().ok();
        match *rows.get(at)? {
            Row::Daemon(number) => of(number, "daemon", ""),
            Row::Silent(number) => of(number, "silent", ""),
            Row::Trouble(number, trouble) => {
                let trouble = status(number)?.troubles.get(trouble)?;
                of(number, "trouble", &format!("{}\n{}", trouble.source, trouble.what))
            }
            Row::Callbacks(number) => of(number, "callbacks", ""),
            Row::Store(number) => of(number, "store", ""),
            Row::Replication(number) => of(number, "replication", ""),
            Row::Position(number, position) => {
                let position = status(number)?.replication.as_ref()?.positions.get(position)?;
                of(number, "shard", &position.shard)
            }
            Row::Repository(number, repository) => {
                let repository = status(number)?.intake.as_ref()?.repositories.get(repository)?;
                of(number, "repository", &repository.repo)
            }
            // They belong to the rows that follow them, of which the first may be another one next time.
            Row::PositionHeads | Row::RepositoryHeads => {
                let daemon = rows[..at].iter().rev().find_map(|row| match row {
                    Row::Daemon(number) => Some(*number),
                    _ => None,
                })?;
                of(daemon, "heads", &format!("{:?}", rows[at]))
            }
            Row::Blank => Some(format!("blank\n{}", self.key(rows, at + 1)?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::pipeline::Daemon;
    use crate::data::pipeline::tests::pipeline;

    #[test]
    fn every_row_has_a_key_of_its_own() {
        let status = serde_json::json!({"troubles": [{"source": "s", "what": "a"}, {"source": "s", "what": "b"}],
            "intake": {"repositories": [{"repo": "a/b"}, {"repo": "c/d"}]},
            "replication": {"positions": [{"shard": "1"}, {"shard": "2"}]}});
        let mut it = pipeline(&[status.clone(), status]);
        it.daemons[1].url = "http://other".to_owned();
        it.daemons.push(Daemon {
            url: "http://third".to_owned(),
            answer: Err("refused".to_owned()),
        });
        let rows = it.rows(&Filter::default());
        let keys: Vec<String> = (0..rows.len()).filter_map(|at| it.key(&rows, at)).collect();
        let different: std::collections::HashSet<&String> = keys.iter().collect();
        assert_eq!((keys.len(), different.len()), (rows.len(), rows.len()), "{keys:?}");
    }
}
