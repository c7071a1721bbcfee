//! The map with AVX2: 32 chroma pairs, 64 pixels of each row at a time. What is
//! left of a row goes the portable way; the results are the same to the bit.

use std::arch::x86_64::*;

use super::{Factors, SAME_RANGE, find_lift, lifted, map_chroma};

/// Bytes in a vector.
const BYTES: usize = 32;

/// [`super::map_rows`].
#[target_feature(enable = "avx2")]
pub(super) fn map_rows(
    factors: &Factors,
    luma: [&mut [u8]; 2],
    cb: &mut [u8],
    cr: &mut [u8],
    lift: &mut [i16],
) {
    chroma_row(factors, cb, cr, lift);
    for row in luma {
        luma_row(row, lift, factors.luma);
    }
}

/// Works out what chroma gives to luma, then maps chroma.
#[target_feature(enable = "avx2")]
fn chroma_row(factors: &Factors, cb: &mut [u8], cr: &mut [u8], lift: &mut [i16]) {
    let sign = _mm256_set1_epi8(i8::MIN);
    // Rounded down to whole 1/128, to which the offset is added then.
    let to_lift = Product::new(factors.lift, 0);
    let [to_cb, to_cr] = factors.chroma.map(|factors| Product::new(factors, 256));
    let offset = _mm256_set1_epi16(factors.offset);

    let (cbs, cb_rest) = cb.as_chunks_mut::<BYTES>();
    let (crs, cr_rest) = cr.as_chunks_mut::<BYTES>();
    let (lifts, lift_rest) = lift.as_chunks_mut::<BYTES>();
    for ((cb, cr), lift) in cbs.iter_mut().zip(crs).zip(lifts) {
        let (b, r) = (load(cb), load(cr));
        // Blue and red side by side; as every unpacking, within each half.
        let (low, high) = (_mm256_unpacklo_epi8(b, r), _mm256_unpackhi_epi8(b, r));
        let lifts = [low, high]
            .map(|pairs| _mm256_add_epi16(_mm256_srai_epi16::<1>(to_lift.of(pairs)), offset));
        store_lift(lifts, lift);
        for (codes, before, map) in [(cb, b, to_cb), (cr, r, to_cr)] {
            let [low, high] = [low, high].map(|pairs| _mm256_srai_epi16::<9>(map.of(pairs)));
            *codes = bytes(add_signed(before, _mm256_packs_epi16(low, high), sign));
        }
    }
    find_lift(factors, cb_rest, cr_rest, lift_rest);
    map_chroma(factors.chroma, cb_rest, cr_rest);
}

/// A sum of products with blue and red, both with grey at zero.
#[derive(Clone, Copy)]
struct Product {
    factors: __m256i,
    added: __m256i,
}

impl Product {
    #[target_feature(enable = "avx2")]
    fn new([from_b, from_r]: [i8; 2], added: i16) -> Self {
        let grey = 128 * (i16::from(from_b) + i16::from(from_r));
        let factors = _mm256_set1_epi16(i16::from_le_bytes([from_b as u8, from_r as u8]));
        Self { factors, added: _mm256_set1_epi16(added - grey) }
    }

    /// Of 16 pairs of blue and red.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn of(self, pairs: __m256i) -> __m256i {
        _mm256_add_epi16(_mm256_maddubs_epi16(pairs, self.factors), self.added)
    }
}

#[target_feature(enable = "avx2")]
fn luma_row(luma: &mut [u8], lift: &[i16], factor: i16) {
    let (lumas, luma_rest) = luma.as_chunks_mut::<{ 2 * BYTES }>();
    let (lifts, lift_rest) = lift.as_chunks::<BYTES>();
    if factor == SAME_RANGE {
        let sign = _mm256_set1_epi8(i8::MIN);
        for (luma, lift) in lumas.iter_mut().zip(lifts) {
            let [first, second] = load_lift(lift).map(|lift| _mm256_srai_epi16::<7>(lift));
            // Packing takes halves in turn and unpacking gives them back.
            let codes = _mm256_packs_epi16(first, second);
            let twice = [_mm256_unpacklo_epi8(codes, codes), _mm256_unpackhi_epi8(codes, codes)];
            for (luma, lift) in luma.as_chunks_mut().0.iter_mut().zip(twice) {
                *luma = bytes(add_signed(load(luma), lift, sign));
            }
        }
    } else {
        let (factor, zero) = (_mm256_set1_epi16(factor), _mm256_setzero_si256());
        for (luma, lift) in lumas.iter_mut().zip(lifts) {
            for (luma, lift) in luma.as_chunks_mut().0.iter_mut().zip(load_lift(lift)) {
                let codes = load(luma);
                let scaled = |codes, lift| {
                    let sum = _mm256_adds_epi16(_mm256_mullo_epi16(codes, factor), lift);
                    _mm256_srai_epi16::<7>(sum)
                };
                *luma = bytes(_mm256_packus_epi16(
                    scaled(_mm256_unpacklo_epi8(codes, zero), _mm256_unpacklo_epi16(lift, lift)),
                    scaled(_mm256_unpackhi_epi8(codes, zero), _mm256_unpackhi_epi16(lift, lift)),
                ));
            }
        }
    }
    for (pair, lift) in luma_rest.as_chunks_mut::<2>().0.iter_mut().zip(lift_rest) {
        *pair = pair.map(|luma| lifted(luma, *lift, factor));
    }
}

/// Unsigned codes plus signed ones, held within 0 to 255. `sign` is the highest
/// bit of each.
#[inline]
#[target_feature(enable = "avx2")]
fn add_signed(codes: __m256i, added: __m256i, sign: __m256i) -> __m256i {
    _mm256_xor_si256(_mm256_adds_epi8(_mm256_xor_si256(codes, sign), added), sign)
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; BYTES]) -> __m256i {
    // SAFETY: it reads 32 bytes, wherever they lie.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn bytes(vector: __m256i) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    // SAFETY: it writes 32 bytes, wherever they lie.
    unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), vector) };
    bytes
}

/// Sixteen and sixteen values in the order of the pixels.
#[inline]
#[target_feature(enable = "avx2")]
fn load_lift(lift: &[i16; BYTES]) -> [__m256i; 2] {
    let at = lift.as_ptr();
    // SAFETY: they read 32 and 32 bytes of its 64, wherever they lie.
    unsafe { [_mm256_loadu_si256(at.cast()), _mm256_loadu_si256(at.add(16).cast())] }
}

/// Stores what was worked out of the low and of the high pairs of each half in
/// the order of the pixels.
#[inline]
#[target_feature(enable = "avx2")]
fn store_lift([low, high]: [__m256i; 2], lift: &mut [i16; BYTES]) {
    let at = lift.as_mut_ptr();
    // SAFETY: they write 32 and 32 bytes of its 64, wherever they lie.
    unsafe {
        _mm256_storeu_si256(at.cast(), _mm256_permute2x128_si256::<0x20>(low, high));
        _mm256_storeu_si256(at.add(16).cast(), _mm256_permute2x128_si256::<0x31>(low, high));
    }
}
