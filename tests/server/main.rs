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

#[path = "../support/dissector.rs"]
mod dissector;
#[path = "../support/tools.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod tools;

mod clients;
mod dissected;
mod fuzz;
mod hostile;
mod oracles;
