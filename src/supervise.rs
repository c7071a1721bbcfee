//! Named threads, and how they end.
//!
//! Every thread that serves the stream is started by [`spawn`]. A panic ends its own
//! thread and nothing else: what the thread owned is let go of, the log says where it
//! happened ([`log_panics`]), and whoever keeps the thread's [`Fate`] sees it at the
//! next look. [`Restarts`] says how often a part may be started again.

mod doom;
mod restarts;

use std::io;
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

#[doc(hidden)]
pub use doom::{doom, doom_from, falter};
pub use restarts::Restarts;

/// How often the end of a thread is looked for while it is waited for.
const LOOK: Duration = Duration::from_millis(5);

/// Characters of a panic's message that are logged at most.
const LONGEST: usize = 200;

/// The parts of the program whose threads can be lost without ending it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Carries out commands and looks after the others.
    Control,
    /// Makes a frame each tick.
    Frames,
    /// Encodes the frames.
    Encode,
    /// Mixes and encodes the sound.
    Sound,
    /// Lists cameras and microphones.
    Devices,
    /// Owns a camera.
    Camera,
    /// Owns a microphone.
    Microphone,
    /// Reads a picture file.
    Picture,
    /// Sends a stream to its destination.
    Publish,
    /// Looks up a server's name.
    Resolve,
    /// Serves all connections of the built-in server.
    Server,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Control,
        Self::Frames,
        Self::Encode,
        Self::Sound,
        Self::Devices,
        Self::Camera,
        Self::Microphone,
        Self::Picture,
        Self::Publish,
        Self::Resolve,
        Self::Server,
    ];

    /// The name of its thread.
    pub fn name(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Frames => "frames",
            Self::Encode => "encode",
            Self::Sound => "sound",
            Self::Devices => "devices",
            Self::Camera => "camera",
            Self::Microphone => "microphone",
            Self::Picture => "picture",
            Self::Publish => "publish",
            Self::Resolve => "resolve",
            Self::Server => "rtmp server",
        }
    }
}

/// Whether a thread runs, has returned or has panicked. Clones look at the same thread.
#[derive(Clone, Debug, Default)]
pub struct Fate(Arc<AtomicU8>);

const RUNS: u8 = 0;
const RETURNED: u8 = 1;
const PANICKED: u8 = 2;

impl Fate {
    /// Whether the thread has ended, and all that it owned is let go of.
    pub fn is_over(&self) -> bool {
        self.0.load(Ordering::Acquire) != RUNS
    }

    /// Whether the thread was ended by a panic.
    pub fn has_panicked(&self) -> bool {
        self.0.load(Ordering::Acquire) == PANICKED
    }

    /// Waits for the thread's end, at most so long; whether it has ended.
    pub fn wait(&self, limit: Duration) -> bool {
        let patient_until = Instant::now() + limit;
        while !self.is_over() && Instant::now() < patient_until {
            thread::sleep(LOOK);
        }
        self.is_over()
    }
}

/// Notes the end of the thread that owns it, and tells whoever wants to know.
struct Witness(Fate, Option<Box<dyn FnOnce() + Send>>);

impl Drop for Witness {
    fn drop(&mut self) {
        let end = if thread::panicking() { PANICKED } else { RETURNED };
        self.0.0.store(end, Ordering::Release);
        if let Some(tell) = self.1.take() {
            tell();
        }
    }
}

/// A thread that was started here.
#[derive(Debug)]
pub struct Thread {
    fate: Fate,
    join: JoinHandle<()>,
}

impl Thread {
    /// How it is doing, for those who keep no thread.
    pub fn fate(&self) -> Fate {
        self.fate.clone()
    }

    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.fate.is_over()
    }

    /// Whether it was ended by a panic.
    pub fn has_panicked(&self) -> bool {
        self.fate.has_panicked()
    }

    /// Waits for its end. A panic was logged where it happened.
    pub fn join(self) {
        let _ = self.join.join();
    }

    /// Waits for its end, at most so long; a thread that takes longer is left behind.
    pub fn join_within(self, limit: Duration) -> bool {
        let is_over = self.fate.wait(limit);
        if is_over {
            self.join();
        }
        is_over
    }
}

/// Starts a thread of this name.
pub fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<Thread> {
    start(name, run, None)
}

/// The same, and calls `tell` once its end can be seen.
pub fn spawn_and_tell(
    name: &str,
    run: impl FnOnce() + Send + 'static,
    tell: impl FnOnce() + Send + 'static,
) -> io::Result<Thread> {
    start(name, run, Some(Box::new(tell)))
}

fn start(
    name: &str,
    run: impl FnOnce() + Send + 'static,
    tell: Option<Box<dyn FnOnce() + Send>>,
) -> io::Result<Thread> {
    let fate = Fate::default();
    let witness = Witness(fate.clone(), tell);
    let join = thread::Builder::new().name(name.into()).spawn(move || {
        // Dropped last: by then `run` and all that it owned are gone.
        let _witness = witness;
        run();
    })?;
    Ok(Thread { fate, join })
}

/// Calls `run` on this thread, and survives its panic: for what is not ours and may stumble,
/// such as the window's toolkit when its display goes, or the wrapper of a driver.
pub fn outlive<T>(run: impl FnOnce() -> T) -> Option<T> {
    // What `run` owned is gone either way; callers begin again from the start.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).ok()
}

/// Makes a line of the log of each panic from now on, in place of the message on
/// standard error, which quotes whatever the panic was about.
pub fn log_panics() {
    std::panic::set_hook(Box::new(log_panic));
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let thread = thread::current();
    let thread = thread.name().unwrap_or_default();
    let at = panic.location().map(ToString::to_string).unwrap_or_default();
    let said = without_quotes(panic.payload_as_str().unwrap_or_default());
    tracing::error!(thread, at, said, "internal error");
    tracing::debug!("{}", std::backtrace::Backtrace::capture());
}

/// The first line of a panic's message without what it quotes: that may come from
/// anywhere, and may be a key.
fn without_quotes(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let mut kept = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(['`', '"', '\'', '“']) {
        kept.push_str(&rest[..start]);
        kept.push('…');
        let quote = rest[start..].chars().next().unwrap_or_default();
        let inside = &rest[start + quote.len_utf8()..];
        let closing = if quote == '“' { '”' } else { quote };
        // The last one: what is quoted may hold quotes itself.
        let Some(end) = inside.rfind(closing) else { return kept };
        rest = &inside[end + closing.len_utf8()..];
    }
    kept.push_str(rest);
    kept.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_thread_that_panics_is_known_by_its_fate() {
        let returned = spawn("returns", || {}).expect("a thread");
        let panicked = spawn("panics", || panic!("on purpose")).expect("a thread");
        let (go_on, waits) = mpsc::channel::<()>();
        let running = spawn("runs", move || _ = waits.recv()).expect("a thread");
        let fates = [returned.fate(), panicked.fate(), running.fate()];
        assert!(returned.join_within(Duration::from_secs(60)));
        assert!(panicked.join_within(Duration::from_secs(60)));
        assert_eq!(fates.each_ref().map(Fate::is_over), [true, true, false]);
        assert_eq!(fates.each_ref().map(Fate::has_panicked), [false, true, false]);
        assert!(!running.join_within(Duration::ZERO), "it still runs");
        drop(go_on);
    }

    #[test]
    fn what_a_thread_owned_is_gone_before_its_end_is_known() {
        let owned = Arc::new(());
        let theirs = Arc::clone(&owned);
        let (tell, told) = mpsc::channel();
        let run = move || {
            let _theirs = theirs;
            panic!("on purpose");
        };
        let thread = spawn_and_tell("owner", run, move || _ = tell.send(()));
        told.recv().expect("it tells");
        assert!(thread.expect("a thread").has_panicked());
        assert_eq!(Arc::strong_count(&owned), 1);
    }

    #[test]
    fn a_panic_quotes_nothing_in_the_log() {
        for (message, logged) in [
            ("index out of bounds: the len is 3 but the index is 5", None),
            (
                "end byte index 9 is not a char boundary; it is inside 'é' (bytes 8..10) of \
                 `rtmp://host/app/live_`'secret'`",
                Some("end byte index 9 is not a char boundary; it is inside ……"),
            ),
            (
                "called `Result::unwrap()` on an `Err` value: Bad { key: \"live_secret\" }\nmore",
                Some("called … value: Bad { key: … }"),
            ),
            ("a key that is cut \"live_secret", Some("a key that is cut …")),
        ] {
            let said = without_quotes(message);
            assert!(!said.contains("secret"), "{said}");
            assert_eq!(said, logged.unwrap_or(message));
        }
        assert_eq!(without_quotes(&"é".repeat(500)).chars().count(), LONGEST);
    }
}
