//! One destination: what is sent, how fast, and what happens when it can't be.
//!
//! The policies ([`queue`]) are plain structs: data and time in, decisions out;
//! no thread, clock or socket. The loop that joins them with a socket is the
//! driver's.

pub mod queue;
