//! What a stream keeps for players that come later: metadata, headers, and all
//! since the last keyframe. Who plays is not known here.

use std::time::Duration;

use super::message::{Message, OVERHEAD};
use super::part::{Part, TrackId};
use crate::media::MediaTime;
use crate::protocol::flv::tag::{AudioTag, VideoTag};
use crate::protocol::rtmp::server::MediaKind;

/// How much a stream keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheLimits {
    /// From the keyframe to the newest message, by our clock: the publisher's may
    /// say anything.
    pub time: Duration,
    /// Bytes, bookkeeping included.
    pub bytes: usize,
}

impl Default for CacheLimits {
    fn default() -> Self {
        Self { time: Duration::from_secs(20), bytes: 16 << 20 }
    }
}

/// Longest metadata or header that is remembered, in bytes. Longer ones are passed
/// on, and players that come later do without.
const MAX_REMEMBERED: usize = 64 << 10;

/// Headers of one stream: tracks and kinds. More than that are not remembered.
const MAX_HEADERS: usize = 16;

/// What was published and may be wanted again.
#[derive(Debug)]
pub struct Cache {
    limits: CacheLimits,
    metadata: Option<Message>,
    headers: Vec<(HeaderKey, Message)>,
    /// Metadata and headers as they were at the keyframe.
    opening: Vec<Message>,
    /// The keyframe and all since; empty until one comes and after an overflow.
    gop: Vec<(Part, Message)>,
    /// When the keyframe came.
    since: MediaTime,
    /// What `gop` costs.
    bytes: usize,
    has_video: bool,
}

/// What a player can start with.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// Metadata and headers.
    pub opening: &'a [Message],
    /// A keyframe and all since; never empty.
    pub gop: &'a [(Part, Message)],
}

/// Of two headers with the same key the later one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct HeaderKey {
    track: TrackId,
    /// The decoder's configuration, rather than what else describes a track.
    sequence: bool,
}

impl Cache {
    /// Nothing was published yet.
    pub fn new(limits: CacheLimits) -> Self {
        Self {
            limits,
            metadata: None,
            headers: Vec::new(),
            opening: Vec::new(),
            gop: Vec::new(),
            since: MediaTime::ZERO,
            bytes: 0,
            has_video: false,
        }
    }

    /// How much is kept.
    pub fn limits(&self) -> CacheLimits {
        self.limits
    }

    /// Takes the next message of the publisher.
    pub fn push(&mut self, now: MediaTime, part: Part, message: &Message) {
        self.has_video |= message.kind == MediaKind::Video;
        match part {
            Part::Metadata | Part::Header if message.payload.len() > MAX_REMEMBERED => {}
            Part::Metadata => self.metadata = Some(message.clone()),
            Part::Header => self.set_header(now, message),
            Part::Keyframe => self.start_over(now, message),
            Part::Picture | Part::Sound | Part::Control | Part::Data => {
                self.append(now, part, message);
            }
        }
    }

    /// What is kept since the keyframe costs, in bytes.
    pub fn cost(&self) -> usize {
        self.bytes
    }

    /// Lets go of what was kept since the keyframe; the next one starts anew.
    pub fn forget(&mut self) {
        self.forget_gop();
    }

    /// Whether there are pictures in the stream.
    pub fn has_video(&self) -> bool {
        self.has_video
    }

    /// Metadata and headers as they are now.
    pub fn headers(&self) -> impl Iterator<Item = &Message> {
        self.metadata.iter().chain(self.headers.iter().map(|(_, header)| header))
    }

    /// What a player can start with at once: metadata and headers, and the last
    /// keyframe with all since. Nothing where that is not kept whole.
    pub fn start(&self) -> Option<Start<'_>> {
        (!self.gop.is_empty()).then_some(Start { opening: &self.opening, gop: &self.gop })
    }

    fn start_over(&mut self, now: MediaTime, keyframe: &Message) {
        self.forget_gop();
        self.opening = self.headers().cloned().collect();
        self.gop.push((Part::Keyframe, keyframe.clone()));
        self.bytes = cost(keyframe);
        self.since = now;
        self.check_limits(now);
    }

    fn append(&mut self, now: MediaTime, part: Part, message: &Message) {
        if self.gop.is_empty() {
            return;
        }
        self.bytes += cost(message);
        self.gop.push((part, message.clone()));
        self.check_limits(now);
    }

    /// Pictures after a new header can't be decoded with the one before, so what
    /// is kept ends there. Encoders that repeat their header change nothing.
    fn set_header(&mut self, now: MediaTime, message: &Message) {
        let key = header_key(message);
        match self.headers.iter().position(|(known, _)| *known == key) {
            Some(at) if self.headers[at].1.payload == message.payload => return,
            Some(at) => self.headers[at].1 = message.clone(),
            None if self.headers.len() < MAX_HEADERS => self.headers.push((key, message.clone())),
            None => {}
        }
        if message.kind == MediaKind::Video {
            self.forget_gop();
        } else {
            self.append(now, Part::Header, message);
        }
    }

    fn check_limits(&mut self, now: MediaTime) {
        if now.since(self.since) > self.limits.time || self.bytes > self.limits.bytes {
            self.forget_gop();
        }
    }

    fn forget_gop(&mut self) {
        self.gop = Vec::new();
        self.opening = Vec::new();
        self.bytes = 0;
    }
}

/// What a message costs to keep, in bytes.
pub(super) fn cost(message: &Message) -> usize {
    message.payload.len() + OVERHEAD
}

fn header_key(message: &Message) -> HeaderKey {
    let sequence = match message.kind {
        MediaKind::Audio => AudioTag::of(&message.payload) == AudioTag::SequenceHeader,
        _ => VideoTag::of(&message.payload) == VideoTag::SequenceHeader,
    };
    HeaderKey { track: TrackId::of(message), sequence }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn at(ms: i64) -> MediaTime {
        MediaTime::from_millis(ms)
    }

    fn push(cache: &mut Cache, now: i64, message: &Message) -> Part {
        let part = Part::of(message).expect("the test's headers are whole");
        cache.push(at(now), part, message);
        part
    }

    fn small() -> Cache {
        Cache::new(CacheLimits { time: Duration::from_secs(2), bytes: 10_000 })
    }

    fn kept(cache: &Cache) -> Option<(Vec<u32>, Vec<u32>)> {
        let Start { opening, gop } = cache.start()?;
        let opening = opening.iter().map(|message| message.timestamp).collect();
        Some((opening, gop.iter().map(|(_, message)| message.timestamp).collect()))
    }

    #[test]
    fn keeps_everything_since_the_last_keyframe() {
        let mut cache = small();
        push(&mut cache, 0, &inter(0));
        assert_eq!(kept(&cache), None, "nothing to start with");
        for message in [metadata(1), video_header(2, 1), audio_header(3, 1)] {
            push(&mut cache, 0, &message);
        }
        for message in [key(10), sound(11), inter(12)] {
            push(&mut cache, 0, &message);
        }
        assert_eq!(kept(&cache), Some((vec![1, 2, 3], vec![10, 11, 12])));
        push(&mut cache, 0, &key(20));
        assert_eq!(kept(&cache), Some((vec![1, 2, 3], vec![20])));
    }

    #[test]
    fn a_repeated_header_changes_nothing_and_a_new_one_ends_what_is_kept() {
        let mut cache = small();
        push(&mut cache, 0, &video_header(0, 1));
        push(&mut cache, 0, &key(1));
        push(&mut cache, 0, &video_header(2, 1));
        assert_eq!(kept(&cache), Some((vec![0], vec![1])));
        push(&mut cache, 0, &video_header(3, 2));
        assert_eq!(kept(&cache), None);
        push(&mut cache, 0, &inter(4));
        assert_eq!(kept(&cache), None, "a picture of the new sequence can't be a start");
        push(&mut cache, 0, &key(5));
        assert_eq!(kept(&cache), Some((vec![3], vec![5])));
    }

    #[test]
    fn a_new_sound_header_stays_in_its_place() {
        let mut cache = small();
        push(&mut cache, 0, &audio_header(0, 1));
        push(&mut cache, 0, &key(1));
        push(&mut cache, 0, &audio_header(2, 2));
        push(&mut cache, 0, &sound(3));
        assert_eq!(kept(&cache), Some((vec![0], vec![1, 2, 3])));
        push(&mut cache, 0, &key(4));
        assert_eq!(kept(&cache), Some((vec![2], vec![4])));
    }

    #[test]
    fn is_bounded_by_the_time_of_arrival_and_by_bytes() {
        let mut cache = small();
        push(&mut cache, 0, &key(7));
        push(&mut cache, 2000, &inter(7));
        assert!(kept(&cache).is_some(), "2 s");
        push(&mut cache, 2001, &inter(7));
        assert_eq!(kept(&cache), None, "a publisher whose clock stands still gains nothing");
        push(&mut cache, 3000, &key(3000));
        push(&mut cache, 3001, &inter(90_000));
        assert!(kept(&cache).is_some(), "and one that is in a hurry loses nothing");
        for _ in 0..200 {
            push(&mut cache, 3000, &sound(3000));
        }
        assert_eq!(kept(&cache), None, "the smallest messages cost memory, too");
    }

    #[test]
    fn what_is_remembered_is_short() {
        let mut cache = small();
        let long = |first: &[u8]| [first, &[0; MAX_REMEMBERED]].concat();
        let header = message(MediaKind::Video, 0, &long(&[0x17, 0]));
        assert_eq!(push(&mut cache, 0, &header), Part::Header);
        assert_eq!(
            push(&mut cache, 0, &message(MediaKind::Metadata, 0, &long(&[2]))),
            Part::Metadata
        );
        assert_eq!(cache.headers().count(), 0);
    }

    #[test]
    fn headers_are_kept_for_each_track_and_bounded() {
        let mut cache = small();
        let header = |track: u8| {
            let body = [0x96, 0x00, b'h', b'v', b'c', b'1', track, 1];
            Message {
                kind: MediaKind::Video,
                timestamp: u32::from(track),
                payload: body.to_vec().into(),
            }
        };
        for track in 0..=255 {
            assert_eq!(push(&mut cache, 0, &header(track)), Part::Header);
        }
        assert_eq!(cache.headers().count(), MAX_HEADERS);
        push(&mut cache, 0, &header(3));
        assert_eq!(cache.headers().count(), MAX_HEADERS);
    }
}
