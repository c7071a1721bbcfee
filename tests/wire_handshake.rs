//! The handshake between our two sides, with another implementation on either
//! side, and with what real programs sent. In any pieces.

#[path = "support/exchange.rs"]
#[allow(dead_code)]
mod exchange;
#[path = "support/random.rs"]
#[allow(dead_code)]
mod random;

use random::Random;
use rml_rtmp::handshake::{Handshake, HandshakeProcessResult, PeerType};
use tallylight::protocol::rtmp::handshake::{
    ClientForm, ClientHandshake, HANDSHAKE_SIZE, HandshakeError, PACKET_SIZE, RANDOM_SIZE,
    ServerHandshake,
};

const FORMS: [ClientForm; 2] = [ClientForm::Simple, ClientForm::Digest];

fn random_bytes(seed: u64) -> [u8; RANDOM_SIZE] {
    let mut bytes = [0; RANDOM_SIZE];
    Random::new(seed).fill(&mut bytes);
    bytes
}

/// A client, and C0 and C1.
fn client(form: ClientForm) -> (ClientHandshake, Vec<u8>) {
    let mut out = Vec::new();
    let client = ClientHandshake::new(form, 0, &random_bytes(1), &mut out);
    assert_eq!((out.len(), out[0]), (1 + PACKET_SIZE, 3));
    (client, out)
}

fn server() -> ServerHandshake {
    ServerHandshake::new(0, &random_bytes(2))
}

/// What the other implementation made of our bytes: its answer, and what it left
/// if it is done.
fn rml(handshake: &mut Handshake, bytes: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    match handshake.process_bytes(bytes).unwrap() {
        HandshakeProcessResult::InProgress { response_bytes } => (response_bytes, None),
        HandshakeProcessResult::Completed { response_bytes, remaining_bytes } => {
            (response_bytes, Some(remaining_bytes))
        }
    }
}

#[test]
fn our_two_sides_agree_in_both_forms_and_leave_what_follows() {
    for form in FORMS {
        let (mut client, mut to_server) = client(form);
        let (mut server, mut to_client) = (server(), Vec::new());
        server.read(&mut &to_server[..], &mut to_client).unwrap();
        assert_eq!(to_client.len(), HANDSHAKE_SIZE);
        to_client.extend(b"from server");
        to_server.clear();
        let mut input = &to_client[..];
        client.read(&mut input, &mut to_server).unwrap();
        assert!(client.is_done());
        assert_eq!(input, b"from server");
        assert_eq!(to_server.len(), PACKET_SIZE);
        to_server.extend(b"from client");
        let mut input = &to_server[..];
        server.read(&mut input, &mut to_client).unwrap();
        assert!(server.is_done());
        assert_eq!(input, b"from client");
    }
}

#[test]
fn the_simple_form_echoes_to_the_byte() {
    let (mut client, c0c1) = client(ClientForm::Simple);
    assert_eq!(c0c1[5..9], [0; 4]);
    let mut s0s1s2 = Vec::new();
    server().read(&mut &c0c1[..], &mut s0s1s2).unwrap();
    let (s1, s2) = s0s1s2[1..].split_at(PACKET_SIZE);
    assert_eq!(s1[4..8], [0; 4]);
    assert_eq!(s1[8..], random_bytes(2));
    assert_eq!(s2, &c0c1[1..]);
    let mut c2 = Vec::new();
    client.read(&mut &s0s1s2[..], &mut c2).unwrap();
    assert_eq!(c2, s1);
}

#[test]
fn c2_goes_out_before_s2_has_come() {
    let (mut client, c0c1) = client(ClientForm::Simple);
    let mut s0s1s2 = Vec::new();
    server().read(&mut &c0c1[..], &mut s0s1s2).unwrap();
    let mut c2 = Vec::new();
    client.read(&mut &s0s1s2[..1 + PACKET_SIZE], &mut c2).unwrap();
    assert_eq!(c2.len(), PACKET_SIZE);
    assert!(!client.is_done());
}

#[test]
fn pieces_make_no_difference() {
    for form in FORMS {
        let (mut whole, c0c1) = client(form);
        let mut s0s1s2 = Vec::new();
        server().read(&mut &c0c1[..], &mut s0s1s2).unwrap();
        let mut c2 = Vec::new();
        whole.read(&mut &s0s1s2[..], &mut c2).unwrap();
        for size in [1, 2, 7, 1535, 1536, 1537] {
            let (mut client, _) = client(form);
            let (mut server, mut to_client, mut to_server) = (server(), Vec::new(), Vec::new());
            for mut piece in c0c1.chunks(size).chain(c2.chunks(size)) {
                server.read(&mut piece, &mut to_client).unwrap();
                assert!(piece.is_empty());
            }
            for mut piece in s0s1s2.chunks(size) {
                client.read(&mut piece, &mut to_server).unwrap();
            }
            assert_eq!((to_client, to_server), (s0s1s2.clone(), c2.clone()));
            assert!(client.is_done() && server.is_done());
        }
    }
}

#[test]
fn another_client_with_a_digest_accepts_our_server() {
    let mut client = Handshake::new(PeerType::Client);
    let c0c1 = client.generate_outbound_p0_and_p1().unwrap();
    let (mut server, mut out) = (server(), Vec::new());
    server.read(&mut &c0c1[..], &mut out).unwrap();
    assert_ne!(out[5..9], [0; 4], "our server saw the digest");
    let (c2, left) = rml(&mut client, &out);
    assert_eq!(left, Some(vec![]));
    let mut input = &c2[..];
    server.read(&mut input, &mut out).unwrap();
    assert!(server.is_done() && input.is_empty());
}

#[test]
fn our_s2_is_the_one_that_nginx_sent() {
    // ffmpeg signed this C1, and nginx answered: all but the signature is random.
    let c0c1 = &exchange::recording("ffmpeg_publish", "client")[..1 + PACKET_SIZE];
    let s2 = &exchange::recording("ffmpeg_publish", "server")[1 + PACKET_SIZE..HANDSHAKE_SIZE];
    let mut server = ServerHandshake::new(0, s2[..RANDOM_SIZE].try_into().unwrap());
    let mut out = Vec::new();
    server.read(&mut &c0c1[..], &mut out).unwrap();
    assert!(out[1 + PACKET_SIZE..] == *s2);
}

#[test]
fn our_c2_is_the_one_that_another_client_sends() {
    let mut other = Handshake::new(PeerType::Client);
    let c0c1 = other.generate_outbound_p0_and_p1().unwrap();
    let mut s0s1s2 = Vec::new();
    server().read(&mut &c0c1[..], &mut s0s1s2).unwrap();
    let (expected, _) = rml(&mut other, &s0s1s2);
    let random = expected[..RANDOM_SIZE].try_into().unwrap();
    let mut client = ClientHandshake::new(ClientForm::Digest, 0, random, &mut Vec::new());
    let mut c2 = Vec::new();
    client.read(&mut &s0s1s2[..], &mut c2).unwrap();
    assert!(c2 == expected);
}

#[test]
fn another_server_accepts_our_client_in_both_forms() {
    for form in FORMS {
        let (mut client, c0c1) = client(form);
        let mut server = Handshake::new(PeerType::Server);
        let (s0s1s2, _) = rml(&mut server, &c0c1);
        let mut c2 = Vec::new();
        client.read(&mut &s0s1s2[..], &mut c2).unwrap();
        assert!(client.is_done());
        assert_eq!(rml(&mut server, &c2).1, Some(vec![]));
    }
}

#[test]
fn recorded_handshakes_are_understood() {
    // ffmpeg signs its C1; nginx answers a digest with a digest.
    for name in exchange::NAMES {
        let recorded = exchange::recording(name, "client");
        let signed = recorded[5..9] != [0; 4];
        let mut out = Vec::new();
        server().read(&mut &recorded[..], &mut out).unwrap();
        assert_eq!(out[5..9] != [0; 4], signed, "{name}");
        assert!(!exchange::chunks(name, "server").is_empty());
    }
    assert_ne!(exchange::recording("ffmpeg_publish", "client")[5..9], [0; 4]);
    assert_eq!(exchange::recording("gstreamer_publish", "client")[5..9], [0; 4]);
}

#[test]
fn a_server_that_sends_c1_back_as_s1_and_nonsense_as_s2_is_fine() {
    for form in FORMS {
        let (mut client, c0c1) = client(form);
        let answer = [&c0c1[..], &[0xEE; PACKET_SIZE]].concat();
        let mut c2 = Vec::new();
        client.read(&mut &answer[..], &mut c2).unwrap();
        assert!(client.is_done());
        assert_eq!(c2, &c0c1[1..]);
    }
}

#[test]
fn the_first_byte_tells_what_the_peer_speaks() {
    let to_server: [(&[u8], HandshakeError); 5] = [
        (&[0x16, 3, 1], HandshakeError::LooksLikeTls { first_byte: 0x16 }),
        (b"GET / HTTP/1.1", HandshakeError::LooksLikeHttp { first_byte: b'G' }),
        (&[6], HandshakeError::Encrypted { version: 6 }),
        (&[200], HandshakeError::UnsupportedVersion { version: 200 }),
        (&[32], HandshakeError::UnsupportedVersion { version: 32 }),
    ];
    for (mut bytes, error) in to_server {
        assert_eq!(server().read(&mut bytes, &mut Vec::new()), Err(error));
    }
    let to_client: [(&[u8], HandshakeError); 4] = [
        (&[0x15, 3, 3], HandshakeError::LooksLikeTls { first_byte: 0x15 }),
        (b"HTTP/1.1 400", HandshakeError::LooksLikeHttp { first_byte: b'H' }),
        (&[8], HandshakeError::Encrypted { version: 8 }),
        (&[4], HandshakeError::UnsupportedVersion { version: 4 }),
    ];
    for (mut bytes, error) in to_client {
        let (mut client, _) = client(ClientForm::Simple);
        assert_eq!(client.read(&mut bytes, &mut Vec::new()), Err(error));
        assert_eq!(error.offset(), 0);
    }
}

#[test]
fn a_client_of_another_version_is_answered_with_ours() {
    for version in [0, 2, 3, 4, 31] {
        let mut bytes = client(ClientForm::Simple).1;
        bytes[0] = version;
        let mut out = Vec::new();
        server().read(&mut &bytes[..], &mut out).unwrap();
        assert_eq!((out[0], out.len()), (3, HANDSHAKE_SIZE));
    }
}
