//! The output: presets, values, and what a service takes.

use std::fmt::Display;

/// Names of presets.
pub mod preset {
    /// 480p.
    pub const LIGHT: &str = "Light";
    /// 720p.
    pub const STANDARD: &str = "Standard";
    /// 720p at 60.
    pub const SMOOTH: &str = "Smooth";
    /// 1080p.
    pub const FULL_HD: &str = "Full HD";
    /// Upright.
    pub const PORTRAIT: &str = "Portrait";
    /// Values of one's own.
    pub const CUSTOM: &str = "Custom";
}

/// What presets are for.
pub mod preset_use {
    /// Of the light one.
    pub const LIGHT: &str = "for slow networks and computers";
    /// Of the standard one.
    pub const STANDARD: &str = "for most streams";
    /// Of the smooth one.
    pub const SMOOTH: &str = "for games and sport";
    /// Of the large one.
    pub const FULL_HD: &str = "for text and detail";
    /// Of the upright one.
    pub const PORTRAIT: &str = "for phones";
}

/// The picture lies on its side.
pub fn shown_upright(service: &str) -> String {
    format!("{service} is watched on phones: the preset {} fits it.", preset::PORTRAIT)
}

/// Size, rate and bitrate.
pub fn summary(width: u32, height: u32, fps: &str, kbps: u32) -> String {
    format!("{width}×{height}, {fps} fps, {kbps} kbit/s")
}

/// What a number can be; below one that was typed and is not.
pub fn limit(least: impl Display, most: impl Display, unit: &str) -> String {
    format!("It can be from {least} to {most}{unit}.")
}

/// The button that lowers the bitrate, of picture or sound.
pub fn use_kbps(kbps: u32) -> String {
    format!("Use {kbps} kbit/s")
}

/// The button that changes how far keyframes are apart.
pub fn use_keyframe(seconds: f32) -> String {
    format!("Use {seconds} s")
}

/// The button that changes size and rate.
pub fn use_picture(width: u32, height: u32, fps: &str) -> String {
    format!("Use {width}×{height}, {fps} fps")
}

/// More video than the service takes.
pub fn most_video(service: &str, kbps: u32) -> String {
    format!("{service} takes at most {kbps} kbit/s of video")
}

/// More sound than the service takes.
pub fn most_sound(service: &str, kbps: u32) -> String {
    format!("{service} takes at most {kbps} kbit/s of sound")
}

/// Keyframes too far apart, or too close.
pub fn keyframe_every(service: &str, seconds: f32) -> String {
    format!("{service} wants a keyframe every {seconds} s")
}

/// A picture or a rate that is more than the service takes.
pub fn most_picture(service: &str, width: u32, height: u32, fps: &str) -> String {
    format!("{service} takes at most {width}×{height}, {fps} fps")
}
