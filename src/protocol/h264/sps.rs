//! The sequence parameter set (H.264 §7.3.2.1.1), as far as the picture's size
//! and colours go.

use super::H264Error;
use crate::protocol::bits::BitReader;

/// What a sequence parameter set says about the pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sps {
    /// `profile_idc`: 66 Baseline, 77 Main, 100 High, …
    pub profile: u8,
    /// The `constraint_set` flags, the first in the top bit.
    pub constraints: u8,
    /// `level_idc`, ten times the level: 31 is level 3.1.
    pub level: u8,
    /// `chroma_format_idc`: 1 is 4:2:0.
    pub chroma_format: u8,
    /// Bits of a luma sample, 8 to 14.
    pub luma_bits: u8,
    /// Bits of a chroma sample, 8 to 14.
    pub chroma_bits: u8,
    /// Width in pixels, cropping taken off.
    pub width: u32,
    /// Height in pixels, cropping taken off.
    pub height: u32,
    /// What the samples' values mean, if it is said (Annex E.2.1).
    pub color: Option<Color>,
}

/// `video_signal_type` of the VUI (H.264 Annex E.2.1), numbers of ITU-T H.273.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color {
    /// Whether samples use the full range of values.
    pub full_range: bool,
    /// `colour_primaries`; 1 is BT.709, 2 is "not said".
    pub primaries: u8,
    /// `transfer_characteristics`.
    pub transfer: u8,
    /// `matrix_coefficients`.
    pub matrix: u8,
}

/// Widest and highest picture of any level, in macroblocks: the square root of 8
/// times the largest frame of table A-1.
const MAX_SIDE_MACROBLOCKS: u32 = 1_056;

/// Profiles whose parameter set has the chroma format and so on.
const HIGH_PROFILES: [u8; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

impl Sps {
    /// Reads a NAL unit of type 7, its header byte included.
    pub fn parse(nal: &[u8]) -> Result<Self, H264Error> {
        let rbsp = without_emulation_prevention(nal.get(1..).unwrap_or_default());
        Reader { input: BitReader::new(&rbsp) }.sps()
    }
}

/// Whether the parameter sets of `profile` say more about the samples.
pub(super) fn is_high(profile: u8) -> bool {
    HIGH_PROFILES.contains(&profile)
}

/// Takes out the `03` that follows two zeros (H.264 §7.4.1).
fn without_emulation_prevention(payload: &[u8]) -> Vec<u8> {
    let mut rbsp = Vec::with_capacity(payload.len());
    let mut zeros = 0;
    for &byte in payload {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        rbsp.push(byte);
    }
    rbsp
}

struct Reader<'a> {
    input: BitReader<'a>,
}

/// Cropping in units of the chroma grid (H.264 §7.4.2.1.1).
#[derive(Default)]
struct Crop {
    left: u32,
    right: u32,
    top: u32,
    bottom: u32,
}

impl Reader<'_> {
    fn sps(&mut self) -> Result<Sps, H264Error> {
        let (profile, constraints, level) = (self.byte()?, self.byte()?, self.byte()?);
        self.ue()?; // seq_parameter_set_id
        let (chroma_format, luma_bits, chroma_bits) =
            if is_high(profile) { self.samples()? } else { (1, 8, 8) };
        self.ue()?; // log2_max_frame_num_minus4
        self.picture_order()?;
        self.ue()?; // max_num_ref_frames
        self.flag()?; // gaps_in_frame_num_value_allowed_flag
        let (width, height) = self.size(chroma_format)?;
        let color = self.color();
        Ok(Sps {
            profile,
            constraints,
            level,
            chroma_format,
            luma_bits,
            chroma_bits,
            width,
            height,
            color,
        })
    }

    fn samples(&mut self) -> Result<(u8, u8, u8), H264Error> {
        let chroma_format = self.ue_up_to(3, "chroma format")?;
        if chroma_format == 3 {
            self.flag()?; // separate_colour_plane_flag
        }
        let luma_bits = self.ue_up_to(6, "bit depth")? + 8;
        let chroma_bits = self.ue_up_to(6, "bit depth")? + 8;
        self.flag()?; // qpprime_y_zero_transform_bypass_flag
        if self.flag()? {
            for list in 0..if chroma_format == 3 { 12 } else { 8 } {
                self.scaling_list(if list < 6 { 16 } else { 64 })?;
            }
        }
        Ok((chroma_format as u8, luma_bits as u8, chroma_bits as u8))
    }

    /// §7.3.2.1.1.1; only its length matters here.
    fn scaling_list(&mut self, size: usize) -> Result<(), H264Error> {
        if !self.flag()? {
            return Ok(());
        }
        let mut last = 8_i32;
        for _ in 0..size {
            let delta = self.input.se().ok_or(H264Error::Truncated("parameter set"))?;
            last = last.wrapping_add(delta).rem_euclid(256);
            if last == 0 {
                break;
            }
        }
        Ok(())
    }

    fn picture_order(&mut self) -> Result<(), H264Error> {
        match self.ue_up_to(2, "picture order type")? {
            0 => {
                self.ue()?; // log2_max_pic_order_cnt_lsb_minus4
            }
            1 => {
                self.flag()?; // delta_pic_order_always_zero_flag
                self.ue()?; // offset_for_non_ref_pic, of the same length as se(v)
                self.ue()?; // offset_for_top_to_bottom_field
                for _ in 0..self.ue_up_to(255, "picture order cycle")? {
                    self.ue()?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Width and height (§7.4.2.1.1, equations 7-13 to 7-22).
    fn size(&mut self, chroma_format: u8) -> Result<(u32, u32), H264Error> {
        let columns = self.ue_up_to(MAX_SIDE_MACROBLOCKS, "picture width")? + 1;
        let rows = self.ue_up_to(MAX_SIDE_MACROBLOCKS, "picture height")? + 1;
        let frames_only = self.flag()?;
        if !frames_only {
            self.flag()?; // mb_adaptive_frame_field_flag
        }
        self.flag()?; // direct_8x8_inference_flag
        let crop = self.crop()?;
        let fields = if frames_only { 1 } else { 2 };
        let unit_x = if matches!(chroma_format, 1 | 2) { 2 } else { 1 };
        let unit_y = if chroma_format == 1 { 2 } else { 1 } * fields;
        let width = (columns * 16).checked_sub((crop.left + crop.right) * unit_x);
        let height = (rows * 16 * fields).checked_sub((crop.top + crop.bottom) * unit_y);
        match (width, height) {
            (Some(width @ 1..), Some(height @ 1..)) => Ok((width, height)),
            _ => Err(H264Error::OutOfRange("cropping")),
        }
    }

    fn crop(&mut self) -> Result<Crop, H264Error> {
        if !self.flag()? {
            return Ok(Crop::default());
        }
        let mut side = || self.ue_up_to(MAX_SIDE_MACROBLOCKS * 16, "cropping");
        Ok(Crop { left: side()?, right: side()?, top: side()?, bottom: side()? })
    }

    /// The VUI as far as the colours. It is optional information: where it ends
    /// early, nothing is known.
    fn color(&mut self) -> Option<Color> {
        let input = &mut self.input;
        if !input.bit()? {
            return None;
        }
        const EXTENDED_ASPECT: u32 = 255;
        if input.bit()? && input.bits(8)? == EXTENDED_ASPECT {
            input.skip(32)?;
        }
        if input.bit()? {
            input.bit()?; // overscan_appropriate_flag
        }
        if !input.bit()? {
            return None;
        }
        input.skip(3)?; // video_format
        let full_range = input.bit()?;
        let said = input.bit()?;
        let mut code = || if said { u8::try_from(input.bits(8)?).ok() } else { Some(2) };
        Some(Color { full_range, primaries: code()?, transfer: code()?, matrix: code()? })
    }

    fn byte(&mut self) -> Result<u8, H264Error> {
        let byte = self.input.bits(8).ok_or(H264Error::Truncated("parameter set"))?;
        Ok(byte as u8)
    }

    fn flag(&mut self) -> Result<bool, H264Error> {
        self.input.bit().ok_or(H264Error::Truncated("parameter set"))
    }

    fn ue(&mut self) -> Result<u32, H264Error> {
        self.input.ue().ok_or(H264Error::Truncated("parameter set"))
    }

    fn ue_up_to(&mut self, max: u32, what: &'static str) -> Result<u32, H264Error> {
        let value = self.ue()?;
        if value > max { Err(H264Error::OutOfRange(what)) } else { Ok(value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x264, 640x360, High, level 3.0.
    const HIGH_360P: [u8; 24] = [
        0x67, 0x64, 0x00, 0x1E, 0xAC, 0xD9, 0x40, 0xA0, 0x2F, 0xF9, 0x70, 0x11, 0x00, 0x00, 0x03,
        0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x32, 0x0F, 0x16,
    ];

    #[test]
    fn emulation_prevention_is_taken_out() {
        assert_eq!(
            without_emulation_prevention(&[0, 0, 3, 1, 0, 0, 3, 0, 0, 3]),
            [0, 0, 1, 0, 0, 0, 0]
        );
        assert_eq!(without_emulation_prevention(&[0, 3, 0, 0, 4]), [0, 3, 0, 0, 4]);
    }

    #[test]
    fn reads_a_cropped_size() {
        let sps = Sps::parse(&HIGH_360P).unwrap();
        assert_eq!((sps.width, sps.height), (640, 360));
        assert_eq!((sps.profile, sps.level, sps.chroma_format), (100, 30, 1));
    }

    #[test]
    fn every_prefix_is_an_error_or_a_value() {
        for end in 0..HIGH_360P.len() {
            let _ = Sps::parse(&HIGH_360P[..end]);
        }
        assert_eq!(Sps::parse(&HIGH_360P[..6]), Err(H264Error::Truncated("parameter set")));
        assert!(Sps::parse(&[0x67, 66, 0, 30, 0, 0, 0, 0, 0, 0, 0]).is_err());
    }
}
