//! Small damage to bytes.

use super::random::Random;

/// Damages `bytes` in one to four places; `others` lends pieces. They stay at
/// most `most` long.
pub fn mutate(bytes: &mut Vec<u8>, others: &[Vec<u8>], most: usize, random: &mut Random) {
    for _ in 0..1 + random.below(4) {
        once(bytes, others, random);
    }
    bytes.truncate(most);
}

fn once(bytes: &mut Vec<u8>, others: &[Vec<u8>], random: &mut Random) {
    if bytes.is_empty() {
        bytes.push(random.next() as u8);
        return;
    }
    let at = random.below(bytes.len());
    match random.below(8) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = random.next() as u8,
        2 => bytes[at] = *random.pick(&[0, 1, 2, 3, 0x7F, 0x80, 0xC0, 0xFE, 0xFF]),
        3 => bytes.truncate(at),
        4 => bytes.insert(at, random.next() as u8),
        5 => {
            bytes.remove(at);
        }
        6 => {
            let end = bytes.len().min(at + 1 + random.below(16));
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        _ => {
            let other = random.pick(others);
            if !other.is_empty() {
                let from = random.below(other.len());
                let end = other.len().min(from + 1 + random.below(64));
                bytes.splice(at..at, other[from..end].iter().copied());
            }
        }
    }
}
