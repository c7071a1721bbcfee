//! What stands in the way, second by second: feeds the encoder's overload policy
//! and the verdict with what the threads counted.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::figures::{Frames, VideoFigures, VideoTarget};
use super::{Cause, Fault, OutputSettings, Tracks, report};
use crate::media::{Effort, MediaTime};
use crate::publish::overload::{Change, Level, Overload, Work};
use crate::publish::verdict::{self, Away, Measurements, Verdict, judge};
use crate::publish::{Failure, State, Status, transport};
use crate::source::SourceStatus;
use crate::text::encoder::load;
use crate::text::{fault, verdict as text};

/// Drops of this long ago no longer count.
const DROPS_REMEMBERED: Duration = Duration::from_secs(10);

/// Watches one stream.
#[derive(Debug)]
pub struct Health {
    /// What the stream carries.
    tracks: Tracks,
    /// Of the encoder, once it is ready.
    overload: Option<Overload>,
    /// When the counters were last looked at, and what they were.
    seen: (MediaTime, Counters),
    /// The same, a second ago or a little more.
    second: (MediaTime, Counters),
    /// The last second's share of time at work, and of frames missed.
    load: f64,
    late: f64,
    /// Of those made, the share that repeats the picture before.
    held: f64,
    /// Drops so far, and when the count was taken.
    drops: (MediaTime, u64),
    /// What is given up just now.
    notice: Option<Fault>,
}

impl Health {
    /// For a stream that begins now.
    pub fn new(now: MediaTime, figures: &VideoFigures, tracks: Tracks) -> Self {
        Self {
            tracks,
            overload: None,
            seen: (now, Counters::read(figures)),
            second: (now, Counters::read(figures)),
            load: 0.0,
            late: 0.0,
            held: 0.0,
            drops: (now, 0),
            notice: None,
        }
    }

    /// How the encoder is to work, once it is ready.
    pub fn level(&self) -> Option<Level> {
        self.overload.as_ref().map(Overload::level)
    }

    /// What is given up just now, as a notice.
    pub fn notice(&self) -> Option<&Fault> {
        self.notice.as_ref()
    }

    /// Looks at the counters, when it is time to.
    pub fn look(&mut self, now: MediaTime, figures: &VideoFigures, target: &VideoTarget) {
        let span = now.since(self.seen.0);
        if span < Overload::LOOK {
            return;
        }
        let counters = Counters::read(figures);
        if !figures.ready.load(Ordering::Acquire) {
            return;
        }
        // It has found out for itself how to begin.
        let overload = self.overload.get_or_insert_with(|| Overload::new(target.effort()));
        let divisor = target.divisor.load(Ordering::Relaxed).max(1);
        let work = counters.work_since(&self.seen.1, span, divisor);
        self.seen = (now, counters);
        let second = now.since(self.second.0);
        if second >= Duration::from_secs(1) {
            let all = counters.work_since(&self.second.1, second, 1);
            self.load = all.busy.as_secs_f64() / second.as_secs_f64();
            self.late = f64::from(all.late) / f64::from(all.due.max(1));
            let frames = counters.frames.since(self.second.1.frames);
            self.held = frames.held as f64 / frames.made.max(1) as f64;
            self.second = (now, counters);
        }
        if let Some(change) = overload.look(now, &work) {
            self.note(change);
        }
    }

    fn note(&mut self, change: Change) {
        let (Change::Down { level, .. } | Change::Up { level }) = change;
        tracing::info!("{}", change_words(&change));
        // Work that several processors share costs nobody a picture.
        let measure = match level {
            Level { divisor: 1, effort: Effort::Least } => Some(fault::LESS_EFFORT.to_string()),
            Level { divisor: 1, .. } => None,
            Level { divisor, .. } => Some(fault::one_frame_in(divisor)),
        };
        self.notice = measure.map(|measure| Fault::Overloaded { measure });
    }

    /// What is to blame.
    pub fn cause(
        &mut self,
        now: MediaTime,
        status: &Status,
        output: &OutputSettings,
        sources: &Sources,
    ) -> Cause {
        if now.since(self.drops.0) > DROPS_REMEMBERED {
            self.drops = (now, status.dropped);
        }
        let seen = Measurements {
            away: away(&status.state),
            limit_kbps: status.limit_kbps,
            wanted_kbps: f64::from(output.kbps(self.tracks)),
            sent_kbps: status.kbps,
            queued: status.queue,
            net_delay: status.net_delay,
            dropped: status.dropped.saturating_sub(self.drops.1),
            server_full: status.server_full,
            fps_wanted: sources.fps_wanted(output),
            encoder_load: self.load,
            encoder_late: self.late,
            held: self.held,
            camera: sources.camera(),
            microphone: sources.microphone(),
        };
        let verdict = judge(&seen);
        let sentence = match (&verdict, reason(&status.state)) {
            (Verdict::UplinkAway | Verdict::ServerAway, Some(reason)) => {
                Some(report::fault(reason).sentence())
            }
            _ => sources.sentence(&verdict),
        };
        named(&verdict, sentence.unwrap_or_else(|| verdict.to_string()))
    }
}

/// What the sources say of themselves.
#[derive(Debug, Default)]
pub struct Sources {
    /// The picture's source; `None` where the picture is off.
    pub camera: Option<SourceStatus>,
    /// The sound's; `None` where it is off or muted: then nobody misses it.
    pub microphone: Option<SourceStatus>,
}

impl Sources {
    fn camera(&self) -> Option<verdict::Camera> {
        let status = self.camera.as_ref()?;
        // A rate that is not measured yet is not held against it.
        let fps = status.fps.unwrap_or(f64::INFINITY);
        status.silent.map(|silent| verdict::Camera { fps, silent })
    }

    fn microphone(&self) -> Option<verdict::Microphone> {
        let silent = self.microphone.as_ref()?.silent?;
        Some(verdict::Microphone { silent })
    }

    /// A camera that was set to fewer frames than the output has is only asked
    /// for those.
    fn fps_wanted(&self, output: &OutputSettings) -> f64 {
        let set = self.camera.as_ref().and_then(|status| status.fps_set);
        set.map_or(output.fps.as_f64(), |set| set.min(output.fps.as_f64()))
    }

    /// The device by name and what is wrong with it, where the device knows.
    fn sentence(&self, verdict: &Verdict) -> Option<String> {
        let fault = match verdict {
            Verdict::CameraSilent { .. } => report::camera_fault(self.camera.as_ref()?)?,
            Verdict::MicrophoneSilent { .. } => {
                report::microphone_fault(self.microphone.as_ref()?)?
            }
            Verdict::CameraSlow { fps, wanted } => {
                return slow(self.camera.as_ref()?, *fps, *wanted);
            }
            _ => return None,
        };
        Some(fault.sentence())
    }
}

/// Whose fault it is that a camera's pictures are too few, where it is not the
/// camera's.
fn slow(camera: &SourceStatus, fps: f64, wanted: f64) -> Option<String> {
    let (sent, lost) = (camera.fps_sent.unwrap_or(fps), camera.fps_lost.unwrap_or(0.0));
    let most_of_what_is_missing = (wanted - fps) / 2.0;
    if sent - fps > most_of_what_is_missing {
        return Some(text::pictures_unused(fps, sent));
    }
    (lost > most_of_what_is_missing).then(|| text::pictures_lost(sent + lost, lost))
}

fn named(verdict: &Verdict, sentence: String) -> Cause {
    match verdict {
        Verdict::Fine => Cause::Fine,
        Verdict::UplinkAway | Verdict::Uplink { .. } => Cause::Uplink(sentence),
        Verdict::ServerAway | Verdict::Server { .. } => Cause::Server(sentence),
        Verdict::Encoder { .. } | Verdict::Busy { .. } => Cause::Encoder(sentence),
        Verdict::TooFewBits { .. } => Cause::Bitrate(sentence),
        Verdict::CameraSilent { .. } | Verdict::CameraSlow { .. } => Cause::Camera(sentence),
        Verdict::MicrophoneSilent { .. } => Cause::Microphone(sentence),
    }
}

fn away(state: &State) -> Option<Away> {
    reason(state).and_then(blame)
}

/// Why there is no connection just now.
fn reason(state: &State) -> Option<&Failure> {
    match state {
        State::Waiting { reason, .. } | State::Failed(reason) => Some(reason),
        _ => None,
    }
}

fn blame(reason: &Failure) -> Option<Away> {
    Some(match reason {
        Failure::Internal(_) => return None,
        Failure::Learnt { .. } | Failure::Session { .. } => Away::Server,
        Failure::Transport { error, .. } if matches!(**error, transport::Error::Refused) => {
            Away::Server
        }
        Failure::NameNotFound { .. }
        | Failure::NameUnanswered { .. }
        | Failure::Certificates(_)
        | Failure::Proxy { .. }
        | Failure::Transport { .. }
        | Failure::NoAnswer { .. }
        | Failure::Stalled { .. }
        | Failure::NetworkChanged
        | Failure::Local(_) => Away::Network,
    })
}

/// What the picture's threads had counted at a moment.
#[derive(Clone, Copy, Debug)]
struct Counters {
    frames: Frames,
    /// Spent encoding.
    busy: Duration,
}

impl Counters {
    fn read(figures: &VideoFigures) -> Self {
        let busy = Duration::from_micros(figures.encode_micros.load(Ordering::Relaxed));
        Self { frames: figures.frames(), busy }
    }

    /// What was done since `before`, `span` ago, while one frame of so many was to be
    /// encoded.
    fn work_since(&self, before: &Self, span: Duration, divisor: u32) -> Work {
        let Frames { due, made, late, .. } = self.frames.since(before.frames);
        let count = |frames: u64| u32::try_from(frames).unwrap_or(u32::MAX);
        let busy = self.busy.saturating_sub(before.busy);
        Work { span, due: count(due) / divisor, late: count(late), made: count(made), busy }
    }
}

/// What the encoder does differently, for the log.
fn change_words(change: &Change) -> String {
    let (Change::Down { level, .. } | Change::Up { level }) = change;
    let does = match level.effort {
        Effort::Alone => load::ALONE,
        Effort::Shared => load::SHARED,
        Effort::Least => load::LEAST,
    };
    match change {
        Change::Down { load, .. } => load::down(*load, does, level.divisor),
        Change::Up { .. } => load::up(does, level.divisor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_that_are_missing_are_blamed_on_whoever_lost_them() {
        let camera = |sent: f64, lost: f64| SourceStatus {
            fps_sent: Some(sent),
            fps_lost: Some(lost),
            ..SourceStatus::default()
        };
        assert_eq!(slow(&camera(15.0, 0.0), 15.0, 30.0), None, "in low light many do");
        let ours = slow(&camera(29.9, 0.0), 15.0, 30.0).unwrap();
        assert!(ours.starts_with("This computer has time for 15 of the 30 frames"), "{ours}");
        let lost = slow(&camera(18.0, 12.0), 18.0, 30.0).unwrap();
        assert!(lost.starts_with("Of 30 frames a second, 12 are lost"), "{lost}");
    }
}
