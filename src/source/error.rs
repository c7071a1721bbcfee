//! Why a source can't be opened at all.
//!
//! A device that is missing, busy or denied is no such error: it opens as a
//! source that says so and comes when it can.

use std::path::PathBuf;

/// Why a source can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A picture file can't be shown.
    #[error("the picture {} can't be shown: {reason}", path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// Why, in the words of the system or the decoder.
        reason: String,
    },
    /// A camera is asked for in a way that makes no sense; the words say how.
    #[error("{0}")]
    Request(String),
    /// A thread for a device can't be started.
    #[error("no thread for {name}: {reason}")]
    Thread {
        /// The device's name or identity.
        name: String,
        /// What the system said.
        reason: String,
    },
}
