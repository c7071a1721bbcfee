//! Wire formats, sans-IO: bytes and times in, bytes and events out.
//!
//! No clock, thread, socket or randomness in here; each is handed in.

pub mod rtmp;
