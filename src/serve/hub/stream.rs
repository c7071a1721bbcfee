//! One stream: who publishes it, what it keeps, and who plays it.

use std::collections::HashMap;

use super::{HubLimits, PlayerId};
use crate::media::MediaTime;
use crate::serve::cache::{Cache, CacheLimits};
use crate::serve::message::{Message, Meter};
use crate::serve::part::Part;
use crate::serve::player::{Item, Player};
use crate::serve::timeline::Timeline;

#[derive(Debug)]
pub(super) struct Stream {
    pub path: Vec<u8>,
    pub published: Published,
    /// Players know that nothing comes for now.
    pub is_dry: bool,
    pub timeline: Timeline,
    pub cache: Cache,
    /// What is held of what was published.
    pub media: Meter,
    pub players: HashMap<PlayerId, Listener>,
}

#[derive(Debug)]
pub(super) struct Listener {
    pub player: Player,
    /// Since when it waits for somebody to publish, until it was told that nobody
    /// came.
    pub waits_since: Option<MediaTime>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Published {
    Now,
    /// The publisher was lost, and last heard at that time.
    Lost(MediaTime),
    No,
}

impl Stream {
    /// Nobody publishes or plays it.
    pub fn new(path: &[u8], limits: CacheLimits) -> Self {
        Self {
            path: path.to_vec(),
            published: Published::No,
            is_dry: false,
            timeline: Timeline::default(),
            media: Meter::default(),
            cache: Cache::new(limits),
            players: HashMap::new(),
        }
    }

    /// What may be shown of its path.
    pub fn label(&self) -> String {
        label(&self.path)
    }

    /// Gives the next message to all who play. Gives the pictures that slow ones miss
    /// by it.
    pub fn hand_out(&mut self, now: MediaTime, part: Part, message: &Message) -> u64 {
        let mut missed = 0;
        for Listener { player, .. } in self.players.values_mut() {
            let before = player.missed().pictures;
            player.push(now, part, message, &self.cache);
            missed += player.missed().pictures - before;
        }
        missed
    }

    /// The publisher may come back.
    pub fn lose(&mut self, now: MediaTime, heard: MediaTime) {
        self.published = Published::Lost(heard);
        self.run_dry(now);
    }

    pub fn run_dry(&mut self, now: MediaTime) {
        if !std::mem::replace(&mut self.is_dry, true) {
            self.tell(now, &Item::Dry);
        }
    }

    pub fn tell(&mut self, now: MediaTime, item: &Item) {
        for listener in self.players.values_mut() {
            listener.player.tell(now, item.clone());
        }
    }

    /// Ends for its players, who may wait for the next publisher.
    pub fn end(&mut self, now: MediaTime) {
        self.published = Published::No;
        self.is_dry = false;
        self.cache = Cache::new(self.cache.limits());
        for listener in self.players.values_mut() {
            listener.waits_since = Some(now);
            listener.player.restart();
            listener.player.tell(now, Item::Ended);
        }
    }

    pub fn deadline(&self, limits: &HubLimits) -> Option<MediaTime> {
        if self.players.is_empty() {
            return None;
        }
        let waiting = self.players.values().filter_map(|listener| listener.waits_since).min();
        match self.published {
            Published::Lost(since) => Some(since + limits.publisher_grace),
            Published::Now | Published::No => waiting.map(|since| since + limits.play_wait),
        }
    }

    pub fn give_up(&mut self, now: MediaTime, limits: &HubLimits) {
        if matches!(self.published, Published::Lost(_)) {
            return self.end(now);
        }
        for listener in self.players.values_mut() {
            if listener.waits_since.is_some_and(|since| since + limits.play_wait <= now) {
                listener.waits_since = None;
                listener.player.tell(now, Item::NotFound);
            }
        }
    }
}

/// What may be shown of a stream's path: the application, never the name. A path
/// of one part may be the key alone.
fn label(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path);
    match text.split_once('/') {
        Some((app, _)) => {
            let app: String = app.chars().filter(|c| c.is_alphanumeric()).take(32).collect();
            format!("{app}/…")
        }
        None => "…".to_owned(),
    }
}
