//! The Real-Time Messaging Protocol (RTMP 1.0), without a socket.
//!
//! From the bottom up: [`handshake`] opens a connection, [`chunk`] cuts messages
//! into chunks and puts them together again, [`message`] gives the protocol's own
//! messages a type.

pub mod chunk;
pub mod handshake;
pub mod key;
pub mod message;
pub mod url;
