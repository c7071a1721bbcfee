//! Named sets of output settings, and how they fit what a service takes.

use super::{Limits, Output};
use crate::media::FrameRate;

/// A named set of output settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// In the settings file.
    pub id: &'static str,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames per second.
    pub fps: u32,
    /// Video bitrate in kbit/s.
    pub video_kbps: u32,
    /// Audio bitrate in kbit/s.
    pub audio_kbps: u32,
}

/// The presets, lightest first, then the upright one. Sizes and rates are what
/// one core encodes in software; the bitrates what such a picture needs.
pub const PRESETS: &[Preset] = &[
    preset("light", 854, 480, 30, 1_200, 96),
    preset("standard", 1280, 720, 30, 2_500, 128),
    preset("smooth", 1280, 720, 60, 4_500, 128),
    preset("full-hd", 1920, 1080, 30, 5_000, 160),
    preset("portrait", 720, 1280, 30, 2_500, 128),
];

const fn preset(
    id: &'static str,
    width: u32,
    height: u32,
    fps: u32,
    video_kbps: u32,
    audio_kbps: u32,
) -> Preset {
    Preset { id, width, height, fps, video_kbps, audio_kbps }
}

impl Preset {
    /// The preset of that id.
    pub fn of(id: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.id == id)
    }

    /// Its settings, kept within `limits`; `adaptive` is the person's choice.
    pub fn output(&self, limits: &Limits, adaptive: bool) -> Output {
        let output = Output {
            preset: self.id.to_owned(),
            width: self.width,
            height: self.height,
            fps: FrameRate::whole(self.fps),
            video_kbps: self.video_kbps,
            audio_kbps: self.audio_kbps,
            keyframe_s: limits.keyframe_s,
            adaptive,
        };
        output.within(limits)
    }
}

impl Output {
    /// The id of settings that were chosen one by one.
    pub const CUSTOM: &str = "custom";

    /// The same settings with all that is beyond `limits` brought within them.
    pub fn within(mut self, limits: &Limits) -> Self {
        self.video_kbps = at_most(self.video_kbps, limits.video_kbps);
        self.audio_kbps = at_most(self.audio_kbps, limits.audio_kbps);
        self.keyframe_s =
            self.keyframe_s.min(limits.longest_keyframe_s).max(limits.shortest_keyframe_s);
        if let Some(fps) = limits.fps.filter(|fps| self.fps.as_f64() > f64::from(*fps)) {
            self.fps = FrameRate::whole(fps);
        }
        let shorter = self.width.min(self.height);
        if let Some(height) = limits.height.filter(|height| shorter > *height) {
            self.width = scaled(self.width, height, shorter);
            self.height = scaled(self.height, height, shorter);
        }
        self
    }

    /// Whether a service of these limits takes it as it is.
    pub fn is_within(&self, limits: &Limits) -> bool {
        *self == self.clone().within(limits)
    }
}

fn at_most(value: u32, limit: Option<u32>) -> u32 {
    limit.map_or(value, |limit| value.min(limit))
}

/// `side` made smaller by `to / from`, even.
fn scaled(side: u32, to: u32, from: u32) -> u32 {
    let side = u64::from(side) * u64::from(to) / u64::from(from.max(1));
    u32::try_from(side / 2 * 2).unwrap_or(u32::MAX).max(2)
}
