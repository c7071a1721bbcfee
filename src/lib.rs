//! Tallylight: a light, honest live publisher.
//!
//! The modules in rank order. A module may use those above it in this list and
//! never those below; `tests/architecture.rs` keeps the rule, and
//! ARCHITECTURE.md explains it.

// Rank 0: the vocabulary, the words for people, and how threads begin and end.
pub mod media;
pub mod supervise;
pub mod text;

// Rank 1: pure stages. No threads, clocks, sockets or files.
pub mod mix;
pub mod protocol;
pub mod scene;

// Rank 2: what is remembered.
pub mod settings;

// Rank 3: the drivers. Each sits on one kind of device, socket or file.
pub mod encode;
pub mod publish;
pub mod serve;
pub mod source;

// Rank 4: threads, channels, lifecycle.
pub mod engine;

// Rank 5: two faces of one engine.
pub mod cli;
pub mod ui;
