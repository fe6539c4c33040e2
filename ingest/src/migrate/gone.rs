//! What was made and dropped since: the record of it still stands, and tells of nothing.

use clickhouse::Client;

use super::record::{Applied, is_in};
use super::{MIGRATIONS, Migration, UNKNOWN_TABLE, names};
use crate::clickhouse::{Server, code};

/// A table or a view that was dropped.
pub(super) struct Gone {
    /// What stands for it in the schema's files.
    pub(super) placeholder: &'static str,
    pub(super) name: String,
}

impl Gone {
    /// What becomes of what was in it, or was to come by it, when it is made again.
    pub(super) fn then(&self) -> &'static str {
        match self.placeholder {
            "{dead_letters:Identifier}" => "; the letters that were in it are lost",
            "{backends:Identifier}" | "{backends_of_rows:Identifier}" => {
                ", and what is missing is filled in from the results"
            }
            _ => ", and what is missing is filled in from the store",
        }
    }
}

/// What was made and is not there any more.
///
/// # Errors
/// Those of the queries.
pub(super) async fn gone(
    server: &Server,
    client: &Client,
    applied: &[Applied],
) -> Result<Vec<Gone>, clickhouse::error::Error> {
    let made = names(server).into_iter().filter(|(placeholder, _)| {
        let makes = |migration: &&Migration| migration.makes() == Some(*placeholder);
        MIGRATIONS.iter().filter(makes).any(|it| is_in(applied, it))
    });
    let listed: Vec<String> = client
        .query_raw(include_str!("tables.sql"))
        .param("table", &server.table)
        .fetch_all()
        .await?;
    let mut gone = Vec::new();
    for (placeholder, name) in made.filter(|(_, name)| !listed.contains(name)) {
        if !is_there(client, &name).await? {
            gone.push(Gone { placeholder, name });
        }
    }
    Ok(gone)
}

/// What a user may not look at is not listed for them. Whoever asks for it is refused, and otherwise than for one that isn't there.
async fn is_there(client: &Client, table: &str) -> Result<bool, clickhouse::error::Error> {
    let question = client.query_raw(include_str!("is_there.sql"));
    match question.param("table", table).fetch_all::<u8>().await {
        Ok(_) => Ok(true),
        Err(error) => match code(&error) {
            Some(UNKNOWN_TABLE) => Ok(false),
            Some(_) => Ok(true),
            None => Err(error),
        },
    }
}

impl Migration {
    /// The placeholder of the table or view that it makes, if it makes one.
    pub(super) fn makes(&self) -> Option<&'static str> {
        let (_, made) = self.sql.split_once("\nCREATE ")?;
        Some(&made[made.find('{')?..=made.find('}')?])
    }
}
