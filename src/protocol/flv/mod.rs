//! FLV: the bodies of RTMP's media messages, which are those of FLV tags, and the
//! file they come from.
//!
//! - Adobe Flash Video File Format 10.1, Annex E
//! - Enhanced RTMP v2, as far as telling keyframes and headers apart goes
//!
//! [`video`] and [`audio`] make the few bytes in front of an access unit, so that
//! the access unit itself is never copied; [`tag`] tells what a received body
//! holds; [`metadata`] is `onMetaData`; [`file`] is the framing on disk.

pub mod audio;
pub mod file;
pub mod metadata;
pub mod tag;
pub mod video;
