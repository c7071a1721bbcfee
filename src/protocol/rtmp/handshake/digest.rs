//! The digest form: an HMAC-SHA256 hidden in the first packet, and one that
//! answers it at the end of the second.
//!
//! It is in no published standard; the layout and the keys are those that Flash
//! Player 9 and its servers brought into the world.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::{PACKET_SIZE, RANDOM_SIZE};

/// Bytes in a digest.
pub(super) const DIGEST_SIZE: usize = 32;

/// Where the answer stands in a second packet: at its end.
const ANSWER_AT: usize = PACKET_SIZE - DIGEST_SIZE;

/// The two sides' keys: the text signs a first packet, text and tail a second one.
const CLIENT_KEY: &[u8] = b"Genuine Adobe Flash Player 001";
const SERVER_KEY: &[u8] = b"Genuine Adobe Flash Media Server 001";
const KEY_TAIL: [u8; 32] = [
    0xF0, 0xEE, 0xC2, 0x4A, 0x80, 0x68, 0xBE, 0xE8, 0x2E, 0x00, 0xD0, 0xD1, 0x02, 0x9E, 0x7E, 0x57,
    0x6E, 0xEC, 0x5D, 0x2D, 0x29, 0x80, 0x6F, 0xAB, 0x93, 0xB8, 0xE6, 0x36, 0xCF, 0xEB, 0x31, 0xAE,
];

/// Who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signer {
    Client,
    Server,
}

/// Which of the two 764-byte blocks after time and version holds the digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schema {
    /// The second block, after the one with the key.
    Zero,
    /// The first block.
    One,
}

impl Signer {
    fn key(self) -> &'static [u8] {
        match self {
            Self::Client => CLIENT_KEY,
            Self::Server => SERVER_KEY,
        }
    }
}

impl Schema {
    /// Where the digest stands: four bytes at the start of its block say so.
    fn digest_at(self, packet: &[u8; PACKET_SIZE]) -> usize {
        let block = match self {
            Self::Zero => 772,
            Self::One => 8,
        };
        let sum: usize = packet[block..block + 4].iter().map(|byte| usize::from(*byte)).sum();
        block + 4 + sum % 728
    }
}

/// Signs a first packet in place and gives the digest.
pub(super) fn sign(
    packet: &mut [u8; PACKET_SIZE],
    schema: Schema,
    signer: Signer,
) -> [u8; DIGEST_SIZE] {
    let at = schema.digest_at(packet);
    let digest = digest_around(packet, at, signer);
    packet[at..at + DIGEST_SIZE].copy_from_slice(&digest);
    digest
}

/// Looks for the digest of a first packet. A version of zero means that there is
/// none, and random bytes do not have one by chance.
pub(super) fn find(
    packet: &[u8; PACKET_SIZE],
    signer: Signer,
) -> Option<(Schema, [u8; DIGEST_SIZE])> {
    if packet[4..8] == [0; 4] {
        return None;
    }
    [Schema::Zero, Schema::One].into_iter().find_map(|schema| {
        let at = schema.digest_at(packet);
        let digest = digest_around(packet, at, signer);
        (packet[at..at + DIGEST_SIZE] == digest).then_some((schema, digest))
    })
}

/// The second packet in answer to a digest.
pub(super) fn answer(
    peer_digest: &[u8; DIGEST_SIZE],
    signer: Signer,
    random: &[u8; RANDOM_SIZE],
) -> [u8; PACKET_SIZE] {
    let mut packet = [0; PACKET_SIZE];
    packet[..ANSWER_AT].copy_from_slice(&random[..ANSWER_AT]);
    let signature = answer_signature(&packet, peer_digest, signer);
    packet[ANSWER_AT..].copy_from_slice(&signature);
    packet
}

fn answer_signature(
    packet: &[u8; PACKET_SIZE],
    peer_digest: &[u8; DIGEST_SIZE],
    signer: Signer,
) -> [u8; DIGEST_SIZE] {
    let key = hmac(&[signer.key(), &KEY_TAIL].concat(), &[peer_digest]);
    hmac(&key, &[&packet[..ANSWER_AT]])
}

/// The digest of all bytes but the 32 where it stands itself.
fn digest_around(packet: &[u8; PACKET_SIZE], at: usize, signer: Signer) -> [u8; DIGEST_SIZE] {
    hmac(signer.key(), &[&packet[..at], &packet[at + DIGEST_SIZE..]])
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; DIGEST_SIZE] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(fill: u8) -> [u8; PACKET_SIZE] {
        let mut packet = [fill; PACKET_SIZE];
        packet[4] = 9;
        packet
    }

    #[test]
    fn a_signed_packet_is_found_in_its_schema_and_by_its_signer_alone() {
        for schema in [Schema::Zero, Schema::One] {
            for fill in [0, 1, 181, 182, 255] {
                let mut packet = packet(fill);
                let digest = sign(&mut packet, schema, Signer::Client);
                assert_eq!(find(&packet, Signer::Client), Some((schema, digest)), "{fill}");
                assert_eq!(find(&packet, Signer::Server), None);
            }
        }
    }

    #[test]
    fn any_changed_byte_spoils_the_digest() {
        let mut signed = packet(7);
        sign(&mut signed, Schema::Zero, Signer::Server);
        for at in (0..PACKET_SIZE).step_by(61) {
            let mut spoiled = signed;
            spoiled[at] ^= 0x10;
            assert_eq!(find(&spoiled, Signer::Server), None, "byte {at}");
        }
    }

    #[test]
    fn a_version_of_zero_means_the_simple_form() {
        let mut packet = [3; PACKET_SIZE];
        packet[4..8].fill(0);
        sign(&mut packet, Schema::One, Signer::Client);
        assert_eq!(find(&packet, Signer::Client), None);
    }

    #[test]
    fn the_digest_stays_inside_its_block() {
        for (schema, block) in [(Schema::Zero, 772), (Schema::One, 8)] {
            for sum in 0..=4 * 255_usize {
                let mut packet = [0; PACKET_SIZE];
                for (index, byte) in packet[block..block + 4].iter_mut().enumerate() {
                    *byte = sum.saturating_sub(255 * index).min(255) as u8;
                }
                let at = schema.digest_at(&packet);
                assert!(at >= block + 4 && at + DIGEST_SIZE <= block + 764, "{at}");
                assert_eq!(at, block + 4 + sum % 728);
            }
        }
    }

    #[test]
    fn hmac_is_that_of_rfc_4231() {
        // Test case 2 of RFC 4231 §4.3.
        let mac = hmac(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(mac[..8], [0x5B, 0xDC, 0xC1, 0x46, 0xBF, 0x60, 0x75, 0x4E]);
        assert_eq!(mac[24..], [0x9D, 0xEC, 0x58, 0xB9, 0x64, 0xEC, 0x38, 0x43]);
    }
}
