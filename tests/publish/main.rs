//! The program publishing, as a person would run it: against real servers, real
//! faults and real mistakes.

#[path = "../support/gateway.rs"]
mod gateway;
#[path = "../support/media.rs"]
mod media;
#[path = "../support/nginx.rs"]
mod nginx;
#[path = "../support/odd_server.rs"]
mod odd_server;
#[path = "../support/peer.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod peer;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/proxy.rs"]
mod proxy;
#[path = "../support/tls_front.rs"]
mod tls_front;
#[path = "../support/witness.rs"]
mod witness;

mod awake;
mod encrypted;
mod endurance;
mod faults;
mod listening;
mod proxied;
mod recorded;
mod refused;
mod refused_late;
mod slow_dns;
mod standstill;
mod table;
mod threads;
mod times;
mod try_url;
mod unread;
