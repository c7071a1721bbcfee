//! The table of codecs. To add one: its file beside this one, its line below.

use super::{AudioEncoder, AudioSettings, Error, VideoEncoder, VideoSettings, fdk_aac, openh264};
use crate::text::encoder as text;

/// One codec that can be asked for by name.
#[derive(Clone, Copy, Debug)]
pub struct Codec {
    /// What settings and arguments call it; lower case, never changes.
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// What it encodes, and how one is made.
    pub open: Open,
}

/// Makes an encoder.
#[derive(Clone, Copy, Debug)]
pub enum Open {
    /// Of pictures.
    Video(fn(&VideoSettings) -> Result<Box<dyn VideoEncoder>, Error>),
    /// Of sound.
    Audio(fn(&AudioSettings) -> Result<Box<dyn AudioEncoder>, Error>),
}

/// All codecs. The first of a kind is the default.
pub const CODECS: &[Codec] = &[
    Codec { id: "openh264", name: "H.264 (OpenH264)", open: Open::Video(openh264::open) },
    Codec { id: "fdk-aac", name: "AAC-LC (FDK AAC)", open: Open::Audio(fdk_aac::open) },
];

/// Opens the default video codec.
pub fn open_video(settings: &VideoSettings) -> Result<Box<dyn VideoEncoder>, Error> {
    for codec in CODECS {
        if let Open::Video(open) = codec.open {
            return open(settings);
        }
    }
    Err(Error::Unsupported { codec: "video", what: text::NONE_BUILT_IN.into() })
}

/// Opens the default audio codec.
pub fn open_audio(settings: &AudioSettings) -> Result<Box<dyn AudioEncoder>, Error> {
    for codec in CODECS {
        if let Open::Audio(open) = codec.open {
            return open(settings);
        }
    }
    Err(Error::Unsupported { codec: "audio", what: text::NONE_BUILT_IN.into() })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_lower_case() {
        let ids: HashSet<_> = CODECS.iter().map(|codec| codec.id).collect();
        assert_eq!(ids.len(), CODECS.len());
        assert!(ids.iter().all(|id| *id == id.to_lowercase()));
    }

    #[test]
    fn both_kinds_have_a_default() {
        assert!(CODECS.iter().any(|codec| matches!(codec.open, Open::Video(_))));
        assert!(CODECS.iter().any(|codec| matches!(codec.open, Open::Audio(_))));
    }
}
