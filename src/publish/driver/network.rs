//! Notices that the machine's network is another one: a cable pulled out, another
//! Wi-Fi, a phone's link that comes up. The system is asked by its routing table;
//! nothing is sent.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::Driver;
use super::phase::Phase;
use crate::media::MediaTime;
use crate::publish::status::Failure;
use crate::publish::transport;

/// The time between two looks.
const LOOK: Duration = Duration::from_millis(500);

/// What is known of the way to the server.
#[derive(Debug, Default)]
pub struct Network {
    /// The server's address on the last connection that was open.
    peer: Option<SocketAddr>,
    /// This machine's address on the way there, at the last look; `None` where
    /// there was no way.
    route: Option<IpAddr>,
    next: MediaTime,
}

/// What a look found.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// This machine's address on the way to the server; `None`: there is no way.
    pub route: Option<IpAddr>,
    /// Our address on the connection that is open is still the machine's; `None`
    /// where no connection is open.
    pub kept: Option<bool>,
}

/// What follows from a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// There is a way where there was none, or another one: try now.
    TryNow,
    /// The open connection belongs to an address that the machine no longer has,
    /// and there is another way.
    Lost,
}

impl Network {
    /// Takes a look into account.
    fn judge(&mut self, look: Look) -> Change {
        let other = look.route.is_some() && look.route != self.route;
        self.route = look.route;
        match look.kept {
            Some(false) if look.route.is_some() => Change::Lost,
            Some(_) => Change::None,
            None if other => Change::TryNow,
            None => Change::None,
        }
    }
}

impl Driver {
    /// Looks whether the network has changed, when it is time.
    pub(super) fn look_at_network(&mut self, now: MediaTime) -> Result<(), Failure> {
        if now < self.network.next {
            return Ok(());
        }
        self.network.next = now + LOOK;
        let connection = match &self.phase {
            Phase::Session(running) => running.addresses(),
            Phase::Waiting { .. } => None,
            Phase::Start | Phase::Dialing(_) | Phase::Ended => return Ok(()),
        };
        let first = connection.is_some_and(|(_, peer)| self.network.peer != Some(peer));
        if let Some((_, peer)) = connection {
            self.network.peer = Some(peer);
        }
        let Some(peer) = self.network.peer else { return Ok(()) };
        let look = Look {
            route: transport::route_to(peer),
            kept: connection.map(|(local, _)| transport::is_own(local.ip())),
        };
        match self.network.judge(look) {
            Change::Lost if !first => Err(Failure::NetworkChanged),
            Change::TryNow => {
                tracing::info!("the network has changed: trying now");
                self.try_now(now);
                Ok(())
            }
            Change::None | Change::Lost => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 7));
    const PHONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(172, 20, 10, 3));

    fn look(route: Option<IpAddr>, kept: Option<bool>) -> Look {
        Look { route, kept }
    }

    fn at_home() -> Network {
        Network { route: Some(HOME), ..Network::default() }
    }

    #[test]
    fn a_second_way_changes_nothing_while_the_first_is_there() {
        let mut network = at_home();
        for route in [Some(HOME), Some(PHONE), Some(HOME), None] {
            assert_eq!(network.judge(look(route, Some(true))), Change::None);
        }
    }

    #[test]
    fn an_address_that_is_gone_with_another_way_there_ends_the_connection() {
        assert_eq!(at_home().judge(look(Some(PHONE), Some(false))), Change::Lost);
    }

    #[test]
    fn an_address_that_is_gone_with_no_other_way_may_come_back() {
        let mut network = at_home();
        assert_eq!(network.judge(look(None, Some(false))), Change::None);
        assert_eq!(network.judge(look(Some(HOME), Some(true))), Change::None);
    }

    #[test]
    fn a_way_that_appears_while_waiting_is_tried_at_once_and_only_once() {
        let mut network = at_home();
        assert_eq!(network.judge(look(Some(HOME), None)), Change::None);
        assert_eq!(network.judge(look(None, None)), Change::None);
        assert_eq!(network.judge(look(Some(PHONE), None)), Change::TryNow);
        assert_eq!(network.judge(look(Some(PHONE), None)), Change::None);
    }
}
