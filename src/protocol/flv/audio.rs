//! The two bytes before an AAC access unit: AUDIODATA and AACAUDIODATA (FLV 10.1
//! §E.4.2).

/// Bytes before the payload of an AAC tag.
pub const HEADER_LEN: usize = 2;

/// Sound format 10 (AAC). Rate, size and channels say 44 kHz, 16 bit, stereo
/// whatever they are, as the standard has it for AAC.
const AAC: u8 = 0xAF;

/// What stands before an AudioSpecificConfig.
pub const fn config_header() -> [u8; HEADER_LEN] {
    [AAC, 0]
}

/// What stands before a raw access unit.
pub const fn frame_header() -> [u8; HEADER_LEN] {
    [AAC, 1]
}
