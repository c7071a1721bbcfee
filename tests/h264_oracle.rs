//! Parameter sets and decoder configurations read by us and by `h264-reader`:
//! those of x264 in many shapes, and random ones written field by field.

#[path = "support/random.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod random;

use h264_reader::avcc::AvcDecoderConfigurationRecord;
use h264_reader::nal::sps::SeqParameterSet;
use h264_reader::nal::{Nal, RefNal};
use random::Random;
use tallylight::protocol::h264::{Color, DecoderConfig, H264Error, Sps, annex_b, length_prefixed};

/// (what, sequence parameter set, width, height)
const X264: &[(&str, &str, u32, u32)] = &[
    (
        "Main, 1080p, BT.709",
        "674d4028eca03c0113f2e02d40404050000003001000000303c0f1831960",
        1920,
        1080,
    ),
    ("High, 1080i", "67640028acd94078044fde0220000003002000000783e2c5b2c0", 1920, 1080),
    ("High 4:2:2", "677a001ebcd940a02ff89c0440000003004000000f03c58b6580", 640, 360),
    (
        "High 4:4:4, full range",
        "67f4001e919b281485fc7cf80b64000003000400000300f03c58b658",
        642,
        362,
    ),
    ("High 10", "676e000da6cd94141fb0110000030001000003003c0f142996", 320, 240),
    ("Constrained Baseline", "6742c00bd902c4ec0440000003004000000f03c50a92", 176, 144),
    (
        "High, odd pixels, full range",
        "6764001facd940d83de6fff050005016c8000003000800000301e078c18cb0",
        854,
        480,
    ),
];

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).expect("it is hexadecimal");
    (0..hex.len()).step_by(2).map(digit).collect()
}

fn theirs(nal: &[u8]) -> Option<SeqParameterSet> {
    SeqParameterSet::from_bits(RefNal::new(nal, &[], true).rbsp_bits()).ok()
}

/// What both say about the same parameter set.
fn compare(nal: &[u8], ours: &Sps, theirs: &SeqParameterSet) {
    assert_eq!(theirs.pixel_dimensions().ok(), Some((ours.width, ours.height)), "{nal:02X?}");
    let chroma = &theirs.chroma_info;
    assert_eq!(chroma.bit_depth_luma_minus8 + 8, ours.luma_bits, "{nal:02X?}");
    assert_eq!(chroma.bit_depth_chroma_minus8 + 8, ours.chroma_bits, "{nal:02X?}");
    assert_eq!(
        (theirs.level().level_idc(), theirs.profile().profile_idc()),
        (ours.level, ours.profile)
    );
    let vui = theirs.vui_parameters.as_ref();
    let color = vui.and_then(|vui| vui.video_signal_type.as_ref()).map(|signal| {
        let unsaid = |value: Option<u8>| value.unwrap_or(2);
        let said = signal.colour_description.as_ref();
        Color {
            full_range: signal.video_full_range_flag,
            primaries: unsaid(said.map(|c| c.colour_primaries)),
            transfer: unsaid(said.map(|c| c.transfer_characteristics)),
            matrix: unsaid(said.map(|c| c.matrix_coefficients)),
        }
    });
    assert_eq!(color, ours.color, "{nal:02X?}");
}

#[test]
fn x264_in_many_shapes() {
    for &(what, hex, width, height) in X264 {
        let nal = bytes(hex);
        let ours = Sps::parse(&nal).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!((ours.width, ours.height), (width, height), "{what}");
        compare(&nal, &ours, &theirs(&nal).expect(what));
    }
}

#[test]
fn decoder_configurations() {
    for &(what, hex, ..) in X264 {
        let (sps, pps) = (bytes(hex), [0x68, 0xCE, 0x3C, 0x80]);
        let record = DecoderConfig::new(&sps, &pps).to_bytes().unwrap();
        let theirs = AvcDecoderConfigurationRecord::try_from(&record[..])
            .unwrap_or_else(|e| panic!("{what}: {e:?}"));
        assert_eq!(theirs.length_size_minus_one(), 3, "{what}");
        let sets: Vec<_> =
            theirs.sequence_parameter_sets().map(|set| set.unwrap().to_vec()).collect();
        assert_eq!(sets, std::slice::from_ref(&sps), "{what}");
        let sets: Vec<_> =
            theirs.picture_parameter_sets().map(|set| set.unwrap().to_vec()).collect();
        assert_eq!(sets, [pps.to_vec()], "{what}");
        let ours = Sps::parse(&sps).unwrap();
        let high = theirs.chroma_format().is_some();
        assert_eq!(high, ours.profile >= 100, "{what}");
        if high {
            assert_eq!(theirs.chroma_format(), Some(ours.chroma_format), "{what}");
            assert_eq!(theirs.bit_depth_luma_minus8(), Some(ours.luma_bits - 8), "{what}");
        }
        assert_eq!(DecoderConfig::parse(&record).unwrap().sps, [sps]);
    }
}

/// Writes a parameter set field by field, with the bytes that keep start codes out
/// of it.
struct Writer {
    bits: Vec<bool>,
}

impl Writer {
    fn bits(&mut self, value: u32, count: u32) {
        self.bits.extend((0..count).rev().map(|shift| value >> shift & 1 == 1));
    }

    fn ue(&mut self, value: u32) {
        let length = (value + 1).ilog2();
        self.bits(0, length);
        self.bits(value + 1, length + 1);
    }

    fn finish(mut self) -> Vec<u8> {
        self.bits(1, 1);
        self.bits.resize(self.bits.len().next_multiple_of(8), false);
        let mut nal = vec![0x67];
        for byte in self.bits.chunks(8) {
            let byte = byte.iter().fold(0, |byte, &bit| byte << 1 | u8::from(bit));
            if byte <= 3 && nal.ends_with(&[0, 0]) {
                nal.push(3);
            }
            nal.push(byte);
        }
        nal
    }
}

fn random_sps(random: &mut Random) -> Vec<u8> {
    let mut out = Writer { bits: Vec::new() };
    let profile = *random.pick(&[66, 77, 88, 100, 110, 122, 244]);
    out.bits(profile, 8);
    out.bits(0, 8);
    // The other reader knows what size a level allows, and these allow the most.
    out.bits(*random.pick(&[50, 51, 52]), 8);
    out.ue(random.below(32) as u32);
    if profile >= 100 {
        let chroma = random.below(4) as u32;
        out.ue(chroma);
        if chroma == 3 {
            out.bits(0, 1);
        }
        out.ue(random.below(7) as u32);
        out.ue(random.below(7) as u32);
        out.bits(random.below(2) as u32, 1);
        out.bits(0, 1); // no scaling matrix
    }
    out.ue(random.below(13) as u32);
    random_order(&mut out, random);
    out.ue(random.below(17) as u32);
    out.bits(random.below(2) as u32, 1);
    out.ue(9 + random.below(120) as u32);
    out.ue(9 + random.below(68) as u32);
    let frames_only = random.below(2) as u32;
    out.bits(frames_only, 1);
    if frames_only == 0 {
        out.bits(random.below(2) as u32, 1);
    }
    out.bits(1, 1);
    let cropped = random.below(2) as u32;
    out.bits(cropped, 1);
    for _ in 0..4 * cropped {
        out.ue(random.below(8) as u32);
    }
    random_vui(&mut out, random);
    out.finish()
}

fn random_order(out: &mut Writer, random: &mut Random) {
    let kind = random.below(3) as u32;
    out.ue(kind);
    match kind {
        0 => out.ue(random.below(13) as u32),
        1 => {
            out.bits(0, 1);
            let cycle = random.below(5) as u32;
            out.ue(random.below(9) as u32);
            out.ue(random.below(9) as u32);
            out.ue(cycle);
            for _ in 0..cycle {
                out.ue(random.below(9) as u32);
            }
        }
        _ => {}
    }
}

fn random_vui(out: &mut Writer, random: &mut Random) {
    let present = random.below(3) > 0;
    out.bits(u32::from(present), 1);
    if !present {
        return;
    }
    match random.below(3) {
        0 => out.bits(0, 1),
        1 => out.bits(0x101, 9), // square pixels
        _ => {
            out.bits(1, 1);
            out.bits(255, 8);
            out.bits(16 << 16 | 11, 32);
        }
    }
    match random.below(3) {
        0 => out.bits(0, 1),
        overscan => out.bits(0b10 | (overscan as u32 - 1), 2),
    }
    let signal = random.below(2) as u32;
    out.bits(signal, 1);
    if signal == 1 {
        out.bits(5, 3);
        out.bits(random.below(2) as u32, 1);
        let said = random.below(2) as u32;
        out.bits(said, 1);
        for _ in 0..3 * said {
            out.bits(1 + random.below(9) as u32, 8);
        }
    }
    // Chroma location, timing, two HRDs, picture structure, restrictions: none.
    out.bits(0, 6);
}

#[test]
fn random_parameter_sets() {
    let mut random = Random::new(0x264);
    let mut read = 0;
    for _ in 0..20_000 {
        let nal = random_sps(&mut random);
        match (Sps::parse(&nal), theirs(&nal)) {
            (Ok(ours), Some(theirs)) => {
                compare(&nal, &ours, &theirs);
                read += 1;
            }
            (_, None) => {}
            (Err(error), Some(_)) => panic!("{error}, and the other reads it: {nal:02X?}"),
        }
    }
    assert!(read > 15_000, "{read} are read by both");
}

#[test]
fn damaged_parameter_sets_and_records_are_errors_or_values() {
    let mut random = Random::new(0x1496);
    for _ in 0..50_000 {
        let mut nal = random_sps(&mut random);
        let mut record = DecoderConfig::new(&nal, &[0x68, 1]).to_bytes().unwrap_or_default();
        for bytes in [&mut nal, &mut record] {
            if !bytes.is_empty() {
                let at = random.below(bytes.len());
                bytes[at] = random.next() as u8;
                bytes.truncate(1 + random.below(bytes.len()));
            }
        }
        if let Ok(sps) = Sps::parse(&nal) {
            assert!((1..40_000).contains(&sps.width) && (1..80_000).contains(&sps.height));
        }
        let config = DecoderConfig::parse(&record);
        if let Ok(config) = config {
            let _: Result<_, H264Error> = config.to_bytes();
        }
        assert!(annex_b(&nal).all(|unit| !unit.is_empty()));
        assert!(length_prefixed(&nal).count() <= nal.len());
    }
}
