//! Settings on their way to the file, on a thread of their own: a slow disk
//! never holds up the window.

use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::{Repaint, text};
use crate::settings::{Settings, Store};
use crate::supervise::{self, Thread};

/// A disk that takes longer at the end is not waited for.
const LONGEST_END: Duration = Duration::from_secs(3);

/// The window's end of the settings file.
pub struct Saver {
    settings: Option<Sender<Settings>>,
    failures: Receiver<String>,
    thread: Option<Thread>,
}

impl Saver {
    /// Starts the thread that writes `store`.
    pub fn start(mut store: Store, repaint: Repaint) -> std::io::Result<Self> {
        let (settings, wanted) = bounded::<Settings>(4);
        let (failing, failures) = bounded(1);
        let thread = supervise::spawn("settings", move || {
            for settings in wanted {
                if let Err(error) = store.save(&settings) {
                    // One failure is shown; the next is likely the same.
                    _ = failing.try_send(error.to_string());
                }
                // The window looks how it went.
                repaint();
            }
        })?;
        Ok(Self { settings: Some(settings), failures, thread: Some(thread) })
    }

    /// Writes nothing anywhere, for tests and for systems without a settings
    /// folder.
    pub fn none() -> Self {
        let (_, failures) = bounded(0);
        Self { settings: None, failures, thread: None }
    }

    /// Hands over settings to be written; `false` if the thread is still busy.
    pub fn save(&self, settings: &Settings) -> bool {
        self.settings.as_ref().is_none_or(|sender| sender.try_send(settings.clone()).is_ok())
    }

    /// Why the last writing failed, once; of a thread that has panicked, each time.
    pub fn failure(&self) -> Option<String> {
        let has_panicked = self.thread.as_ref().is_some_and(Thread::has_panicked);
        let broken = || has_panicked.then(|| text::INTERNAL_ERROR.to_owned());
        self.failures.try_recv().ok().or_else(broken)
    }

    /// Waits until everything handed over is written, unless the disk does not answer.
    pub fn finish(&mut self) {
        self.settings = None;
        if let Some(thread) = self.thread.take()
            && !thread.join_within(LONGEST_END)
        {
            tracing::warn!("the settings were not written in time");
        }
    }
}
