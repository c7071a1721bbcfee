//! How much memory clients may hold, and who goes first when it is spent.
//!
//! Counted is what a session keeps (unfinished messages above all), what was read and
//! waits, places in players' queues, and published media for as long as anybody holds
//! them: a stream's cache and its players' queues share them, and they are counted
//! once. Who is the biggest goes by what is its own doing: a publisher's unfinished
//! messages, a slow player's queue.
//!
//! 1. Strangers, who neither publish nor play, hold no more than
//!    [`strangers`](MemoryLimits::strangers) together, so that there is always room for
//!    those who do. Beyond that the biggest is disconnected, the newest of equals.
//! 2. Where all, or all of one address, hold too much, streams that nobody plays forget
//!    what they keep for players to come, the biggest first.
//! 3. Then the biggest of those goes who disturb nobody by it: strangers, and publishers
//!    whom nobody plays. The newest of equals.
//! 4. Then the biggest of all others.

use std::collections::HashMap;
use std::net::IpAddr;

use super::hub::ConnectionId;

/// How much memory clients may hold, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLimits {
    /// All together.
    pub total: usize,
    /// Those who neither publish nor play, of these.
    pub strangers: usize,
    /// All of one address, other than this computer's own.
    pub per_address: usize,
}

impl Default for MemoryLimits {
    fn default() -> Self {
        Self { total: 128 << 20, strangers: 32 << 20, per_address: 64 << 20 }
    }
}

/// One who holds less is not the reason why memory is spent, while a bigger one would
/// be missed by others.
const NOTHING_TO_SPEAK_OF: usize = 64 << 10;

/// Who would miss a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It neither publishes nor plays.
    Stranger,
    /// It publishes, and nobody plays that.
    Unheard,
    /// It plays, or publishes what is played.
    Needed,
}

/// What a client holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// For itself alone.
    pub own: usize,
    /// Media that wait for it, shared with others.
    pub queued: usize,
    /// Media of the streams it publishes.
    pub media: usize,
    /// Whether it neither publishes nor plays.
    pub is_stranger: bool,
}

impl Holding {
    /// All of it.
    pub fn bytes(self) -> usize {
        self.own + self.queued + self.media
    }

    /// What is its own doing.
    fn caused(self) -> usize {
        self.own + self.queued
    }
}

/// What there is too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// What strangers hold.
    Strangers,
    /// What all hold.
    All,
    /// What this address holds.
    Address(IpAddr),
}

/// What all clients hold, as last noted.
#[derive(Debug)]
pub struct Ledger {
    limits: MemoryLimits,
    held: HashMap<ConnectionId, (IpAddr, Holding)>,
    by_address: HashMap<IpAddr, usize>,
    own: usize,
    strangers: usize,
}

impl Ledger {
    /// Nobody holds anything.
    pub fn new(limits: MemoryLimits) -> Self {
        Self { limits, held: HashMap::new(), by_address: HashMap::new(), own: 0, strangers: 0 }
    }

    /// Notes what a client of an address holds now.
    pub fn note(&mut self, id: ConnectionId, address: IpAddr, holding: Holding) {
        self.forget(id);
        self.held.insert(id, (address, holding));
        *self.by_address.entry(address).or_default() += holding.bytes();
        self.own += holding.own;
        self.strangers += strange_bytes(holding);
    }

    /// A client has gone.
    pub fn forget(&mut self, id: ConnectionId) {
        let Some((address, holding)) = self.held.remove(&id) else { return };
        self.own -= holding.own;
        self.strangers -= strange_bytes(holding);
        if let Some(there) = self.by_address.get_mut(&address) {
            *there -= holding.bytes();
            if *there == 0 {
                self.by_address.remove(&address);
            }
        }
    }

    /// What is held by a client's own doing.
    pub fn caused_by(&self, id: ConnectionId) -> usize {
        self.held.get(&id).map_or(0, |(_, holding)| holding.caused())
    }

    /// What there is too much of, if anything. `media` is what all streams hold.
    pub fn excess(&self, address: IpAddr, media: usize) -> Option<Excess> {
        let there = self.by_address.get(&address).copied().unwrap_or(0);
        if self.strangers > self.limits.strangers {
            Some(Excess::Strangers)
        } else if self.own + media > self.limits.total {
            Some(Excess::All)
        } else if there > self.limits.per_address && !address.is_loopback() {
            Some(Excess::Address(address))
        } else {
            None
        }
    }
}

/// Of these the one that goes first.
pub fn first_to_go(
    clients: impl Iterator<Item = (ConnectionId, Standing, usize)>,
) -> Option<ConnectionId> {
    let rank = |&(id, standing, bytes): &(ConnectionId, Standing, usize)| {
        let expendable = standing != Standing::Needed && bytes >= NOTHING_TO_SPEAK_OF;
        (expendable, standing == Standing::Needed, bytes, id)
    };
    clients.max_by_key(rank).map(|(id, ..)| id)
}

fn strange_bytes(holding: Holding) -> usize {
    if holding.is_stranger { holding.bytes() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: MemoryLimits =
        MemoryLimits { total: 10_000, strangers: 3_000, per_address: 5_000 };

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn stranger(own: usize) -> Holding {
        Holding { own, is_stranger: true, ..Holding::default() }
    }

    fn publisher(own: usize, media: usize) -> Holding {
        Holding { own, media, ..Holding::default() }
    }

    #[test]
    fn strangers_have_a_share_of_their_own() {
        let mut ledger = Ledger::new(LIMITS);
        for n in 0..3 {
            ledger.note(ConnectionId(n), address("127.0.0.1"), stranger(1_000));
        }
        assert_eq!(ledger.excess(address("127.0.0.1"), 0), None);
        ledger.note(ConnectionId(2), address("127.0.0.1"), stranger(1_001));
        assert_eq!(ledger.excess(address("127.0.0.1"), 0), Some(Excess::Strangers));
        ledger.note(ConnectionId(2), address("127.0.0.1"), publisher(1_001, 0));
        assert_eq!(ledger.excess(address("127.0.0.1"), 0), None, "it publishes now");
    }

    #[test]
    fn all_and_each_address_have_a_limit() {
        let mut ledger = Ledger::new(LIMITS);
        let (here, there) = (address("127.0.0.1"), address("10.0.0.1"));
        ledger.note(ConnectionId(1), here, publisher(4_000, 4_000));
        assert_eq!(ledger.excess(here, 6_000), None, "this computer is many");
        assert_eq!(ledger.excess(here, 6_001), Some(Excess::All));
        let player = Holding { own: 1_000, queued: 1_000, ..Holding::default() };
        ledger.note(ConnectionId(2), there, Holding { media: 3_000, ..player });
        assert_eq!(ledger.excess(there, 5_000), None, "what is shared counts once for all");
        assert_eq!(ledger.caused_by(ConnectionId(2)), 2_000);
        ledger.note(ConnectionId(3), there, publisher(1, 0));
        assert_eq!(ledger.excess(there, 3_000), Some(Excess::Address(there)));
        ledger.forget(ConnectionId(2));
        assert_eq!(ledger.excess(there, 3_000), None);
        ledger.forget(ConnectionId(2));
        [1, 3].into_iter().for_each(|n| ledger.forget(ConnectionId(n)));
        assert_eq!((ledger.own, ledger.strangers, ledger.by_address.len()), (0, 0, 0));
    }

    #[test]
    fn the_biggest_whom_nobody_misses_goes_first() {
        use Standing::{Needed, Stranger, Unheard};
        let large = NOTHING_TO_SPEAK_OF;
        let goes = |clients: &[(Standing, usize)]| {
            let all = clients.iter().enumerate();
            first_to_go(all.map(|(n, &(standing, bytes))| (ConnectionId(n), standing, bytes)))
                .map(|id| id.0)
        };
        assert_eq!(goes(&[]), None);
        assert_eq!(goes(&[(Needed, 9 * large), (Stranger, large), (Unheard, 2 * large)]), Some(2));
        assert_eq!(goes(&[(Stranger, large), (Unheard, large), (Needed, large)]), Some(1));
        let small = large - 1;
        assert_eq!(goes(&[(Stranger, small), (Needed, large), (Needed, 2 * large)]), Some(2));
        assert_eq!(goes(&[(Stranger, 7), (Stranger, 9)]), Some(1), "where there is nobody else");
    }
}
