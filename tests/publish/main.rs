//! The program publishing, as a person would run it: against real servers, real
//! faults and real mistakes.

#[path = "../support/media.rs"]
mod media;
#[path = "../support/nginx.rs"]
mod nginx;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/proxy.rs"]
mod proxy;
#[path = "../support/tls_front.rs"]
mod tls_front;

mod encrypted;
mod faults;
mod recorded;
mod refused;
