//! When to try again.

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// At once: nothing is wrong with the network or the server.
    Now,
    /// After a wait that grows.
    Backoff,
    /// Not without the person: the next try would end the same way.
    Never,
}
