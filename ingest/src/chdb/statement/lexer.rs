//! Enough of ClickHouse's lexer: words, literals, comments and brackets, so that a keyword in a text is no keyword.

use std::borrow::Cow;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    /// In double quotes or backticks.
    Quoted,
    /// In single quotes, or a heredoc.
    Literal,
    Open,
    Close,
    Semicolon,
    Other,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    sql: &'a [u8],
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Token<'_> {
    pub(super) fn is(&self, keyword: &str) -> bool {
        self.kind == Kind::Word && self.sql[self.start..self.end].eq_ignore_ascii_case(keyword.as_bytes())
    }

    /// As it is written.
    pub(super) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.sql[self.start..self.end])
    }

    pub(super) fn first_byte(&self) -> u8 {
        self.sql[self.start]
    }

    /// In lower case, without quotes.
    pub(super) fn word(&self) -> String {
        let text = self.text();
        text.trim_matches(['"', '`']).to_ascii_lowercase()
    }
}

/// The tokens of a statement; blanks and comments are skipped. Never fails: what is not SQL gives tokens, too.
pub(super) struct Tokens<'a> {
    sql: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(sql: &'a [u8]) -> Self {
        Self { sql, at: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        &self.sql[self.at..]
    }

    fn skip_blanks_and_comments(&mut self) {
        loop {
            let rest = self.rest();
            match rest {
                [byte, ..] if byte.is_ascii_whitespace() || *byte == 0x0b => self.at += 1,
                [byte, ..] if *byte >= 0x80 && self.wide_blank() > 0 => self.at += self.wide_blank(),
                [b'-', b'-', ..] | [b'#', b' ' | b'!', ..] => {
                    self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                }
                [b'/', b'*', ..] => self.skip_block_comment(),
                _ => return,
            }
        }
    }

    /// The bytes of a letter beyond ASCII that the engine passes over as a blank; 0 where none stands here.
    fn wide_blank(&self) -> usize {
        let letter = self.wide_letter();
        let is_blank = |letter: char| {
            let unseen = ['\u{180e}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}'];
            letter.is_whitespace() || unseen.contains(&letter)
        };
        letter.filter(|letter| is_blank(*letter)).map_or(0, char::len_utf8)
    }

    fn wide_letter(&self) -> Option<char> {
        let rest = self.rest();
        let letters = rest[..rest.len().min(4)].utf8_chunks().next()?;
        letters.valid().chars().next().filter(|letter| !letter.is_ascii())
    }

    /// Block comments nest.
    fn skip_block_comment(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.rest() {
                [] => return,
                [b'/', b'*', ..] => {
                    depth += 1;
                    self.at += 2;
                }
                [b'*', b'/', ..] => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    /// Past the closing quote; a backslash or a doubled quote escapes.
    fn skip_quoted(&mut self, quote: u8) {
        self.at += 1;
        loop {
            match self.rest() {
                [] => return,
                [b'\\', _, ..] => self.at += 2,
                [first, second, ..] if *first == quote && *second == quote => self.at += 2,
                [first, ..] => {
                    self.at += 1;
                    if *first == quote {
                        return;
                    }
                }
            }
        }
    }

    /// Past `$tag$ … $tag$`; `false` when there is none here.
    fn skip_heredoc(&mut self) -> bool {
        let rest = self.rest();
        let Some(length) = rest[1..].iter().position(|byte| *byte == b'$') else {
            return false;
        };
        let tag = &rest[..length + 2];
        if !tag[1..tag.len() - 1]
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        {
            return false;
        }
        let Some(end) = rest[tag.len()..].windows(tag.len()).position(|window| window == tag) else {
            return false;
        };
        self.at += tag.len() + end + tag.len();
        true
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_blanks_and_comments();
        let start = self.at;
        let kind = match *self.rest().first()? {
            quote @ b'\'' => {
                self.skip_quoted(quote);
                Kind::Literal
            }
            quote @ (b'"' | b'`') => {
                self.skip_quoted(quote);
                Kind::Quoted
            }
            b'$' if self.skip_heredoc() => Kind::Literal,
            byte if is_word(byte) => {
                self.at += self.rest().iter().take_while(|byte| is_word(**byte)).count();
                Kind::Word
            }
            byte => {
                self.at += self.wide_letter().map_or(1, char::len_utf8);
                match byte {
                    b'(' => Kind::Open,
                    b')' => Kind::Close,
                    b';' => Kind::Semicolon,
                    _ => Kind::Other,
                }
            }
        };
        Some(Token {
            sql: self.sql,
            kind,
            start,
            end: self.at,
        })
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$'
}
