//! What Wireshark's dissector makes of an exchange: an oracle for both sides.

use std::path::Path;

use super::tools::{Folder, Tool, text};

/// Both directions of one connection, as they went.
#[derive(Default)]
pub struct Capture {
    packets: Vec<u8>,
    /// The next sequence number of client and server.
    sequence: [u32; 2],
}

/// Most bytes in one packet.
const SEGMENT: usize = 1400;

const CLIENT_PORT: u16 = 40_000;
const SERVER_PORT: u16 = 1935;

impl Capture {
    /// Bytes that the client sent.
    pub fn client(&mut self, bytes: &[u8]) {
        bytes.chunks(SEGMENT).for_each(|segment| self.segment(0, segment));
    }

    /// Bytes that the server sent.
    pub fn server(&mut self, bytes: &[u8]) {
        bytes.chunks(SEGMENT).for_each(|segment| self.segment(1, segment));
    }

    /// A line for each packet that ends a message: what the messages are that end in
    /// it; starts with "malformed" where the dissector could not follow.
    pub fn dissected(&self) -> Vec<String> {
        let folder = Folder::new("dissected");
        let file = folder.file("exchange.pcap");
        std::fs::write(&file, self.file()).expect("the test's folder can be written");
        dissect(&file)
    }

    /// One IPv4 packet with one TCP segment (RFC 791, RFC 9293), checksums left out.
    fn segment(&mut self, from: usize, bytes: &[u8]) {
        let length = (40 + bytes.len()) as u16;
        let mut packet = vec![0x45, 0];
        packet.extend(length.to_be_bytes());
        packet.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        let hosts = [[10, 0, 0, 1], [10, 0, 0, 2]];
        packet.extend(hosts[from]);
        packet.extend(hosts[1 - from]);
        let ports = [CLIENT_PORT, SERVER_PORT];
        packet.extend(ports[from].to_be_bytes());
        packet.extend(ports[1 - from].to_be_bytes());
        packet.extend((1 + self.sequence[from]).to_be_bytes());
        packet.extend((1 + self.sequence[1 - from]).to_be_bytes());
        packet.extend([0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]);
        packet.extend(bytes);
        self.sequence[from] += bytes.len() as u32;
        self.packets.extend([0; 8]);
        self.packets.extend((packet.len() as u32).to_le_bytes());
        self.packets.extend((packet.len() as u32).to_le_bytes());
        self.packets.extend(packet);
    }

    /// A pcap file of raw IP packets (link type 101).
    fn file(&self) -> Vec<u8> {
        let mut file = Vec::new();
        for number in [0xA1B2_C3D4_u32, 0x0004_0002, 0, 0, 65_535, 101] {
            file.extend(number.to_le_bytes());
        }
        file.extend(&self.packets);
        file
    }
}

fn dissect(file: &Path) -> Vec<String> {
    let fields =
        "-d tcp.port==1935,rtmpt -T fields -E separator=; -e _ws.malformed -e _ws.col.Info";
    let arguments = ["-r", text(file)].into_iter().chain(fields.split_whitespace());
    let listing = Tool::start("tshark", arguments).succeed().stdout;
    let listing = String::from_utf8(listing).expect("tshark prints text");
    let unfinished = |line: &&str| line.contains(" → ");
    listing
        .lines()
        .filter(|line| !unfinished(line))
        .map(|line| match line.split_once(';') {
            Some(("", what)) => what.to_owned(),
            _ => format!("malformed: {line}"),
        })
        .collect()
}
