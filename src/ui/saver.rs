//! Settings on their way to the file, on a thread of their own: a slow disk
//! never holds up the window.

use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::Repaint;
use crate::settings::{Settings, Store};

/// The window's end of the settings file.
pub struct Saver {
    settings: Option<Sender<Settings>>,
    failures: Receiver<String>,
    thread: Option<JoinHandle<()>>,
}

impl Saver {
    /// Starts the thread that writes `store`.
    pub fn start(mut store: Store, repaint: Repaint) -> std::io::Result<Self> {
        let (settings, wanted) = bounded::<Settings>(4);
        let (failing, failures) = bounded(1);
        let thread = thread::Builder::new().name("settings".into()).spawn(move || {
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

    /// Why the last writing failed, once.
    pub fn failure(&self) -> Option<String> {
        self.failures.try_recv().ok()
    }

    /// Waits until everything handed over is written.
    pub fn finish(&mut self) {
        self.settings = None;
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}
