//! The built-in server: why it does not start, and what it answers those whom it
//! sends away; their programs show it.

use std::fmt::Display;

/// Another program has the port.
pub const BUSY: &str = "another program is listening there already";
/// Not an address of this computer's.
pub const NOT_HERE: &str = "this computer does not have that address";
/// A port of the system's.
pub const RESERVED: &str = "not allowed; ports below 1024 are reserved to the system";

/// It can't listen, as "The built-in server" goes on.
pub fn cannot_listen(address: impl Display, reason: &str) -> String {
    format!("can't listen on {address}: {reason}")
}

/// It can't start for another reason.
pub fn cannot_start(error: impl Display) -> String {
    format!("can't start: {error}")
}

/// To one too many.
pub const FULL: &str = "This server has no room for another connection just now";
/// To one too many from there.
pub const FULL_FROM_THERE: &str = "There are too many connections from this address";
/// To a publisher without a name.
pub const NO_NAME: &str = "The stream has no name: give a stream key";
/// To a publisher whose key is not the server's.
pub const WRONG_KEY: &str = "This server takes its own publish key alone: as the stream key, or \
                             as NAME?key=… behind a name";

/// To a publisher with a very long name.
pub fn name_too_long(max: usize) -> String {
    format!("The stream key is too long: {max} bytes at most, with the application")
}
