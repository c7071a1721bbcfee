//! How hard an encoder is to work.

/// What an encoder gives up, and what it takes, to keep up with the frame rate.
///
/// In order: each works less long on a frame than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// Its best on one processor.
    Alone,
    /// Its best on several processors at once, for a few percent more of them all.
    Shared,
    /// The least that still makes a good picture, on several processors.
    Least,
}

impl Effort {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::Alone, Self::Shared, Self::Least];
}
