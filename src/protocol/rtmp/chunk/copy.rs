//! Copying at full speed wherever the two places lie.

/// Places that are equal in as many low bits look the same to a processor that
/// asks whether a load must wait for a store.
const ALIAS: usize = 4096;

/// How many bytes before a load stores are still under way.
const UNDER_WAY: usize = 32;

/// Below this length it does not matter.
const LONG: usize = 512;

/// Appends `bytes` to `out`.
///
/// Long buffers start at the same place of a memory page, so that a header's few
/// bytes in front put each load right behind a store that seems to be to the same
/// place. Copying forward then takes ten times as long; from the end it does not.
#[inline]
pub(super) fn append(out: &mut Vec<u8>, bytes: &[u8]) {
    let end = out.as_ptr().addr() + out.len();
    let ahead = end.wrapping_sub(bytes.as_ptr().addr()) % ALIAS;
    if bytes.len() < LONG || !(1..=UNDER_WAY).contains(&ahead) {
        return out.extend_from_slice(bytes);
    }
    append_from_the_end(out, bytes);
}

fn append_from_the_end(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    out.resize(start + bytes.len(), 0);
    let (from, to) = (bytes.rchunks_exact(2 * UNDER_WAY), &mut out[start..]);
    let first = from.remainder();
    let (to_first, to_rest) = to.split_at_mut(first.len());
    for (to, from) in to_rest.rchunks_exact_mut(2 * UNDER_WAY).zip(from) {
        to.copy_from_slice(from);
    }
    to_first.copy_from_slice(first);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_appends_at_any_distance() {
        let source: Vec<u8> = (0..20_000_u32).map(|index| (index * 7) as u8).collect();
        for length in [0, 1, 511, 512, 513, 4096, 4097] {
            for from in 0..50 {
                let mut out = vec![1, 2, 3];
                // Room for all, so that the place does not change.
                out.reserve(3 * ALIAS);
                let place = (out.as_ptr().addr() + 3).wrapping_sub(source.as_ptr().addr());
                // From where this many bytes behind the place in `out`.
                let at = place.wrapping_sub(from) % ALIAS;
                let bytes = &source[at..at + length];
                append(&mut out, bytes);
                assert!(out[..3] == [1, 2, 3] && out[3..] == *bytes, "{length} from {from}");
            }
        }
    }

    #[test]
    fn from_the_end_is_the_same() {
        let bytes: Vec<u8> = (0..1000_u32).map(|index| index as u8).collect();
        for length in 0..bytes.len() {
            let mut out = vec![9];
            append_from_the_end(&mut out, &bytes[..length]);
            assert!(out[0] == 9 && out[1..] == bytes[..length]);
        }
    }
}
