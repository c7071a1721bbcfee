//! The five bytes before an H.264 access unit: VIDEODATA and AVCVIDEOPACKET (FLV
//! 10.1 §E.4.3).

/// Bytes before the payload of an AVC tag.
pub const HEADER_LEN: usize = 5;

/// Frame type 1 (keyframe) or 2 (inter frame) in the high nibble, codec 7 (AVC) in
/// the low one.
const KEYFRAME_AVC: u8 = 0x17;
const INTER_AVC: u8 = 0x27;

/// AVCPacketType.
const SEQUENCE_HEADER: u8 = 0;
const NALUS: u8 = 1;

/// The composition times that fit into 24 bits, in ms.
const COMPOSITION_MS: std::ops::RangeInclusive<i32> = -0x80_0000..=0x7F_FFFF;

/// What stands before an AVCDecoderConfigurationRecord.
pub const fn config_header() -> [u8; HEADER_LEN] {
    [KEYFRAME_AVC, SEQUENCE_HEADER, 0, 0, 0]
}

/// What stands before the length-prefixed NAL units of an access unit that is
/// shown `composition_ms` after it is decoded. Times out of the field's range are
/// held at its ends.
pub fn nalus_header(keyframe: bool, composition_ms: i32) -> [u8; HEADER_LEN] {
    let first = if keyframe { KEYFRAME_AVC } else { INTER_AVC };
    let held = composition_ms.clamp(*COMPOSITION_MS.start(), *COMPOSITION_MS.end());
    let [_, high, middle, low] = held.to_be_bytes();
    [first, NALUS, high, middle, low]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_have_their_known_bytes() {
        assert_eq!(config_header(), [0x17, 0, 0, 0, 0]);
        assert_eq!(nalus_header(true, 0), [0x17, 1, 0, 0, 0]);
        assert_eq!(nalus_header(false, 67), [0x27, 1, 0, 0, 67]);
        assert_eq!(nalus_header(false, -2), [0x27, 1, 0xFF, 0xFF, 0xFE]);
        assert_eq!(nalus_header(false, i32::MAX), [0x27, 1, 0x7F, 0xFF, 0xFF]);
    }
}
