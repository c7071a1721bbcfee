//! What the engine shows: one plain value, made anew several times a second.

use std::sync::Arc;
use std::time::Duration;

use super::{Fault, OutputSettings};
use crate::media::{MediaTime, VideoFrame};
use crate::source::SourceStatus;

/// Everything a face draws. Cheap to clone: big parts are shared.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// When it was made, on the engine's clock.
    pub at: MediaTime,
    /// What the engine as a whole is doing.
    pub stage: Stage,
    /// Streams that were started or could not be: two that end the same way are
    /// two.
    pub streams: u64,
    /// What the stream that runs is made of, or the next one will be.
    pub output: OutputSettings,
    /// What the stream that runs carries.
    pub tracks: Option<Tracks>,
    /// The highest video bitrate that the running encoder takes, in kbit/s.
    pub most_kbps: Option<u32>,
    /// The picture.
    pub video: VideoSnapshot,
    /// The camera, picture or test signal.
    pub camera: SourceSnapshot,
    /// The microphone or test signal.
    pub microphone: SourceSnapshot,
    /// How loud it is.
    pub levels: Levels,
    /// Where the stream goes; empty while idle.
    pub destinations: Vec<DestinationSnapshot>,
    /// The built-in server, while it runs.
    pub server: Option<ServerSnapshot>,
    /// The newest picture as it goes out, while a face asked for previews.
    pub preview: Option<VideoFrame>,
    /// The program's own cost.
    pub process: ProcessSnapshot,
    /// What stands in the way of a good stream, and the numbers that say so.
    pub cause: Cause,
    /// What is wrong just now, worst first.
    pub faults: Vec<Fault>,
}

/// What a stream carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tracks {
    /// A picture; black while none is chosen any more.
    pub picture: bool,
    /// Sound; silence while none is chosen any more.
    pub sound: bool,
}

/// What the engine as a whole is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Preview only.
    #[default]
    Idle,
    /// Publishing, or trying to.
    Publishing,
    /// Ending the stream.
    Stopping,
    /// The engine's threads have ended.
    Ended,
}

/// Steps on the way to live, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Looking up the server's name.
    Resolve,
    /// Opening the connection.
    Connect,
    /// Agreeing on encryption.
    Encrypt,
    /// RTMP handshake.
    Handshake,
    /// Asking for the application.
    Application,
    /// Asking to publish.
    Publish,
}

/// The state of one destination.
#[derive(Clone, Debug, PartialEq)]
pub enum Connection {
    /// On the way to live.
    Connecting(Step),
    /// The server said Publish.Start and bytes are flowing.
    Live {
        /// Since when, on the engine's clock.
        since: MediaTime,
    },
    /// Waiting for the next try.
    Reconnecting {
        /// When it comes, on the engine's clock.
        at: MediaTime,
        /// Which try it will be, from 1.
        attempt: u32,
        /// Why the last one ended.
        reason: Fault,
    },
    /// Saying goodbye.
    Stopping,
    /// Ended as asked.
    Stopped,
    /// Ended for good by something that trying again won't mend.
    Failed(Fault),
}

/// One destination.
#[derive(Clone, Debug, PartialEq)]
pub struct DestinationSnapshot {
    /// The name people know it by.
    pub name: String,
    /// Server address without key and query values.
    pub address: String,
    /// Its state.
    pub connection: Connection,
    /// Bits that really left in the last second, in kbit/s.
    pub kbps: f64,
    /// Video bitrate that the controller asks for, in kbit/s.
    pub target_kbps: u32,
    /// Sound and picture waiting to be sent.
    pub queue: Duration,
    /// What was left out, and why.
    pub drops: Drops,
    /// Video frames sent.
    pub video_frames: u64,
    /// How often a connection that was live has ended, other than as asked.
    pub breaks: u64,
    /// Audio frames sent.
    pub audio_frames: u64,
    /// Bytes sent on all connections.
    pub bytes: u64,
    /// Round-trip time, where something measures it.
    pub rtt: Option<Duration>,
    /// Bytes sent and not yet acknowledged, where something measures it.
    pub unacknowledged: Option<u64>,
    /// Time spent live, over all connections.
    pub live: Duration,
    /// The last thing the server said: code and text, as it said them.
    pub server_said: Option<String>,
    /// How earlier connections ended, newest last; the last 50.
    pub log: Arc<Vec<ConnectionLog>>,
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectionLog {
    /// When it ended, on the engine's clock.
    pub at: MediaTime,
    /// How long it had been live; `None` if never.
    pub live: Option<Duration>,
    /// Why it ended.
    pub reason: Fault,
}

/// Frames that were made or due and never sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drops {
    /// Left out because the link was too slow.
    pub network: u64,
    /// Not made because the encoder was too slow.
    pub encoder: u64,
}

/// The picture's figures.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct VideoSnapshot {
    /// Frames due in this stream, or in the last one.
    pub due: u64,
    /// Frames made in it.
    pub made: u64,
    /// Frames of these that show the picture before once more, because the bitrate is
    /// too low for the new one.
    pub held: u64,
    /// Frames of it left out because the encoder was late.
    pub late: u64,
    /// New pictures in the last second: frames made, without those held.
    pub fps: f64,
    /// Encoder time per frame, in ms, mean of the last second.
    pub encoder_ms: f64,
    /// How old the oldest picture of the last second was, in ms, when it was
    /// encoded, counted from when the camera took it; without a camera from when
    /// it was due.
    pub picture_ms: f64,
    /// What the encoder made in the last second, in kbit/s.
    pub kbps: f64,
    /// The picture has been black for some seconds.
    pub black: bool,
    /// The picture has not changed for some seconds.
    pub frozen: bool,
}

/// One source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceSnapshot {
    /// How it is doing; `None` where it was switched off.
    pub status: Option<SourceStatus>,
    /// What can be chosen: identity and name, as the system gives them.
    pub choices: Arc<Vec<(String, String)>>,
    /// The system has said what can be chosen; it may be nothing.
    pub listed: bool,
}

/// How loud it is, in dBFS (0 is full scale; silence is -120).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// Loudest sample of each channel, with the decay of a peak meter.
    pub peak: [f32; 2],
    /// Peak hold of each channel.
    pub hold: [f32; 2],
    /// Mean power of each channel over 300 ms.
    pub rms: [f32; 2],
    /// Muted by the person.
    pub muted: bool,
    /// How long nothing has been heard.
    pub silent_for: Duration,
    /// Gain in decibels.
    pub gain_db: f32,
}

impl Default for Levels {
    fn default() -> Self {
        let silence = [-120.0; 2];
        Self {
            peak: silence,
            hold: silence,
            rms: silence,
            muted: false,
            silent_for: Duration::ZERO,
            gain_db: 0.0,
        }
    }
}

/// The built-in server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServerSnapshot {
    /// The address to open in a player.
    pub play_url: String,
    /// Players that are watching.
    pub players: usize,
    /// Publishers that are sending.
    pub publishers: usize,
}

/// What the program costs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProcessSnapshot {
    /// Share of one core, in percent: 200 is two cores.
    pub cpu_percent: f32,
    /// Resident memory in bytes.
    pub memory: u64,
}

/// What stands in the way of a good stream: a sentence with the numbers it
/// rests on.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cause {
    /// Nothing.
    #[default]
    Fine,
    /// The way to the server carries less than the stream needs.
    Uplink(String),
    /// The server does not take what the link would carry, or sent us away.
    Server(String),
    /// The encoder can't keep up.
    Encoder(String),
    /// The bitrate is too low for the picture.
    Bitrate(String),
    /// The camera delivers too little or nothing.
    Camera(String),
    /// The microphone delivers nothing.
    Microphone(String),
}

impl Snapshot {
    /// Whether the encoder is what stands in the way: a high figure alone is no
    /// trouble where several processors share the work.
    pub fn is_overloaded(&self) -> bool {
        let gave_up = |fault: &Fault| matches!(fault, Fault::Overloaded { .. });
        matches!(self.cause, Cause::Encoder(_)) || self.faults.iter().any(gave_up)
    }
}

impl Cause {
    /// One word for what it is; empty where nothing is wrong.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Fine => "",
            Self::Uplink(_) => "uplink",
            Self::Server(_) => "server",
            Self::Encoder(_) => "encoder",
            Self::Bitrate(_) => "bitrate",
            Self::Camera(_) => "camera",
            Self::Microphone(_) => "microphone",
        }
    }

    /// The sentence, where something is wrong.
    pub fn sentence(&self) -> Option<&str> {
        match self {
            Self::Fine => None,
            Self::Uplink(text)
            | Self::Server(text)
            | Self::Encoder(text)
            | Self::Bitrate(text)
            | Self::Camera(text)
            | Self::Microphone(text) => Some(text),
        }
    }
}
