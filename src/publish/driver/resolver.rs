//! Names to addresses, on a thread of its own: the system may take its time.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use mio::Waker;

use crate::publish::status::Failure;
use crate::publish::transport;
use crate::supervise::{self, Part};

/// An answer that is on its way.
#[derive(Debug)]
pub struct Resolver {
    answer: Receiver<io::Result<Vec<SocketAddr>>>,
}

impl Resolver {
    /// Asks for the addresses of `host`. A resolver that never answers keeps its
    /// thread until it does; nobody waits for it.
    pub fn start(host: &str, port: u16, waker: Arc<Waker>) -> io::Result<Self> {
        let (sender, answer) = bounded(1);
        if let Ok(address) = host.parse::<IpAddr>() {
            let _ = sender.send(Ok(vec![SocketAddr::new(address, port)]));
            return Ok(Self { answer });
        }
        let host = host.to_string();
        supervise::spawn(Part::Resolve.name(), move || {
            supervise::falter(Part::Resolve);
            let _ = sender.send(transport::resolve(&host, port));
            let _ = waker.wake();
        })?;
        Ok(Self { answer })
    }

    /// The answer, once it is there. No address is an answer too.
    pub fn poll(&self) -> Result<Option<Vec<SocketAddr>>, Failure> {
        match self.answer.try_recv() {
            Ok(Ok(addresses)) => Ok(Some(addresses)),
            Ok(Err(error)) => {
                tracing::debug!(%error, "name lookup");
                Ok(Some(Vec::new()))
            }
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(Failure::Internal(Part::Resolve)),
        }
    }
}
