//! Which rows are shown, by words of theirs. Whatever can be seen can be filtered for.

use std::borrow::Cow;

/// The words of a filter: rows have all of them, and none of those behind a `!`. `%column word` looks in that column alone. Case is no
/// matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    words: Vec<Word>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    wanted: bool,
    /// In this column alone.
    column: Option<String>,
    /// In lower case.
    text: String,
}

impl Filter {
    pub fn new(text: &str) -> Self {
        let mut words = Vec::new();
        let mut rest = text.split_whitespace();
        while let Some(word) = rest.next() {
            let (wanted, word) = match word.strip_prefix('!') {
                Some(word) => (false, word),
                None => (true, word),
            };
            let (column, text) = match word.strip_prefix('%') {
                Some(column) => (Some(column.to_lowercase()), rest.next().unwrap_or_default()),
                None => (None, word),
            };
            // One that is not finished yet hides nothing.
            if !text.is_empty() {
                let text = text.to_lowercase();
                words.push(Word { wanted, column, text });
            }
        }
        Self { words }
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The column that is named and none of these, if there is one.
    pub fn unknown<'a>(&'a self, columns: &[&str]) -> Option<&'a str> {
        let named = self.words.iter().filter_map(|word| word.column.as_deref());
        named.into_iter().find(|name| !columns.contains(name))
    }

    /// The words for these columns, and those without a column that are in `texts`; and all the others.
    pub fn split<'a>(self, columns: &[&str], texts: impl Iterator<Item = &'a str>) -> (Self, Self) {
        let texts: Vec<String> = match self.words.iter().any(|word| word.column.is_none()) {
            true => texts.map(str::to_lowercase).collect(),
            false => Vec::new(),
        };
        let (ones, others) = self.words.into_iter().partition(|word| match &word.column {
            Some(column) => columns.contains(&column.as_str()),
            None => texts.iter().any(|text| text.contains(&word.text)),
        });
        (Self { words: ones }, Self { words: others })
    }

    /// Does a row pass, whose texts are these?
    pub fn passes(&self, texts: &[&str]) -> bool {
        self.passes_by_column(texts, |_| None)
    }

    /// The same, for a row whose columns are these, by name.
    pub fn passes_in(&self, columns: &[(&str, &str)]) -> bool {
        let texts: Vec<&str> = columns.iter().map(|(_, text)| *text).collect();
        self.passes_by_column(&texts, |name| {
            let column = columns.iter().find(|(column, _)| *column == name);
            column.map(|(_, text)| Cow::Borrowed(*text))
        })
    }

    /// The same, for a row with columns; `column` gives the text of one, if there is one of that name.
    pub fn passes_by_column<'a>(&self, texts: &[&str], column: impl Fn(&str) -> Option<Cow<'a, str>>) -> bool {
        if self.is_empty() {
            return true;
        }
        let texts: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
        self.words.iter().all(|word| {
            let found = match &word.column {
                None => texts.iter().any(|text| text.contains(&word.text)),
                Some(name) => column(name).is_some_and(|text| text.to_lowercase().contains(&word.text)),
            };
            found == word.wanted
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_to_where_they_are_found() {
        let filter = Filter::new("lint 7f47 %job build !%pr 9");
        let (jobs, rows) = filter
            .clone()
            .split(&["job", "workflow"], ["Lint", "build"].into_iter());
        assert_eq!(
            (jobs, rows),
            (Filter::new("lint %job build"), Filter::new("7f47 !%pr 9"))
        );
        assert_eq!(filter.unknown(&["job", "pr"]), None);
        assert_eq!(filter.unknown(&["job"]), Some("pr"));
    }

    #[test]
    fn a_filter_is_words() {
        let filter = Filter::new(" torch !Intel");
        assert!(filter.passes(&["torch-spyre/torch-spyre", "L2"]));
        assert!(!filter.passes(&["intel/torch-xpu-ops"]));
        assert!(Filter::new("!").is_empty());
    }
}
