//! Every split of a recorded exchange's bytes gives the same result as the whole.

#[path = "support/exchange.rs"]
#[allow(dead_code)]
mod exchange;
mod session_support;

use session_support::{at, client, events, recording, server, server_events};
use tallylight::protocol::rtmp::client::Event;
use tallylight::protocol::rtmp::server::{ServerEvent, ServerSession};

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

/// What a server makes of a client's bytes, whose request is answered when it is
/// complete, at byte `asked`.
fn server_after(bytes: &[u8], asked: usize, split: usize) -> (Vec<ServerEvent>, Vec<u8>) {
    let mut server = server();
    let mut all = Vec::new();
    let mut cuts = [0, asked, split, bytes.len()];
    cuts.sort_unstable();
    for cut in cuts.windows(2) {
        server.read(at(1), &bytes[cut[0]..cut[1]]).unwrap();
        for event in server_events(&mut server) {
            accept(&mut server, &event);
            all.push(event);
        }
    }
    (all, server.output().to_vec())
}

fn accept(server: &mut ServerSession, event: &ServerEvent) {
    match event {
        ServerEvent::PublishRequested { stream_id, .. } => {
            server.accept_publish(*stream_id).unwrap()
        }
        ServerEvent::PlayRequested { stream_id, .. } => server.accept_play(*stream_id).unwrap(),
        _ => {}
    }
}

/// Where the client has asked to publish or play.
fn request_end(bytes: &[u8]) -> usize {
    let mut server = server();
    let asks = |event: &ServerEvent| {
        matches!(event, ServerEvent::PublishRequested { .. } | ServerEvent::PlayRequested { .. })
    };
    let found = bytes.iter().position(|byte| {
        server.read(at(1), &[*byte]).unwrap();
        server_events(&mut server).iter().any(asks)
    });
    found.expect("the client asks for something") + 1
}

#[test]
fn a_server_reads_a_clients_bytes_alike() {
    for name in exchange::NAMES {
        let mut bytes = exchange::recording(name, "client");
        bytes.truncate(10_000);
        let asked = request_end(&bytes);
        let whole = server_after(&bytes, asked, 0);
        assert!(whole.0.len() >= 2, "{name}: {:?}", whole.0);
        for split in 0..=bytes.len() {
            assert!(server_after(&bytes, asked, split) == whole, "{name}, split at {split}");
        }
    }
}
