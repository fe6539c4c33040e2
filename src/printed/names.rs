//! Backends that are named on the command line: which one words mean, and that a mistyped name is nobody's.

use super::ALLOWLIST_WITHIN;
use crate::answer::all_names;
use crate::clock;
use crate::data::names::{self, Meant};
use crate::data::repo::same_repo;
use crate::data::text::printable;
use crate::settings::args::Command;
use crate::settings::config::Config;
use crate::source::Reader;
use crate::web::allowlist::{AllowlistSource, Known, Wait};

type Failure = Box<dyn std::error::Error>;

/// The command with the backend's whole name, where words of it were typed.
///
/// # Errors
/// When the names can't be found out, and when not exactly one has these words.
pub async fn resolved(config: &Config, mut command: Command) -> Result<Command, Failure> {
    if let Some(name) = backend_of(&mut command).filter(|name| !names::is_whole(name)) {
        let (known, _) = known(config).await?;
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let meant = match names::meant(&known, name) {
            Meant::One(repo) => repo.to_owned(),
            Meant::Several(repos) => return Err(printable(&names::which(&repos)).into()),
            Meant::None => return Err(format!("no backend has {name:?} in its name").into()),
        };
        *name = meant;
    }
    Ok(command)
}

fn backend_of(command: &mut Command) -> Option<&mut String> {
    match command {
        Command::Backend { repo } | Command::Trends { repo: Some(repo), .. } => Some(repo),
        _ => None,
    }
}

/// Of a backend without results, where one was named.
///
/// # Errors
/// When neither data nor allowlist know it. That it can't be found out is none.
pub async fn is_somebody(config: &Config, repo: &str) -> Result<(), Failure> {
    if repo.is_empty() {
        return Ok(());
    }
    // Without an allowlist that should be there nobody knows who stands in it.
    let Ok((known, true)) = known(config).await else {
        return Ok(());
    };
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    match known.iter().any(|name| same_repo(name, repo)) {
        true => Ok(()),
        false => Err(printable(&names::nobody(repo, &known)).into()),
    }
}

/// Every backend in one spelling, by name; and whether these are all.
async fn known(config: &Config) -> Result<(Vec<String>, bool), Failure> {
    let now = clock::now();
    let reader = Reader::new(&config.clickhouse);
    let listed = async {
        let allowlist = AllowlistSource::new(config.allowlist.as_ref(), None).await;
        allowlist.known(now, Wait::ForNew(ALLOWLIST_WITHIN)).await
    };
    let (mut names, Known { trouble, .. }) = all_names(&reader, listed).await?;
    names::put_in_order(&mut names);
    Ok((names, trouble.is_none()))
}
