//! Wire formats as plain values and state machines: bytes in, bytes out.
//!
//! Nothing here reads a clock, opens a socket or starts a thread. Time and random
//! bytes are handed in, and every length that a peer claims is checked before it
//! costs anything.

pub mod aac;
pub mod amf0;
mod bits;
pub mod flv;
pub mod h264;
pub mod rtmp;
