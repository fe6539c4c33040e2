//! Who is believed to be the ClickHouse that was named.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use oot_tests::{ClickHouse, Tls, run_in};

/// A company's own ClickHouse has a certificate of the company's own authority.
#[test]
fn an_authority_of_ones_own_is_named_by_the_environment() {
    let data = tempfile::tempdir().unwrap();
    let clickhouse = ClickHouse::start(&data.path().join("server"));
    let tls = Tls::before(&clickhouse.url, data.path());
    let path = data.path().join("ingest");
    let migrate = ["migrate", "--data", path.to_str().unwrap(), "--clickhouse", &tls.url];
    let summary = ["--clickhouse", &tls.url, "summary", "--format", "json"];
    let unknown = "invalid peer certificate: UnknownIssuer. SSL_CERT_FILE names a file of other authorities";
    for (program, arguments) in [("oot-ingest", &migrate[..]), ("oot-hud", &summary[..])] {
        let printed = run_in(program, arguments, &[]);
        assert_eq!(printed.code, Some(2), "{printed:?}");
        assert!(printed.stderr.contains(unknown), "{printed:?}");
    }
    // As a slip of the pen makes it: nobody else is believed instead.
    let [missing, empty, broken] = ["missing", "empty.pem", "broken.pem"].map(|name| data.path().join(name));
    std::fs::write(&empty, "").unwrap();
    let no_certificate = "-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n";
    std::fs::write(&broken, no_certificate).unwrap();
    let [missing, empty, broken] = [&missing, &empty, &broken].map(|path| path.to_str().unwrap());
    let environments = [
        [("SSL_CERT_FILE", missing), ("SSL_CERT_DIR", "")],
        [("SSL_CERT_FILE", empty), ("SSL_CERT_DIR", "")],
        [("SSL_CERT_FILE", broken), ("SSL_CERT_DIR", "")],
        [("SSL_CERT_DIR", missing), ("SSL_CERT_FILE", "")],
    ];
    for (environment, why) in environments.iter().zip([
        "No such file",
        "there is none in it",
        "there is none in it",
        "No such file",
    ]) {
        let (variable, named) = environment[0];
        let said = format!("{variable}={named} gives no certificate: ");
        for (program, arguments) in [("oot-ingest", &migrate[..]), ("oot-hud", &summary[..])] {
            let printed = run_in(program, arguments, environment);
            assert_eq!(printed.code, Some(2), "{printed:?}");
            assert!(
                printed.stderr.contains(&said) && printed.stderr.contains(why),
                "{printed:?}"
            );
        }
    }
    let trusting = [("SSL_CERT_FILE", tls.authority.to_str().unwrap())];
    let printed = run_in("oot-ingest", &migrate, &trusting);
    assert_eq!(printed.code, Some(0), "{printed:?}");
    let printed = run_in("oot-hud", &summary, &trusting);
    assert_eq!(printed.code, Some(0), "{printed:?}");
    assert_eq!(printed.json(), serde_json::json!([]));
}
