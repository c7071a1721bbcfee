//! Players in virtual time.

use super::super::cache::CacheLimits;
use super::super::testing::*;
use super::*;
use crate::protocol::rtmp::server::MediaKind;

const LIMITS: PlayerLimits = PlayerLimits { time: Duration::from_secs(1), bytes: 1 << 20 };

fn at(ms: i64) -> MediaTime {
    MediaTime::from_millis(ms)
}

/// A stream and one who plays it.
struct Scene {
    cache: Cache,
    player: Player,
}

impl Scene {
    fn new() -> Self {
        Self { cache: Cache::new(CacheLimits::default()), player: Player::new(LIMITS) }
    }

    /// With a header and a keyframe of before the player came.
    fn running() -> Self {
        let mut scene = Self::new();
        for message in [metadata(0), video_header(0, 1), audio_header(0, 1), key(100), inter(140)] {
            scene.keep(&message);
        }
        scene
    }

    /// Before the player came.
    fn keep(&mut self, message: &Message) {
        let part = Part::of(message).expect("the test's headers are whole");
        self.cache.push(at(0), part, message);
    }

    fn publish(&mut self, now: i64, message: &Message) {
        let part = Part::of(message).expect("the test's headers are whole");
        self.cache.push(at(now), part, message);
        self.player.push(at(now), part, message, &self.cache);
    }

    /// Everything that waits: k(ey), i(nter), s(ound), h(eader), m(etadata), and
    /// the notices, each with its time.
    fn taken(&mut self) -> String {
        let items = std::iter::from_fn(|| self.player.pop());
        items.map(|item| described(&item)).collect::<Vec<_>>().join(" ")
    }
}

fn described(item: &Item) -> String {
    let Item::Message(message) = item else { return format!("{item:?}") };
    let what = match (message.kind, message.payload[0], message.payload[1]) {
        (MediaKind::Metadata, ..) => 'm',
        (MediaKind::Audio, _, 0) | (MediaKind::Video, _, 0) => 'h',
        (MediaKind::Audio, ..) => 's',
        (MediaKind::Video, 0x17, _) => 'k',
        (MediaKind::Video, ..) => 'i',
        (MediaKind::Data, ..) => 'd',
    };
    format!("{what}{}", message.timestamp)
}

#[test]
fn starts_at_once_with_what_the_stream_kept() {
    let mut scene = Scene::running();
    scene.player.join(at(0), &scene.cache);
    scene.publish(0, &sound(150));
    assert_eq!(scene.taken(), "m0 h0 h0 k0 i40 s50");
}

#[test]
fn waits_for_a_keyframe_and_leaves_out_the_sound_before_it() {
    let mut scene = Scene::new();
    scene.player.join(at(0), &scene.cache);
    for message in [metadata(0), video_header(0, 1), audio_header(0, 1), inter(60), sound(70)] {
        scene.publish(0, &message);
    }
    assert_eq!(scene.taken(), "");
    for message in [key(100), sound(90), sound(110), inter(140)] {
        scene.publish(0, &message);
    }
    assert_eq!(scene.taken(), "m0 h0 h0 k0 s10 i40");
}

#[test]
fn a_keyframe_that_does_not_come_does_not_keep_the_sound_away() {
    let mut scene = Scene::new();
    scene.player.join(at(0), &scene.cache);
    for message in [video_header(0, 1), audio_header(0, 1), inter(60), sound(70)] {
        scene.publish(0, &message);
    }
    scene.publish(1999, &sound(2000));
    assert_eq!(scene.taken(), "");
    scene.publish(2000, &inter(2090));
    scene.publish(2001, &sound(2100));
    scene.publish(2002, &inter(2110));
    scene.publish(2003, &sound(2121));
    assert_eq!(scene.taken(), "h0 h0 s0 s21", "pictures wait for their keyframe");
    scene.publish(2010, &key(2140));
    scene.publish(2011, &inter(2180));
    assert_eq!(scene.taken(), "k40 i80");
}

#[test]
fn pictures_that_are_behind_the_sound_never_run_back() {
    let mut scene = Scene::new();
    scene.player.join(at(0), &scene.cache);
    for message in [video_header(0, 1), audio_header(0, 1), inter(60), sound(1000)] {
        scene.publish(0, &message);
    }
    for message in [sound(3000), sound(3500), key(2000), inter(2040), inter(3020), inter(3060)] {
        scene.publish(2000, &message);
    }
    assert_eq!(scene.taken(), "h0 h0 s0 s500 k0 i0 i20 i60");
}

#[test]
fn a_player_that_seeks_starts_on_a_keyframe_at_once() {
    let mut scene = Scene::running();
    scene.player.join(at(0), &scene.cache);
    assert_eq!(scene.taken(), "m0 h0 h0 k0 i40");
    scene.publish(10, &inter(180));
    scene.player.rejoin(at(10), &scene.cache);
    assert_eq!(scene.taken(), "m100 h100 h100 k100 i140 i180", "with later times");
    scene.publish(20, &inter(220));
    assert_eq!(scene.taken(), "i220");
}

#[test]
fn starts_on_sound_where_there_are_no_pictures() {
    let mut scene = Scene::new();
    for message in [audio_header(0, 1), sound(500), sound(521)] {
        scene.publish(0, &message);
    }
    assert_eq!(scene.taken(), "h0 s0 s21");
}

#[test]
fn pictures_that_waited_too_long_are_dropped_up_to_the_next_keyframe() {
    let mut scene = Scene::running();
    scene.player.join(at(0), &scene.cache);
    scene.publish(10, &sound(150));
    scene.publish(1000, &inter(1100));
    assert_eq!(scene.player.missed(), Missed::default(), "not longer than a second");
    scene.publish(1001, &inter(1140));
    scene.publish(1002, &sound(1150));
    scene.publish(1003, &inter(1180));
    assert_eq!(scene.player.missed().pictures, 5);
    assert_eq!(scene.taken(), "m0 h0 h0 s50 s1050", "sound goes on");
    scene.publish(1100, &key(1220));
    scene.publish(1101, &inter(1260));
    assert_eq!(scene.taken(), "k1120 i1160");
    assert_eq!(scene.player.missed(), Missed { pictures: 5, others: 0 });
}

#[test]
fn a_burst_at_the_start_is_not_lateness() {
    let mut scene = Scene::new();
    scene.keep(&key(0));
    for n in 1..300 {
        scene.keep(&inter(n * 33));
    }
    scene.player.join(at(0), &scene.cache);
    scene.publish(500, &inter(10_000));
    assert_eq!(scene.taken().split(' ').count(), 301, "ten seconds at once");
}

#[test]
fn sound_alone_is_bounded_too() {
    let mut scene = Scene::running();
    scene.player.join(at(0), &scene.cache);
    for n in 0..100 {
        scene.publish(n * 20, &sound(150 + n as u32 * 20));
    }
    assert_eq!(scene.player.missed().others, 0);
    scene.publish(2001, &sound(2200));
    assert_eq!(scene.taken(), "", "all of it went");
    scene.publish(2020, &sound(2300));
    assert_eq!(scene.taken(), "", "until there is a keyframe, or for two seconds");
    scene.publish(2100, &key(3100));
    assert_eq!(scene.taken(), "m3000 h3000 h3000 k3000", "with the time of the gap");
}

#[test]
fn what_waits_is_bounded_in_bytes() {
    let mut scene = Scene::running();
    scene.player.join(at(0), &scene.cache);
    let large = message(MediaKind::Video, 200, &[&[0x27, 1][..], &[9; 300 << 10]].concat());
    for _ in 0..3 {
        scene.publish(0, &large);
    }
    assert_eq!(scene.player.missed().pictures, 0);
    scene.publish(0, &large);
    assert_eq!(scene.taken(), "");
    assert_eq!(scene.player.missed().pictures, 6);
    assert_eq!((scene.player.bytes, scene.player.pictures), (0, 0), "the books are right");
}

#[test]
fn a_restart_goes_on_with_later_times() {
    let mut scene = Scene::running();
    scene.player.join(at(0), &scene.cache);
    scene.player.restart();
    scene.player.tell(at(0), Item::Ended);
    scene.cache = Cache::new(CacheLimits::default());
    scene.player.tell(at(5), Item::Began);
    scene.publish(10, &inter(160));
    scene.publish(10, &key(162));
    scene.publish(10, &sound(183));
    assert_eq!(scene.taken(), "m0 h0 h0 k0 i40 Began k62 s83", "the last notice is enough");
}

#[test]
fn a_notice_outlives_what_is_dropped() {
    let mut scene = Scene::running();
    scene.player.join(at(0), &scene.cache);
    scene.player.tell(at(0), Item::Ended);
    scene.player.restart();
    scene.publish(0, &key(5000));
    scene.publish(2500, &sound(7000));
    assert_eq!(scene.taken(), "Ended");
}

#[test]
fn a_pause_drops_what_waits_and_ends_on_a_keyframe() {
    let mut scene = Scene::running();
    scene.player.join(at(0), &scene.cache);
    assert_eq!(scene.taken(), "m0 h0 h0 k0 i40");
    let paused = Playback { paused: true, ..Playback::default() };
    scene.player.set_playback(at(0), paused, &scene.cache);
    scene.publish(0, &inter(180));
    scene.publish(0, &key(3000));
    scene.publish(0, &inter(3040));
    assert_eq!(scene.taken(), "");
    scene.player.set_playback(at(0), Playback::default(), &scene.cache);
    assert_eq!(scene.taken(), "m2900 h2900 h2900 k2900 i2940");
}

#[test]
fn sound_without_pictures_may_be_asked_for() {
    let mut scene = Scene::running();
    let deaf = Playback { video: false, ..Playback::default() };
    scene.player.set_playback(at(0), deaf, &scene.cache);
    scene.player.join(at(0), &scene.cache);
    scene.publish(0, &sound(150));
    scene.publish(0, &inter(160));
    assert_eq!(scene.taken(), "m0 h0 s0", "no picture, and no header for any");
    scene.player.set_playback(at(0), Playback::default(), &scene.cache);
    scene.publish(0, &inter(200));
    scene.publish(0, &key(250));
    assert_eq!(scene.taken(), "k100");
}
