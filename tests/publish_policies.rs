//! The policies of a destination on a modelled link, in virtual time. Each test
//! is a fault as a story; run with `--nocapture` for the tables.

#[path = "support/link_model.rs"]
mod link_model;
#[path = "support/other_controllers.rs"]
mod other_controllers;
#[path = "support/publish_lab.rs"]
mod publish_lab;

use std::time::Duration;

use tallylight::media::MediaTime;
use tallylight::publish::bitrate::{Controller, Range, Target};
use tallylight::publish::link::LinkFigures;
use tallylight::publish::queue::Limits;

use link_model::{Change, End, Link, Profile};
use other_controllers::{MoblinLike, ObsLike, Off};
use publish_lab::{AUDIO_KBPS, Control, Knows, Lab, Report, VIDEO_KBPS};

impl Control for Controller {
    fn tick(&mut self, now: MediaTime, link: &LinkFigures) -> Target {
        self.tick(now, link)
    }
}

fn ours() -> Controller {
    Controller::new(Range::new(VIDEO_KBPS, AUDIO_KBPS))
}

fn s(seconds: i64) -> MediaTime {
    MediaTime::from_millis(seconds * 1_000)
}

const UNBOUNDED: Limits = Limits { time: Duration::from_secs(3_600), bytes: 1 << 30 };

/// A fault: a link and what happens to it.
struct Story {
    name: &'static str,
    profile: Profile,
    /// When the rate changes, and to how many kbit/s.
    rates: Vec<(i64, f64)>,
    /// How long it lasts.
    end: i64,
}

impl Story {
    /// A link of `kbps` that carries `less` from 10 s to `restored`; 30 s more.
    fn narrowed(name: &'static str, kbps: f64, less: f64, restored: i64) -> Self {
        let rates = vec![(10, less), (restored, kbps)];
        Self { name, profile: Profile::kbps(kbps), rates, end: restored + 30 }
    }

    /// A link that stays as it is for a minute.
    fn steady(name: &'static str, profile: Profile) -> Self {
        Self { name, profile, rates: Vec::new(), end: 60 }
    }

    fn link(&self, profile: Profile, seed: u64) -> Link {
        self.rates.iter().fold(Link::new(profile, seed), |link, (at, kbps)| {
            link.at(s(*at), Change::UpRate(*kbps))
        })
    }

    fn lab(&self, control: impl Control + 'static, seed: u64) -> Lab {
        Lab { seed, ..Lab::new(self.link(self.profile, seed), control) }
    }

    /// With our controller: each seed, and each way to know the link.
    fn ours(&self) -> Vec<(Knows, Report)> {
        let ways = [(Knows::Kernel, 4), (Knows::Rtmp, 4), (Knows::Nothing, 2)];
        let runs = ways.into_iter().flat_map(|(knows, n)| (1..=n).map(move |seed| (knows, seed)));
        let run = |(knows, seed)| {
            let report = Lab { knows, ..self.lab(ours(), seed) }.run(self.end);
            self.print(&format!("{knows:?} {seed}"), &report);
            (knows, report)
        };
        runs.map(run).collect()
    }

    fn off(&self) -> Report {
        self.printed("off", self.lab(Off, 1).run(self.end))
    }

    fn obs_like(&self) -> Report {
        let lab = Lab { limits: UNBOUNDED, ..self.lab(ObsLike::new(), 1) };
        self.printed("OBS-like", lab.run(self.end))
    }

    /// What the link does not take waits in the system, unbounded; the controller
    /// knows RTMP's acknowledgements.
    fn moblin_like(&self) -> Report {
        let link = self.link(Profile { unsent: 100 << 20, ..self.profile }, 1);
        let lab =
            Lab { limits: UNBOUNDED, knows: Knows::Rtmp, ..Lab::new(link, MoblinLike::new()) };
        self.printed("Moblin-like", lab.run(self.end))
    }

    fn printed(&self, who: &str, report: Report) -> Report {
        self.print(who, &report);
        report
    }

    fn print(&self, who: &str, report: &Report) {
        let ms = |time: Option<i64>| time.map_or("never".to_owned(), |ms| format!("{ms} ms"));
        let restored = self.rates.last().map_or(0, |(at, _)| *at);
        println!(
            "{:24} {who:12} queue {:5} ms, rtt {:5} ms, lower after {:>9}, full again after {:>9}, \
             {:5.0} kbps, {:4} dropped, freeze {:5} ms, {:3.0} % of the time full",
            self.name,
            report.queue_ms(1, self.end),
            report.rtt_ms(1, self.end),
            ms(report.until_below(10, VIDEO_KBPS)),
            ms(report.until_full(restored)),
            report.kbps(10, self.end),
            report.drops.frames,
            report.freeze_ms(),
            100.0 * report.full_share(0, self.end),
        );
    }
}

fn throttled() -> Story {
    Story::narrowed("1 Mbps for 30 s", 8_000.0, 1_000.0, 40)
}

fn narrowed_to_40_percent() -> Story {
    Story::narrowed("40 % for 30 s", 3_000.0, 1_200.0, 40)
}

fn bloated() -> Story {
    let story = Story::narrowed("1 Mbps behind 500 KB", 5_000.0, 1_000.0, 40);
    Story { profile: Profile { buffer: 500_000, ..story.profile }, ..story }
}

fn tight() -> Story {
    Story::steady("3 Mbps, little to spare", Profile::kbps(3_000.0))
}

fn noisy() -> Story {
    Story::steady("4 Mbps, 40 % noise", Profile { noise: 0.4, ..Profile::kbps(4_000.0) })
}

fn lossy() -> Story {
    Story::steady("8 Mbps, 0.2 % loss", Profile { loss: 0.002, ..Profile::kbps(8_000.0) })
}

/// The table second by second, for us, for no controller, and for two others.
#[test]
fn throttled_to_1_mbps_for_30_s() {
    let story = throttled();
    for (knows, report) in story.ours() {
        let cut = report.until_below(10, 1_000).expect("it is noticed");
        let most = if knows == Knows::Kernel { 400 } else { 1_200 };
        assert!(cut <= most, "{knows:?}: cut after {cut} ms");
        assert!(report.queue_ms(0, story.end) < 1_000, "{knows:?}\n{report}");
        assert!(report.freeze_ms() < 1_000, "{knows:?}\n{report}");
        let used = if knows == Knows::Rtmp { 700.0 } else { 950.0 };
        assert!(report.kbps(12, 40) > used, "{knows:?}: too shy\n{report}");
        let full = report.until_full(40).expect("the full rate comes back");
        assert!(full <= 12_000, "{knows:?}: full after {full} ms\n{report}");
        assert_eq!((report.drops.frames, report.end), (0, None), "{knows:?}\n{report}");
    }
    println!("{}", story.lab(ours(), 1).run(story.end));
    println!("off\n{}", story.off());
}

#[test]
fn narrowed_to_40_percent_for_30_s() {
    let story = narrowed_to_40_percent();
    for (knows, report) in story.ours() {
        let cut = report.until_below(10, 1_300).expect("it is noticed");
        let most = if knows == Knows::Kernel { 400 } else { 1_000 };
        assert!(cut <= most, "{knows:?}: cut after {cut} ms");
        assert!(report.queue_ms(0, story.end) < 1_000, "{knows:?}\n{report}");
        assert!(report.kbps(12, 40) > 1_000.0, "{knows:?}: too shy\n{report}");
        let full = report.until_full(40).expect("the full rate comes back");
        assert!(full <= 12_000, "{knows:?}: full after {full} ms\n{report}");
        assert_eq!((report.drops.frames, report.end), (0, None), "{knows:?}\n{report}");
    }
}

/// Less than sound and the lowest rate need: frames are left out, sound is not.
#[test]
fn far_too_narrow() {
    let story = Story::narrowed("300 kbps for 30 s", 8_000.0, 300.0, 40);
    for (knows, report) in story.ours() {
        let skipping = report.targets.iter().filter(|(at, _)| (s(15)..s(40)).contains(at));
        assert!(skipping.into_iter().all(|(_, target)| target.divisor >= 2), "{knows:?}\n{report}");
        assert!(report.lowest(10, 40) >= 500 / 4, "{knows:?}");
        assert!(report.freeze_ms() < 2_000, "{knows:?}\n{report}");
        assert!(report.queue_ms(20, 40) < 1_500, "{knows:?}\n{report}");
        assert_eq!((report.drops.audio, report.end), (0, None), "{knows:?}\n{report}");
        let full = report.until_full(40).expect("the full rate comes back");
        assert!(full <= 15_000, "{knows:?}: full after {full} ms\n{report}");
    }
}

/// A link that stands still and goes on is soon trusted with what it carried.
#[test]
fn a_short_stall() {
    for (name, length) in [("stall of 1 s", 1), ("stall of 3 s", 3)] {
        let story = Story::narrowed(name, 5_000.0, 0.0, 10 + length);
        for (knows, report) in story.ours() {
            assert_eq!(report.end, None, "{knows:?}: not dead yet");
            assert!(report.freeze_ms() < 1_000 * length as u128 + 500, "{knows:?}\n{report}");
            let full = report.until_full(10 + length).expect("the full rate comes back");
            let most = if knows == Knows::Kernel { 5_000 } else { 12_000 };
            assert!(full <= most, "{knows:?}: full after {full} ms\n{report}");
        }
    }
}

/// The queue stays empty and the round trip grows: the way swallows it all.
#[test]
fn a_deep_buffer_on_the_way() {
    let story = bloated();
    for (knows, report) in story.ours() {
        let cut = report.until_below(10, 1_000).expect("it is noticed");
        let (most, longest) = match knows {
            Knows::Kernel => (400, 800),
            Knows::Rtmp => (1_200, 2_000),
            // Only a full buffer shows.
            Knows::Nothing => (6_000, u128::MAX),
        };
        assert!(cut <= most, "{knows:?}: cut after {cut} ms");
        assert!(report.rtt_ms(0, story.end) < longest, "{knows:?}\n{report}");
        let full = report.until_full(40).expect("the full rate comes back");
        assert!(full <= 12_000, "{knows:?}: full after {full} ms\n{report}");
        assert_eq!(report.end, None);
    }
    assert!(story.off().rtt_ms(0, story.end) > 3_000, "the buffer is deep");
}

#[test]
fn a_link_that_carries_it_all_is_left_alone() {
    for story in [tight(), noisy(), lossy()] {
        for (knows, report) in story.ours() {
            let full = report.full_share(0, story.end);
            assert!(full > 0.9, "{}, {knows:?}: full {full}\n{report}", story.name);
            assert_eq!((report.drops.frames, report.end), (0, None), "{}", story.name);
        }
    }
}

#[test]
fn a_link_that_is_always_too_narrow_is_used() {
    let story = Story::steady("2 Mbps", Profile::kbps(2_000.0));
    for (knows, report) in story.ours() {
        let kbps = report.kbps(10, story.end);
        assert!(kbps > 1_650.0, "{knows:?}: {kbps}\n{report}");
        assert!(report.queue_ms(0, story.end) < 1_000, "{knows:?}\n{report}");
        assert_eq!(report.drops.frames, 0, "{knows:?}");
    }
}

/// What the encoder makes is less than it may make, or it obeys late.
#[test]
fn odd_encoders() {
    for (activity, inertia) in [(0.5, 0), (0.2, 0), (1.0, 500)] {
        for knows in [Knows::Kernel, Knows::Rtmp] {
            for story in [tight(), noisy(), throttled()] {
                let inertia = Duration::from_millis(inertia);
                let lab = Lab { knows, activity, inertia, ..story.lab(ours(), 3) };
                let report = lab.run(story.end);
                story.print(&format!("{knows:?} {activity}"), &report);
                assert!(report.queue_ms(0, story.end) < 1_100, "{}\n{report}", story.name);
                let most = if knows == Knows::Kernel { 0 } else { 40 };
                assert!(report.drops.frames <= most, "{}\n{report}", story.name);
                match story.rates.is_empty() {
                    true => assert!(report.full_share(0, story.end) > 0.95, "{report}"),
                    false => assert!(report.until_full(40) <= Some(12_000), "{report}"),
                }
            }
        }
    }
}

/// The server's program reads too slowly: its system says so, and the stream
/// adapts as to a narrow link.
#[test]
fn a_server_that_reads_slowly() {
    let story = Story::steady("server reads 1 Mbps", Profile::kbps(8_000.0));
    let link = story.link(Profile { window: 128 << 10, ..story.profile }, 1);
    let report = Lab { server_kbps: 1_000.0, ..Lab::new(link, ours()) }.run(story.end);
    story.print("Kernel", &report);
    assert!(report.queue_ms(5, story.end) < 1_000, "{report}");
    assert!(report.kbps(10, story.end) > 800.0, "{report}");
}

/// The same, by a system that speaks of room in its buffer 64 KiB at a time: what
/// arrives comes in lumps, half a second apart.
#[test]
fn a_server_that_reads_slowly_and_in_lumps() {
    let story = Story::steady("server reads 1 Mbps in lumps", Profile::kbps(20_000.0));
    let profile = Profile { window: 128 << 10, window_step: 64 << 10, ..story.profile };
    let link = story.link(profile, 1);
    let report = Lab { server_kbps: 1_000.0, ..Lab::new(link, ours()) }.run(story.end);
    story.print("Kernel", &report);
    assert!(report.queue_ms(0, story.end) <= 1_050, "{report}");
    assert!(report.kbps(10, story.end) > 920.0, "{report}");
    assert!(report.freeze_ms() < 1_000, "{report}");
}

/// Without a controller the bound on queued time holds by dropping.
#[test]
fn the_queue_is_bounded_without_a_controller() {
    for story in [throttled(), narrowed_to_40_percent()] {
        let report = story.off();
        assert!(report.queue_ms(0, story.end) <= 1_050, "{report}");
        assert!(report.drops.frames > 100 && report.drops.audio == 0, "{report}");
        assert!(report.freeze_ms() < 2_000, "{report}");
    }
}

/// A link that goes silent for good is given up after four seconds.
#[test]
fn a_dead_link() {
    for knows in [Knows::Kernel, Knows::Rtmp, Knows::Nothing] {
        let link = Link::new(Profile::kbps(5_000.0), 1).at(s(10), Change::Silence);
        let report = Lab { knows, ..Lab::new(link, ours()) }.run(40);
        let (at, how) = report.end.expect("it is noticed");
        assert_eq!(how, "dead");
        let after = at.since(s(10));
        let range = Duration::from_millis(3_900)..Duration::from_millis(4_600);
        assert!(range.contains(&after), "{knows:?}: after {after:?}");
        // Nothing piles up meanwhile but sound and keyframes.
        assert!(report.drops.audio == 0 && report.drops.frames > 10, "{report}");
    }
}

/// The connection breaks at any byte, in a header or a frame.
#[test]
fn a_connection_that_breaks() {
    for bytes in (1..400).chain((1_000..2_000_000).step_by(97_003)) {
        let link = Link::new(Profile::kbps(5_000.0), bytes).break_at(bytes);
        let report = Lab::new(link, ours()).run(20);
        assert_eq!(report.end.map(|(_, how)| how), Some("reset"), "at {bytes}");
    }
}

/// A longer way is not a full one: what it adds is soon normal.
#[test]
fn a_way_that_becomes_longer() {
    let link =
        Link::new(Profile::kbps(8_000.0), 1).at(s(10), Change::Delay(Duration::from_millis(120)));
    let report = Lab::new(link, ours()).run(60);
    assert!(report.rtt_ms(20, 60) > 200, "{report}");
    assert!(report.full_share(35, 60) > 0.99, "{report}");
    assert!(report.lowest(10, 60) >= 500, "{report}");
}

/// The model itself: bytes come out in order, at the rate, after the delay, each
/// once, whatever happens to the link; then the end.
#[test]
fn the_link_model_keeps_its_promises() {
    for (loss, noise) in [(0.0, 0.0), (0.01, 0.5)] {
        let profile = Profile { loss, noise, ..Profile::kbps(4_000.0) };
        let mut link = Link::new(profile, 3)
            .at(s(2), Change::UpRate(0.0))
            .at(s(3), Change::UpRate(4_000.0))
            .at(s(4), Change::Delay(Duration::from_millis(90)));
        let sent: Vec<u8> = (0..3_000_000_u32).map(|i| (i / 3) as u8).collect();
        let (mut written, mut heard, mut first) = (0, Vec::new(), None);
        let ended = loop {
            link.step();
            written += link.write(End::Client, &sent[written..]).expect("open");
            if written == sent.len() {
                link.close(End::Client);
            }
            let Some(bytes) = link.read(End::Server).expect("open") else { break link.now() };
            first = first.or((!bytes.is_empty()).then(|| link.now()));
            heard.extend(bytes);
            assert!(link.now() < s(120), "it ends");
        };
        assert!(heard == sent);
        assert!(first >= Some(MediaTime::from_millis(20)), "{first:?}");
        // 6 s at 4 Mbit/s, and a second of standing still.
        assert!(ended >= s(if noise == 0.0 { 7 } else { 6 }), "{ended}");
        if loss == 0.0 {
            assert!(ended < MediaTime::from_millis(7_600), "{ended}");
        }
        link.change(Change::Reset);
        assert!(link.write(End::Server, b"late").is_err());
    }
}

/// Against the published rules of two others: soon back at the full rate, more
/// carried, and less delay than without a bound.
#[test]
fn better_than_others() {
    for story in [throttled(), narrowed_to_40_percent(), bloated()] {
        let ours = story.lab(ours(), 1).run(story.end);
        story.print("ours", &ours);
        let (obs, moblin) = (story.obs_like(), story.moblin_like());
        let never = story.end * 1_000;
        let full = |report: &Report| report.until_full(40).unwrap_or(never);
        assert!(full(&ours) * 2 < full(&obs), "{}", story.name);
        assert!(full(&ours) < full(&moblin), "{}", story.name);
        let delay = |report: &Report| report.queue_ms(0, story.end) + report.rtt_ms(0, story.end);
        assert!(delay(&ours) < delay(&obs), "{}", story.name);
        let kbps = |report: &Report| report.kbps(10, story.end);
        assert!(kbps(&ours) > kbps(&obs) && kbps(&ours) > kbps(&moblin), "{}", story.name);
    }
}
