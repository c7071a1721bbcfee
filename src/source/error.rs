//! Why a source can't be opened at all.
//!
//! A device that is missing, busy or denied is no such error: it opens as a
//! source that says so and comes when it can.

use std::path::PathBuf;

use crate::text::device::source;

/// What the system said of an error, without its number.
pub(super) fn words(error: &impl ToString) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].into()
}

/// Why a source can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A picture file can't be shown.
    #[error("{}", source::picture(path.display(), reason))]
    Picture {
        /// The file.
        path: PathBuf,
        /// Why, in the words of the system or the decoder.
        reason: String,
    },
    /// A device is asked for in a way that makes no sense; the words say how.
    #[error("{0}")]
    Request(String),
    /// A thread for a device can't be started.
    #[error("{}", source::thread(name, reason))]
    Thread {
        /// The device's name or identity.
        name: String,
        /// What the system said.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_an_error_is_for_nobody() {
        let error = std::io::Error::from_raw_os_error(5);
        assert!(error.to_string().contains("(os error 5)"));
        assert!(!words(&error).contains("os error"));
        assert_eq!(words(&"plain"), "plain");
    }
}
