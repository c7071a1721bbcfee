//! Publishers' clocks in virtual time.

use super::super::testing::*;
use super::*;
use crate::protocol::rtmp::server::MediaKind;

fn at(ms: i64) -> MediaTime {
    MediaTime::from_millis(ms)
}

/// A publisher's messages as the timeline places them.
struct Stream {
    timeline: Timeline,
    now: i64,
    /// Latest times of video and audio.
    given: [Option<i64>; 2],
}

impl Stream {
    fn new() -> Self {
        Self { timeline: Timeline::default(), now: 0, given: [None; 2] }
    }

    fn place(&mut self, message: &Message) -> i64 {
        let part = Part::of(message).expect("the test's headers are whole");
        let time = self.timeline.place(at(self.now), part, message);
        i64::from(time.cast_signed())
    }

    /// Places coded media, whose track never runs back.
    fn coded(&mut self, message: &Message) -> i64 {
        let time = self.place(message);
        let before = &mut self.given[usize::from(message.kind == MediaKind::Audio)];
        assert!(before.is_none_or(|before| before <= time), "{message:?} at {time}: {before:?}");
        *before = Some(time);
        time
    }

    /// Lets a second pass: 25 pictures and 50 sounds by these clocks, and gives the
    /// distance of sound from picture at its end.
    fn second(&mut self, video: u32, audio: u32) -> i64 {
        let mut distance = 0;
        for n in 0..25u32 {
            let picture = self.coded(&inter(video.wrapping_add(n * 40)));
            let heard = self.coded(&sound(audio.wrapping_add(n * 40)));
            self.coded(&sound(audio.wrapping_add(n * 40 + 20)));
            distance = heard - picture;
            self.now += 40;
        }
        distance
    }

    fn latest(&self) -> i64 {
        self.timeline.latest
    }
}

#[test]
fn what_is_not_media_takes_the_current_time_and_moves_nothing() {
    let hour = 3_600_000;
    let odd: [fn(u32) -> Message; 5] =
        [metadata, text_data, end_of_sequence, |t| video_header(t, 1), |t| audio_header(t, 1)];
    for (n, odd) in odd.into_iter().enumerate() {
        let mut stream = Stream::new();
        for second in 0..3_700u32 {
            stream.second(second * 1000, second * 1000);
            if second % 60 == 12 || second * 1000 == hour {
                for timestamp in [0, 1, u32::MAX, second * 1000 + 500, second * 1000 + 90_000] {
                    let placed = stream.place(&odd(timestamp));
                    let latest = i64::from(second) * 1000 + 980;
                    assert_eq!((placed, stream.latest()), (latest, latest), "{n} at {timestamp}");
                }
            }
        }
        assert_eq!(stream.latest(), 3_699_980);
    }
}

#[test]
fn a_header_is_not_later_than_the_picture_it_is_for() {
    let mut stream = Stream::new();
    for n in 0..10 {
        stream.coded(&sound(3000 + n * 20));
    }
    stream.coded(&key(0));
    stream.coded(&inter(40));
    assert_eq!(stream.place(&video_header(0, 1)), -3000 + 80);
    assert_eq!(stream.coded(&key(80)), -3000 + 80, "a publisher that sends sound far ahead");
}

#[test]
fn clocks_that_start_apart_keep_a_constant_distance() {
    for (video, audio) in [
        (15_000, 0),
        (0, 15_000),
        (10_000, 0),
        (0, 10_000),
        (0, 3_600_000),
        (u32::MAX - 19_999, 77),
    ] {
        let mut stream = Stream::new();
        let distance = stream.second(video, audio);
        assert!(distance.abs() <= 40, "{video} {audio}: {distance}");
        for n in 1..1200u32 {
            let next = |clock: u32| clock.wrapping_add(n * 1000);
            assert_eq!(stream.second(next(video), next(audio)), distance);
        }
        assert!((stream.latest() - 1_200_000).abs() <= 60, "{}", stream.latest());
    }
}

#[test]
fn clocks_that_are_a_little_apart_are_believed() {
    for apart in [0, 40, 1_000, 4_000] {
        let mut stream = Stream::new();
        assert_eq!(stream.second(0, apart), i64::from(apart));
        assert_eq!(stream.second(1000, apart + 1000), i64::from(apart));
        let mut stream = Stream::new();
        assert_eq!(stream.second(apart, 0), -i64::from(apart));
    }
}

#[test]
fn a_track_that_comes_late_or_pauses_is_where_its_time_is() {
    let mut stream = Stream::new();
    for n in 0..1000 {
        assert_eq!(stream.coded(&sound(n * 20)), i64::from(n) * 20);
        stream.now += 20;
    }
    assert_eq!(stream.coded(&key(20_000)), 20_000, "a camera that opened after 20 s");
    stream.now += 60_000;
    assert_eq!(stream.coded(&sound(80_000)), 80_000, "nothing was sent for a minute");
    assert_eq!(stream.coded(&inter(80_010)), 80_010);
}

#[test]
fn a_publisher_that_starts_again_goes_on_without_a_step() {
    for age in [1u32, 4, 9, 11, 3_600] {
        let mut stream = Stream::new();
        for second in 0..age {
            stream.second(second * 1000 + 777, second * 1000 + 777);
        }
        let before = stream.latest();
        assert_eq!(stream.second(0, 0), 0, "after {age} s");
        assert_eq!(stream.latest(), before + STEP_OVER_BREAK + 980);
        assert_eq!(stream.second(1000, 1000), 0);
        stream.timeline.stop();
        let before = stream.latest();
        assert_eq!(stream.second(5_000_000, 5_000_000), 0, "another publisher");
        assert_eq!(stream.latest(), before + STEP_OVER_BREAK + 980);
    }
}

#[test]
fn one_wrong_timestamp_moves_nothing() {
    for wrong in [0, 5_000, 7_900, 3_600_000, u32::MAX] {
        for message in [key, inter, sound] {
            let mut stream = Stream::new();
            for second in 0..10u32 {
                stream.second(second * 1000, second * 1000);
            }
            let placed = stream.coded(&message(wrong));
            assert!((9_960..=10_000).contains(&placed), "{wrong}: {placed}");
            assert_eq!(stream.second(10_000, 10_000), 0, "{wrong}");
            assert_eq!(stream.latest(), 10_980, "{wrong}");
        }
    }
}

#[test]
fn a_leap_ahead_that_is_taken_back_leaves_picture_and_sound_together() {
    for wrong in [11_000, 12_000, 14_000] {
        let mut stream = Stream::new();
        for second in 0..10u32 {
            stream.second(second * 1000, second * 1000);
        }
        assert_eq!(stream.coded(&inter(wrong)), i64::from(wrong), "it may be media left out");
        for second in 10..20u32 {
            stream.second(second * 1000, second * 1000);
        }
        assert_eq!(stream.second(20_000, 20_000), 0);
        assert_eq!(stream.latest(), 20_980);
    }
}

#[test]
fn a_small_step_back_is_held_up() {
    let mut stream = Stream::new();
    let given =
        [0, 40, 120, 80, 160, 200, 100, 140, 180, 220, 260].map(|t| stream.coded(&inter(t)));
    assert_eq!(given, [0, 40, 120, 120, 160, 200, 200, 200, 200, 220, 260]);
}

#[test]
fn media_that_was_left_out_counts() {
    let mut stream = Stream::new();
    stream.second(0, 0);
    assert_eq!(stream.coded(&inter(4_000)), 4_000);
    assert_eq!(stream.coded(&sound(4_000)), 4_000);
    let mut stream = Stream::new();
    assert_eq!([0, 9_000, 18_000].map(|t| stream.coded(&key(t))), [0, 9_000, 18_000]);
    assert_eq!(stream.coded(&key(40_000)), 18_020, "nobody waited so long");
}

#[test]
fn a_stream_in_a_hurry_is_not_slowed() {
    let mut stream = Stream::new();
    for n in 0..100_000u32 {
        assert_eq!(stream.coded(&inter(n * 40)), i64::from(n) * 40);
        assert_eq!(stream.coded(&sound(n * 40 + 11)), i64::from(n) * 40 + 11);
    }
}

#[test]
fn timestamps_wrap_for_as_long_as_it_takes() {
    let mut stream = Stream::new();
    let mut clock = u32::MAX - 5_000;
    for n in 0..20 {
        assert_eq!(stream.second(clock, clock), 0);
        assert_eq!(stream.latest(), n * 1000 + 980);
        clock = clock.wrapping_add(1000);
    }
    // Days, by pictures a day apart.
    let mut stream = Stream::new();
    let mut timestamp = 0u32;
    for day in 0..120u32 {
        let expected = (u64::from(day) * 86_400_000) as u32;
        assert_eq!(
            stream.timeline.place(at(stream.now), Part::Keyframe, &key(timestamp)),
            expected
        );
        timestamp = timestamp.wrapping_add(86_400_000);
        stream.now += 86_400_000;
    }
}

#[test]
fn several_tracks_of_a_kind_have_their_own_order() {
    let track = |number: u8, timestamp| {
        message(MediaKind::Audio, timestamp, &[0x95, 1, b'O', b'p', b'u', b's', number, 9])
    };
    let mut stream = Stream::new();
    let times = [(0, 0), (1, 0), (0, 20), (0, 40), (1, 20), (1, 40)];
    assert_eq!(times.map(|(n, t)| stream.place(&track(n, t))), [0, 0, 20, 40, 20, 40]);
    // More than can be told apart do no harm.
    for number in 0..=255 {
        stream.place(&track(number, u32::from(number) << 24));
    }
    assert_eq!(stream.timeline.tracks.len(), MAX_TRACKS);
}
