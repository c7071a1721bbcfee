//! Keeps memory and connections within their limits.

use std::net::IpAddr;

use super::Worker;
use crate::media::MediaTime;
use crate::serve::admission::{Refused, group};
use crate::serve::connection::Connection;
use crate::serve::hub::ConnectionId;
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
        let media = connection.publishing.iter().map(|&(_, number)| self.hub.bytes_of(number));
        let mut holding = Holding {
            own: connection.memory(),
            queued: 0,
            media: media.sum(),
            is_stranger: connection.is_stranger(),
        };
        for &(stream_id, number) in &connection.playing {
            let (places, media) = self.hub.queued(number, connection.player(stream_id));
            holding.own += places;
            holding.queued += media;
        }
        self.ledger.note(id, group(connection.address()), holding);
    }

    /// Frees something; false where there is nothing left to free.
    fn relieve(&mut self, excess: Excess, now: MediaTime) -> bool {
        if excess != Excess::Strangers && self.forget_unplayed(excess) {
            return true;
        }
        let clients = self.connections.values().filter(|connection| meets(connection, excess));
        let held = clients.map(|c| (c.id, self.standing(c), self.ledger.caused_by(c.id)));
        let Some(id) = first_to_go(held) else { return false };
        tracing::warn!(
            "client {} was disconnected: the server's memory is spent, and it held {} KiB",
            id.0,
            self.ledger.caused_by(id) >> 10
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
        let idle = all.filter_map(|c| Some((self.idleness(c, now)?, c.id)));
        let Some((_, id)) = idle.min() else { return false };
        tracing::debug!("client {} was disconnected to make room for another", id.0);
        self.remove(id, now);
        true
    }

    /// How soon a client has to make room; none if it does something. Numbers of
    /// clients rise, so of equals the one goes that has been here longest.
    fn idleness(&self, connection: &Connection, now: MediaTime) -> Option<Idle> {
        let is_mute = now.since(connection.fed) >= self.config.silence_limit;
        let mut played = connection.playing.iter();
        match self.standing(connection) {
            Standing::Stranger => Some(Idle::Stranger),
            Standing::Unheard => is_mute.then_some(Idle::MutePublisher),
            Standing::Needed => {
                let waits = connection.publishing.is_empty()
                    && !played.any(|&(_, number)| self.hub.is_published(number));
                waits.then_some(Idle::WaitingPlayer)
            }
        }
    }
}

/// Those who do nothing, in the order in which they have to make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Idle {
    Stranger,
    MutePublisher,
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
