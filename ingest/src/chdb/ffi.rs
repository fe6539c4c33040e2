//! The C interface of libchdb, and nothing else that is unsafe: each handle is an owned Rust value that frees itself.
//!
//! Source: `chdb.h` of chDB 26.7. A connection runs one statement at a time and may move between threads, but not be used by two
//! at once; every result must be destroyed; the library is never unloaded, since its threads outlive every handle.

#![allow(unsafe_code, reason = "this is where the C library is called")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr::NonNull;

use super::library::{LibraryError, load_error};

type Handle = *mut c_void;

/// `chdb_state`: success.
const SUCCESS: c_int = 0;

/// Declares the functions we call: a field for each, filled from the library by its name.
macro_rules! functions {
    ($($name:ident: fn($($argument:ty),*) $(-> $result:ty)?,)+) => {
        /// The loaded library. There is one for the life of the process.
        pub(super) struct Library {
            $($name: unsafe extern "C" fn($($argument),*) $(-> $result)?,)+
        }

        impl Library {
            fn resolve(library: &'static libloading::Library, path: &Path) -> Result<Self, LibraryError> {
                Ok(Self {
                    $($name: {
                        const NAME: &str = stringify!($name);
                        // SAFETY: the type is the one that chdb.h declares for this name.
                        let symbol = unsafe { library.get(NAME) };
                        *symbol.map_err(|_| LibraryError::Symbol { path: path.to_owned(), symbol: NAME })?
                    },)+
                })
            }
        }
    };
}

functions! {
    chdb_set_signal_handlers_enabled: fn(c_int),
    chdb_connect: fn(c_int, *mut *mut c_char) -> *mut Handle,
    chdb_close_conn: fn(*mut Handle),
    chdb_shutdown: fn() -> c_int,
    chdb_query_with_params_n: fn(Handle, *const c_char, usize, *const c_char, usize, *const *const c_char, *const usize, *const *const c_char, *const usize, usize) -> Handle,
    chdb_stream_query_with_params_n: fn(Handle, *const c_char, usize, *const c_char, usize, *const *const c_char, *const usize, *const *const c_char, *const usize, usize) -> Handle,
    chdb_stream_fetch_result: fn(Handle, Handle) -> Handle,
    chdb_stream_cancel_query: fn(Handle, Handle),
    chdb_destroy_query_result: fn(Handle),
    chdb_stream_insert_with_params_n: fn(Handle, *const c_char, usize, *const c_char, usize, *const *const c_char, *const usize, *const *const c_char, *const usize, usize) -> Handle,
    chdb_stream_append: fn(Handle, *const c_void, usize) -> c_int,
    chdb_stream_done: fn(Handle) -> Handle,
    chdb_stream_insert_error: fn(Handle) -> *const c_char,
    chdb_destroy_insert_stream: fn(Handle),
    chdb_result_buffer: fn(Handle) -> *const c_char,
    chdb_result_length: fn(Handle) -> usize,
    chdb_result_error: fn(Handle) -> *const c_char,
    chdb_result_storage_rows_read: fn(Handle) -> u64,
    chdb_result_storage_bytes_read: fn(Handle) -> u64,
    chdb_result_rows_written: fn(Handle) -> u64,
    chdb_result_bytes_written: fn(Handle) -> u64,
    chdb_classify_query_n: fn(Handle, *const c_char, usize, *const c_char, usize, *mut Analysis) -> c_int,
}

/// `chdb_query_analysis_v1`.
#[repr(C)]
#[derive(Default)]
struct Analysis {
    struct_size: u32,
    statement_count: u32,
    flags: u32,
    query_class: u32,
}

/// What a statement does to state that outlives it, as the engine's own parser sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StatementClass {
    /// It leaves no trace.
    ReadOnly,
    /// It changes data or definitions.
    Mutating,
    /// It concerns the session or the server, or writes outside the engine.
    Control,
    /// It doesn't parse.
    Unknown,
}

impl Library {
    /// Loads the library, for good.
    pub(super) fn load(path: &Path) -> Result<&'static Self, LibraryError> {
        // SAFETY: loading runs the library's initialisers, which is what is asked for; the path is the operator's choice.
        let library = unsafe { libloading::Library::new(path) }.map_err(|error| load_error(path, error.to_string()))?;
        let library: &'static libloading::Library = Box::leak(Box::new(library));
        let functions = Box::leak(Box::new(Self::resolve(library, path)?));
        // SAFETY: takes a flag; must come before the first connection, and here there is none yet. Our signals stay ours.
        unsafe { (functions.chdb_set_signal_handlers_enabled)(0) };
        Ok(functions)
    }

    /// Opens a connection. The first one starts the engine, whose complaints go to stderr: `None` is all that is returned of them.
    pub(super) fn connect(&'static self, arguments: &[CString]) -> Option<Connection> {
        let mut pointers: Vec<*mut c_char> = arguments.iter().map(|argument| argument.as_ptr().cast_mut()).collect();
        // SAFETY: argc and argv describe `arguments`, which outlive the call; the library copies what it keeps.
        let slot = unsafe { (self.chdb_connect)(pointers.len() as c_int, pointers.as_mut_ptr()) };
        let slot = NonNull::new(slot)?;
        // SAFETY: a connection that is not null points to its handle, until it is closed.
        let handle = unsafe { *slot.as_ptr() };
        (!handle.is_null()).then_some(Connection {
            library: self,
            slot,
            handle,
        })
    }

    /// Joins the engine's threads. All connections must be closed.
    pub(super) fn shut_down(&self) -> bool {
        // SAFETY: takes nothing; refuses by itself while a connection is open.
        unsafe { (self.chdb_shutdown)() == SUCCESS }
    }
}

/// From here on the process ends without the library's destructors: its threads may still run, and would meet what is being
/// destroyed. Whoever registers last is called first, so this is for when the library has been at work.
pub(super) fn end_without_destructors() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        unsafe extern "C" {
            fn on_exit(function: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
            fn _exit(status: c_int) -> !;
        }
        extern "C" fn leave(status: c_int, _: *mut c_void) {
            // SAFETY: takes the status that the process ends with anyway; Rust's own buffers were written before exit handlers run.
            unsafe { _exit(status) }
        }
        // SAFETY: `leave` lives as long as the process, and doesn't look at its argument.
        unsafe { on_exit(leave, std::ptr::null_mut()) };
    }
}

/// A connection. `&mut` everywhere: one statement at a time.
pub(super) struct Connection {
    library: &'static Library,
    slot: NonNull<Handle>,
    handle: Handle,
}

// SAFETY: chdb.h lets a connection be used from any thread, as long as it is one at a time, which `&mut self` sees to.
unsafe impl Send for Connection {}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: `slot` came from chdb_connect and is closed once, here.
        unsafe { (self.library.chdb_close_conn)(self.slot.as_ptr()) }
    }
}

impl Connection {
    /// Runs a statement and holds its whole result.
    pub(super) fn query(&mut self, sql: &[u8], format: &str, parameters: &Parameters) -> Result<Output, String> {
        let call = self.library.chdb_query_with_params_n;
        Output::checked(self.library, self.call(call, sql, format, parameters))
    }

    /// Starts a query whose result is fetched in pieces.
    pub(super) fn stream(&mut self, sql: &[u8], format: &str, parameters: &Parameters) -> Result<Stream<'_>, String> {
        let call = self.library.chdb_stream_query_with_params_n;
        let output = Output::checked(self.library, self.call(call, sql, format, parameters))?;
        Ok(Stream {
            connection: self,
            output,
            ended: false,
        })
    }

    /// Starts an insert; the statement is without a FORMAT clause and without data.
    pub(super) fn insert(
        &mut self,
        sql: &[u8],
        format: &str,
        parameters: &Parameters,
    ) -> Result<InsertStream<'_>, String> {
        let call = self.library.chdb_stream_insert_with_params_n;
        let handle = self.call(call, sql, format, parameters);
        let stream = InsertStream {
            library: self.library,
            handle,
            _connection: self,
        };
        match stream.error() {
            Some(error) => Err(error),
            None => Ok(stream),
        }
    }

    /// What the engine's parser takes the text for, without running it.
    pub(super) fn classify(&mut self, sql: &[u8]) -> StatementClass {
        let mut analysis = Analysis {
            struct_size: size_of::<Analysis>() as u32,
            ..Analysis::default()
        };
        let text = sql.as_ptr().cast();
        // SAFETY: text and length describe `sql`; no target database; `analysis` is writable and says its size.
        let state = unsafe {
            (self.library.chdb_classify_query_n)(self.handle, text, sql.len(), std::ptr::null(), 0, &mut analysis)
        };
        match analysis.query_class {
            // Of several it tells the last.
            _ if state != SUCCESS || analysis.statement_count > 1 => StatementClass::Unknown,
            0 => StatementClass::ReadOnly,
            1 | 2 => StatementClass::Mutating,
            3 => StatementClass::Control,
            _ => StatementClass::Unknown,
        }
    }

    fn call(
        &mut self,
        call: unsafe extern "C" fn(
            Handle,
            *const c_char,
            usize,
            *const c_char,
            usize,
            *const *const c_char,
            *const usize,
            *const *const c_char,
            *const usize,
            usize,
        ) -> Handle,
        sql: &[u8],
        format: &str,
        parameters: &Parameters,
    ) -> Handle {
        let names = Texts::of(parameters.0.iter().map(|(name, _)| name.as_bytes()));
        let values = Texts::of(parameters.0.iter().map(|(_, value)| value.as_bytes()));
        // SAFETY: each pointer comes with its length, and what it points to outlives the call; the library copies.
        unsafe {
            call(
                self.handle,
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                names.pointers.as_ptr(),
                names.lengths.as_ptr(),
                values.pointers.as_ptr(),
                values.lengths.as_ptr(),
                parameters.0.len(),
            )
        }
    }
}

/// Query parameters: names and values of `{name:Type}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parameters(pub(super) Vec<(String, String)>);

/// Texts as C wants them: pointers and lengths.
struct Texts {
    pointers: Vec<*const c_char>,
    lengths: Vec<usize>,
}

impl Texts {
    fn of<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Self {
        let (pointers, lengths) = texts.map(|text| (text.as_ptr().cast(), text.len())).unzip();
        Self { pointers, lengths }
    }
}

/// A result, or a piece of one.
pub(super) struct Output {
    library: &'static Library,
    handle: Handle,
}

// SAFETY: a result belongs to its holder alone; nothing in the library refers to it.
unsafe impl Send for Output {}

impl Drop for Output {
    fn drop(&mut self) {
        // SAFETY: the handle came from the library and is destroyed once, here; it takes null too.
        unsafe { (self.library.chdb_destroy_query_result)(self.handle) }
    }
}

impl Output {
    fn checked(library: &'static Library, handle: Handle) -> Result<Self, String> {
        let output = Self { library, handle };
        if handle.is_null() {
            return Err("the engine returned no result".to_owned());
        }
        // SAFETY: the handle is not null and alive.
        let error = unsafe { (library.chdb_result_error)(handle) };
        match text(error) {
            Some(error) => Err(error),
            None => Ok(output),
        }
    }

    /// The result in its format.
    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: the handle is alive for as long as `self`.
        let (pointer, length) = unsafe {
            (
                (self.library.chdb_result_buffer)(self.handle),
                (self.library.chdb_result_length)(self.handle),
            )
        };
        if pointer.is_null() || length == 0 {
            return &[];
        }
        // SAFETY: the buffer has that length and lives as long as the result, which the borrow of `self` keeps.
        unsafe { std::slice::from_raw_parts(pointer.cast(), length) }
    }

    /// What the statement read and wrote.
    pub(super) fn progress(&self) -> Progress {
        // SAFETY: the handle is alive for as long as `self`.
        unsafe {
            Progress {
                rows_read: (self.library.chdb_result_storage_rows_read)(self.handle),
                bytes_read: (self.library.chdb_result_storage_bytes_read)(self.handle),
                rows_written: (self.library.chdb_result_rows_written)(self.handle),
                bytes_written: (self.library.chdb_result_bytes_written)(self.handle),
            }
        }
    }
}

/// Rows and bytes of storage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) rows_read: u64,
    pub(super) bytes_read: u64,
    pub(super) rows_written: u64,
    pub(super) bytes_written: u64,
}

/// A query under way. Dropping it before its end cancels it.
pub(super) struct Stream<'c> {
    connection: &'c mut Connection,
    output: Output,
    ended: bool,
}

impl Stream<'_> {
    /// The next piece; `None` at the end.
    pub(super) fn fetch(&mut self) -> Result<Option<Output>, String> {
        let library = self.connection.library;
        // SAFETY: connection and stream are alive, and `&mut self` makes this the only call.
        let piece = unsafe { (library.chdb_stream_fetch_result)(self.connection.handle, self.output.handle) };
        let piece = Output::checked(library, piece).inspect_err(|_| self.ended = true)?;
        if piece.bytes().is_empty() {
            self.ended = true;
            return Ok(None);
        }
        Ok(Some(piece))
    }
}

impl Drop for Stream<'_> {
    fn drop(&mut self) {
        if !self.ended {
            // SAFETY: connection and stream are alive; the result itself is destroyed with `output`.
            unsafe { (self.connection.library.chdb_stream_cancel_query)(self.connection.handle, self.output.handle) }
        }
    }
}

/// An insert under way. Dropping it before [`InsertStream::finish`] cancels it.
pub(super) struct InsertStream<'c> {
    library: &'static Library,
    handle: Handle,
    _connection: &'c mut Connection,
}

impl Drop for InsertStream<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle is never null and destroyed once, here; an unfinished insert is cancelled by this.
        unsafe { (self.library.chdb_destroy_insert_stream)(self.handle) }
    }
}

impl InsertStream<'_> {
    /// Hands over a piece of data; waits while the engine is busy with earlier ones.
    pub(super) fn append(&mut self, data: &[u8]) -> Result<(), String> {
        // SAFETY: pointer and length describe `data`, which the library copies.
        let state = unsafe { (self.library.chdb_stream_append)(self.handle, data.as_ptr().cast(), data.len()) };
        if state == SUCCESS {
            Ok(())
        } else {
            Err(self.error().unwrap_or_else(|| "the insert was refused".to_owned()))
        }
    }

    /// Commits. What was written is acknowledged only by this.
    pub(super) fn finish(self) -> Result<Progress, String> {
        // SAFETY: the handle is alive; it is destroyed with `self` after this.
        let result = unsafe { (self.library.chdb_stream_done)(self.handle) };
        Output::checked(self.library, result).map(|output| output.progress())
    }

    fn error(&self) -> Option<String> {
        // SAFETY: the handle is alive; the text is copied before anything else is called.
        text(unsafe { (self.library.chdb_stream_insert_error)(self.handle) })
    }
}

/// A C text, copied; `None` for null and for an empty one.
fn text(pointer: *const c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the library's texts end with NUL and live until its next call.
    let text = unsafe { CStr::from_ptr(pointer) };
    Some(text.to_string_lossy().into_owned()).filter(|text| !text.is_empty())
}
