//! The rules by which two well-known publishers choose a bitrate, from their
//! published constants, to compare with. Both run without a bound on the queue,
//! as they do.

use std::time::Duration;

use tallylight::media::MediaTime;
use tallylight::publish::bitrate::Target;
use tallylight::publish::link::LinkFigures;

use crate::publish_lab::{AUDIO_KBPS, Control, VIDEO_KBPS};

/// No controller: the encoder always makes what was asked for.
pub struct Off;

impl Control for Off {
    fn tick(&mut self, _: MediaTime, _: &LinkFigures) -> Target {
        Target { kbps: VIDEO_KBPS, divisor: 1 }
    }
}

/// OBS Studio's dynamic bitrate: down to the throughput of the last second when
/// 200 ms wait; up by a tenth of the original each 4 s.
pub struct ObsLike {
    kbps: u32,
    changed: MediaTime,
}

impl ObsLike {
    /// At the full rate.
    pub fn new() -> Self {
        Self { kbps: VIDEO_KBPS, changed: MediaTime::ZERO }
    }
}

impl Control for ObsLike {
    fn tick(&mut self, now: MediaTime, link: &LinkFigures) -> Target {
        let measured = link.kbps - f64::from(AUDIO_KBPS);
        let lower = (measured.max(0.0) as u32 / 100 * 100).max(50);
        if link.queued >= Duration::from_millis(200) {
            if lower < self.kbps {
                self.kbps = lower;
                self.changed = now;
            }
        } else if now.since(self.changed) >= Duration::from_secs(4) && self.kbps < VIDEO_KBPS {
            self.kbps = (self.kbps + VIDEO_KBPS / 10).min(VIDEO_KBPS);
            self.changed = now;
        }
        Target { kbps: self.kbps, divisor: 1 }
    }
}

/// Moblin's controller with its settings for RTMP: averages of packets in flight
/// and of the round-trip time decide; steps of 100 kbit/s up.
pub struct MoblinLike {
    kbps: f64,
    smooth_packets: f64,
    fast_packets: f64,
    smooth_rtt: f64,
    fast_rtt: f64,
    jitter: f64,
}

impl MoblinLike {
    const PACKETS: f64 = 200.0;

    /// At the rate it starts with.
    pub fn new() -> Self {
        Self {
            kbps: 1_000.0,
            smooth_packets: 0.0,
            fast_packets: 0.0,
            smooth_rtt: 0.0,
            fast_rtt: 0.0,
            jitter: 0.0,
        }
    }

    fn observe(&mut self, packets: f64, rtt: f64) {
        let toward = |old: f64, new: f64, up: f64, down: f64| {
            old + (new - old) * if new > old { up } else { down }
        };
        self.smooth_packets = toward(self.smooth_packets, packets, 0.03, 0.1);
        let before = self.fast_packets;
        self.fast_packets = toward(self.fast_packets, packets, 0.33, 0.33);
        self.jitter = (self.fast_packets - before).abs();
        self.smooth_rtt = toward(self.smooth_rtt, rtt, 0.04, 0.4).min(450.0);
        self.fast_rtt = rtt;
    }
}

impl Control for MoblinLike {
    fn tick(&mut self, _: MediaTime, link: &LinkFigures) -> Target {
        let packets = (link.unacked.unwrap_or(0) as f64) / 1_400.0;
        self.observe(packets, link.rtt.unwrap_or_default().as_secs_f64() * 1_000.0);
        let calm = self.fast_rtt <= self.smooth_rtt + 15.0 && self.jitter < 10.0;
        if self.smooth_packets < Self::PACKETS && calm {
            self.kbps += 100.0 * (1.0 - self.smooth_packets / Self::PACKETS);
        }
        let late = self.smooth_rtt > 500.0 || self.fast_rtt > self.smooth_rtt + 50.0;
        if self.smooth_packets > 100.0 || late {
            self.kbps -= (self.kbps * 0.1).max(250.0);
        }
        if self.fast_packets - self.smooth_packets > Self::PACKETS {
            self.kbps -= 500.0;
        }
        let leaving = link.kbps;
        let most = (leaving + 1_000.0).max(leaving * 1.7).min(f64::from(VIDEO_KBPS));
        self.kbps = self.kbps.min(most).max(50.0);
        let emergency = self.fast_packets - self.smooth_packets > 2.0 * Self::PACKETS;
        let kbps = if emergency { 50.0 } else { self.kbps };
        Target { kbps: kbps as u32, divisor: 1 }
    }
}
