//! What a published message is to players: told from its first bytes.

use super::message::Message;
use crate::protocol::flv::tag::{AudioTag, VideoTag};
use crate::protocol::rtmp::server::MediaKind;

/// What a message is to a player.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// What the stream says of itself.
    Metadata,
    /// What a decoder must know first.
    Header,
    /// A picture where a player can start.
    Keyframe,
    /// Any other picture.
    Picture,
    /// Sound.
    Sound,
    /// What shows and sounds nothing: the end of a sequence, a command to the player,
    /// a packet of an unknown type.
    Control,
    /// An event with a name.
    Data,
}

/// One of a stream's tracks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TrackId {
    /// [`MediaKind::Audio`] or [`MediaKind::Video`].
    pub kind: MediaKind,
    /// Its number where the publisher sends several; else 0.
    pub number: u8,
}

impl Part {
    /// None for a header that lacks its configuration: no decoder can use it, and it
    /// must not take the place of one that is whole.
    pub fn of(message: &Message) -> Option<Self> {
        match message.kind {
            MediaKind::Metadata => Some(Self::Metadata),
            MediaKind::Data => Some(Self::Data),
            MediaKind::Audio => Self::of_audio(AudioTag::of(&message.payload)),
            MediaKind::Video => Self::of_video(VideoTag::of(&message.payload), message),
        }
    }

    fn of_audio(tag: AudioTag) -> Option<Self> {
        match tag {
            AudioTag::EmptyHeader => None,
            AudioTag::SequenceHeader | AudioTag::Metadata => Some(Self::Header),
            AudioTag::Frame => Some(Self::Sound),
            AudioTag::EndOfSequence | AudioTag::Other => Some(Self::Control),
        }
    }

    fn of_video(tag: VideoTag, message: &Message) -> Option<Self> {
        match tag {
            VideoTag::EmptyHeader => None,
            VideoTag::SequenceHeader | VideoTag::Metadata => Some(Self::Header),
            VideoTag::Keyframe if TrackId::of(message).number == 0 => Some(Self::Keyframe),
            VideoTag::Keyframe | VideoTag::Interframe => Some(Self::Picture),
            VideoTag::EndOfSequence | VideoTag::Other => Some(Self::Control),
        }
    }

    /// Whether it is a picture.
    pub fn is_picture(self) -> bool {
        matches!(self, Self::Keyframe | Self::Picture)
    }

    /// Whether it is shown or heard, so that its time counts.
    pub fn is_coded(self) -> bool {
        self.is_picture() || self == Self::Sound
    }
}

impl TrackId {
    /// The track of a message. Data belongs to none, and counts as one of its own.
    pub fn of(message: &Message) -> Self {
        let number = match message.kind {
            MediaKind::Audio => AudioTag::track(&message.payload),
            MediaKind::Video => VideoTag::track(&message.payload),
            MediaKind::Metadata | MediaKind::Data => 0,
        };
        Self { kind: message.kind, number }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn of(kind: MediaKind, body: &[u8]) -> Option<Part> {
        Part::of(&message(kind, 0, body))
    }

    #[test]
    fn only_the_first_tracks_keyframe_is_a_start() {
        let coded = |track| [0x96, 0x01, b'h', b'v', b'c', b'1', track, 1];
        assert_eq!(of(MediaKind::Video, &coded(1)), Some(Part::Picture));
        assert_eq!(of(MediaKind::Video, &coded(0)), Some(Part::Keyframe));
    }

    #[test]
    fn what_shows_nothing_is_told_from_pictures_and_sound() {
        for control in [&[0x17, 2, 0, 0, 0][..], &[0x57, 0], &[0x17, 3], b"\x92hvc1", b"\xD1\0"] {
            assert_eq!(of(MediaKind::Video, control), Some(Part::Control), "{control:?}");
        }
        for control in [&[0xAF][..], &[0xAF, 2], b"\x92Opus"] {
            assert_eq!(of(MediaKind::Audio, control), Some(Part::Control), "{control:?}");
        }
        assert!(!Part::Control.is_coded() && Part::Sound.is_coded());
    }

    #[test]
    fn a_header_without_its_configuration_is_nothing() {
        assert_eq!(of(MediaKind::Video, &[0x17, 0]), None);
        assert_eq!(of(MediaKind::Audio, &[0xAF, 0]), None);
        assert_eq!(of(MediaKind::Audio, &[0xAF, 0, 0x11, 0x90]), Some(Part::Header));
    }
}
