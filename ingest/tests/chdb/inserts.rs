//! Inserts: whole or not at all, and behind nobody.

use std::io::Write as _;
use std::time::Duration;

use reqwest::{StatusCode, header};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::{client, post, refusal, run, table, url};

#[tokio::test]
async fn an_empty_line_in_the_data_cuts_nothing() {
    let table = table("empty_line").await;
    let data = "1,\"one\n\ntwo\"\n2,\"\n\n\"\n3,x\n";
    run(&format!("INSERT INTO {table} FORMAT CSV\n{data}")).await;
    // Other rows: the table takes a block of the same content only once.
    let data = data.replace("1,", "10,");
    assert_eq!(
        post(&[("query", &format!("INSERT INTO {table} FORMAT CSV"))], data)
            .await
            .status(),
        200
    );
    assert_eq!(
        post(
            &[("query", &format!("INSERT INTO {table} VALUES"))],
            "(4, '\n\n'), (5, '')"
        )
        .await
        .status(),
        200
    );
    assert_eq!(
        run(&format!("SELECT count(), sum(length(s)) FROM {table}")).await,
        "8\t24"
    );
}

#[tokio::test]
async fn packed_bodies_are_unpacked_or_refused() {
    let table = table("packed").await;
    let insert = format!("INSERT INTO {table} FORMAT TSV");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"1\tgzip\n").unwrap();
    let mut frame = lz4_flex::frame::FrameEncoder::new(Vec::new());
    frame.write_all(b"2\tlz4\n").unwrap();
    for (encoding, body) in [("gzip", gzip.finish().unwrap()), ("lz4", frame.finish().unwrap())] {
        let request = client()
            .post(url(&[("query", &insert)]))
            .header(header::CONTENT_ENCODING, encoding)
            .body(body);
        assert_eq!(request.send().await.unwrap().status(), 200, "{encoding}");
    }
    for encoding in ["zstd", "br", "deflate", "snappy"] {
        let request = client()
            .post(url(&[("query", &insert)]))
            .header(header::CONTENT_ENCODING, encoding)
            .body("3\tx\n");
        assert_eq!(
            refusal(request.send().await.unwrap()).await,
            (400, "89".to_owned()),
            "{encoding}"
        );
    }
    let torn = post(
        &[("query", &insert), ("decompress", "1")],
        "3\tnot packed at all, but long enough for a header\n",
    )
    .await;
    assert_eq!(refusal(torn).await, (400, "271".to_owned()));
    assert_eq!(
        run(&format!("SELECT groupArray(s) FROM (SELECT s FROM {table} ORDER BY a)")).await,
        "['gzip','lz4']"
    );
}

#[tokio::test]
async fn an_insert_that_fails_leaves_nothing() {
    let table = table("torn").await;
    let response = post(&[("query", &format!("INSERT INTO {table} FORMAT TSV"))], "1\ta\nx\tb\n").await;
    assert_eq!(response.status(), 400);
    assert!(response.text().await.unwrap().contains("Code: 27. DB::Exception"));
    assert_eq!(run(&format!("SELECT count() FROM {table}")).await, "0");
}

#[tokio::test]
async fn the_same_token_inserts_once() {
    let table = table("dedup").await;
    for _ in 0..2 {
        let parameters = [
            ("query", format!("INSERT INTO {table} FORMAT TSV")),
            ("insert_deduplication_token", "t".to_owned()),
        ];
        let parameters = parameters.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(post(&parameters, "1\ta\n").await.status(), 200);
    }
    assert_eq!(run(&format!("SELECT count() FROM {table}")).await, "1");
}

/// An end that doesn't come when much of it is in the engine already.
#[tokio::test]
async fn an_insert_that_is_torn_far_behind_its_start_leaves_nothing() {
    let table = table("torn_late").await;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for row in 0..300_000 {
        writeln!(gzip, "{row}\t{row:020}").unwrap();
    }
    let whole = gzip.finish().unwrap();
    let insert = format!("INSERT INTO {table} FORMAT TSV");
    let send = async |body: &[u8]| {
        let request = client().post(url(&[("query", &insert)]));
        let request = request.header(header::CONTENT_ENCODING, "gzip").body(body.to_vec());
        request.send().await.unwrap()
    };
    let torn = send(&whole[..whole.len() - 1000]).await;
    assert_eq!(refusal(torn).await, (400, "271".to_owned()));
    assert_eq!(run(&format!("SELECT count() FROM {table}")).await, "0");
    assert_eq!(send(&whole).await.status(), 200);
    assert_eq!(run(&format!("SELECT count() FROM {table}")).await, "300000");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insert_does_not_wait_for_readers_that_read_nothing() {
    let table = table("pressed").await;
    let (answered, mut answers) = mpsc::channel(16);
    let mut readers = JoinSet::new();
    for _ in 0..16 {
        let answered = answered.clone();
        readers.spawn(async move {
            let sql = "SELECT number, repeat('x', 100) FROM numbers(100000000)";
            // Held, and not read.
            let response = post(&[], sql).await;
            answered.send(response.status()).await.unwrap();
            std::future::pending::<()>().await;
            drop(response);
        });
    }
    for _ in 0..12 {
        assert_eq!(answers.recv().await, Some(StatusCode::OK));
    }
    let insert = format!("INSERT INTO {table} FORMAT TSV\n1\ta\n");
    tokio::time::timeout(Duration::from_secs(20), run(&insert))
        .await
        .expect("a place is kept for it");
}
