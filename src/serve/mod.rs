//! The built-in RTMP server: takes publishers in and plays out to any number of
//! players.
//!
//! [`Server::start`] listens and starts one thread, which owns all sockets. What
//! passes between publishers and players is decided in `hub`, `cache` and `player`,
//! which know neither sockets nor clocks; what is spoken on a connection is decided
//! by the protocol's server session.
//!
//! - A player starts at once on the last keyframe, with all that came since; where
//!   none comes within two seconds, on sound.
//! - A player that asks for a stream nobody publishes waits for [`HubLimits::play_wait`]
//!   and starts when the publisher comes; then it is told `StreamNotFound`.
//! - A player that is too slow misses pictures, by the time they waited; one that
//!   reads nothing is closed. No player slows another or the publisher.
//! - A stream has one publisher. A second one is told `BadName`, unless the first is
//!   silent and does not answer a ping.
//! - Where the server has a publish key, only who shows it may publish (`names`).
//! - Memory is bounded, for all and by address; `memory` has the rule who goes first.
//!   Where there is no room for another connection, the one that has been here longest
//!   without publishing or playing makes room, then a publisher that sends nothing and
//!   is not played, then a player that waits for a stream that nobody publishes.
//! - A stream is known by application and name together, without their queries.
//!   Neither is ever logged or shown: the name is a key.

mod admission;
mod cache;
mod connection;
mod hub;
mod memory;
mod message;
mod names;
mod part;
mod player;
mod status;
mod timeline;
mod times;
mod worker;

#[cfg(test)]
mod testing;

pub use cache::CacheLimits;
pub use hub::HubLimits;
pub use memory::MemoryLimits;
pub use names::UNNAMED;
pub use player::PlayerLimits;
pub use status::{Status, StreamStatus};

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use self::status::Shared;
use self::worker::Worker;
use crate::protocol::rtmp::key::StreamKey;
use crate::protocol::rtmp::server::ServerOptions;
use crate::protocol::rtmp::timer::Timeouts;
use crate::supervise::{self, Part, Thread};
use crate::text::server as text;

/// The port that RTMP is known by.
pub const DEFAULT_PORT: u16 = 1935;

/// Our chunk size in bytes: few headers in large pictures, and no more than what
/// common servers use.
const CHUNK_SIZE: u32 = 60_000;

/// A publisher that was lost without a word keeps its name for this long together,
/// so it is not much longer than what a network may be silent.
const PING: Duration = Duration::from_secs(8);
const PONG: Duration = Duration::from_secs(12);

/// Where to listen, and what clients may cost.
#[derive(Clone, Debug)]
pub struct Config {
    /// This machine alone unless told otherwise; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// Who shows it may publish; without one everybody may. Players need none.
    pub publish_key: Option<StreamKey>,
    /// Connections at a time.
    pub max_connections: usize,
    /// Connections at a time from one address, an IPv4 address or an IPv6 /64, other
    /// than this computer's own.
    pub max_per_address: usize,
    /// How long a player may read nothing while something waits for it.
    pub stall_limit: Duration,
    /// A publisher that was not heard for this long has to make room for another
    /// of the same name: most likely the same, whose network was another before.
    pub silence_limit: Duration,
    /// Bytes that the system may hold for one client beside our own queue.
    pub send_buffer: usize,
    /// What all clients may make the server hold.
    pub memory: MemoryLimits,
    /// Of streams and players.
    pub hub: HubLimits,
    /// Of each connection.
    pub session: ServerOptions,
}

impl Default for Config {
    fn default() -> Self {
        let timeouts = Timeouts { ping: PING, pong: PONG, ..Timeouts::SERVER };
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT)),
            publish_key: None,
            max_connections: 900,
            max_per_address: 64,
            stall_limit: Duration::from_secs(10),
            silence_limit: Duration::from_secs(3),
            send_buffer: 512 << 10,
            memory: MemoryLimits::default(),
            hub: HubLimits::default(),
            session: ServerOptions { chunk_size: CHUNK_SIZE, timeouts, ..ServerOptions::default() },
        }
    }
}

/// Why a server could not be started.
#[derive(Debug, Error)]
pub enum Error {
    /// The address can't be listened on.
    #[error("{}", text::cannot_listen(address, &listen_reason(source)))]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The system gives no thread or no means to wait for sockets.
    #[error("{}", text::cannot_start(_0))]
    System(#[from] io::Error),
}

impl Error {
    /// Whether another program listens there.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse)
    }
}

/// The reason in words, for what a person can do something about.
fn listen_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => text::BUSY.to_owned(),
        io::ErrorKind::AddrNotAvailable => text::NOT_HERE.to_owned(),
        io::ErrorKind::PermissionDenied => text::RESERVED.to_owned(),
        _ => error.to_string(),
    }
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    waker: mio::Waker,
    thread: Option<Thread>,
    /// With the address that it really has.
    config: Config,
}

impl Server {
    /// Listens, and serves from a thread of its own.
    pub fn start(config: Config) -> Result<Self, Error> {
        let listen = config.listen;
        let mut listener = mio::net::TcpListener::bind(listen)
            .map_err(|source| Error::Listen { address: listen, source })?;
        let address = listener.local_addr()?;
        let poll = mio::Poll::new()?;
        poll.registry().register(&mut listener, worker::LISTENER, mio::Interest::READABLE)?;
        let waker = mio::Waker::new(poll.registry(), worker::WAKER)?;
        let shared = Arc::new(Shared::default());
        let kept = Config { listen: address, ..config.clone() };
        let worker = Worker::new(poll, listener, config, Arc::clone(&shared));
        let thread = supervise::spawn(Part::Server.name(), move || worker.run())?;
        tracing::info!("the built-in server listens on {address}");
        Ok(Self { address, shared, waker, thread: Some(thread), config: kept })
    }

    /// Serves anew at the same address, once it has ended by itself.
    pub fn restart(&mut self) -> Result<(), Error> {
        *self = Self::start(self.config.clone())?;
        Ok(())
    }

    /// The address it listens on, with the port that was chosen.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Whether it still serves. It ends by itself only when the system fails it, or by
    /// a panic.
    pub fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_over())
    }

    /// What goes on right now.
    pub fn status(&self) -> Status {
        self.shared.status()
    }

    /// Tells everyone and closes all connections, in at most a second.
    pub fn stop(mut self) {
        self.stop_and_join();
    }

    fn stop_and_join(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        self.shared.ask_to_stop();
        if let Err(error) = self.waker.wake() {
            tracing::warn!("the server thread could not be woken and is left: {error}");
            return;
        }
        thread.join();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop_and_join();
    }
}
