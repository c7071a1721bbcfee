//! What there is to choose from, asked for on a thread of its own: the system
//! may take its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::inputs::list_devices;
use super::slot::Slot;

/// Identities and names.
pub type Names = Arc<Vec<(String, String)>>;

/// The last answer.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    asking: AtomicBool,
    cameras: Slot<Names>,
    microphones: Slot<Names>,
}

impl Choices {
    /// Asks again, unless an answer is on its way.
    pub fn refresh(&self) {
        if self.shared.asking.swap(true, Ordering::AcqRel) {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let ask = move || {
            let devices = list_devices();
            let cameras = devices.cameras.into_iter().map(|camera| (camera.id, camera.name));
            shared.cameras.put(Arc::new(cameras.collect()));
            let microphones = devices.microphones.into_iter().map(|mic| (mic.id, mic.name));
            shared.microphones.put(Arc::new(microphones.collect()));
            shared.asking.store(false, Ordering::Release);
        };
        if let Err(error) = thread::Builder::new().name("devices".into()).spawn(ask) {
            tracing::warn!(%error, "devices can't be listed");
            self.shared.asking.store(false, Ordering::Release);
        }
    }

    /// Cameras, as of the last answer.
    pub fn cameras(&self) -> Names {
        self.shared.cameras.latest().unwrap_or_default()
    }

    /// Microphones, as of the last answer.
    pub fn microphones(&self) -> Names {
        self.shared.microphones.latest().unwrap_or_default()
    }
}
