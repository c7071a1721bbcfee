//! The vocabulary that travels between stages: times, frames, sound, packets.
//!
//! Plain data only. Whoever makes a value decides what it means; nothing here
//! knows about devices, codecs or the network.

mod audio;
mod effort;
mod frame;
pub mod limits;
mod packet;
mod time;

pub use audio::{AudioBlock, BLOCK_FRAMES, CHANNELS, SAMPLE_RATE};
pub use effort::Effort;
pub use frame::{FramePool, Picture, Plane, Planes, VideoFrame};
pub use packet::{AudioConfig, Packet, Track, TrackConfig, VideoConfig};
pub use time::{Clock, FrameRate, MediaTime};
