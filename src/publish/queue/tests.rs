//! The queue's rules, one story each. Packets are written `V10` (video at 10 ms),
//! `K10` (keyframe) and `A10` (audio); what is popped is written the same way
//! with session times, `S` for a start and `C` for a header.

use bytes::Bytes;

use super::*;
use crate::media::FrameRate;

const VIDEO_BYTES: usize = 1_000;
const AUDIO_BYTES: usize = 300;

const LIMITS: Limits = Limits { time: Duration::from_secs(1), bytes: 8 << 20 };

fn ms(text: &str) -> MediaTime {
    MediaTime::from_millis(text[1..].parse().expect("a test's packet has a time"))
}

fn packet(text: &str) -> Packet {
    let track = if text.starts_with('A') { Track::Audio } else { Track::Video };
    let len = if track == Track::Audio { AUDIO_BYTES } else { VIDEO_BYTES };
    Packet {
        track,
        pts: ms(text),
        dts: ms(text),
        keyframe: !text.starts_with('V'),
        data: Bytes::from(vec![0; len]),
    }
}

fn video_config(width: u32) -> TrackConfig {
    TrackConfig::Video(VideoConfig {
        decoder_config: Bytes::from(width.to_be_bytes().to_vec()),
        width,
        height: 720,
        fps: FrameRate::whole(30),
        kbps: 2_500,
    })
}

fn audio_config() -> TrackConfig {
    TrackConfig::Audio(AudioConfig {
        specific_config: Bytes::from_static(&[0x11, 0x90]),
        sample_rate: 48_000,
        channels: 2,
        kbps: 128,
    })
}

/// A queue whose session waits for its keyframe.
fn waiting() -> SendQueue {
    let mut queue = SendQueue::new(LIMITS);
    queue.push_config(audio_config());
    queue.push_config(video_config(1_280));
    queue.start_session();
    queue
}

/// A queue whose session has begun with `K0`, already on the wire.
fn live() -> SendQueue {
    let mut queue = waiting();
    push(&mut queue, "K0");
    assert_eq!(drain(&mut queue), "S K0");
    queue
}

fn push(queue: &mut SendQueue, packets: &str) {
    packets.split_whitespace().for_each(|text| queue.push(packet(text)));
}

/// Video each 40 ms and audio each 20 ms, `from..to` in ms.
fn push_span(queue: &mut SendQueue, from: i64, to: i64) {
    for t in (from..to).step_by(20) {
        push(queue, &format!("A{t}"));
        if t % 40 == 0 {
            push(queue, &format!("V{t}"));
        }
    }
}

fn written(next: &Next) -> String {
    match next {
        Next::Start(_) => "S".to_owned(),
        Next::Config(_) => "C".to_owned(),
        Next::Media(Timed { packet, timestamp, .. }) => {
            let kind = match (packet.track, packet.keyframe) {
                (Track::Audio, _) => 'A',
                (Track::Video, true) => 'K',
                (Track::Video, false) => 'V',
            };
            format!("{kind}{timestamp}")
        }
    }
}

fn drain(queue: &mut SendQueue) -> String {
    let all: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|next| written(&next)).collect();
    queue.flushed();
    all.join(" ")
}

#[test]
fn order_and_start() {
    for (pushed, popped, why) in [
        ("V100 V133", "", "nothing before a keyframe"),
        ("V100 K200 V233", "S K0 V33", "the keyframe is time 0"),
        ("A150 A190 A200 A210 K200", "S A0 K0 A10", "sound that was held, from the keyframe on"),
        ("A150 K200 A190 A220 V233", "S K0 A20 V33", "sound that came too late for the start"),
        ("K200 V233 A210 V266", "S K0 A10 V33 V66", "both tracks in order of time"),
        ("K200 V233 V220 V240", "S K0 V33 V33 V40", "time never falls within a track"),
        ("K200 A300 K250 A280", "S K0 K50 A100 A100", "a track keeps its own order"),
    ] {
        let mut queue = waiting();
        push(&mut queue, pushed);
        assert_eq!(drain(&mut queue), popped, "{why}: {pushed}");
    }
}

#[test]
fn a_start_carries_both_headers_and_waits_for_the_one_of_the_pictures() {
    let mut queue = SendQueue::new(LIMITS);
    queue.start_session();
    push(&mut queue, "K0");
    assert_eq!(queue.pop(), None);
    assert!(queue.wants_keyframe());
    queue.push_config(audio_config());
    queue.push_config(video_config(1_280));
    push(&mut queue, "K40");
    let Some(Next::Start(headers)) = queue.pop() else { panic!("no start") };
    assert!(headers.audio.is_some() && headers.video.is_some());
    assert!(!queue.wants_keyframe());
}

#[test]
fn headers_are_queued_in_their_place_and_only_when_they_change() {
    let mut queue = live();
    push(&mut queue, "V40 A50");
    let mut slower = video_config(1_280);
    let TrackConfig::Video(config) = &mut slower else { panic!("not video") };
    config.kbps = 500;
    queue.push_config(slower);
    queue.push_config(video_config(640));
    push(&mut queue, "K80 A60");
    assert_eq!(drain(&mut queue), "V40 A50 C A60 K80");
}

#[test]
fn composition_time_survives() {
    let mut queue = live();
    let mut reordered = packet("V40");
    reordered.pts = MediaTime::from_millis(120);
    queue.push(reordered);
    let Some(Next::Media(timed)) = queue.pop() else { panic!("no packet") };
    assert_eq!((timed.timestamp, timed.composition), (40, 80));
}

#[test]
fn timestamps_wrap_after_49_days() {
    let mut queue = live();
    let past = i64::from(u32::MAX) + 11;
    push(&mut queue, &format!("A{past}"));
    assert_eq!(drain(&mut queue), "A10");
}

#[test]
fn queued_time_counts_what_is_half_written() {
    let mut queue = live();
    assert_eq!(queue.queued(), Duration::ZERO);
    push(&mut queue, "V40");
    assert_eq!(queue.queued(), Duration::ZERO, "nothing newer came in");
    assert!(!queue.is_empty());
    push(&mut queue, "A45 V100");
    assert_eq!(queue.queued(), Duration::from_millis(60));
    assert_eq!(queue.pop().as_ref().map(written), Some("V40".to_owned()));
    assert_eq!(queue.queued(), Duration::from_millis(60), "popped is not sent");
    queue.pop();
    queue.pop();
    assert_eq!(queue.queued(), Duration::ZERO);
    assert!(!queue.is_empty());
    queue.flushed();
    assert!(queue.is_empty());
    assert_eq!(queue.queued_bytes(), 0);
}

#[test]
fn sound_that_is_late_as_a_whole_is_no_queue() {
    let mut queue = live();
    for t in (5_000..5_500).step_by(40) {
        push(&mut queue, &format!("V{t} A{}", t - 4_000));
        assert!(queue.queued() <= Duration::from_millis(500), "{:?}", queue.queued());
    }
    assert!(drain(&mut queue).starts_with("A1000 A1040 "));
    push(&mut queue, "A1540");
    assert_eq!((queue.queued(), queue.drops()), (Duration::ZERO, Drops::default()));
}

#[test]
fn late_video_goes_and_sound_stays() {
    let mut queue = live();
    push_span(&mut queue, 20, 1_040);
    assert_eq!(queue.drops(), Drops::default(), "1 s old is not late");
    assert_eq!(queue.dropping(), None);
    push_span(&mut queue, 1_040, 2_000);
    let dropped = Dropping { since: MediaTime::from_millis(1_080), why: DropReason::Late };
    assert_eq!(queue.dropping(), Some(dropped));
    let left = drain(&mut queue);
    assert!(!left.contains('V'), "{left}");
    assert_eq!(left.split(' ').count(), 99, "every audio packet");
    let drops = queue.drops();
    assert_eq!((drops.frames, drops.audio, drops.episodes), (49, 0, 1));
    assert_eq!(drops.bytes, 49 * VIDEO_BYTES as u64);
}

#[test]
fn late_video_goes_up_to_a_young_keyframe() {
    let mut queue = live();
    push(&mut queue, "V40 V80 K600 V640 V1000");
    push(&mut queue, "V1041");
    assert_eq!(queue.dropping(), None, "the stream goes on from the keyframe");
    assert_eq!(queue.drops().frames, 2);
    assert_eq!(queue.drops().episodes, 1);
    assert_eq!(drain(&mut queue), "K600 V640 V1000 V1041");
}

#[test]
fn keyframes_are_kept_and_a_late_queue_takes_no_video_between_them() {
    let mut queue = live();
    push(&mut queue, "V40 V1041 V1080 K2000 V2040 V2900 V3001 V3040 K4000 V4040 A4050");
    assert_eq!(drain(&mut queue), "K2000 K4000 A4050");
    assert_eq!(queue.drops().frames, 8);
    push(&mut queue, "V4080 K4120 V4160");
    assert_eq!(drain(&mut queue), "K4120 V4160");
}

#[test]
fn a_half_written_keyframe_makes_what_is_behind_it_late() {
    let mut queue = live();
    push(&mut queue, "K2000");
    queue.pop();
    push(&mut queue, "V2040 A2500 V2960 V3001");
    assert_eq!(queue.drops().frames, 3);
    assert_eq!(drain(&mut queue), "A2500");
}

#[test]
fn a_keyframe_is_wanted_when_there_is_room_for_it() {
    let mut queue = live();
    push_span(&mut queue, 20, 1_100);
    assert!(queue.dropping().is_some());
    assert!(!queue.wants_keyframe(), "a keyframe would wait behind a second of sound");
    drain(&mut queue);
    assert!(queue.wants_keyframe());
    push(&mut queue, "V1120 V1160");
    assert_eq!(drain(&mut queue), "");
    push(&mut queue, "K1200 V1240");
    assert_eq!((queue.wants_keyframe(), queue.dropping()), (false, None));
    assert_eq!(drain(&mut queue), "K1200 V1240");
}

#[test]
fn a_gap_drops_to_the_next_keyframe() {
    let mut queue = live();
    push(&mut queue, "V40");
    queue.mark_gap(Lost { video: 1, audio: 0 });
    queue.mark_gap(Lost { video: 1, audio: 2 });
    push(&mut queue, "V120 A125 V160");
    assert_eq!(queue.dropping().map(|d| d.why), Some(DropReason::Gap));
    assert!(queue.wants_keyframe());
    push(&mut queue, "K200 V240");
    assert_eq!(drain(&mut queue), "V40 A125 K200 V240");
    let drops = queue.drops();
    assert_eq!((drops.frames, drops.audio, drops.episodes), (2 + 2, 2, 1), "and the lost ones");
}

#[test]
fn a_gap_of_sound_alone_drops_no_picture() {
    let mut queue = live();
    queue.mark_gap(Lost { video: 0, audio: 3 });
    push(&mut queue, "V40 A100 V80");
    assert_eq!(queue.dropping(), None);
    assert_eq!(drain(&mut queue), "V40 V80 A100");
    assert_eq!((queue.drops().frames, queue.drops().audio), (0, 3));
}

#[test]
fn a_latecomer_keeps_its_own_time() {
    let mut queue = live();
    push(&mut queue, "V40 V300");
    for late in ["A100", "A120"] {
        queue.push(Packet { dts: ms("V300"), ..packet(late) });
    }
    push(&mut queue, "A320 V340");
    assert_eq!(drain(&mut queue), "V40 V300 A100 A120 A320 V340");
}

#[test]
fn without_a_session_nothing_is_kept_or_counted() {
    let mut queue = live();
    push(&mut queue, "V40 V80");
    queue.close_session();
    push(&mut queue, "K120 A130");
    queue.mark_gap(Lost { video: 1, audio: 0 });
    assert!(queue.is_empty() && !queue.wants_keyframe());
    assert_eq!((queue.pop(), queue.dropping(), queue.queued_bytes()), (None, None, 0));
    assert_eq!(queue.drops(), Drops::default());
    queue.start_session();
    push(&mut queue, "V160 K5000 A5010");
    assert_eq!(drain(&mut queue), "S K0 A10");
}

#[test]
fn a_session_that_waits_holds_a_bound_of_sound() {
    let mut queue = waiting();
    for t in (0..60_000).step_by(20) {
        push(&mut queue, &format!("A{t}"));
    }
    assert!(queue.queued_bytes() <= 51 * (AUDIO_BYTES + 128), "{}", queue.queued_bytes());
    assert_eq!((queue.queued(), queue.drops()), (Duration::ZERO, Drops::default()));
}

#[test]
fn a_second_session_takes_over_at_a_keyframe() {
    let mut queue = live();
    push(&mut queue, "V40");
    queue.switch_at_keyframe();
    assert!(queue.wants_keyframe());
    push(&mut queue, "A60 V80 A130 K120 A140 V160");
    assert!(!queue.wants_keyframe());
    assert_eq!(drain(&mut queue), "V40 A60 V80 S K0 A10 A20 V40");
    push(&mut queue, "A115 A150");
    assert_eq!(drain(&mut queue), "A30", "sound of the session that was left");
}

#[test]
fn a_second_session_that_is_lost_before_its_keyframe_changes_nothing() {
    let mut queue = live();
    queue.switch_at_keyframe();
    push(&mut queue, "V40");
    queue.stay();
    push(&mut queue, "K80");
    assert!(!queue.wants_keyframe());
    assert_eq!(drain(&mut queue), "V40 K80");
    queue.switch_at_keyframe();
    push(&mut queue, "K120 V160");
    queue.stay();
    push(&mut queue, "V200");
    assert_eq!(drain(&mut queue), "K120 V160 V200", "its start waited already");
    assert!(queue.is_empty() && queue.queued_bytes() == 0);
}

#[test]
fn sound_alone_starts_by_itself() {
    let mut queue = SendQueue::sound_only(LIMITS);
    queue.start_session();
    push(&mut queue, "A100");
    assert_eq!(queue.pop(), None, "no header yet");
    queue.push_config(audio_config());
    push(&mut queue, "A120 A140");
    assert!(!queue.wants_keyframe());
    assert_eq!(drain(&mut queue), "S A0 A20");
    queue.switch_at_keyframe();
    push(&mut queue, "A160 A180");
    assert_eq!(drain(&mut queue), "S A0 A20");
}

#[test]
fn bytes_are_bounded_though_time_stands_still() {
    let limits = Limits { bytes: 100_000, ..LIMITS };
    let mut queue = SendQueue::new(limits);
    queue.push_config(video_config(1_280));
    queue.start_session();
    for _ in 0..10_000 {
        push(&mut queue, "K0 V0 A0");
        assert!(queue.queued_bytes() <= limits.bytes);
    }
    queue.mark_gap(Lost { video: 1, audio: 0 });
    assert_eq!(drain(&mut queue).split(' ').next(), Some("S"), "the start survives");
    assert!(queue.drops().audio > 0);
}

/// Any order of calls and times: bounds hold, and each session is a start, a
/// keyframe from time 0, and times that never fall within a track.
#[test]
fn any_input_keeps_the_rules() {
    use proptest::prelude::*;
    let step = (0..12_u8, -50..400_i64, 1..5_000_usize);
    proptest!(|(steps in proptest::collection::vec(step, 1..400))| {
        let limits = Limits { bytes: 60_000, ..LIMITS };
        let mut queue = SendQueue::new(limits);
        let (mut now, mut last, mut started) = (0_i64, [0_u32; 2], false);
        for (what, by, len) in steps {
            now += by;
            let kind = ["V", "V", "V", "K", "A", "A"].get(usize::from(what));
            match (what, kind) {
                (_, Some(kind)) => {
                    let mut packet = packet(&format!("{kind}{now}"));
                    packet.data = Bytes::from(vec![0; len]);
                    queue.push(packet);
                }
                (6, _) => queue.push_config(video_config(16 * len as u32)),
                (7, _) => { queue.start_session(); started = false; }
                (8, _) => queue.switch_at_keyframe(),
                (9, _) => queue.mark_gap(Lost { video: len as u64 % 2, audio: 1 }),
                _ => match queue.pop() {
                    Some(Next::Start(_)) => { last = [0; 2]; started = true; }
                    Some(Next::Media(timed)) => {
                        prop_assert!(started);
                        let last = &mut last[timed.packet.track as usize];
                        prop_assert!(timed.timestamp >= *last);
                        *last = timed.timestamp;
                    }
                    Some(Next::Config(_)) => prop_assert!(started),
                    None => queue.flushed(),
                },
            }
            prop_assert!(queue.queued_bytes() <= limits.bytes + 2 * 128 * 400);
        }
    });
}
