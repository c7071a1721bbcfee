//! The Real-Time Messaging Protocol.

pub mod key;
