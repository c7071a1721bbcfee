//! Every word that the window shows, in one place, ready for translation.
//!
//! Plain constants and small functions of plain values. Which of them is meant is
//! decided where the types are: a match there names one of these in each arm, so
//! that the compiler sees that nothing stays without words.
//!
//! The other half is `assets/destinations.toml`: what a service says of its key, its
//! servers and itself stands beside its addresses, for both change together.
//!
//! What stays elsewhere, and why; `tests/architecture.rs` keeps the rule:
//!
//! - the words of the terminal alone (`cli`): usage, help, reports;
//! - lines for the log (`tracing`), which are for whoever looks for a fault, and
//!   go untranslated into reports of it;
//! - details of a protocol or a codec that are quoted after a sentence from here:
//!   what was wrong with a chunk, a value, a handshake, a picture's bytes; what the
//!   system, a library or a server said. They are looked up as they are;
//! - names of formats, commands and settings.

pub mod action;
pub mod address;
pub mod connection;
pub mod device;
pub mod encoder;
pub mod encryption;
pub mod fault;
pub mod health;
pub mod output;
pub mod proxy;
pub mod server;
pub mod settings;
pub mod state;
pub mod verdict;
pub mod window;

/// With a capital letter, unless it begins with an address, and no full stop.
pub fn sentence(text: &str) -> String {
    if text.split(' ').next().is_some_and(|word| word.contains("://")) {
        return text.trim_end_matches('.').to_string();
    }
    let mut letters = text.trim_end_matches('.').chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
