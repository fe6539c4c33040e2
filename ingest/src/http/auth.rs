//! Who may post: tokens as SHA-256 digests, compared in constant time.
//!
//! A token itself is never kept, logged or shown. Several may be valid at once, so that they can be rotated.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use axum::http::{HeaderMap, HeaderName};
use rand::TryRng as _;
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

/// The names under which the relay sends its token; HTTP ignores their case.
const HEADERS: [HeaderName; 2] = [
    HeaderName::from_static("x-oot-relay-token"),
    HeaderName::from_static("x-hud-internal-bot"),
];

type Sha256Digest = [u8; 32];

/// The valid tokens.
#[derive(PartialEq, Eq)]
pub struct Tokens(Vec<Sha256Digest>);

/// Why there are no tokens to compare with.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("can't read the token file {path}: {error}")]
    Read { path: PathBuf, error: std::io::Error },
    #[error("the token file {0} holds no token: write one a line")]
    Empty(PathBuf),
    #[error("ingest.token_sha256: expected 64 hexadecimal digits (the SHA-256 of a token), got {0} characters")]
    Digest(usize),
    #[error(
        "{0} is not a loopback address, and no token is configured: name one with --token-file or ingest.token_sha256"
    )]
    NotLoopback(std::net::SocketAddr),
    #[error("can't make a token in {path}: {error}")]
    Generate { path: PathBuf, error: std::io::Error },
}

impl Tokens {
    /// From digests written in hexadecimal.
    ///
    /// # Errors
    /// [`TokenError::Digest`]; the message doesn't repeat the text, which might be a token by mistake.
    pub fn from_digests(digests: &[String]) -> Result<Self, TokenError> {
        digests
            .iter()
            .map(|text| digest_from_hex(text.trim()).ok_or(TokenError::Digest(text.len())))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// From a file of one token a line, blanks trimmed, empty lines ignored.
    ///
    /// # Errors
    /// [`TokenError::Read`] or [`TokenError::Empty`].
    pub fn from_file(path: &Path) -> Result<Self, TokenError> {
        let text = std::fs::read_to_string(path).map_err(|error| TokenError::Read {
            path: path.to_owned(),
            error,
        })?;
        let tokens: Vec<_> = lines(&text).map(digest).collect();
        if tokens.is_empty() {
            Err(TokenError::Empty(path.to_owned()))
        } else {
            Ok(Self(tokens))
        }
    }

    /// From a file made on first use: one random token of 64 hexadecimal digits, readable by its owner alone.
    ///
    /// # Errors
    /// [`TokenError`] when the file can be neither read nor made.
    pub fn generated(path: &Path) -> Result<Self, TokenError> {
        generate_once(path).map_err(|error| TokenError::Generate {
            path: path.to_owned(),
            error,
        })?;
        Self::from_file(path)
    }

    /// Makes a file of [`Self::generated`] anew where it holds nothing, as an interrupted first start used to leave it. Only for a start:
    /// later someone may just be writing it.
    ///
    /// # Errors
    /// [`TokenError`] when the file can be neither read nor made.
    pub fn regenerate_empty(path: &Path) -> Result<(), TokenError> {
        let regenerate = || match std::fs::read(path) {
            Ok(text) if text.trim_ascii().is_empty() => {
                std::fs::rename(write_beside(path)?, path)?;
                sync_names_beside(path)
            }
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        regenerate().map_err(|error| TokenError::Generate {
            path: path.to_owned(),
            error,
        })
    }

    /// These and others.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Whether the headers carry exactly one token, and a valid one. Takes as long for a wrong token as for a right one.
    pub fn admit(&self, headers: &HeaderMap) -> bool {
        let mut sent = HEADERS.into_iter().flat_map(|name| headers.get_all(name));
        let (Some(token), None) = (sent.next(), sent.next()) else {
            return false;
        };
        let token = digest(token.as_bytes().trim_ascii());
        let valid = self
            .0
            .iter()
            .fold(Choice::from(0), |valid, known| valid | known.ct_eq(&token));
        valid.into()
    }
}

/// The tokens that are valid now. They change while requests are answered: a token rotates without a restart.
pub struct TokenKeeper {
    load: Box<dyn Fn() -> Result<Tokens, TokenError> + Send + Sync>,
    current: RwLock<Tokens>,
}

impl TokenKeeper {
    /// Keeps what `load` gives, now and whenever it is asked again.
    ///
    /// # Errors
    /// Those of `load`.
    pub fn new(load: impl Fn() -> Result<Tokens, TokenError> + Send + Sync + 'static) -> Result<Self, TokenError> {
        let current = RwLock::new(load()?);
        Ok(Self {
            load: Box::new(load),
            current,
        })
    }

    /// Takes the tokens anew; tells whether they are others. Blocks.
    ///
    /// # Errors
    /// Those of `load`; the tokens of before stay valid then.
    pub fn reload(&self) -> Result<bool, TokenError> {
        let fresh = (self.load)()?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let are_others = *current != fresh;
        *current = fresh;
        Ok(are_others)
    }

    /// See [`Tokens::admit`].
    pub fn admit(&self, headers: &HeaderMap) -> bool {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .admit(headers)
    }
}

/// The tokens of a file's text: one a line, blanks trimmed.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Makes the file where there is none. Whole or not at all: half of one would be a token that nobody knows, or none.
fn generate_once(path: &Path) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let beside = write_beside(path)?;
    let linked = std::fs::hard_link(&beside, path);
    std::fs::remove_file(&beside)?;
    match linked {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked.and_then(|()| sync_names_beside(path)),
    }
}

/// A token in a file of its own beside the one that it is for; gives its path.
fn write_beside(path: &Path) -> std::io::Result<PathBuf> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut bytes = [0; 32];
    rand::rngs::SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(std::io::Error::other)?;
    let beside = path.with_extension("new");
    // Of one that was interrupted.
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)?;
    writeln!(file, "{}", hex::encode(bytes))?;
    file.sync_all()?;
    Ok(beside)
}

/// The name of a file that is new must outlive a power cut, too.
fn sync_names_beside(path: &Path) -> std::io::Result<()> {
    path.parent()
        .map_or(Ok(()), |directory| std::fs::File::open(directory)?.sync_all())
}

fn digest(token: impl AsRef<[u8]>) -> Sha256Digest {
    Sha256::digest(token.as_ref()).into()
}

fn digest_from_hex(text: &str) -> Option<Sha256Digest> {
    let mut digest = [0; 32];
    hex::decode_to_slice(text, &mut digest).ok()?;
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(sent: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(*name, axum::http::HeaderValue::from_static(value));
        }
        headers
    }

    fn tokens(text: &str) -> Result<Tokens, TokenError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens");
        std::fs::write(&path, text).unwrap();
        Tokens::from_file(&path)
    }

    #[test]
    fn either_header_carries_any_valid_token() {
        let tokens = tokens("  old \n\nnew\r\n").unwrap();
        for name in ["x-oot-relay-token", "x-hud-internal-bot"] {
            assert!(tokens.admit(&headers(&[(name, "old")])) && tokens.admit(&headers(&[(name, "new")])));
            assert!(!tokens.admit(&headers(&[(name, "ne")])) && !tokens.admit(&headers(&[(name, "")])));
        }
    }

    #[test]
    fn none_and_two_are_refused() {
        let tokens = tokens("t").unwrap();
        assert!(!tokens.admit(&headers(&[])));
        assert!(!tokens.admit(&headers(&[("x-oot-relay-token", "t"), ("x-oot-relay-token", "t")])));
        assert!(!tokens.admit(&headers(&[("x-oot-relay-token", "t"), ("x-hud-internal-bot", "t")])));
    }

    #[test]
    fn a_digest_stands_for_its_token() {
        let hex = |token: &str| {
            digest(token)
                .iter()
                .map(|byte| format!("{byte:02X}"))
                .collect::<String>()
        };
        let tokens = Tokens::from_digests(&[hex("a"), hex("b")]).unwrap();
        assert!(tokens.admit(&headers(&[("x-oot-relay-token", "b")])));
        assert!(!tokens.admit(&headers(&[("x-oot-relay-token", "c")])));
        for wrong in ["", "zz", &"g".repeat(64), &"é".repeat(32)] {
            assert!(Tokens::from_digests(&[wrong.to_owned()]).is_err());
        }
    }

    #[test]
    fn a_token_rotates_and_a_broken_file_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens");
        std::fs::write(&path, "old").unwrap();
        let keeper = TokenKeeper::new({
            let path = path.clone();
            move || Tokens::from_file(&path)
        })
        .unwrap();
        let admits = |token| keeper.admit(&headers(&[("x-oot-relay-token", token)]));
        std::fs::write(&path, "old\nnew").unwrap();
        assert!(!admits("new"));
        assert!(keeper.reload().unwrap());
        assert!(admits("old") && admits("new"));
        assert!(!keeper.reload().unwrap());
        std::fs::write(&path, "").unwrap();
        assert!(keeper.reload().is_err() && admits("new"));
    }

    #[test]
    fn a_file_without_a_token_is_an_error() {
        assert!(matches!(tokens(" \n\n"), Err(TokenError::Empty(_))));
    }

    #[test]
    fn a_generated_token_is_kept_and_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        Tokens::generated(&path).unwrap();
        let token = std::fs::read_to_string(&path).unwrap();
        assert_eq!(token.trim().len(), 64);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        Tokens::generated(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), token);
        Tokens::regenerate_empty(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), token);
        assert_eq!(
            std::fs::read_dir(dir.path()).unwrap().count(),
            1,
            "nothing stays beside it"
        );
    }
}
