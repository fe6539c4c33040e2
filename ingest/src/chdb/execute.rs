//! One statement on a connection, and how its result comes: whole, or piece by piece at its reader's pace.

use std::collections::HashMap;
use std::io::Read;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::exception::{Exception, Raised};
use super::ffi::{Connection, Output, Parameters, Progress, StatementClass};
use super::format;
use super::job::{Answer, Job, Work};
use super::statement::{is_followed, is_of_the_session, outside};

/// A reader that takes nothing for so long is gone.
const READ_WITHIN: Duration = Duration::from_secs(60);
/// An insert's data goes to the engine in pieces of this size.
const PIECE_BYTES: usize = 1 << 20;
/// Pieces of a result that wait for a slow reader, before the engine has to.
const PIECES_AHEAD: usize = 4;

pub(super) type Begun = oneshot::Sender<Result<Answer, Exception>>;

/// Runs a statement on a connection; says when its result begins.
pub(super) fn execute(connection: &mut Connection, job: Job, in_session: bool, begun: Begun) {
    if let Err(exception) = prepare(connection, &job, in_session) {
        return drop(begun.send(Err(exception)));
    }
    match job.work {
        Work::Insert { sql, format, data } => {
            let inserted = insert(connection, &sql, &format, &job.parameters, data);
            drop(begun.send(inserted.map(|progress| Answer {
                progress,
                first: Bytes::new(),
                rest: None,
            })));
        }
        Work::Query { sql, format, whole } if whole || !format::comes_in_pieces(&format) => {
            let output = connection.query(&sql, &format, &job.parameters);
            let answer = output.map(|output| Answer {
                progress: output.progress(),
                first: piece(&output),
                rest: None,
            });
            drop(begun.send(answer.map_err(|error| Exception::of_engine(&error))));
        }
        Work::Query { sql, format, .. } => stream(connection, &sql, &format, &job.parameters, begun),
    }
}

/// Database, settings and the guards: of what is outside, and of GET.
fn prepare(connection: &mut Connection, job: &Job, in_session: bool) -> Result<(), Exception> {
    let (Work::Query { sql, .. } | Work::Insert { sql, .. }) = &job.work;
    if let Some(what) = outside(sql) {
        return Err(Raised::AccessDenied.because(format_args!(
            "{what} is off: the embedded ClickHouse stays in its own directory"
        )));
    }
    if is_followed(sql) {
        return Err(Raised::BadArguments.because("one request takes one statement"));
    }
    let mut run = |sql: String| {
        let done = connection.query(sql.as_bytes(), "Null", &Parameters::default());
        done.map(drop).map_err(|error| Exception::of_engine(&error))
    };
    if let Some(database) = &job.database {
        run(format!("USE {}", quoted(database, '`')))?;
    }
    // First, as if it stood in the user's profile: 1 then refuses every other setting, as such a user's server does.
    for (name, value) in job.settings.iter().filter(|(name, _)| name == "readonly") {
        run(format!("SET {name} = {}", quoted(value, '\'')))?;
    }
    let others: Vec<String> = job
        .settings
        .iter()
        .filter(|(name, _)| name != "readonly")
        .map(|(name, value)| format!("{name} = {}", quoted(value, '\'')))
        .collect();
    if !others.is_empty() {
        run(format!("SET {}", others.join(", ")))?;
    }
    let asked_for = job.settings.iter().any(|(name, _)| name == "readonly");
    if job.read_only && !in_session && !asked_for {
        run("SET readonly = 2".to_owned())?;
    }
    // In a session, readonly would stay set. The engine's parser is asked in no other case: it takes milliseconds.
    if job.read_only && in_session && !is_of_the_session(sql) && connection.classify(sql) != StatementClass::ReadOnly {
        return Err(Raised::Readonly.because("GET only reads: send what changes something by POST"));
    }
    Ok(())
}

/// What takes back the database and the settings that one request of a session has for itself: the session keeps what its statements set.
pub(super) fn taken_back(connection: &mut Connection, job: &Job) -> Vec<String> {
    let mut ask = |sql: &str| {
        let answer = connection.query(sql.as_bytes(), "TabSeparated", &Parameters::default());
        answer.map_or(String::new(), |output| {
            String::from_utf8_lossy(output.bytes()).into_owned()
        })
    };
    let mut statements = Vec::new();
    if job.database.is_some() {
        statements.push(format!(
            "USE {}",
            quoted(ask("SELECT currentDatabase()").trim_end(), '`')
        ));
    }
    if !job.settings.is_empty() {
        let names: Vec<String> = job.settings.iter().map(|(name, _)| quoted(name, '\'')).collect();
        let changed = ask(&format!(
            "SELECT name, value FROM system.settings WHERE changed AND name IN ({})",
            names.join(", ")
        ));
        let changed: HashMap<&str, &str> = changed.lines().filter_map(|line| line.split_once('\t')).collect();
        let before = job.settings.iter().map(|(name, _)| match changed.get(name.as_str()) {
            // Escaped as in a literal of SQL.
            Some(value) => format!("{name} = '{value}'"),
            None => format!("{name} = DEFAULT"),
        });
        statements.push(format!("SET {}", before.collect::<Vec<_>>().join(", ")));
    }
    statements
}

fn insert(
    connection: &mut Connection,
    sql: &[u8],
    format: &str,
    parameters: &Parameters,
    mut data: Box<dyn Read + Send>,
) -> Result<Progress, Exception> {
    let of_engine = |error: String| Exception::of_engine(&error);
    let mut insert = connection.insert(sql, format, parameters).map_err(of_engine)?;
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        // An insert that is not finished is cancelled when it is dropped.
        let length = data
            .read(&mut piece)
            .map_err(|error| Raised::CannotDecompress.because(error))?;
        if length == 0 {
            return insert.finish().map_err(of_engine);
        }
        insert.append(&piece[..length]).map_err(of_engine)?;
    }
}

fn stream(connection: &mut Connection, sql: &[u8], format: &str, parameters: &Parameters, begun: Begun) {
    let mut header = format::RepeatedHeader::of(format);
    let started = connection
        .stream(sql, format, parameters)
        .and_then(|mut stream| Ok((stream.fetch()?, stream)));
    let (first, mut stream) = match started {
        Ok(started) => started,
        Err(error) => return drop(begun.send(Err(Exception::of_engine(&error)))),
    };
    let Some(first) = first else {
        let nothing = Answer {
            progress: Progress::default(),
            first: Bytes::new(),
            rest: None,
        };
        return drop(begun.send(Ok(nothing)));
    };
    header.learn(first.bytes());
    let runtime = tokio::runtime::Handle::current();
    let (pieces, rest) = mpsc::channel(PIECES_AHEAD);
    let answer = Answer {
        progress: first.progress(),
        first: piece(&first),
        rest: Some(rest),
    };
    if begun.send(Ok(answer)).is_err() {
        return;
    }
    loop {
        let (next, ended) = match stream.fetch() {
            Ok(None) => (Ok(Bytes::new()), true),
            Ok(Some(output)) => match header.strip(output.bytes()) {
                [] => continue,
                rows => (Ok(Bytes::copy_from_slice(rows)), false),
            },
            Err(error) => (Err(Exception::of_engine(&error)), true),
        };
        // A reader that went away, or takes nothing any more, cancels the query: the stream is dropped before its end.
        let sent = runtime.block_on(tokio::time::timeout(READ_WITHIN, pieces.send(next)));
        if ended || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

fn piece(output: &Output) -> Bytes {
    Bytes::copy_from_slice(output.bytes())
}

fn quoted(text: &str, quote: char) -> String {
    let escaped = text.replace('\\', "\\\\").replace(quote, &format!("\\{quote}"));
    format!("{quote}{escaped}{quote}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_quoted_whatever_they_hold() {
        assert_eq!(quoted("it's \\ `here`", '\''), r"'it\'s \\ `here`'");
        assert_eq!(quoted("a`b", '`'), r"`a\`b`");
    }
}
