//! One destination: what is sent, how fast, and what happens when it can't be.
//!
//! The policies are plain structs: data and time in, decisions out; no thread,
//! clock or socket. [`queue`] decides what is sent and what is dropped, [`link`]
//! measures, [`bitrate`] and [`overload`] decide what the encoder makes,
//! [`lesson`] what the end of a connection teaches, [`reconnect`] when to try again,
//! `names` which address to try, [`verdict`] names what is to blame.
//! [`transport`] is the socket. The loop that joins them is the driver's.

pub mod bitrate;
mod driver;
mod ending;
mod inlet;
pub mod lesson;
pub mod link;
mod names;
pub mod overload;
mod oversize;
mod patience;
pub mod queue;
pub mod reconnect;
mod status;
pub mod transport;
pub mod verdict;

pub use driver::{Certificates, Config, Destination, KeyframeRequest, start};
pub use inlet::PacketSender;
pub use status::{End, Failure, Learnt, State, Status, Step};
