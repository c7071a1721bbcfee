//! What the sound is: gain, mute, and how loud it is.

mod meter;
mod mixer;

pub use meter::Meter;
pub use mixer::Mixer;
