//! Keeps ALSA's library from writing to standard error.
//!
//! It reports what it could not do there, several lines for each device that is
//! not there, and this program's lines are for people. The same lines are in the
//! log at its most talkative.

/// From now on what ALSA has to say on this thread goes to the log, with the next
/// call; elsewhere nothing happens. Each call lets go of what came since the last.
#[cfg(target_os = "linux")]
pub(super) fn hush() {
    use std::cell::RefCell;
    use std::rc::Rc;

    use alsa::Output;

    thread_local! {
        static SAID: RefCell<Option<Rc<RefCell<Output>>>> = const { RefCell::new(None) };
    }
    let Ok(fresh) = Output::local_error_handler() else { return };
    let Some(said) = SAID.replace(Some(fresh)) else { return };
    said.borrow().buffer_string(|bytes| {
        for line in String::from_utf8_lossy(bytes).lines() {
            tracing::trace!(line, "ALSA");
        }
    });
}

#[cfg(not(target_os = "linux"))]
pub(super) fn hush() {}
