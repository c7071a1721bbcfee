//! The test signal: a picture and a tone that need no device.
//!
//! Bars, a moving box, snow, a running timecode; and at each full second of the
//! media clock a white flash and a 1 kHz beep that start together and last
//! [`MARK_MS`], so that anyone can measure from outside how far sound and
//! picture are apart, and how late both are.

mod picture;
mod tone;

pub use picture::TestPicture;
pub use tone::TestTone;

/// How long flash and beep last, in milliseconds.
pub const MARK_MS: i64 = 100;
