//! What there is to choose from, asked for on a thread of its own: the system
//! may take its time.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::inputs::{devices_mark, list_devices};
use super::slot::Slot;
use crate::supervise::{self, Fate, Part};

/// Identities and names.
pub type Names = Arc<Vec<(String, String)>>;

/// How often it is looked whether something was plugged in or out.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The last answer. Once asked, it is kept true as devices come and go, until
/// this is dropped.
#[derive(Debug, Default)]
pub struct Choices {
    /// Asks the thread; one question waits at most, for two have one answer.
    ask: Option<Sender<()>>,
    fate: Fate,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    cameras: Slot<Names>,
    microphones: Slot<Names>,
}

impl Choices {
    /// Asks anew, unless a question waits already.
    pub fn refresh(&mut self) {
        if self.ask.is_none() {
            self.ask = self.start();
        }
        if let Some(ask) = &self.ask {
            // Full: the answer to the question that waits serves this one too.
            let _ = ask.try_send(());
        }
    }

    /// Whether the thread was ended by a panic.
    pub fn has_panicked(&self) -> bool {
        self.fate.has_panicked()
    }

    /// Starts the thread again, and asks.
    pub fn restart(&mut self) {
        self.ask = None;
        self.refresh();
    }

    fn start(&mut self) -> Option<Sender<()>> {
        let (ask, questions) = bounded(1);
        let shared = Arc::clone(&self.shared);
        match supervise::spawn(Part::Devices.name(), move || shared.watch(&questions)) {
            Ok(thread) => {
                self.fate = thread.fate();
                Some(ask)
            }
            Err(error) => {
                tracing::warn!(%error, "devices can't be listed");
                None
            }
        }
    }

    /// Cameras, as of the last answer; `None` before the first.
    pub fn cameras(&self) -> Option<Names> {
        self.shared.cameras.latest()
    }

    /// Microphones, as of the last answer; `None` before the first.
    pub fn microphones(&self) -> Option<Names> {
        self.shared.microphones.latest()
    }
}

impl Shared {
    /// Answers questions, and those that nobody asks when a device comes or goes.
    fn watch(&self, questions: &Receiver<()>) {
        let (mut mark, mut settling) = (devices_mark(), false);
        loop {
            supervise::falter(Part::Devices);
            match questions.recv_timeout(LOOK_EVERY) {
                Ok(()) => self.list(),
                Err(RecvTimeoutError::Timeout) => {
                    let now = devices_mark();
                    let changed = now != mark;
                    // Once more a second later: the system gives the rights to a
                    // new device after its name.
                    if changed || settling {
                        self.list();
                    }
                    (mark, settling) = (now, changed);
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn list(&self) {
        let devices = list_devices();
        let cameras = devices.cameras.into_iter().map(|camera| (camera.id, camera.name));
        self.cameras.put(Arc::new(cameras.collect()));
        let microphones = devices.microphones.into_iter().map(|mic| (mic.id, mic.name));
        self.microphones.put(Arc::new(microphones.collect()));
    }
}
