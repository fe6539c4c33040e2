//! Addresses of servers: what is taken for one, and what of it may be shown.

use super::error::ConfigError;

/// Where a secret would stand.
pub(crate) const MASK: &str = "***";

/// An address that can be asked.
///
/// # Errors
/// [`ConfigError::Value`] of the key.
pub(super) fn address(key: &'static str, expected: &'static str, url: String) -> Result<String, ConfigError> {
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(url);
    }
    Err(ConfigError::Value {
        key: key.to_owned(),
        expected,
        got: masked(&url),
    })
}

/// An address as it may be shown: without what stands before an `@`, and without parameters, where secrets are.
pub(crate) fn masked(url: &str) -> String {
    let is_scheme = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (&url[..scheme.len() + 3], rest),
        _ => ("", url),
    };
    // A password may hold any character: what stands before the last `@` is never shown.
    let (before, rest) = rest.rsplit_once('@').unwrap_or(("", rest));
    if before.contains(['?', '#']) {
        return format!("{scheme}{}", host_alone(before));
    }
    let user = if before.is_empty() { "" } else { "***@" };
    let (shown, hidden) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    let mark = hidden.get(..1).map_or(String::new(), |mark| format!("{mark}{MASK}"));
    format!("{scheme}{user}{shown}{mark}")
}

/// Of an address with an `@` behind a `?` or `#`: that is a parameter's, or all of it is a password. A name with a dot, and without a
/// colon or an `@`, is the host where the request goes.
fn host_alone(rest: &str) -> String {
    let (host, behind) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    match host.contains('.') && host.bytes().all(is_host) {
        true => format!("{host}{}{MASK}", &behind[..1]),
        false => MASK.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        assert_eq!(masked("http://u:s3cret@h:1/p?password=s3cret"), "http://***@h:1/p?***");
        assert_eq!(masked("https://h:8443"), "https://h:8443");
        assert_eq!(masked("u:s3cret@h"), "***@h");
        assert_eq!(masked("http://u:s3/cr:et@h:1#s3cret"), "http://***@h:1#***");
    }

    #[test]
    fn an_at_in_a_parameter_and_a_question_mark_in_a_password_show_nothing() {
        let signed =
            "https://storage.googleapis.com/b/list.yml?GoogleAccessId=sa@p.iam.gserviceaccount.com&Signature=s3cret";
        assert_eq!(masked(signed), "https://storage.googleapis.com/***");
        for (url, shown) in [
            ("https://a.example?to=b@c&key=s3cret", "https://a.example?***"),
            ("http://u:pa/s?s3cret@h:1#s3cret", "http://***"),
            ("http://u:p@s3.cret?w@h", "http://***"),
            ("http://s3cret?w@h?x=a@s3cret", "http://***"),
            ("http://u.v:33?w@h", "http://***"),
            ("u:s3cret@h?to=https://x", "***@h?***"),
        ] {
            assert_eq!(masked(url), shown, "{url}");
        }
    }
}
