//! What picture and sound come from, and what their threads are told of it.

use super::{AudioCommand, Control, FrameCommand, Opened, inputs};
use crate::engine::{AudioInput, VideoInput};

/// What the threads of picture and sound are told beside their sources.
#[derive(Clone, Copy, Default)]
pub(super) struct Told {
    pub gain_db: f32,
    pub muted: bool,
    pub mirror: bool,
    pub preview: bool,
}

impl Control {
    pub(super) fn set_gain(&mut self, db: f32) {
        self.told.gain_db = db;
        self.sound.send(AudioCommand::Gain(db));
    }

    pub(super) fn set_muted(&mut self, muted: bool) {
        self.told.muted = muted;
        self.sound.send(AudioCommand::Muted(muted));
    }

    pub(super) fn set_mirror(&mut self, mirror: bool) {
        self.told.mirror = mirror;
        self.frames.send(FrameCommand::Mirror(mirror));
    }

    pub(super) fn set_preview(&mut self, preview: bool) {
        self.told.preview = preview;
        self.frames.send(FrameCommand::Preview(preview));
    }

    /// What was asked for before and has not come is not wanted any more. Another delay
    /// alone is no reason to open it anew.
    pub(super) fn set_video(&mut self, input: VideoInput) {
        self.openings.cancel();
        if input != self.video && input.source() == self.video.source() {
            self.video = input;
            return;
        }
        self.open_video(input);
    }

    /// A file comes later.
    pub(super) fn open_video(&mut self, input: VideoInput) {
        let (output, clock) = (self.output, self.clock);
        if !matches!(input.source(), VideoInput::Picture(_)) {
            let opened = inputs::open_video(&input, &output, clock);
            return self.show_video(input, opened);
        }
        let wanted = input.clone();
        let open = move || inputs::open_video(&wanted, &output, clock);
        self.unopened[0] = self.openings.begin(self.now(), input, open).err();
    }

    /// Shows a file that has come; says so where it does not.
    pub(super) fn look_at_openings(&mut self) {
        if let Some((input, opened)) = self.openings.poll() {
            self.show_video(input, opened);
        } else if let Some(trouble) = self.openings.trouble(self.now()) {
            self.unopened[0] = Some(trouble);
        }
    }

    /// A source that can't be opened leaves the last one in place.
    pub(super) fn show_video(&mut self, input: VideoInput, opened: Opened) {
        match opened {
            Ok(source) => {
                self.frames.send(FrameCommand::Source(source));
                self.video = input;
                self.unopened[0] = None;
            }
            Err(fault) => self.unopened[0] = Some(fault),
        }
    }

    pub(super) fn set_audio(&mut self, input: AudioInput) {
        if input != self.audio && input.source() == self.audio.source() {
            self.audio = input;
            return;
        }
        match inputs::open_audio(&input, &self.output, self.clock) {
            Ok(source) => {
                self.sound.send(AudioCommand::Source(source));
                self.audio = input;
                self.unopened[1] = None;
            }
            Err(fault) => self.unopened[1] = Some(fault),
        }
    }
}
