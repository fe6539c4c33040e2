//! What a file is to hold, made when it is written: of a large matrix that takes longer than a screen may stand still.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

type Writes = dyn Fn(&mut dyn Write) -> io::Result<()> + Send + Sync;

/// The contents of a file.
#[derive(Clone)]
pub struct Contents(Arc<Writes>);

impl Contents {
    pub fn new(writes: impl Fn(&mut dyn Write) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(writes))
    }

    /// Makes and writes them. It may take seconds.
    ///
    /// # Errors
    /// Those of the output.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        (self.0)(out)
    }
}

impl From<String> for Contents {
    fn from(text: String) -> Self {
        Self::new(move |out| out.write_all(text.as_bytes()))
    }
}

impl fmt::Debug for Contents {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Contents")
    }
}

/// The same when it is the same order: what comes of it isn't known yet.
impl PartialEq for Contents {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Contents {}
