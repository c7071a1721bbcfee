//! `onMetaData`: what a stream says about itself (FLV 10.1 §E.5).

use crate::media::{AudioConfig, VideoConfig};
use crate::protocol::amf0::{Encoder, Properties};

/// `videocodecid` and `audiocodecid`: AVC and AAC (FLV 10.1 §E.4.2.1, §E.4.3.1).
const AVC: f64 = 7.0;
const AAC: f64 = 10.0;

/// The name of the program that made the stream.
const ENCODER: &str = concat!("Tallylight ", env!("CARGO_PKG_VERSION"));

/// What is said about the two tracks. A track that does not exist is not
/// mentioned: players wait for each track that is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// The pictures.
    pub video: Option<VideoConfig>,
    /// The sound.
    pub audio: Option<AudioConfig>,
}

impl Metadata {
    /// The names and values, in the order that publishers send them.
    pub fn properties(&self) -> Properties {
        let mut all = Properties::new().with("duration", 0.0).with("fileSize", 0.0);
        if let Some(video) = &self.video {
            all.push("width", video.width);
            all.push("height", video.height);
            all.push("videocodecid", AVC);
            all.push("videodatarate", video.kbps);
            all.push("framerate", video.fps.as_f64());
        }
        if let Some(audio) = &self.audio {
            all.push("audiocodecid", AAC);
            all.push("audiodatarate", audio.kbps);
            all.push("audiosamplerate", audio.sample_rate);
            all.push("audiosamplesize", 16.0);
            all.push("audiochannels", audio.channels);
            all.push("stereo", audio.channels == 2);
            for layout in ["2.1", "3.1", "4.0", "4.1", "5.1", "7.1"] {
                all.push(layout, false);
            }
        }
        all.push("encoder", ENCODER);
        all
    }

    /// The body of a script tag in a file.
    pub fn script_body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        Encoder::new(&mut body).string("onMetaData").ecma_array(&self.properties());
        body
    }

    /// The body of the data message that asks a server to keep it for every player
    /// to come.
    pub fn set_data_frame_body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let mut encoder = Encoder::new(&mut body);
        encoder.string("@setDataFrame").string("onMetaData").ecma_array(&self.properties());
        body
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::media::FrameRate;
    use crate::protocol::amf0::{Decoder, Value};

    fn metadata() -> Metadata {
        let video = VideoConfig {
            decoder_config: Bytes::new(),
            width: 1280,
            height: 720,
            fps: FrameRate::whole(30),
            kbps: 2500,
        };
        let audio = AudioConfig {
            specific_config: Bytes::new(),
            sample_rate: 48_000,
            channels: 2,
            kbps: 128,
        };
        Metadata { video: Some(video), audio: Some(audio) }
    }

    #[test]
    fn the_array_says_what_players_rely_on() {
        let values = Decoder::new(&metadata().set_data_frame_body()).read_to_end().unwrap();
        assert_eq!(values[..2], [Value::from("@setDataFrame"), Value::from("onMetaData")]);
        assert!(matches!(values[2], Value::EcmaArray(_)));
        let number = |name: &str| values[2].get(name).and_then(Value::as_number);
        assert_eq!((number("width"), number("height")), (Some(1280.0), Some(720.0)));
        assert_eq!((number("videocodecid"), number("audiocodecid")), (Some(7.0), Some(10.0)));
        assert_eq!((number("framerate"), number("audiosamplerate")), (Some(30.0), Some(48_000.0)));
        assert_eq!(values[2].get("stereo"), Some(&Value::Boolean(true)));
    }

    #[test]
    fn a_track_that_is_not_there_is_not_mentioned() {
        let silent = Metadata { audio: None, ..metadata() };
        let values = Decoder::new(&silent.script_body()).read_to_end().unwrap();
        assert_eq!(values[0], Value::from("onMetaData"));
        assert_eq!(values[1].get("audiocodecid"), None);
        assert!(values[1].get("videocodecid").is_some());
    }
}
