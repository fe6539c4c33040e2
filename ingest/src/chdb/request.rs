//! What a request asks for: URL, headers, body → statement, format, settings.
//!
//! Each parameter is understood, handed to the engine as a setting, or refused with a sentence. None is ignored.

use std::io::Read;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Method, header, request::Parts};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use super::encoding::Encoding;
use super::exception::{Exception, Raised};
use super::ffi::Parameters;
use super::job::{Job, Work};
use super::session::{LONGEST_TIMEOUT, SessionUse, TIMEOUT};
use super::statement::{Statement, analyse};

/// A body as it arrives.
const BODY_BYTES: usize = 128 << 20;
/// A client that sends nothing of its body for so long is gone.
const STALLED_AFTER: Duration = Duration::from_secs(60);
/// A body that holds a statement, unpacked. Data behind a statement in the URL is unpacked piece by piece, without a limit.
const TEXT_BYTES: usize = 256 << 20;

/// One request, understood.
pub(super) struct Request {
    pub(super) job: Job,
    pub(super) query_id: Option<String>,
    /// The result in native LZ4 blocks.
    pub(super) compress: bool,
}

/// What URL, form and headers say, before the statement is looked at.
#[derive(Default)]
struct Given {
    sql: String,
    database: Option<String>,
    format: Option<String>,
    query_id: Option<String>,
    session_id: Option<String>,
    session_timeout: Option<Duration>,
    session_check: bool,
    compress: bool,
    decompress: bool,
    whole: bool,
    parameters: Parameters,
    settings: Vec<(String, String)>,
}

/// Reads a request to its end.
///
/// # Errors
/// What can't be handled, named.
pub(super) async fn read(parts: &Parts, body: Body) -> Result<Request, Exception> {
    let mut given = Given::default();
    given.headers(&parts.headers)?;
    for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
        given.parameter(&name, value.into_owned())?;
    }
    let mut body = collect(body, STALLED_AFTER).await?;
    let content_encoding = header(&parts.headers, header::CONTENT_ENCODING.as_str());
    let mut encoding = Encoding::of(content_encoding, given.decompress)?;
    let content_type = header(&parts.headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    if content_type
        .trim_start()
        .to_ascii_lowercase()
        .starts_with("multipart/form-data")
    {
        let form = std::mem::replace(&mut encoding, Encoding::Identity).decode(body, TEXT_BYTES)?;
        given.form(content_type, form).await?;
        body = Bytes::new();
    }
    let work = given.work(body, encoding)?;
    Ok(Request {
        compress: given.compress,
        query_id: given.query_id,
        job: Job {
            session: given.session_id.map(|id| SessionUse {
                id,
                timeout: given.session_timeout.unwrap_or(TIMEOUT),
                check: given.session_check,
            }),
            database: given.database,
            settings: given.settings,
            read_only: parts.method == Method::GET,
            parameters: given.parameters,
            work,
        },
    })
}

impl Given {
    fn headers(&mut self, headers: &HeaderMap) -> Result<(), Exception> {
        for (name, parameter) in [
            ("x-clickhouse-user", "user"),
            ("x-clickhouse-database", "database"),
            ("x-clickhouse-format", "default_format"),
            ("x-clickhouse-quota", "quota_key"),
        ] {
            if let Some(value) = header(headers, name) {
                self.parameter(parameter, value.to_owned())?;
            }
        }
        Ok(())
    }

    fn parameter(&mut self, name: &str, value: String) -> Result<(), Exception> {
        let given = || Some(value.clone()).filter(|value| !value.is_empty());
        match name {
            "query" => self.sql = value,
            "database" => self.database = given(),
            "default_format" => self.format = given(),
            "query_id" => self.query_id = given(),
            "session_id" => self.session_id = given(),
            "session_timeout" => self.session_timeout = Some(session_timeout(&value)?),
            "session_check" => self.session_check = flag(name, &value)?,
            "compress" => self.compress = flag(name, &value)?,
            "decompress" => self.decompress = flag(name, &value)?,
            "wait_end_of_query" => self.whole |= flag(name, &value)?,
            // Until so many bytes are there, an error is still an answer of its own. Waiting for all of them keeps that promise.
            "buffer_size" => self.whole |= value != "0",
            // One user without a password, as in a fresh server: a password is accepted there as well.
            "user" if value.is_empty() || value == "default" => {}
            "user" => {
                return Err(Raised::Authentication.because(format_args!(
                    "there is no user {value:?}: the embedded ClickHouse has only default"
                )));
            }
            "password" => {}
            // What the client could read at most. The oldest format is always among it.
            "client_protocol_version" => {}
            "quota_key" | "role" | "http_response_headers" if !value.is_empty() => {
                return Err(
                    Raised::BadArguments.because(format_args!("{name} is not supported by the embedded ClickHouse"))
                );
            }
            "quota_key" | "role" => {}
            name if name.starts_with("param_") => self.parameters.0.push((name["param_".len()..].to_owned(), value)),
            name if is_name(name) => self.settings.push((name.to_owned(), value)),
            name => return Err(Raised::UnknownSetting.because(format_args!("{name:?} is not the name of a setting"))),
        }
        Ok(())
    }

    /// A form holds the statement and its parameters; tables of the request's own are not supported.
    async fn form(&mut self, content_type: &str, body: Bytes) -> Result<(), Exception> {
        let bad = |error: multer::Error| Raised::BadArguments.because(format_args!("multipart/form-data: {error}"));
        let boundary = multer::parse_boundary(content_type).map_err(bad)?;
        let stream = futures_util::stream::once(std::future::ready(Ok::<_, std::io::Error>(body)));
        let mut form = multer::Multipart::new(stream, boundary);
        while let Some(field) = form.next_field().await.map_err(bad)? {
            let name = field.name().unwrap_or_default().to_owned();
            if field.file_name().is_some() || !(name == "query" || name.starts_with("param_")) {
                return Err(Raised::BadArguments.because(format_args!(
                    "the form's part {name:?} is not supported: query and param_* are; external tables are not"
                )));
            }
            let value = field.text().await.map_err(bad)?;
            self.parameter(&name, value)?;
        }
        Ok(())
    }

    /// Statement and data, wherever each of them stands.
    fn work(&mut self, body: Bytes, encoding: Encoding) -> Result<Work, Exception> {
        let sql = Bytes::from(std::mem::take(&mut self.sql));
        if let Statement::Insert {
            head,
            format: Some(format),
            data,
        } = analyse(&sql)
        {
            let mut before = data.to_vec();
            if !before.is_empty() {
                before.push(b'\n');
            }
            let data = std::io::Cursor::new(before).chain(encoding.reader(body));
            return Ok(Work::Insert {
                sql: sql.slice_ref(head),
                format: format.to_owned(),
                data: Box::new(data),
            });
        }
        let body = encoding.decode(body, TEXT_BYTES)?;
        let sql = match (sql.is_empty(), body.is_empty()) {
            (true, _) => body,
            (false, true) => sql,
            (false, false) => [sql.as_ref(), b"\n", body.as_ref()].concat().into(),
        };
        if sql.iter().all(u8::is_ascii_whitespace) {
            return Err(Raised::Syntax.because("the request holds no statement, neither in its body nor as ?query="));
        }
        Ok(match analyse(&sql) {
            Statement::Query { format, select } => {
                let format = format.or(self.format.as_deref()).unwrap_or("TabSeparated").to_owned();
                Work::Query {
                    sql: sql.clone(),
                    format,
                    whole: self.whole || !select,
                }
            }
            Statement::Insert {
                head,
                format: Some(format),
                data,
            } => {
                let data = std::io::Cursor::new(sql.slice_ref(data));
                Work::Insert {
                    sql: sql.slice_ref(head),
                    format: format.to_owned(),
                    data: Box::new(data),
                }
            }
            Statement::Insert { format: None, .. } => {
                return Err(Raised::Syntax.because("INSERT without data: expected VALUES, FORMAT or SELECT"));
            }
        })
    }
}

async fn collect(mut body: Body, stalled_after: Duration) -> Result<Bytes, Exception> {
    let mut content = BytesMut::new();
    let stalled = |_| Raised::SocketTimeout.because(format_args!("nothing of the body came for {stalled_after:?}"));
    while let Some(frame) = timeout(stalled_after, body.frame()).await.map_err(stalled)? {
        let frame =
            frame.map_err(|error| Raised::BadArguments.because(format_args!("the body ended early: {error}")))?;
        if let Ok(data) = frame.into_data() {
            if content.len() + data.len() > BODY_BYTES {
                return Err(Raised::TooLarge.because(format_args!(
                    "the body has more than {BODY_BYTES} bytes; send it in several requests"
                )));
            }
            content.extend_from_slice(&data);
        }
    }
    Ok(content.freeze())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn flag(name: &str, value: &str) -> Result<bool, Exception> {
    match value {
        "1" | "true" => Ok(true),
        "0" | "false" | "" => Ok(false),
        other => Err(Raised::BadArguments.because(format_args!("{name}: expected 0 or 1, got {other:?}"))),
    }
}

fn session_timeout(value: &str) -> Result<Duration, Exception> {
    let seconds = value
        .parse()
        .ok()
        .map(Duration::from_secs)
        .filter(|timeout| *timeout <= LONGEST_TIMEOUT);
    seconds.ok_or_else(|| {
        Raised::BadArguments.because(format_args!(
            "session_timeout: expected whole seconds up to {}, got {value:?}",
            LONGEST_TIMEOUT.as_secs()
        ))
    })
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt as _, stream};

    use super::*;

    #[tokio::test]
    async fn a_body_that_stalls_is_given_up() {
        let soon = Duration::from_millis(1);
        let pieces = || stream::iter([Ok::<_, std::io::Error>("a"), Ok("b")]);
        assert_eq!(collect(Body::from_stream(pieces()), soon).await.unwrap(), "ab");
        let error = collect(Body::from_stream(pieces().chain(stream::pending())), soon).await;
        assert_eq!(error.unwrap_err().code, 209);
    }
}
