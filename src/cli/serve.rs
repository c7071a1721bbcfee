//! `tallylight serve`: the built-in server by itself.

use std::process::ExitCode;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::args::Serve;
use super::report::{emit, print_json};
use crate::engine::{ExitClass, server_only};
use crate::serve::Status;

/// Serves until Ctrl-C.
pub fn run(args: &Serve) -> ExitCode {
    let server = match server_only(args.listen) {
        Ok(server) => server,
        Err(fault) => {
            eprintln!("tallylight: {fault}");
            return ExitCode::from(ExitClass::Network.status());
        }
    };
    let (interrupt, interrupted) = mpsc::sync_channel(1);
    // Full: one Ctrl-C is known already.
    if let Err(error) = ctrlc::set_handler(move || _ = interrupt.try_send(())) {
        tracing::warn!(%error, "Ctrl-C will end the program without a goodbye");
    }
    let address = server.local_addr();
    if args.json {
        print_json(&Listening { state: "listening", address: address.to_string() });
    } else {
        emit(&format!("Publish to rtmp://{address}/live/KEY and play from the same address.\n"));
        if !address.ip().is_loopback() {
            emit("Reachable from other computers: anyone who can reach it may publish and play.\n");
        }
    }
    let begun = Instant::now();
    let mut shown = None;
    while interrupted.recv_timeout(Duration::from_secs(1)).is_err() {
        show(args.json, begun, &server.status(), &mut shown);
    }
    server.stop();
    ExitCode::SUCCESS
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
struct Figures {
    t_s: f64,
    state: &'static str,
    publishers: usize,
    players: usize,
    bytes_in: u64,
    bytes_out: u64,
}
