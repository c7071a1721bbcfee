//! What all connections of a destination have in common, over all tries.

use std::path::PathBuf;
use std::sync::Arc;

use mio::Waker;

use super::resolver::Resolver;
use crate::publish::status::Failure;
use crate::publish::transport::proxy::Proxies;
use crate::publish::transport::{Fingerprint, Trust, TrustError};

/// How the server's certificate is verified.
#[derive(Clone, Debug, Default)]
pub struct Certificates {
    /// Certificates to trust beside the system's, in a PEM file.
    pub ca_file: Option<PathBuf>,
    /// The one certificate to trust, whatever it says, in place of all others.
    pub only: Option<Fingerprint>,
}

/// Lookups, proxies and certificates.
#[derive(Debug)]
pub struct Means {
    /// What names are known by.
    pub resolver: Resolver,
    /// Which hosts are reached through a proxy.
    pub proxies: Proxies,
    certificates: Certificates,
    /// The certificates as they were read at the first encrypted connection. It
    /// remembers sessions: a second connection to the same server needs less.
    trust: Option<Trust>,
}

impl Means {
    /// Nothing is looked up or read yet.
    pub fn new(waker: Arc<Waker>, proxies: Proxies, certificates: Certificates) -> Self {
        Self { resolver: Resolver::new(waker), proxies, certificates, trust: None }
    }

    /// How servers' certificates are verified. Reads files, the first time.
    pub fn trust(&mut self) -> Result<Trust, Failure> {
        if let Some(trust) = &self.trust {
            return Ok(trust.clone());
        }
        let trust = self.certificates.read()?;
        Ok(self.trust.insert(trust).clone())
    }
}

impl Certificates {
    fn read(&self) -> Result<Trust, Failure> {
        match self.only {
            Some(fingerprint) => Ok(Trust::only(fingerprint)),
            None => Trust::system(self.ca_file.as_deref()).map_err(|error| match error {
                TrustError::File { .. } => Failure::Certificates(error.to_string()),
                TrustError::System(_) => Failure::Local(error.to_string()),
            }),
        }
    }
}
