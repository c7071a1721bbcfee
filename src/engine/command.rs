//! What a face can ask of the engine.

use std::path::PathBuf;

use super::{AudioInput, Fingerprint, Tracks, VideoInput};
use crate::media::{FrameRate, limits};
use crate::protocol::rtmp::key::{Credentials, Secret, StreamKey};

/// One request. Commands are carried out in order and never block the sender.
#[derive(Clone, Debug)]
pub enum Command {
    /// Shows another picture. The stream goes on.
    SetVideoInput(VideoInput),
    /// Takes sound from elsewhere. The stream goes on.
    SetAudioInput(AudioInput),
    /// Another size, rate or bitrate: at once while idle. While live only the
    /// video bitrate changes, up to [`Snapshot::most_kbps`](super::Snapshot); the
    /// rest does when the stream has ended.
    SetOutput(OutputSettings),
    /// Starts publishing there.
    GoLive(DestinationSettings),
    /// Ends the stream cleanly, within 2 s whatever the peer does.
    Stop,
    /// Tries the next connection now instead of waiting.
    ReconnectNow,
    /// Microphone gain in decibels, -60 to +30.
    SetGain(f32),
    /// Microphone muted: silence is sent.
    SetMuted(bool),
    /// Turns the picture that is sent left to right.
    SetMirror(bool),
    /// Looks for cameras and microphones again.
    RefreshDevices,
    /// The window is visible: hand out preview pictures.
    ShowPreview,
    /// The window is hidden: hand out none.
    HidePreview,
    /// Stops everything; the engine's threads end.
    Shutdown,
}

/// What is made of picture and sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutputSettings {
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// Frames per second.
    pub fps: FrameRate,
    /// Video bitrate in kbit/s.
    pub video_kbps: u32,
    /// Video bitrate to fill up to where the picture needs less, in kbit/s; 0: none.
    pub least_kbps: u32,
    /// Audio bitrate in kbit/s.
    pub audio_kbps: u32,
    /// Seconds from one keyframe to the next.
    pub keyframe_s: f32,
    /// Lower the bitrate while the link carries less.
    pub adaptive: bool,
}

impl Default for OutputSettings {
    fn default() -> Self {
        Self {
            width: limits::DEFAULT_SIZE.0,
            height: limits::DEFAULT_SIZE.1,
            fps: limits::DEFAULT_FPS,
            video_kbps: limits::DEFAULT_VIDEO_KBPS,
            least_kbps: 0,
            audio_kbps: limits::DEFAULT_AUDIO_KBPS,
            keyframe_s: limits::DEFAULT_KEYFRAME_S,
            adaptive: true,
        }
    }
}

impl OutputSettings {
    /// Bitrate of a stream that carries these tracks, in kbit/s.
    pub fn kbps(&self, tracks: Tracks) -> u32 {
        let of = |carried: bool, kbps: u32| if carried { kbps } else { 0 };
        of(tracks.picture, self.video_kbps) + of(tracks.sound, self.audio_kbps)
    }

    /// Frames from one keyframe to the next, at least 1.
    pub fn keyframe_interval(&self) -> u32 {
        (f64::from(self.keyframe_s) * self.fps.as_f64()).round().max(1.0) as u32
    }
}

/// Where to publish.
#[derive(Clone, Debug, Default)]
pub struct DestinationSettings {
    /// The name people know it by, such as "Twitch" or "this computer".
    pub name: String,
    /// Server address, or a full URL with the key as its last part, as typed.
    pub server: String,
    /// Stream key, where it is not part of `server`; an empty one where the server
    /// takes none.
    pub key: Option<StreamKey>,
    /// User name and password, for servers that ask for them.
    pub credentials: Option<Credentials>,
    /// A file with the certificates to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// The one certificate to trust, whatever it says of itself, in place of all
    /// others.
    pub only_certificate: Option<Fingerprint>,
    /// The proxy's address as typed, `none` to go without; `None`: as the environment
    /// has it. It may hold a password.
    pub proxy: Option<Secret>,
    /// End the stream cleanly after this time live; `None`: when told to.
    pub live_limit: Option<std::time::Duration>,
    /// Start the built-in server first and publish there: "this computer".
    pub built_in_server: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_of_sound_alone_is_not_measured_by_a_picture() {
        let output = OutputSettings { video_kbps: 2_500, audio_kbps: 128, ..Default::default() };
        let tracks = |picture, sound| Tracks { picture, sound };
        assert_eq!(output.kbps(tracks(true, true)), 2_628);
        assert_eq!(output.kbps(tracks(false, true)), 128);
        assert_eq!(output.kbps(tracks(true, false)), 2_500);
    }
}
