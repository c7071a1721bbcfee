//! All streams: who publishes, who plays, and what passes between them.
//!
//! Pure: the time is handed in, and sockets are known by a number only.
//!
//! 1. A stream exists while somebody publishes or plays it. One publishes; any
//!    number play.
//! 2. A player that comes first waits, and is told when nobody came in time.
//! 3. When a publisher says goodbye its players are told at once that the stream has
//!    ended. When it is lost or falls silent they are told that nothing comes for now,
//!    and of a lost one the end only after a while, so that one that comes back finds
//!    them.

mod stream;

use std::collections::HashMap;
use std::time::Duration;

use self::stream::{Listener, Published, Stream};
use super::cache::{Cache, CacheLimits};
use super::message::{Message, Meter, OVERHEAD, Playback};
use super::part::Part;
use super::player::{Item, Player, PlayerLimits};
use crate::media::MediaTime;

/// How much streams keep, and how long they wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HubLimits {
    /// Of each stream.
    pub cache: CacheLimits,
    /// Bytes of all streams together, bookkeeping included.
    pub all_caches: usize,
    /// Of each player.
    pub player: PlayerLimits,
    /// How long a player waits for somebody to publish.
    pub play_wait: Duration,
    /// How long a lost publisher may come back.
    pub publisher_grace: Duration,
}

impl Default for HubLimits {
    fn default() -> Self {
        Self {
            cache: CacheLimits::default(),
            all_caches: 64 << 20,
            player: PlayerLimits::default(),
            play_wait: Duration::from_secs(60),
            publisher_grace: Duration::from_secs(10),
        }
    }
}

/// A connection, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub usize);

/// One player: its connection and message stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlayerId {
    /// Whose.
    pub connection: ConnectionId,
    /// The message stream there.
    pub stream_id: u32,
}

/// A stream, by a number that is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamNumber(pub u64);

/// Somebody else publishes under this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// Publishers and players, joined by the names of streams.
#[derive(Debug)]
pub struct Hub {
    limits: HubLimits,
    streams: HashMap<StreamNumber, Stream>,
    numbers: HashMap<Vec<u8>, StreamNumber>,
    /// What all streams keep, in bytes.
    cached: usize,
    /// What is held of all that was published.
    media: Meter,
    last_number: u64,
}

/// How a publisher ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It said so.
    Goodbye,
    /// Its connection broke or fell silent; it was last heard at that time.
    Lost(MediaTime),
}

impl Hub {
    /// No streams.
    pub fn new(limits: HubLimits) -> Self {
        Self {
            limits,
            streams: HashMap::new(),
            numbers: HashMap::new(),
            cached: 0,
            media: Meter::default(),
            last_number: 0,
        }
    }

    /// The stream of that name, if there is one.
    pub fn find(&self, path: &[u8]) -> Option<StreamNumber> {
        self.numbers.get(path).copied()
    }

    /// Somebody wants to publish.
    pub fn publish(&mut self, now: MediaTime, path: &[u8]) -> Result<StreamNumber, Busy> {
        let number = self.find_or_add(path);
        let stream = self.streams.get_mut(&number).ok_or(Busy)?;
        let came_back = match stream.published {
            Published::Now => return Err(Busy),
            Published::Lost(_) => true,
            Published::No => false,
        };
        stream.published = Published::Now;
        stream.is_dry = false;
        self.cached -= stream.cache.cost();
        stream.cache = Cache::new(self.limits.cache);
        stream.timeline.stop();
        for listener in stream.players.values_mut() {
            listener.waits_since = None;
            listener.player.restart();
            listener.player.tell(now, if came_back { Item::Resumed } else { Item::Began });
        }
        Ok(number)
    }

    /// The publisher has ended.
    pub fn unpublish(&mut self, now: MediaTime, number: StreamNumber, end: End) {
        let Some(stream) = self.streams.get_mut(&number) else { return };
        match end {
            End::Lost(heard) => stream.lose(now, heard),
            End::Goodbye => {
                self.cached -= stream.cache.cost();
                stream.end(now);
            }
        }
        self.remove_if_unused(number);
    }

    /// The publisher has fallen silent. Its next message shows that it goes on.
    pub fn fall_silent(&mut self, now: MediaTime, number: StreamNumber) {
        if let Some(stream) = self.streams.get_mut(&number) {
            stream.run_dry(now);
        }
    }

    /// Somebody wants to play; there may be nothing to play yet.
    pub fn play(&mut self, now: MediaTime, path: &[u8], id: PlayerId) -> StreamNumber {
        let number = self.find_or_add(path);
        if let Some(stream) = self.streams.get_mut(&number) {
            let mut player = Player::new(self.limits.player);
            player.join(now, &stream.cache);
            let waits_since = (stream.published == Published::No).then_some(now);
            stream.players.insert(id, Listener { player, waits_since });
        }
        number
    }

    /// A player goes.
    pub fn leave(&mut self, number: StreamNumber, id: PlayerId) {
        if let Some(stream) = self.streams.get_mut(&number) {
            stream.players.remove(&id);
        }
        self.remove_if_unused(number);
    }

    /// A player wants more or less.
    pub fn set_playback(
        &mut self,
        now: MediaTime,
        number: StreamNumber,
        id: PlayerId,
        change: impl FnOnce(&mut Playback),
    ) {
        let Some(stream) = self.streams.get_mut(&number) else { return };
        let Stream { cache, players, .. } = stream;
        if let Some(listener) = players.get_mut(&id) {
            let mut playback = listener.player.playback();
            change(&mut playback);
            listener.player.set_playback(now, playback, cache);
        }
    }

    /// A player wants to go to another time: it starts anew at once.
    pub fn rejoin(&mut self, now: MediaTime, number: StreamNumber, id: PlayerId) {
        let Some(stream) = self.streams.get_mut(&number) else { return };
        if let Some(listener) = stream.players.get_mut(&id) {
            listener.player.rejoin(now, &stream.cache);
        }
    }

    /// The publisher's next message, for all who play. Gives the pictures that slow
    /// players miss by it.
    pub fn push(&mut self, now: MediaTime, number: StreamNumber, message: &Message) -> u64 {
        let Some(stream) = self.streams.get_mut(&number) else { return 0 };
        let Some(part) = Part::of(message) else {
            tracing::debug!("a header without a configuration is not passed on");
            return 0;
        };
        let timestamp = stream.timeline.place(now, part, message);
        let message = &message.metered(timestamp, [self.media.clone(), stream.media.clone()]);
        self.cached -= stream.cache.cost();
        stream.cache.push(now, part, message);
        self.cached += stream.cache.cost();
        if std::mem::take(&mut stream.is_dry) {
            stream.tell(now, &Item::Resumed);
        }
        let missed = stream.hand_out(now, part, message);
        self.keep_caches_bounded(number);
        missed
    }

    /// Bytes of published media that are held, by caches and players.
    pub fn media_bytes(&self) -> usize {
        self.media.bytes()
    }

    /// The part of it that was published as this stream.
    pub fn bytes_of(&self, number: StreamNumber) -> usize {
        self.streams.get(&number).map_or(0, |stream| stream.media.bytes())
    }

    /// What waits for a player costs: its places in the queue, and the media, which it
    /// shares with others; in bytes.
    pub fn queued(&self, number: StreamNumber, id: PlayerId) -> (usize, usize) {
        let listener = self.streams.get(&number).and_then(|stream| stream.players.get(&id));
        let (places, bytes) = listener.map_or((0, 0), |listener| listener.player.waiting());
        (places * OVERHEAD, bytes)
    }

    /// Whether anybody plays a stream.
    pub fn is_played(&self, number: StreamNumber) -> bool {
        self.streams.get(&number).is_some_and(|stream| !stream.players.is_empty())
    }

    /// Whether somebody publishes a stream now.
    pub fn is_published(&self, number: StreamNumber) -> bool {
        self.streams.get(&number).is_some_and(|stream| stream.published == Published::Now)
    }

    /// Lets go of the largest cache of these streams that nobody plays; false where
    /// there is none.
    pub fn forget_unplayed(&mut self, among: impl Fn(StreamNumber) -> bool) -> bool {
        let unplayed = self.streams.iter_mut().filter(|(_, stream)| stream.players.is_empty());
        let kept = unplayed.filter(|(number, stream)| stream.cache.cost() > 0 && among(**number));
        let Some((_, stream)) = kept.max_by_key(|(_, stream)| stream.cache.cost()) else {
            return false;
        };
        self.cached -= stream.cache.cost();
        stream.cache.forget();
        true
    }

    /// Where all caches are too much, those go first that nobody needs for now; then
    /// that of the stream that grew.
    fn keep_caches_bounded(&mut self, grown: StreamNumber) {
        while self.cached > self.limits.all_caches && self.forget_unplayed(|_| true) {}
        if self.cached > self.limits.all_caches
            && let Some(stream) = self.streams.get_mut(&grown)
        {
            self.cached -= stream.cache.cost();
            stream.cache.forget();
        }
    }

    /// What a player is to be sent next.
    pub fn pop(&mut self, number: StreamNumber, id: PlayerId) -> Option<Item> {
        let stream = self.streams.get_mut(&number)?;
        stream.players.get_mut(&id)?.player.pop()
    }

    /// The connections that play a stream.
    pub fn listeners(&self, number: StreamNumber) -> impl Iterator<Item = ConnectionId> {
        let players =
            self.streams.get(&number).into_iter().flat_map(|stream| stream.players.keys());
        players.map(|id| id.connection)
    }

    /// When [`on_deadline`](Self::on_deadline) is to be called.
    pub fn deadline(&self) -> Option<MediaTime> {
        self.streams.values().filter_map(|stream| stream.deadline(&self.limits)).min()
    }

    /// Tells players that their publisher stays away. Gives the streams whose
    /// players were told something.
    pub fn on_deadline(&mut self, now: MediaTime) -> Vec<StreamNumber> {
        let due = |stream: &Stream| stream.deadline(&self.limits).is_some_and(|at| at <= now);
        let due: Vec<_> =
            self.streams.iter().filter(|(_, stream)| due(stream)).map(|(n, _)| *n).collect();
        for number in &due {
            if let Some(stream) = self.streams.get_mut(number) {
                self.cached -= stream.cache.cost();
                stream.give_up(now, &self.limits);
                self.cached += stream.cache.cost();
            }
            self.remove_if_unused(*number);
        }
        due
    }

    /// Each stream: its number, a label without its key, whether it is published,
    /// and how many play it.
    pub fn streams(&self) -> impl Iterator<Item = (StreamNumber, String, bool, usize)> {
        self.streams.iter().map(|(number, stream)| {
            let published = stream.published == Published::Now;
            (*number, stream.label(), published, stream.players.len())
        })
    }

    fn find_or_add(&mut self, path: &[u8]) -> StreamNumber {
        if let Some(number) = self.numbers.get(path) {
            return *number;
        }
        self.last_number += 1;
        let number = StreamNumber(self.last_number);
        self.numbers.insert(path.to_vec(), number);
        let stream = Stream::new(path, self.limits.cache);
        self.streams.insert(number, stream);
        number
    }

    /// A publisher that was lost needs no place kept where nobody plays.
    fn remove_if_unused(&mut self, number: StreamNumber) {
        let unused =
            |stream: &Stream| stream.published != Published::Now && stream.players.is_empty();
        if self.streams.get(&number).is_some_and(unused)
            && let Some(stream) = self.streams.remove(&number)
        {
            self.cached -= stream.cache.cost();
            self.numbers.remove(&stream.path);
        }
    }
}

#[cfg(test)]
mod tests;
