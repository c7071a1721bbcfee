//! Looks after the engine's threads: says which of them has died, and starts it again
//! without ending the stream.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::{AudioCommand, Control, FrameCommand, inputs, layout, no_thread};
use crate::engine::Fault;
use crate::engine::audio::AudioThread;
use crate::engine::stream::Stream;
use crate::engine::video::FrameThread;
use crate::media::MediaTime;
use crate::source::SourceStatus;
use crate::supervise::{Part, Restarts};

/// A part that was started again is spoken of for so long.
const SAID: Duration = Duration::from_secs(15);

/// What became of the threads.
#[derive(Default)]
pub(super) struct Mishaps {
    restarts: HashMap<Part, Restarts>,
    /// What was said of each part last, and when.
    said: Vec<(MediaTime, Part, bool)>,
    /// How often the threads of camera and microphone had died when they were looked
    /// at last.
    devices: [u64; 2],
    /// What ends the stream.
    last: Option<Fault>,
}

impl Mishaps {
    fn allows(&mut self, part: Part, now: MediaTime) -> bool {
        self.restarts.entry(part).or_default().allows(now)
    }

    fn say(&mut self, now: MediaTime, part: Part, goes_on: bool) {
        self.said.retain(|(_, other, _)| *other != part);
        self.said.push((now, part, goes_on));
    }

    /// What is to be said of the parts at `now`.
    pub fn faults(&mut self, now: MediaTime) -> Vec<Fault> {
        self.said.retain(|(at, ..)| now.since(*at) < SAID);
        let fault = |&(_, part, goes_on): &_| Fault::Internal { part, goes_on };
        self.said.iter().map(fault).collect()
    }

    /// Why the stream is being ended, where a part of the program is the reason.
    pub fn last_one(&self) -> Option<&Fault> {
        self.last.as_ref()
    }

    /// The stream is over, and with it what ended it.
    pub fn stream_ended(&mut self) {
        self.last = None;
    }
}

impl Control {
    /// Starts again what has died.
    pub(super) fn look_after_threads(&mut self) {
        if self.frames.has_panicked() {
            self.revive(Part::Frames, Self::restart_frames);
        }
        if self.sound.has_panicked() {
            self.revive(Part::Sound, Self::restart_sound);
        }
        if self.choices.has_panicked() {
            self.revive(Part::Devices, Self::restart_devices);
        }
        if self.stream.as_ref().is_some_and(Stream::has_lost_encoder) {
            self.revive(Part::Encode, Self::restart_encoder);
        }
        if self.server.as_ref().is_some_and(|server| !server.is_running()) {
            self.revive(Part::Server, Self::restart_server);
        }
        let is_gone = |stream: &Stream| stream.destination.has_panicked();
        if self.stream.as_ref().is_some_and(is_gone) && self.stopping_since.is_none() {
            self.revive(Part::Publish, Self::restart_destination);
        }
        self.look_at_devices();
    }

    fn revive(&mut self, part: Part, again: impl FnOnce(&mut Self) -> Result<(), Fault>) {
        let now = self.now();
        let goes_on = self.mishaps.allows(part, now)
            && again(self)
                .inspect_err(|fault| tracing::error!(%fault, part = part.name(), "not restarted"))
                .is_ok();
        self.mishaps.say(now, part, goes_on);
        if !goes_on && part == Part::Server {
            // The next stream to this computer starts another.
            self.server = None;
        }
        if !goes_on && part != Part::Devices {
            self.end_for(Fault::Internal { part, goes_on });
        }
    }

    /// Ends the stream in order.
    fn end_for(&mut self, fault: Fault) {
        if self.stream.is_some() && self.mishaps.last.is_none() {
            self.mishaps.last = Some(fault);
            self.stop();
        }
    }

    fn restart_frames(&mut self) -> Result<(), Fault> {
        let output = (layout(&self.output), self.output.fps);
        self.frames = FrameThread::start(self.clock, output, Arc::clone(&self.frame_output))
            .map_err(|error| no_thread(&error))?;
        self.frames.send(FrameCommand::Mirror(self.told.mirror));
        self.frames.send(FrameCommand::Preview(self.told.preview));
        if let Some(stream) = &self.stream {
            stream.feed_encoder(&self.feeds());
        }
        // A file that is on its way comes by itself.
        if !self.openings.is_waiting() {
            self.open_video(self.video.clone());
        }
        Ok(())
    }

    fn restart_sound(&mut self) -> Result<(), Fault> {
        let source = inputs::open_audio(&self.audio, &self.output, self.clock)?;
        let mut told = vec![
            AudioCommand::Gain(self.told.gain_db),
            AudioCommand::Muted(self.told.muted),
            AudioCommand::Source(source),
        ];
        if let Some(stream) = &self.stream {
            told.extend(stream.new_sound()?);
        }
        self.sound = AudioThread::start(self.clock, Arc::clone(&self.audio_output), told)
            .map_err(|error| no_thread(&error))?;
        Ok(())
    }

    fn restart_devices(&mut self) -> Result<(), Fault> {
        self.choices.restart();
        Ok(())
    }

    fn restart_encoder(&mut self) -> Result<(), Fault> {
        let Some(mut stream) = self.stream.take() else { return Ok(()) };
        let restarted = stream.restart_encoder(&self.feeds());
        self.stream = Some(stream);
        restarted
    }

    fn restart_server(&mut self) -> Result<(), Fault> {
        let failed = |error: crate::serve::Error| Fault::ListenFailed {
            detail: error.to_string(),
            busy: error.is_busy(),
        };
        self.server.as_mut().map_or(Ok(()), |server| server.restart().map_err(failed))
    }

    fn restart_destination(&mut self) -> Result<(), Fault> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        stream.restart_destination()?;
        self.door.note(stream.destination.fate());
        Ok(())
    }

    /// Sources start the threads of their devices again themselves.
    fn look_at_devices(&mut self) {
        let now = self.now();
        let deaths = |status: Option<SourceStatus>| status.map_or(0, |status| status.deaths);
        let counted = [deaths(self.camera()), deaths(self.microphone())];
        for (i, part) in [Part::Camera, Part::Microphone].into_iter().enumerate() {
            if counted[i] > self.mishaps.devices[i] {
                self.mishaps.say(now, part, true);
            }
        }
        self.mishaps.devices = counted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_was_started_again_is_spoken_of_for_a_while() {
        let at = MediaTime::from_millis;
        let mut mishaps = Mishaps::default();
        mishaps.say(at(1_000), Part::Sound, true);
        mishaps.say(at(2_000), Part::Encode, true);
        mishaps.say(at(9_000), Part::Sound, false);
        let fault = |part, goes_on| Fault::Internal { part, goes_on };
        let both = [fault(Part::Encode, true), fault(Part::Sound, false)];
        assert_eq!(mishaps.faults(at(16_999)), both);
        assert_eq!(mishaps.faults(at(17_000)), both[1..]);
        assert_eq!(mishaps.faults(at(24_000)), []);
    }
}
