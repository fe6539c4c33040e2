//! `oot-ingest dead-letter`: look at the letters, try them again, or throw them away.

use std::io::Write;

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, Subcommand};

use super::{DeadLetter, DeadLetters, SPOOL};
use crate::clickhouse::{Server, describe};
use crate::record::{Record, Stored};
use crate::replicate::row::JobRow;
use crate::replicate::sink;
use crate::shown::{shown, shown_json};
use crate::store::Store;

#[derive(Clone, Debug, Subcommand)]
pub enum Action {
    /// A table of them, the oldest first
    List {
        /// JSON, one object a line, with the bodies
        #[arg(long)]
        json: bool,
    },
    /// One letter with its body
    Show {
        /// The letter's id, as `list` shows it
        id: String,
    },
    /// Try them again: what succeeds is no letter any more
    Replay(Which),
    /// Throw them away
    Purge(Which),
}

impl Action {
    /// Whether it leaves all as it is.
    pub fn only_looks(&self) -> bool {
        matches!(self, Self::List { .. } | Self::Show { .. })
    }
}

/// Which letters are meant.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// Letters' ids, as `list` shows them
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// All there are
    #[arg(long)]
    all: bool,
}

impl Which {
    /// All there are.
    pub fn all() -> Self {
        Self {
            ids: Vec::new(),
            all: true,
        }
    }

    /// Those with these ids.
    pub fn of(ids: impl IntoIterator<Item = String>) -> Self {
        Self {
            ids: ids.into_iter().collect(),
            all: false,
        }
    }

    fn among(&self, letters: Vec<DeadLetter>) -> anyhow::Result<Vec<DeadLetter>> {
        if self.all {
            return Ok(letters);
        }
        self.ids.iter().map(|id| find(&letters, id).cloned()).collect()
    }
}

fn find<'a>(letters: &'a [DeadLetter], id: &str) -> anyhow::Result<&'a DeadLetter> {
    letters
        .iter()
        .find(|letter| letter.id == id)
        .with_context(|| format!("there is no dead letter {id}; `oot-ingest dead-letter list` shows those there are"))
}

/// Does it; what is to be read goes to `out`. Only a replay needs the store.
///
/// # Errors
/// When letters can't be read or written, or one that is replayed is refused again.
pub async fn run(
    action: &Action,
    letters: &DeadLetters,
    store: Option<&dyn Store>,
    server: &Server,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let all = letters.all().await?;
    match action {
        Action::List { .. } | Action::Show { .. } => look(action, &all, out)?,
        Action::Purge(which) => {
            let purged = which.among(all)?;
            letters.remove(&purged).await?;
            writeln!(out, "purged {}", purged.len())?;
        }
        Action::Replay(which) => {
            let store = store.context("a replay needs the store")?;
            let (mut replayed, mut refused) = (Vec::new(), 0);
            for letter in which.among(all)? {
                match replay(&letter, store, server).await {
                    Ok(()) => replayed.push(letter),
                    Err(error) => {
                        refused += 1;
                        writeln!(out, "{}: {}", letter.id, shown(&format!("{error:#}")))?;
                    }
                }
            }
            letters.remove(&replayed).await?;
            writeln!(out, "replayed {}", replayed.len())?;
            if refused > 0 {
                bail!("{refused} were refused again and stay dead letters");
            }
        }
    }
    Ok(())
}

/// Shows letters: those of the table and the file, or of the file alone.
///
/// # Errors
/// When one isn't among them, or can't be written out.
pub fn look(action: &Action, all: &[DeadLetter], out: &mut impl Write) -> anyhow::Result<()> {
    match action {
        Action::List { json: true } => {
            for letter in all {
                writeln!(out, "{}", shown_json(&serde_json::to_string(letter)?))?;
            }
        }
        Action::List { json: false } => {
            writeln!(out, "{:12}  {:24}  {:40}  REASON", "ID", "SET ASIDE", "OF")?;
            for letter in all {
                let DeadLetter { id, reason, .. } = letter;
                let (at, of) = (letter.at.to_string(), shown(&letter.of()));
                writeln!(out, "{id:12}  {at:24}  {of:40}  {}", shown(reason))?;
            }
        }
        Action::Show { id } => {
            let letter = find(all, id)?;
            let DeadLetter {
                id,
                at,
                reason,
                source,
                position,
                image,
            } = letter;
            writeln!(
                out,
                "id        {id}\nat        {at}\nsource    {source}\nposition  {}",
                shown(position)
            )?;
            writeln!(out, "reason    {}\n", shown(reason))?;
            match serde_json::from_str::<serde_json::Value>(image) {
                Ok(image) => writeln!(out, "{}", shown_json(&serde_json::to_string_pretty(&image)?))?,
                Err(_) => writeln!(out, "{}", shown(image))?,
            }
        }
        Action::Purge(_) | Action::Replay(_) => {}
    }
    Ok(())
}

/// What never came into the store goes there, and the change stream brings it on. Else the row is made of what the store has now,
/// which is never older than the letter; of the letter itself, where the store has nothing. A row that was to be taken away goes,
/// unless it is the very one that the store has.
async fn replay(letter: &DeadLetter, store: &dyn Store, server: &Server) -> anyhow::Result<()> {
    if letter.source == SPOOL {
        let record: Record = serde_json::from_str(&letter.image).context("the body is not a record")?;
        store.apply(record, letter.at).await?;
        return Ok(());
    }
    let image: serde_json::Value = serde_json::from_str(&letter.image).context("the body is not JSON")?;
    let key = image.get("dynamoKey").and_then(|key| key.as_str());
    let in_store = match key {
        Some(key) => store.get(key).await?,
        None => None,
    };
    let removed = image.get(sink::REMOVED) == Some(&true.into());
    let of_letter = || serde_json::from_value::<Stored>(image).context("the body is not a record");
    let insert = async |row: JobRow<'_>| {
        sink::insert_one(server, &row)
            .await
            .map_err(|error| anyhow!("ClickHouse: {}", describe(&error)))
    };
    match (in_store, removed) {
        (Some(stored), false) => insert(JobRow::written(&stored)).await,
        (None, false) => {
            let stored = of_letter().context("the store has no such record")?;
            insert(JobRow::written(&stored)).await
        }
        (None, true) => insert(JobRow::removed(&of_letter()?)).await,
        (Some(stored), true) => {
            let gone = of_letter()?;
            if gone.row_key() != stored.row_key() {
                insert(JobRow::removed(&gone)).await?;
            }
            insert(JobRow::written(&stored)).await
        }
    }
}
