//! Keeps memory and connections within their limits.

use std::net::IpAddr;

use super::Worker;
use crate::media::MediaTime;
use crate::serve::admission::{Refused, group};
use crate::serve::connection::Connection;
use crate::serve::hub::{ConnectionId, PlayerId};
use crate::serve::memory::{Excess, Holding, Standing, first_to_go};

impl Worker {
    /// Notes what a client holds, and where it is too much for all together makes
    /// those go who have to by the rule.
    pub(super) fn keep_within_memory(&mut self, id: ConnectionId, now: MediaTime) {
        self.note_holding(id);
        let Some(connection) = self.connections.get(&id) else { return };
        let address = group(connection.address());
        while let Some(excess) = self.ledger.excess(address, self.hub.media_bytes())
            && self.relieve(excess, now)
        {}
    }

    fn note_holding(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get(&id) else { return };
        let queues = connection.playing.iter().map(|&(stream_id, number)| {
            self.hub.queue_bytes(number, PlayerId { connection: id, stream_id })
        });
        let media = connection.publishing.iter().map(|&(_, number)| self.hub.bytes_of(number));
        let holding = Holding {
            own: connection.memory() + queues.sum::<usize>(),
            media: media.sum(),
            is_stranger: connection.is_stranger(),
        };
        self.ledger.note(id, group(connection.address()), holding);
    }

    /// Frees something; false where there is nothing left to free.
    fn relieve(&mut self, excess: Excess, now: MediaTime) -> bool {
        if excess != Excess::Strangers && self.forget_unplayed(excess) {
            return true;
        }
        let clients = self.connections.values().filter(|connection| meets(connection, excess));
        let held = clients.map(|c| (c.id, self.standing(c), self.ledger.of(c.id)));
        let Some(id) = first_to_go(held) else { return false };
        tracing::warn!(
            "client {} was disconnected: the server's memory is spent, and it held {} KiB",
            id.0,
            self.ledger.of(id) >> 10
        );
        self.remove(id, now);
        true
    }

    fn forget_unplayed(&mut self, excess: Excess) -> bool {
        let Self { hub, connections, .. } = self;
        let concerned = |number| match excess {
            Excess::All | Excess::Strangers => true,
            Excess::Address(_) => connections.values().any(|c| meets(c, excess) && c.feeds(number)),
        };
        if !hub.forget_unplayed(concerned) {
            return false;
        }
        let feeding = connections.values().filter(|c| !c.publishing.is_empty());
        for id in feeding.map(|c| c.id).collect::<Vec<_>>() {
            self.note_holding(id);
        }
        true
    }

    fn standing(&self, connection: &Connection) -> Standing {
        let mut fed = connection.publishing.iter();
        if connection.is_stranger() {
            Standing::Stranger
        } else if connection.playing.is_empty() && !fed.any(|&(_, n)| self.hub.is_played(n)) {
            Standing::Unheard
        } else {
            Standing::Needed
        }
    }

    /// Makes room for a newcomer from this address that would be turned away. True if
    /// somebody went.
    pub(super) fn make_room(&mut self, refused: Refused, address: IpAddr, now: MediaTime) -> bool {
        let there =
            |c: &&Connection| refused == Refused::Full || group(c.address()) == group(address);
        let all = self.connections.values().filter(there).filter(|c| !c.turned_away);
        let idle = all.filter_map(|c| Some((self.idleness(c)?, c.id)));
        let Some((_, id)) = idle.min() else { return false };
        tracing::debug!("client {} was disconnected to make room for another", id.0);
        self.remove(id, now);
        true
    }

    /// How soon a client has to make room; none if it does something. Numbers of
    /// clients rise, so of equals the one goes that has been here longest.
    fn idleness(&self, connection: &Connection) -> Option<Idle> {
        let mut played = connection.playing.iter();
        if connection.is_stranger() {
            Some(Idle::Stranger)
        } else if connection.publishing.is_empty()
            && !played.any(|&(_, number)| self.hub.is_published(number))
        {
            Some(Idle::WaitingPlayer)
        } else {
            None
        }
    }
}

/// Those who do nothing, in the order in which they have to make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Idle {
    Stranger,
    WaitingPlayer,
}

/// Whether a client is one of those that hold too much.
fn meets(connection: &Connection, excess: Excess) -> bool {
    match excess {
        Excess::All => true,
        Excess::Strangers => connection.is_stranger(),
        Excess::Address(address) => group(connection.address()) == address,
    }
}
