//! What is remembered, and what went wrong with it.

use std::fmt::Display;
use std::path::Path;

/// The folder is locked by another window.
pub const RUNNING: &str = "Tallylight is already running: its window is open, or closing";

/// The folder can't be used, in the system's words.
pub fn folder(error: impl Display) -> String {
    format!("the settings folder can't be used: {error}")
}

/// The settings could not be written.
pub fn not_saved(why: &str) -> String {
    format!("The settings are not remembered: {why}.")
}

/// Why they could not: the old file can't be read.
pub fn left_as_it_is(path: &Path) -> String {
    format!("{} can't be read and is left as it is", path.display())
}

/// Why they could not: a later version has written the file.
pub fn of_later_version(path: &Path) -> String {
    format!("{} was written by a newer Tallylight and is left as it is", path.display())
}

/// Why a file can't be reached.
pub const LINK_CIRCLE: &str = "its links lead in a circle";

/// Why they could not: the system refused.
pub fn cannot_write(path: &Path, error: impl Display) -> String {
    format!("{} can't be written: {error}", path.display())
}

/// The file could not be understood.
pub fn broken(reason: &str, kept: Option<&Path>) -> String {
    let anew = format!("The settings could not be read and start anew ({reason}).");
    match kept {
        Some(kept) => format!("{anew} The old file is kept as {}", kept.display()),
        None => format!("{anew} The old file could not be kept"),
    }
}

/// A later version has written the file.
pub fn newer(path: &Path) -> String {
    format!(
        "The settings are of a newer Tallylight. They are used as far as this version knows them; \
         changes made here are not saved, and {} is left as it is",
        path.display()
    )
}

/// The file could not be read.
pub fn unreadable(path: &Path, reason: &str) -> String {
    format!("Nothing will be remembered: {} can't be read ({reason})", path.display())
}

/// Why a file could not be understood: its size.
pub fn too_large(kib: u64) -> String {
    format!("it is larger than {kib} KiB")
}

/// Why a file could not be understood: its bytes.
pub const NOT_TEXT: &str = "it is not text";

/// Why a file could not be understood: one line, in the parser's words.
pub fn at_line(line: usize, message: &str) -> String {
    format!("line {line}: {message}")
}

/// One value is wrong; the last three are of [`value`].
pub fn wrong(setting: &str, expected: &str, used: &str, found: &str) -> String {
    format!("The setting {setting} has to be {expected}; {used} is used instead of {found}")
}

/// What a value has to be, is or was.
pub mod value {
    use super::Display;

    /// A switch.
    pub const TRUE_OR_FALSE: &str = "true or false";
    /// A text.
    pub const TEXT: &str = "a text in quotes";
    /// A whole number.
    pub const WHOLE_NUMBER: &str = "a whole number";
    /// A number.
    pub const NUMBER: &str = "a number";
    /// A frame rate.
    pub const FRAME_RATE: &str = "frames a second from 1 to 120, such as 30 or \"30000/1001\"";
    /// A source.
    pub const INPUT: &str = "\"test\", \"default\", \"off\", \"device:…\" or \"file:…\"";
    /// A theme.
    pub const THEME: &str = "\"system\", \"dark\" or \"light\"";
    /// A table.
    pub const TABLE: &str = "a table";
    /// A list.
    pub const LIST: &str = "a list";
    /// What is used where nothing was set.
    pub const DEFAULT: &str = "the default";
    /// What is none of these.
    pub const SOMETHING_ELSE: &str = "something else";

    /// A name out of a list.
    pub fn one_of(names: &[&str]) -> String {
        format!("one of {}", names.join(", "))
    }

    /// A number between two others.
    pub fn between(kind: &str, least: impl Display, most: impl Display) -> String {
        format!("{kind} from {least} to {most}")
    }

    /// An even number between two others.
    pub fn even(least: u32, most: u32) -> String {
        format!("an even number from {least} to {most}")
    }
}

/// A secret could not be read.
pub fn key_not_read(why: &str) -> String {
    format!("The remembered key could not be read: {why}. Paste it again.")
}

/// A secret could not be kept.
pub fn key_not_kept(why: &str) -> String {
    format!("The key is not remembered: {why}.")
}

/// Secrets are in a file; what the pointer finds on it is the next one.
pub const KEY_IN_FILE: &str = "No system keyring: the key is in a file only you can read.";

/// Which file it is.
pub fn key_in_file(path: &Path) -> String {
    format!("The file is {}", path.display())
}

/// Why a secret could not be read or kept.
pub mod vault {
    use super::{Display, Path};

    /// None.
    pub const NO_KEYRING: &str = "this system has no keyring";
    /// One that stays shut.
    pub const LOCKED: &str = "the system's keyring is locked or refused";
    /// It holds bytes.
    pub const NOT_TEXT: &str = "what it holds is not text";
    /// It takes less.
    pub const TOO_LONG: &str = "the secret is too long for it";
    /// It does not say.
    pub const NO_REASON: &str = "it gave no reason";
    /// Somebody has changed it by hand.
    pub const NOT_UNDERSTOOD: &str = "it can't be understood; it is kept aside at the next change";
    /// A later version has written the file of secrets.
    pub const NEWER: &str = "a newer Tallylight has written it";
    /// The old file stays in the way of the new one.
    pub const NOT_RENAMED: &str = "it can't be renamed";

    /// The keyring failed: one of those above, or the system's words.
    pub fn failed(reason: &str) -> String {
        format!("the system's keyring failed: {reason}")
    }

    /// The file of secrets can't be used.
    pub fn file(path: &Path, error: impl Display) -> String {
        format!("{} can't be used: {error}", path.display())
    }
}
