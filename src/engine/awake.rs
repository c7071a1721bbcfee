//! Keeps the computer awake while a stream runs.
//!
//! Whoever has to be asked may be slow or missing, so that a thread of its own asks.
//! All ways let go by themselves when this program ends, however it ends.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::supervise;

/// The computer stays awake for as long as this lives.
pub struct Awake {
    /// Nothing is sent: its end is what the thread waits for.
    _hold: Sender<()>,
}

impl Awake {
    /// Asks for it and returns at once.
    pub fn hold() -> Self {
        let (hold, released) = bounded(0);
        if let Err(error) = supervise::spawn("awake", move || keep(&released)) {
            tracing::warn!(%error, "the computer may go to sleep while live");
        }
        Self { _hold: hold }
    }
}

fn keep(released: &Receiver<()>) {
    #[cfg(target_os = "linux")]
    let held = linux::hold();
    #[cfg(target_os = "macos")]
    let held = macos::hold();
    #[cfg(windows)]
    let held = windows::hold();
    #[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
    let held: Option<Held> = None;
    let Some(held) = held else {
        return tracing::info!("nothing here keeps the computer awake while a stream runs");
    };
    tracing::info!(by = held.by, "the computer is kept awake");
    // Disconnected: the stream is over.
    let _ = released.recv();
    (held.release)();
    tracing::info!("the computer may go to sleep again");
}

/// What keeps it awake, and how that ends.
struct Held {
    by: &'static str,
    release: Box<dyn FnOnce()>,
}
