//! One destination: what is sent, how fast, and what happens when it can't be.
//!
//! The policies ([`queue`], [`link`], [`reconnect`]) are plain structs: data and time in,
//! decisions out; no thread, clock or socket. [`transport`] is the socket. The
//! loop that joins them is the driver's.

pub mod link;
pub mod queue;
pub mod reconnect;
pub mod transport;
