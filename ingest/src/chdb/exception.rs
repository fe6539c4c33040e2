//! Errors as ClickHouse tells them: a number, a text, and an HTTP status.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// The header that carries the number.
pub(super) const EXCEPTION_CODE: HeaderName = HeaderName::from_static("x-clickhouse-exception-code");

/// An exception: the engine's own, or one of this HTTP interface in the same form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exception {
    pub(super) code: u32,
    /// `Code: 60. DB::Exception: …`
    pub(super) text: String,
}

/// Numbers and names of ClickHouse's `ErrorCodes.cpp` that this interface raises by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Raised {
    BadArguments,
    SupportIsDisabled,
    UnknownCompressionMethod,
    CannotDecompress,
    UnknownSetting,
    Readonly,
    TooLarge,
    TooMany,
    SessionIsLocked,
    SessionNotFound,
    SocketTimeout,
    AccessDenied,
    Authentication,
    Syntax,
}

impl Raised {
    fn code_and_name(self) -> (u32, &'static str) {
        match self {
            Self::BadArguments => (36, "BAD_ARGUMENTS"),
            Self::UnknownCompressionMethod => (89, "UNKNOWN_COMPRESSION_METHOD"),
            Self::UnknownSetting => (115, "UNKNOWN_SETTING"),
            Self::Readonly => (164, "READONLY"),
            Self::TooLarge => (307, "TOO_MANY_BYTES"),
            Self::TooMany => (202, "TOO_MANY_SIMULTANEOUS_QUERIES"),
            Self::SocketTimeout => (209, "SOCKET_TIMEOUT"),
            Self::SupportIsDisabled => (344, "SUPPORT_IS_DISABLED"),
            Self::SessionNotFound => (372, "SESSION_NOT_FOUND"),
            Self::SessionIsLocked => (373, "SESSION_IS_LOCKED"),
            Self::CannotDecompress => (271, "CANNOT_DECOMPRESS"),
            Self::AccessDenied => (497, "ACCESS_DENIED"),
            Self::Authentication => (516, "AUTHENTICATION_FAILED"),
            Self::Syntax => (62, "SYNTAX_ERROR"),
        }
    }

    /// The exception, with what happened.
    pub(super) fn because(self, reason: impl std::fmt::Display) -> Exception {
        let (code, name) = self.code_and_name();
        Exception {
            code,
            text: format!("Code: {code}. DB::Exception: {reason}. ({name})"),
        }
    }
}

impl Exception {
    /// From the engine's text. Without a number it is UNKNOWN_EXCEPTION.
    pub(super) fn of_engine(text: &str) -> Self {
        const UNKNOWN_EXCEPTION: u32 = 1002;
        let text = text.find("Code: ").map_or(text, |at| &text[at..]).trim();
        let number = text
            .strip_prefix("Code: ")
            .and_then(|rest| rest.split('.').next()?.parse().ok());
        match number {
            Some(code) => Self {
                code,
                text: text.to_owned(),
            },
            None => Self {
                code: UNKNOWN_EXCEPTION,
                text: format!("Code: {UNKNOWN_EXCEPTION}. DB::Exception: {text}. (UNKNOWN_EXCEPTION)"),
            },
        }
    }

    /// As the last piece of a result that had already begun: between marks that carry the result's tag, the text, its length and
    /// the tag again.
    pub(super) fn in_mid_stream(&self, tag: &str) -> String {
        const MARK: &str = "__exception__";
        let text = format!("{}\n", self.text);
        format!("\r\n{MARK}\r\n{tag}\r\n{text}{} {tag}\r\n{MARK}\r\n", text.len())
    }

    /// The status that ClickHouse's HTTP handler gives these numbers.
    pub(super) fn status(&self) -> StatusCode {
        match self.code {
            6 | 26 | 27 | 36 | 38 | 41 | 42 | 43 | 46 | 47 | 53 | 62 | 70 | 72 | 89 | 115 | 117 | 271 | 344 | 372
            | 456 | 457 => StatusCode::BAD_REQUEST,
            16 | 57 | 60 | 81 => StatusCode::NOT_FOUND,
            164 | 497 | 516 => StatusCode::FORBIDDEN,
            307 => StatusCode::PAYLOAD_TOO_LARGE,
            373 => StatusCode::LOCKED,
            159 => StatusCode::REQUEST_TIMEOUT,
            202 | 209 | 241 => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Exception {
    fn into_response(self) -> Response {
        let code = HeaderValue::from(self.code);
        (self.status(), [(EXCEPTION_CODE, code)], format!("{}\n", self.text)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_text_gives_number_and_status() {
        let exception = Exception::of_engine("Error: Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE)");
        assert_eq!((exception.code, exception.status()), (60, StatusCode::NOT_FOUND));
        assert!(exception.text.starts_with("Code: 60. "));
        assert_eq!(Exception::of_engine("boom").code, 1002);
    }
}
