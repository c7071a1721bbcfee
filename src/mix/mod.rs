//! What the sound is: a device's samples made the program's own, gain, mute,
//! limiter, and how loud it is.

mod drift;
mod intake;
mod limiter;
mod meter;
mod mixer;

pub use drift::DriftControl;
pub use intake::{Delivery, Intake, MOST_CHANNELS, RATES, Unusable};
pub use limiter::Limiter;
pub use meter::Meter;
pub use mixer::Mixer;
