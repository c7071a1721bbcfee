//! Who may connect: so many at a time, and so many from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use crate::text::server as text;

/// Counts connections by address.
#[derive(Debug)]
pub struct Admission {
    max: usize,
    max_per_address: usize,
    count: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Why a connection is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There are too many in all.
    Full,
    /// There are too many from this address.
    FromThere,
}

impl Refused {
    /// What the client is told.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Full => text::FULL,
            Self::FromThere => text::FULL_FROM_THERE,
        }
    }
}

impl Admission {
    /// Nobody is connected.
    pub fn new(max: usize, max_per_address: usize) -> Self {
        Self { max, max_per_address, count: 0, by_address: HashMap::new() }
    }

    /// Counts a connection in.
    pub fn enter(&mut self, address: IpAddr) -> Result<(), Refused> {
        if self.count >= self.max {
            return Err(Refused::Full);
        }
        let there = self.by_address.entry(group(address)).or_default();
        // All that runs on this computer comes from one address.
        if *there >= self.max_per_address && !address.to_canonical().is_loopback() {
            return Err(Refused::FromThere);
        }
        *there += 1;
        self.count += 1;
        Ok(())
    }

    /// Counts a connection out that was counted in.
    pub fn leave(&mut self, address: IpAddr) {
        let address = group(address);
        if let Some(there) = self.by_address.get_mut(&address) {
            *there -= 1;
            self.count -= 1;
            if *there == 0 {
                self.by_address.remove(&address);
            }
        }
    }
}

/// Whoever has one IPv6 address has all that share its first 64 bits.
pub fn group(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn counts_all_and_by_address() {
        let mut admission = Admission::new(3, 2);
        let (a, b) = (address("10.0.0.1"), address("10.0.0.2"));
        assert_eq!(admission.enter(a), Ok(()));
        assert_eq!(admission.enter(address("::ffff:10.0.0.1")), Ok(()), "the same address");
        assert_eq!(admission.enter(a), Err(Refused::FromThere));
        assert_eq!(admission.enter(b), Ok(()));
        assert_eq!(admission.enter(b), Err(Refused::Full));
        admission.leave(a);
        assert_eq!(admission.enter(b), Ok(()));
    }

    #[test]
    fn this_computer_is_not_one_client() {
        let mut admission = Admission::new(3, 1);
        for loopback in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(admission.enter(address(loopback)), Ok(()));
        }
        assert_eq!(admission.enter(address("127.0.0.1")), Err(Refused::Full));
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let mut admission = Admission::new(9, 1);
        assert_eq!(admission.enter(address("2001:db8::1")), Ok(()));
        assert_eq!(admission.enter(address("2001:db8::2")), Err(Refused::FromThere));
        assert_eq!(admission.enter(address("2001:db8:0:1::1")), Ok(()));
    }
}
