//! Ctrl-C, and the system's request to end: the first stops cleanly, the second at
//! once.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::{out, terminal};
use crate::engine::on_interrupt;

/// The exit status of a program that was interrupted, by custom.
const INTERRUPTED: i32 = 130;

/// A terminal that takes nothing is left as it is.
const TERMINAL: Duration = Duration::from_millis(100);

/// How often it was asked for.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Nothing has begun that would have to end in order.
static AT_ONCE: AtomicBool = AtomicBool::new(false);

/// Listens from now on; `wake` is called at the first.
pub fn listen(wake: impl Fn() + Send + 'static) {
    let handle = move || match COUNT.fetch_add(1, Ordering::Relaxed) {
        0 if !AT_ONCE.load(Ordering::Relaxed) => wake(),
        _ => end_at_once(),
    };
    if let Err(error) = on_interrupt(handle) {
        tracing::warn!(%error, "Ctrl-C will end the program without a goodbye");
    }
}

/// What `wait` gives; the first interrupt meanwhile ends the program at once.
pub fn at_once_during<T>(wait: impl FnOnce() -> T) -> T {
    AT_ONCE.store(true, Ordering::Relaxed);
    let result = wait();
    AT_ONCE.store(false, Ordering::Relaxed);
    result
}

/// Whether it was asked for.
pub fn is_asked() -> bool {
    COUNT.load(Ordering::Relaxed) > 0
}

/// Leaves the terminal's line, so that the shell's prompt finds an empty one, and what is
/// typed there is seen.
fn end_at_once() {
    terminal::show_again();
    if std::io::stdout().is_terminal() {
        out::emit("\n");
        out::flush(TERMINAL);
    }
    std::process::exit(INTERRUPTED);
}
