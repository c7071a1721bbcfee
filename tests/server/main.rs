//! The server session by itself: bytes in, bytes out, in virtual time.

#[path = "../support/allocations.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod allocations;
#[path = "../support/exchange.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod exchange;
#[path = "../support/mutate.rs"]
mod mutate;
#[path = "../support/peer.rs"]
mod peer;
#[path = "../support/random.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod random;

mod clients;
mod fuzz;
mod hostile;
mod oracles;
