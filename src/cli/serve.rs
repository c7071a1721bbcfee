//! `tallylight serve`: the built-in server by itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::args::Serve;
use super::interrupt;
use super::out::{complain, emit};
use super::report::print_json;
use crate::engine::{ExitClass, Fault, server_only};
use crate::media::{Clock, MediaTime};
use crate::publish::transport;
use crate::serve::{Server, Status, UNNAMED};
use crate::supervise::{Part, Restarts};

/// How often it is looked whether the server still serves.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Lines of figures a second apart.
const LOOKS_A_LINE: u32 = 4;

/// Serves until Ctrl-C.
pub fn run(args: &Serve) -> ExitCode {
    let mut server = match server_only(args.listen, args.publish_key.clone()) {
        Ok(server) => server,
        Err(fault) => {
            complain(&format!("{fault} --listen takes another address and port."));
            return ExitCode::from(ExitClass::Network.status());
        }
    };
    let (wake, interrupted) = mpsc::sync_channel(1);
    // Full: one Ctrl-C is known already.
    interrupt::listen(move || _ = wake.try_send(()));
    greet(args, server.local_addr());
    let begun = Instant::now();
    let mut shown = None;
    let (clock, mut restarts) = (Clock::starting_at(begun), Restarts::default());
    for look in 1_u32.. {
        if interrupted.recv_timeout(LOOK_EVERY).is_ok() {
            break;
        }
        if !server.is_running() {
            let (goes_on, words) = revive(&mut server, &mut restarts, clock.at(Instant::now()));
            say(args.json, begun, goes_on, words);
            if !goes_on {
                return ExitCode::from(ExitClass::Device.status());
            }
        }
        if look.is_multiple_of(LOOKS_A_LINE) {
            show(args.json, begun, &server.status(), &mut shown);
        }
    }
    server.stop();
    ExitCode::SUCCESS
}

/// Starts a server again that has stopped by itself, unless that happens too often;
/// whether it serves, and what there is to say.
fn revive(server: &mut Server, restarts: &mut Restarts, now: MediaTime) -> (bool, String) {
    let goes_on = restarts.allows(now) && server.restart().is_ok();
    (goes_on, Fault::Internal { part: Part::Server, goes_on }.to_string())
}

fn say(json: bool, begun: Instant, restarted: bool, detail: String) {
    complain(&detail);
    if json {
        let state = if restarted { "restarted" } else { "failed" };
        print_json(&Restarted { t_s: begun.elapsed().as_secs_f64(), state, detail });
    }
}

/// Says where it can be reached, and warns where anybody could publish.
fn greet(args: &Serve, address: SocketAddr) {
    if args.json {
        print_json(&Listening { state: "listening", address: address.to_string() });
    } else {
        emit(&directions(usable(address), args.publish_key.is_some()));
    }
    if !address.ip().to_canonical().is_loopback() && args.publish_key.is_none() {
        complain(OPEN_TO_ALL);
    }
}

const OPEN_TO_ALL: &str = "Warning: anyone who can reach this computer over the network can \
                           publish here. Set a key: TALLYLIGHT_SERVE_KEY=… tallylight serve …";

fn directions(address: SocketAddr, has_key: bool) -> String {
    if !has_key {
        return format!("Publish to rtmp://{address}/live/KEY and play from the same address.\n");
    }
    format!(
        "Publish to rtmp://{address}/live with the publish key as stream key, and play from \
         rtmp://{address}/live/{UNNAMED}.\nFor more streams publish as NAME?key=KEY and play from \
         rtmp://{address}/live/NAME. Players need no key.\n"
    )
}

/// An address that others can type: "all of this computer's" is none.
fn usable(address: SocketAddr) -> SocketAddr {
    if !address.ip().is_unspecified() {
        return address;
    }
    // Nothing is sent there; it is only asked which way it would go.
    let anywhere = match address {
        SocketAddr::V4(_) => SocketAddr::from(([192, 0, 2, 1], 9)),
        SocketAddr::V6(_) => SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 9)),
    };
    let loopback = || match address {
        SocketAddr::V4(_) => IpAddr::from(Ipv4Addr::LOCALHOST),
        SocketAddr::V6(_) => IpAddr::from(Ipv6Addr::LOCALHOST),
    };
    let ip = transport::route_to(anywhere).unwrap_or_else(loopback);
    SocketAddr::new(ip, address.port())
}

/// Prints a line of JSON a second, or text when the number of people changes.
fn show(json: bool, begun: Instant, status: &Status, shown: &mut Option<(usize, usize)>) {
    let people = (status.publishers, status.players);
    if json {
        print_json(&Figures {
            t_s: begun.elapsed().as_secs_f64(),
            state: "serving",
            publishers: status.publishers,
            players: status.players,
            bytes_in: status.bytes_in,
            bytes_out: status.bytes_out,
        });
    } else if *shown != Some(people) {
        emit(&format!("{} publishing, {} playing\n", people.0, people.1));
    }
    *shown = Some(people);
}

#[derive(Serialize)]
struct Listening {
    state: &'static str,
    address: String,
}

#[derive(Serialize)]
struct Restarted {
    t_s: f64,
    state: &'static str,
    detail: String,
}

#[derive(Serialize)]
struct Figures {
    t_s: f64,
    state: &'static str,
    publishers: usize,
    players: usize,
    bytes_in: u64,
    bytes_out: u64,
}
