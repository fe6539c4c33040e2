//! What reaches outside the engine's directory, however it is asked for: it is refused, and nothing of it is done.

use crate::{post, refusal, run, table};

/// ClickHouse's numbers: the engine or this interface denies it, and a setting that is not to be changed.
const DENIED: &str = "497";
const CONSTRAINT: &str = "452";

async fn refused(parameters: &[(&str, &str)], sql: &str, expected: &str) {
    let response = post(parameters, sql.to_owned()).await;
    assert_eq!(refusal(response).await.1, expected, "{parameters:?} {sql}");
}

#[tokio::test]
async fn files_are_neither_read_nor_written() {
    table("to_write").await;
    for sql in [
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT * FROM `\\x66ile`('/etc/passwd', 'LineAsString')",
        "SELECT file('/etc/passwd')",
        "SELECT `\\x66ile`('/etc/passwd')",
        "SELECT * APPLY(file) FROM (SELECT '/etc/passwd')",
        "SELECT * FROM filesystem('/etc')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM `/etc/passwd`",
        "SELECT * FROM default.`/etc/pass*`",
        "SELECT * FROM \"\\x2fetc\\x2fpasswd\"",
        "SELECT * FROM numbers(1) AS n, '/etc/passwd'",
        "SELECT in(1, `/etc/passwd`)",
        "SELECT * FROM loop('default', '/etc/passwd')",
        "SELECT * FROM mergeTreeIndex('default', '/etc/passwd')",
        "SELECT hasColumnInTable('default', '/etc/passwd', 'a')",
        "DESCRIBE TABLE '/etc/passwd'",
        "CREATE TABLE outside ENGINE = Alias(default, '/etc/passwd')",
        "CREATE TABLE outside (a Int8) ENGINE = File(CSV)",
        "CREATE TABLE outside (a Int8) ENGINE = `F\\x69le`(CSV)",
        "CREATE TABLE outside AS file('/etc/passwd', 'LineAsString')",
        "CREATE TABLE outside (a Int8) ENGINE = EmbeddedRocksDB(0, '/tmp/oot-outside') PRIMARY KEY a",
        "CREATE TABLE outside (query String, database String, settings Map(String, String)) ENGINE = QueryRunner",
        "CREATE DATABASE outside ENGINE = Filesystem",
        "CREATE DATABASE outside ENGINE = Atomic SETTINGS disk = disk(type = 'local', path = '/tmp/oot-outside')",
        "INSERT INTO FUNCTION file('/tmp/oot-outside', 'CSV', 'a Int8') SELECT 1",
        "SELECT 1 INTO OUTFILE '/tmp/oot-outside'",
        "BACKUP TABLE to_write TO File('/tmp/oot-outside')",
        "ATTACH TABLE outside FROM '/tmp/' (a Int8) ENGINE = MergeTree ORDER BY a",
    ] {
        refused(&[], sql, DENIED).await;
    }
    refused(&[("param_t", "/etc/passwd")], "SELECT * FROM {t:Identifier}", DENIED).await;
    for (setting, value) in [
        ("additional_result_filter", "throwIf(1, file('/etc/passwd'))"),
        ("format_template_row", "/etc/passwd"),
        ("format_template_resultset", "/etc/passwd"),
        ("format_schema", "/etc/passwd:x"),
        ("output_format_schema", "/tmp/oot-outside"),
        ("input_format_record_errors_file_path", "/tmp/oot-outside"),
        ("allow_experimental_eval_table_function", "1"),
    ] {
        refused(&[(setting, value)], "SELECT 1", CONSTRAINT).await;
        let value = value.replace('\'', "''");
        refused(&[], &format!("SELECT 1 SETTINGS {setting} = '{value}'"), CONSTRAINT).await;
        refused(&[], &format!("SET {setting} = '{value}'"), CONSTRAINT).await;
    }
    let elsewhere = "CREATE TABLE outside (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS storage_policy = 'elsewhere'";
    refused(&[], elsewhere, CONSTRAINT).await;
    assert!(!std::path::Path::new("/tmp/oot-outside").exists());
    assert_eq!(run("EXISTS TABLE outside").await, "0");
}

#[tokio::test]
async fn no_address_is_asked_and_no_program_started() {
    for sql in [
        "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a Int8')",
        "SELECT * FROM s3('http://127.0.0.1:1/bucket/x', 'CSV', 'a Int8')",
        "SELECT * FROM cosn('http://127.0.0.1:1/bucket/x', 'CSV', 'a Int8')",
        "SELECT * FROM icebergS3('http://127.0.0.1:1/bucket/x')",
        "SELECT * FROM remote('127.0.0.1:1', system.one)",
        "SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')",
        "SELECT * FROM executable('x', 'TSV', 'a Int8')",
        "CREATE TABLE outside (a Int8) ENGINE = `\\x55RL`('http://127.0.0.1:1/', 'CSV')",
        "CREATE TABLE outside (a Int8) ENGINE = Executable('x', 'TSV')",
        "CREATE TABLE outside (a Int8) ENGINE = Kafka",
        "CREATE DATABASE outside ENGINE = MySQL('127.0.0.1:1', 'd', 'u', 'p')",
        "CREATE DICTIONARY outside (a UInt64) PRIMARY KEY a SOURCE(`\\x65xecutable`(COMMAND 'id' FORMAT 'TSV')) LAYOUT(FLAT()) LIFETIME(0)",
        "CREATE FUNCTION outside AS a -> a",
        "CREATE USER outside",
        "GRANT SOURCES ON *.* TO default",
        "SYSTEM SHUTDOWN",
    ] {
        refused(&[], sql, DENIED).await;
    }
}
