//! Five minutes of figures for the graph, one sample a second.

use std::collections::VecDeque;
use std::time::Duration;

use super::phase::Phase;
use crate::engine::{DestinationSnapshot, Snapshot, Stage};
use crate::media::MediaTime;

/// One second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// On the engine's clock.
    pub at: MediaTime,
    /// What left, in kbit/s.
    pub kbps: f64,
    /// What the controller asked for, picture and sound, in kbit/s.
    pub target_kbps: f64,
    /// Frames left out so far.
    pub dropped: u64,
}

/// The samples of the last five minutes, oldest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    samples: VecDeque<Sample>,
    /// How long viewers have seen nothing so far, and since when they do.
    interrupted: Duration,
    since: Option<MediaTime>,
    now: MediaTime,
}

impl History {
    /// How far it reaches back.
    pub const SPAN: Duration = Duration::from_secs(300);

    const EVERY: Duration = Duration::from_secs(1);

    /// Counts the time in which a stream that was live is not.
    fn note_interruption(&mut self, snapshot: &Snapshot) {
        let phase = Phase::of(snapshot);
        self.now = snapshot.at;
        if phase.is_on_air() && phase != Phase::Live {
            self.since.get_or_insert(snapshot.at);
        } else if let Some(since) = self.since.take() {
            self.interrupted += snapshot.at.since(since);
        }
    }

    /// How long viewers of this stream have seen nothing.
    pub fn interrupted(&self) -> Duration {
        self.interrupted + self.since.map_or(Duration::ZERO, |since| self.now.since(since))
    }

    /// Takes a sample if one is due and something is being published.
    pub fn observe(&mut self, snapshot: &Snapshot) {
        self.note_interruption(snapshot);
        let Some(destination) = snapshot.destinations.first() else { return };
        // The last stream's figures are shown on, and no part of the curve.
        if snapshot.stage == Stage::Idle {
            return;
        }
        let due = self.samples.back().is_none_or(|last| snapshot.at.since(last.at) >= Self::EVERY);
        if !due {
            return;
        }
        self.samples.push_back(Sample {
            at: snapshot.at,
            kbps: destination.kbps,
            target_kbps: aimed_kbps(snapshot, destination),
            dropped: destination.drops.network + destination.drops.encoder,
        });
        while self.samples.front().is_some_and(|s| snapshot.at.since(s.at) >= Self::SPAN) {
            self.samples.pop_front();
        }
    }

    /// Forgets all, for a new stream.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The samples, oldest first.
    pub fn samples(&self) -> impl DoubleEndedIterator<Item = &Sample> + Clone {
        self.samples.iter()
    }

    /// Frames left out in the last `span` that was sampled.
    pub fn dropped_within(&self, span: Duration) -> u64 {
        let Some(last) = self.samples.back() else { return 0 };
        let within = self.samples.iter().find(|s| last.at.since(s.at) <= span);
        within.map_or(0, |first| last.dropped.saturating_sub(first.dropped))
    }

    /// Points of a curve: seconds before `now` (negative) and a figure.
    pub fn curve(&self, now: MediaTime, figure: impl Fn(&Sample) -> f64) -> Vec<[f64; 2]> {
        let point = |s: &Sample| [-now.since(s.at).as_secs_f64(), figure(s)];
        self.samples.iter().map(point).collect()
    }
}

/// What is aimed at, picture and sound, in kbit/s.
pub fn aimed_kbps(snapshot: &Snapshot, destination: &DestinationSnapshot) -> f64 {
    let audio = if snapshot.microphone.status.is_some() { snapshot.output.audio_kbps } else { 0 };
    f64::from(destination.target_kbps) + f64::from(audio)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Connection, Drops, Fault, SourceSnapshot, Step};
    use crate::source::SourceStatus;
    use std::sync::Arc;

    fn snapshot(at_ms: i64, kbps: f64) -> Snapshot {
        let destination = DestinationSnapshot {
            name: String::new(),
            address: String::new(),
            connection: Connection::Live { since: MediaTime::ZERO },
            kbps,
            target_kbps: 2_500,
            queue: Duration::ZERO,
            drops: Drops { network: 3, encoder: 4 },
            video_frames: 0,
            breaks: 0,
            audio_frames: 0,
            bytes: 0,
            rtt: None,
            unacknowledged: None,
            live: Duration::ZERO,
            server_said: None,
            log: Arc::default(),
        };
        Snapshot {
            at: MediaTime::from_millis(at_ms),
            stage: Stage::Publishing,
            microphone: SourceSnapshot {
                status: Some(SourceStatus::default()),
                ..SourceSnapshot::default()
            },
            destinations: vec![destination],
            ..Snapshot::default()
        }
    }

    #[test]
    fn one_sample_a_second_for_five_minutes() {
        let mut history = History::default();
        for tick in 0..10_000 {
            history.observe(&snapshot(tick * 100, tick as f64));
        }
        let samples: Vec<_> = history.samples().collect();
        assert_eq!(samples.len(), 300);
        assert_eq!(samples[299].at, MediaTime::from_millis(999_000));
        assert_eq!((samples[299].target_kbps, samples[299].dropped), (2_628.0, 7));
        let now = MediaTime::from_millis(999_900);
        let curve = history.curve(now, |s| s.kbps);
        assert_eq!(curve[299], [-0.9, 9_990.0]);
    }

    #[test]
    fn interruptions_add_up() {
        let mut history = History::default();
        let mut at = |second: i64, connection: Connection| {
            let mut snapshot = snapshot(second * 1_000, 0.0);
            snapshot.destinations[0].connection = connection;
            snapshot.destinations[0].live = Duration::from_secs(5);
            history.observe(&snapshot);
            history.interrupted().as_secs()
        };
        let live = || Connection::Live { since: MediaTime::ZERO };
        let waiting = || Connection::Reconnecting {
            at: MediaTime::from_millis(90_000),
            attempt: 1,
            reason: Fault::Stalled { waited: Duration::from_secs(4) },
        };
        assert_eq!((at(10, live()), at(20, waiting())), (0, 0));
        assert_eq!(at(23, Connection::Connecting(Step::Publish)), 3);
        assert_eq!((at(26, live()), at(60, live())), (6, 6));
        assert_eq!((at(70, waiting()), at(74, waiting())), (6, 10));
        // The end is no interruption.
        assert_eq!((at(75, Connection::Stopping), at(99, Connection::Stopped)), (11, 11));
        history.clear();
        assert_eq!(history.interrupted(), Duration::ZERO);
    }

    #[test]
    fn nothing_is_taken_while_idle() {
        let mut history = History::default();
        history.observe(&Snapshot::default());
        history.observe(&Snapshot { stage: Stage::Idle, ..snapshot(1_000, 2_500.0) });
        assert_eq!(history.samples().count(), 0);
    }

    #[test]
    fn frames_that_were_left_out_long_ago_are_no_news() {
        let mut history = History::default();
        for second in 0..30 {
            let mut snapshot = snapshot(second * 1_000, 2_500.0);
            snapshot.destinations[0].drops.network = if second < 10 { 0 } else { 100 };
            history.observe(&snapshot);
            let expected = if (10..20).contains(&second) { 100 } else { 0 };
            assert_eq!(history.dropped_within(Duration::from_secs(10)), expected, "{second}");
        }
    }
}
