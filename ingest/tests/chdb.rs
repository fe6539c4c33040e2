//! The embedded ClickHouse as its clients meet it: over HTTP.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "chdb/inserts.rs"]
mod inserts;
#[path = "chdb/outside.rs"]
mod outside;

use std::sync::OnceLock;

use oot_ingest::chdb::Embedded;
use reqwest::{Client, Response, StatusCode, header};

/// One engine for all tests of this process: libchdb has one directory for its life.
struct Server {
    directory: tempfile::TempDir,
    _runtime: tokio::runtime::Runtime,
    url: String,
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    // On a thread of its own: the caller's runs a test already.
    SERVER.get_or_init(|| std::thread::spawn(start).join().unwrap())
}

fn start() -> Server {
    let directory = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let start = Embedded::start(directory.path(), "127.0.0.1:0".parse().unwrap(), None);
    let embedded = runtime
        .block_on(start)
        .unwrap_or_else(|error| panic!("{error:#}; `make test` fetches libchdb"));
    let url = embedded.url().to_owned();
    // It serves until the process ends.
    std::mem::forget(embedded);
    Server {
        directory,
        _runtime: runtime,
        url,
    }
}

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}

fn url(parameters: &[(&str, &str)]) -> reqwest::Url {
    let mut url = reqwest::Url::parse(&server().url).unwrap();
    url.query_pairs_mut().extend_pairs(parameters);
    url
}

async fn post(parameters: &[(&str, &str)], body: impl Into<reqwest::Body>) -> Response {
    client().post(url(parameters)).body(body).send().await.unwrap()
}

async fn run(sql: &str) -> String {
    let response = post(&[], sql.to_owned()).await;
    let status = response.status();
    let text = response.text().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{sql}: {text}");
    text.trim_end().to_owned()
}

/// Status and ClickHouse's error number.
async fn refusal(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let code = response.headers().get("x-clickhouse-exception-code");
    (
        status,
        code.map_or(String::new(), |code| code.to_str().unwrap().to_owned()),
    )
}

async fn table(name: &str) -> String {
    run(&format!("CREATE TABLE {name} (a Int32, s String) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100")).await;
    name.to_owned()
}

#[tokio::test]
async fn what_it_cannot_do_is_refused_by_name() {
    for (parameters, body, expected) in [
        (&[("nonsense", "1")][..], "SELECT 1", (400, "115")),
        (&[("no-name", "1")], "SELECT 1", (400, "115")),
        (&[("role", "r")], "SELECT 1", (400, "36")),
        (&[("user", "root")], "SELECT 1", (403, "516")),
        (&[("compress", "yes")], "SELECT 1", (400, "36")),
        (
            &[("session_id", "nowhere"), ("session_check", "1")],
            "SELECT 1",
            (400, "372"),
        ),
        (&[("readonly", "1"), ("max_threads", "1")], "SELECT 1", (403, "164")),
        (
            &[],
            "INSERT INTO t SELECT * FROM input('a Int8') FORMAT CSV\n1\n\n2",
            (403, "497"),
        ),
        (&[], "SELECT 1; SELECT 2", (400, "36")),
        (&[], "  \n", (400, "62")),
        (&[], "SELECT nothing", (400, "47")),
        (&[], "SELECT * FROM nowhere", (404, "60")),
    ] {
        let (status, code) = refusal(post(parameters, body).await).await;
        assert_eq!((status, code.as_str()), expected, "{parameters:?} {body}");
    }
}

#[tokio::test]
async fn a_get_only_reads() {
    let table = table("by_get").await;
    let get = |sql: String| async move { client().get(url(&[("query", &sql)])).send().await.unwrap() };
    assert_eq!(
        get(format!("SELECT count() FROM {table}")).await.text().await.unwrap(),
        "0\n"
    );
    assert_eq!(
        refusal(get(format!("DROP TABLE {table}")).await).await,
        (403, "164".to_owned())
    );
    // In a session, where what a statement sets would stay, as well.
    for sql in [
        format!("DROP TABLE {table}"),
        "SYSTEM STOP MERGES".to_owned(),
        "KILL QUERY WHERE 1".to_owned(),
        "CREATE TEMPORARY TABLE mine (a Int8)".to_owned(),
        "INSERT INTO FUNCTION null('a Int8') SELECT 1".to_owned(),
    ] {
        let in_session = client().get(url(&[("session_id", "reader"), ("query", &sql)])).send();
        assert_eq!(
            refusal(in_session.await.unwrap()).await,
            (403, "164".to_owned()),
            "{sql}"
        );
    }
    for sql in ["SET max_threads = 1", "SELECT 1", "SHOW TABLES"] {
        let in_session = client().get(url(&[("session_id", "reader"), ("query", sql)])).send();
        assert_eq!(in_session.await.unwrap().status(), 200, "{sql}");
    }
    assert_eq!(
        client()
            .get(format!("{}/ping", server().url))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        "Ok.\n"
    );
}

#[tokio::test]
async fn pages_of_a_browser_are_not_answered() {
    for (name, value) in [
        ("origin", "http://localhost"),
        ("host", "rebound.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let request = client().post(&server().url).header(name, value).body("SELECT 1");
        assert_eq!(request.send().await.unwrap().status(), 403, "{name}: {value}");
    }
    let typed = client()
        .get(url(&[("query", "SELECT 1")]))
        .header("sec-fetch-site", "none");
    assert_eq!(typed.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn settings_last_for_one_request_and_sessions_for_more() {
    let threads = "SELECT value FROM system.settings WHERE name = 'max_threads'";
    assert_eq!(
        post(&[("max_threads", "3")], threads).await.text().await.unwrap(),
        "3\n"
    );
    assert_ne!(run(threads).await, "3");
    let in_session = [("session_id", "one")];
    assert_eq!(
        post(&in_session, "CREATE TEMPORARY TABLE mine (a Int8)").await.status(),
        200
    );
    assert_eq!(
        post(&in_session, "INSERT INTO mine VALUES (1), (2)").await.status(),
        200
    );
    assert_eq!(
        post(&in_session, "SELECT sum(a) FROM mine").await.text().await.unwrap(),
        "3\n"
    );
    assert_eq!(post(&[], "SELECT sum(a) FROM mine").await.status(), 404);
}

#[tokio::test]
async fn what_one_request_of_a_session_has_for_itself_takes_nothing_from_the_session() {
    let text = async |parameters: &[(&str, &str)], sql: &str| {
        let parameters = [&[("session_id", "keeps")], parameters].concat();
        post(&parameters, sql.to_owned()).await.text().await.unwrap()
    };
    let said = "SELECT getSetting('max_threads'), getSetting('log_comment'), currentDatabase()";
    text(&[], "SET max_threads = 3, log_comment = 'it\\'s\\\\n'").await;
    let before = text(&[], said).await;
    assert!(before.starts_with("3\tit"), "{before}");
    let asked = [("max_threads", "1"), ("log_comment", "x"), ("database", "system")];
    assert_eq!(text(&asked, said).await, "1\tx\tsystem\n");
    assert_eq!(text(&[], said).await, before);
}

#[tokio::test]
async fn parameters_come_in_the_url_and_as_a_form() {
    assert_eq!(
        post(&[("param_x", "a\\nb'")], "SELECT {x:String} AS x FORMAT JSONEachRow")
            .await
            .text()
            .await
            .unwrap(),
        "{\"x\":\"a\\nb'\"}\n"
    );
    let form = |parts: &str| {
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\nSELECT {{x:Int32}} + 1\r\n{parts}--b--\r\n"
        );
        client()
            .post(&server().url)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b")
            .body(body)
    };
    let with_x = form("--b\r\nContent-Disposition: form-data; name=\"param_x\"\r\n\r\n41\r\n");
    assert_eq!(with_x.send().await.unwrap().text().await.unwrap(), "42\n");
    let with_table = form("--b\r\nContent-Disposition: form-data; name=\"t\"; filename=\"t\"\r\n\r\n1\r\n");
    assert_eq!(refusal(with_table.send().await.unwrap()).await, (400, "36".to_owned()));
}

#[tokio::test]
async fn a_long_result_comes_in_pieces_and_is_whole() {
    const SQL: &str = "SELECT number, toString(number) FROM numbers(300000) FORMAT RowBinaryWithNamesAndTypes";
    let pieces = post(&[], SQL).await.bytes().await.unwrap();
    let whole = post(&[("wait_end_of_query", "1")], SQL).await.bytes().await.unwrap();
    assert!(pieces == whole && pieces.len() > 3_000_000);
}

#[tokio::test]
async fn an_error_in_mid_stream_is_told_at_the_end() {
    let response = post(
        &[],
        "SELECT throwIf(number = 3000000) FROM numbers(10000000) FORMAT RowBinary",
    )
    .await;
    assert_eq!(response.status(), 200);
    let tag = response.headers()["x-clickhouse-exception-tag"]
        .to_str()
        .unwrap()
        .to_owned();
    let body = response.bytes().await.unwrap();
    let end = String::from_utf8_lossy(&body[body.len() - 400..]).into_owned();
    assert!(
        end.contains(&format!("__exception__\r\n{tag}\r\nCode: 395."))
            && end.ends_with(&format!(" {tag}\r\n__exception__\r\n")),
        "{end}"
    );
    // The official client makes an error of it.
    let client = clickhouse::Client::default().with_url(&server().url);
    let rows = client
        .query_raw("SELECT throwIf(number = 3000000) FROM numbers(10000000)")
        .fetch_all::<u8>()
        .await;
    assert!(rows.unwrap_err().to_string().contains("395"));
}

#[test]
fn a_directory_serves_one_process() {
    let server = server();
    let other = std::process::Command::new(env!("CARGO_BIN_EXE_oot-ingest"))
        .args(["clickhouse", "--listen", "127.0.0.1:0", "--data"])
        .arg(server.directory.path())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&other.stderr).into_owned();
    assert_eq!(other.status.code(), Some(2));
    assert!(error.contains("is in use by another process"), "{error}");
}
