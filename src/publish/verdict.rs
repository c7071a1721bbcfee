//! What stands in the way of a good stream.
//!
//! One pure function from measurements to a verdict with the numbers it rests
//! on. It blames one thing, the one whose mending helps most: what keeps the
//! stream away comes before what thins it, and what feeds the encoder before the
//! encoder that waits for it.

use std::fmt;
use std::time::Duration;

use crate::text::verdict as text;

/// What is known, of the last seconds unless said otherwise. The default is a
/// stream in which all is well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measurements {
    /// How the last connection ended, while there is none.
    pub away: Option<Away>,
    /// What the link is taken to carry, in kbit/s, where less than wanted.
    pub limit_kbps: Option<f64>,
    /// Sound and picture at their full rates, in kbit/s.
    pub wanted_kbps: f64,
    /// What got through in the last second, in kbit/s.
    pub sent_kbps: f64,
    /// Age of the oldest packet in the send queue.
    pub queued: Duration,
    /// Growth of the round trip over its lowest.
    pub net_delay: Duration,
    /// Frames dropped because the queue was late, in the last 10 s.
    pub dropped: u64,
    /// Share of the last second in which only the server's full receive buffer
    /// held bytes back, 0 to 1; `None` where the system does not say.
    pub server_full: Option<f64>,
    /// Frames a second that were asked for.
    pub fps_wanted: f64,
    /// Share of the time that the encoder was at work, 0 to 1.
    pub encoder_load: f64,
    /// Share of the frames due that the encoder was too late for, 0 to 1.
    pub encoder_late: f64,
    /// Share of the frames that repeat the picture before because the bitrate is too
    /// low, 0 to 1.
    pub held: f64,
    /// The camera; `None` where the picture comes from elsewhere.
    pub camera: Option<Camera>,
    /// The microphone; `None` where the sound comes from elsewhere or is muted.
    pub microphone: Option<Microphone>,
}

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Away {
    /// The network failed or fell silent.
    Network,
    /// The server ended the stream, refused it or did not answer as a server does.
    Server,
}

/// What a camera delivers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Frames a second.
    pub fps: f64,
    /// Time since the last frame.
    pub silent: Duration,
}

/// What a microphone delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Microphone {
    /// Time since the device delivered anything.
    pub silent: Duration,
}

impl Default for Measurements {
    fn default() -> Self {
        Self {
            away: None,
            limit_kbps: None,
            wanted_kbps: 2_628.0,
            sent_kbps: 2_628.0,
            queued: Duration::ZERO,
            net_delay: Duration::ZERO,
            dropped: 0,
            server_full: None,
            fps_wanted: 30.0,
            encoder_load: 0.0,
            encoder_late: 0.0,
            held: 0.0,
            camera: None,
            microphone: None,
        }
    }
}

/// What is to blame, with the numbers that say so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// Nothing.
    Fine,
    /// There is no way to the server just now.
    UplinkAway,
    /// The way to the server carries less than the stream needs.
    Uplink {
        /// What it carries, in kbit/s.
        carries_kbps: f64,
        /// What the stream needs, in kbit/s.
        wanted_kbps: f64,
        /// What waits on this side and on the way.
        waiting: Duration,
        /// Frames dropped in the last 10 s.
        dropped: u64,
    },
    /// The server ended the stream or does not want it.
    ServerAway,
    /// The server takes less than the way to it carries.
    Server {
        /// What it takes, in kbit/s.
        takes_kbps: f64,
        /// Share of the time that its buffer was full, 0 to 1.
        full: f64,
    },
    /// The encoder can't keep up.
    Encoder {
        /// Share of the time that it was at work, 0 to 1.
        load: f64,
        /// Share of the frames that it was too late for, 0 to 1.
        late: f64,
    },
    /// Other programs take the time that frames need.
    Busy {
        /// Share of the frames that were too late, 0 to 1.
        late: f64,
    },
    /// The bitrate is too low for the picture.
    TooFewBits {
        /// Share of the frames that repeat the picture before, 0 to 1.
        held: f64,
    },
    /// The camera has stopped.
    CameraSilent {
        /// For how long.
        silent: Duration,
    },
    /// The camera delivers fewer frames than are asked for.
    CameraSlow {
        /// Frames a second.
        fps: f64,
        /// Frames a second asked for.
        wanted: f64,
    },
    /// The microphone has stopped.
    MicrophoneSilent {
        /// For how long.
        silent: Duration,
    },
}

/// A device that delivers nothing for so long has stopped.
const CAMERA_SILENT: Duration = Duration::from_secs(2);
const MICROPHONE_SILENT: Duration = Duration::from_millis(500);
/// Below this share of its frames a camera is slow.
const CAMERA_SLOW: f64 = 0.9;
/// From this share of frames on that were too late it shows; one of thirty is a
/// hiccup.
const ENCODER_LATE: f64 = 0.05;
/// An encoder that has less to do than this is not what made them late.
const ENCODER_LOAD: f64 = 0.6;
/// From this share of repeated frames on movement is seen to stutter; after a cut a few
/// are.
const HELD: f64 = 0.2;
/// What waits for longer than this is not on its way but stuck.
const WAITING: Duration = Duration::from_millis(500);
/// A server whose buffer is full for this share of the time is what is slow.
const SERVER_FULL: f64 = 0.5;

/// What stands in the way, judged by what was measured.
pub fn judge(seen: &Measurements) -> Verdict {
    let found = away(seen)
        .or_else(|| devices(seen))
        .or_else(|| link(seen))
        .or_else(|| encoder(seen))
        .or_else(|| (seen.held >= HELD).then_some(Verdict::TooFewBits { held: seen.held }))
        .or_else(|| slow_camera(seen));
    found.unwrap_or(Verdict::Fine)
}

fn away(seen: &Measurements) -> Option<Verdict> {
    seen.away.map(|away| match away {
        Away::Network => Verdict::UplinkAway,
        Away::Server => Verdict::ServerAway,
    })
}

fn devices(seen: &Measurements) -> Option<Verdict> {
    let camera = seen.camera.map(|camera| camera.silent).filter(|time| *time >= CAMERA_SILENT);
    let microphone = seen.microphone.map(|microphone| microphone.silent);
    camera.map(|silent| Verdict::CameraSilent { silent }).or_else(|| {
        microphone
            .filter(|time| *time >= MICROPHONE_SILENT)
            .map(|silent| Verdict::MicrophoneSilent { silent })
    })
}

fn link(seen: &Measurements) -> Option<Verdict> {
    let waiting = seen.queued + seen.net_delay;
    if seen.limit_kbps.is_none() && seen.dropped == 0 && waiting < WAITING {
        return None;
    }
    // The limit is what is aimed at, even while nothing moves.
    let stands_still = seen.sent_kbps < 1.0;
    let limit_kbps = seen.limit_kbps.filter(|_| !stands_still);
    let carries_kbps = limit_kbps.unwrap_or(seen.sent_kbps);
    Some(match seen.server_full {
        Some(full) if full >= SERVER_FULL => Verdict::Server { takes_kbps: carries_kbps, full },
        _ => Verdict::Uplink {
            carries_kbps,
            wanted_kbps: seen.wanted_kbps,
            waiting,
            dropped: seen.dropped,
        },
    })
}

fn encoder(seen: &Measurements) -> Option<Verdict> {
    let (load, late) = (seen.encoder_load, seen.encoder_late);
    (late >= ENCODER_LATE).then_some(match load >= ENCODER_LOAD {
        true => Verdict::Encoder { load, late },
        false => Verdict::Busy { late },
    })
}

fn slow_camera(seen: &Measurements) -> Option<Verdict> {
    let fps = seen.camera?.fps;
    let wanted = seen.fps_wanted;
    (fps < CAMERA_SLOW * wanted).then_some(Verdict::CameraSlow { fps, wanted })
}

impl fmt::Display for Verdict {
    /// One sentence, without a full stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match *self {
            Self::Fine => text::FINE.into(),
            Self::UplinkAway => text::UPLINK_AWAY.into(),
            Self::Uplink { carries_kbps, wanted_kbps, waiting, dropped } => {
                text::uplink(carries_kbps, wanted_kbps, waiting, dropped)
            }
            Self::ServerAway => text::SERVER_AWAY.into(),
            Self::Server { takes_kbps, full } => text::server(takes_kbps, full),
            Self::Encoder { load, late } => text::encoder(load, late),
            Self::Busy { late } => text::busy(late),
            Self::TooFewBits { held } => text::too_few_bits(held),
            Self::CameraSilent { silent } => text::camera_silent(silent),
            Self::CameraSlow { fps, wanted } => text::camera_slow(fps, wanted),
            Self::MicrophoneSilent { silent } => text::microphone_silent(silent),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    const STEADY: Camera = Camera { fps: 30.0, silent: Duration::ZERO };
    const DARK: Camera = Camera { fps: 15.0, silent: Duration::ZERO };

    fn fine() -> Measurements {
        Measurements { camera: Some(STEADY), ..Measurements::default() }
    }

    #[test]
    fn each_cause_by_its_numbers() {
        let narrow = Measurements {
            limit_kbps: Some(980.0),
            sent_kbps: 940.0,
            queued: seconds(0.2),
            net_delay: seconds(0.1),
            dropped: 12,
            ..fine()
        };
        let away = |away| Measurements { away: Some(away), ..narrow };
        let unplugged = Camera { silent: seconds(3.0), ..STEADY };
        let mute = Microphone { silent: seconds(0.8) };
        let busy = Measurements { encoder_load: 0.97, encoder_late: 0.2, ..fine() };
        for (seen, sentence) in [
            (fine(), "All is well"),
            (Measurements { encoder_load: 0.6, queued: seconds(0.1), ..fine() }, "All is well"),
            (Measurements { server_full: Some(0.9), ..fine() }, "All is well"),
            (Measurements { encoder_load: 0.99, encoder_late: 0.03, ..fine() }, "All is well"),
            (
                Measurements { encoder_load: 0.3, encoder_late: 0.1, ..fine() },
                "This computer is busy with other programs: 10 % of the frames were left out",
            ),
            (Measurements { held: 0.15, ..fine() }, "All is well"),
            (
                Measurements { held: 0.3, camera: Some(DARK), ..fine() },
                "The bitrate is too low for so much movement: 30 % of the frames repeat the one \
                 before. Raise it, or choose a smaller picture or fewer frames",
            ),
            (
                narrow,
                "Your uplink carries 980 of the 2628 kbit/s that the stream needs; 300 ms are \
                 waiting, 12 frames were dropped",
            ),
            (
                Measurements { queued: seconds(0.7), sent_kbps: 500.0, ..fine() },
                "Your uplink carries 500 of the 2628 kbit/s that the stream needs; 700 ms are \
                 waiting",
            ),
            (
                Measurements { server_full: Some(0.8), ..narrow },
                "The server takes only 980 kbit/s: its buffer was full for 80 % of the time",
            ),
            (
                Measurements { sent_kbps: 0.0, ..narrow },
                "Nothing gets through to the server; 300 ms are waiting, 12 frames were dropped",
            ),
            (
                Measurements { server_full: Some(1.0), sent_kbps: 0.0, ..narrow },
                "The server takes nothing: its buffer was full for 100 % of the time",
            ),
            (away(Away::Network), "There is no connection to the server"),
            (away(Away::Server), "The server isn't accepting the stream"),
            (
                busy,
                "This computer is too slow: encoding takes 97 % of the time there is and misses \
                 20 % of the frames",
            ),
            (
                Measurements { camera: Some(DARK), ..fine() },
                "The camera delivers 15 of 30 frames a second; in low light many do",
            ),
            (
                Measurements { camera: Some(unplugged), ..narrow },
                "The camera has delivered nothing for 3 s",
            ),
            (
                Measurements { microphone: Some(mute), ..busy },
                "The microphone has delivered nothing for 0.8 s",
            ),
        ] {
            assert_eq!(judge(&seen).to_string(), sentence, "{seen:?}");
        }
    }

    #[test]
    fn a_busy_encoder_is_blamed_before_the_camera_it_can_not_follow() {
        let busy = Measurements { encoder_load: 0.95, encoder_late: 0.1, ..fine() };
        let seen = Measurements { camera: Some(DARK), ..busy };
        assert!(matches!(judge(&seen), Verdict::Encoder { .. }));
    }
}
