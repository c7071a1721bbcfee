//! The command line's manners: output that can't be written, terminals of every kind, keys
//! that are typed.

#![cfg(unix)]

#[path = "../support/program.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod program;
#[path = "../support/pty.rs"]
mod pty;

mod output;
mod terminal;
