//! Every split of a recorded exchange's bytes gives the same result as the whole.

#[path = "support/exchange.rs"]
#[allow(dead_code)]
mod exchange;
#[path = "support/peer.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod peer;
mod session_support;

use peer::{Host, Received};
use session_support::{at, client, events, recording};
use tallylight::protocol::rtmp::client::Event;
use tallylight::protocol::rtmp::server::ServerEvent;

/// What a client makes of a server's bytes: events, output, error.
fn client_after(pieces: &[&[u8]]) -> (Vec<Event>, Vec<u8>, Option<String>) {
    let mut client = client();
    let read = pieces.iter().try_for_each(|piece| client.read(at(1), piece));
    let output = client.output().to_vec();
    (events(&mut client), output, read.err().map(|error| error.to_string()))
}

#[test]
fn a_client_reads_a_servers_bytes_alike() {
    for name in ["nginx_publish", "nginx_busy", "ffmpeg_listen_publish"] {
        let bytes = recording(name);
        let whole = client_after(&[&bytes]);
        assert!(whole.0.len() > 3, "{name}: {:?}", whole.0);
        for split in 0..=bytes.len() {
            let parts = client_after(&[&bytes[..split], &bytes[split..]]);
            assert!(parts == whole, "{name}, split at {split}: {parts:?}");
        }
    }
}

/// What a server that lets everyone in makes of a client's bytes.
fn server_after(pieces: &[&[u8]]) -> (Vec<ServerEvent>, Vec<Received>) {
    let mut host = Host::new();
    let answers =
        pieces.iter().flat_map(|piece| host.read(piece).expect("the recording is lawful"));
    let answers = answers.collect();
    (host.events, answers)
}

#[test]
fn a_server_reads_a_clients_bytes_alike() {
    for name in exchange::NAMES {
        let mut bytes = exchange::recording(name, "client");
        bytes.truncate(10_000);
        let whole = server_after(&[&bytes]);
        assert!(whole.0.len() >= 2, "{name}: {:?}", whole.0);
        for split in 0..=bytes.len() {
            let parts = server_after(&[&bytes[..split], &bytes[split..]]);
            assert!(parts == whole, "{name}, split at {split}");
        }
    }
}
