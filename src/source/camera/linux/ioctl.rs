//! The questions to a V4L2 device that the `v4l` crate can't be asked: it panics
//! on names that are not UTF-8 and on colour codes newer than itself, leaves out
//! how YCbCr is encoded, and asks for sizes and rates until the driver has no
//! more, which need never be.

use std::io;

use v4l::device::{Device, Handle};
use v4l::v4l_sys::{
    v4l2_buffer, v4l2_capability, v4l2_fmtdesc, v4l2_format, v4l2_fract, v4l2_frmival_stepwise,
    v4l2_frmivalenum, v4l2_frmsize_stepwise, v4l2_frmsizeenum, v4l2_pix_format,
    v4l2_requestbuffers,
};
use v4l::v4l2::vidioc;

/// `V4L2_BUF_TYPE_VIDEO_CAPTURE`.
pub(super) const VIDEO_CAPTURE: u32 = 1;

/// Far more than any device has of anything, in case one never says that it is
/// done.
const MOST: u32 = 512;

/// The types of `enum v4l2_frmsizetypes` and `v4l2_frmivaltypes` that are one
/// value; all others are a range.
const DISCRETE: u32 = 1;

/// What a device says of itself.
#[derive(Clone, Debug)]
pub(super) struct Caps {
    /// Its name.
    pub card: String,
    flags: u32,
}

impl Caps {
    const CAPTURE: u32 = 0x1;
    const CAPTURE_MULTI_PLANAR: u32 = 0x1000;
    const MEMORY_TO_MEMORY: u32 = 0x8000 | 0x4000;
    const STREAMING: u32 = 0x0400_0000;

    /// Whether it is a camera: a node that streams pictures in. Webcams have
    /// other nodes beside it, for metadata.
    pub fn is_camera(&self) -> bool {
        self.streams_in(Self::CAPTURE)
    }

    /// Whether it is one of those whose pictures come in several buffers, which this
    /// program can't read.
    pub fn is_multi_planar(&self) -> bool {
        self.streams_in(Self::CAPTURE_MULTI_PLANAR)
    }

    fn streams_in(&self, kind: u32) -> bool {
        self.flags & (kind | Self::STREAMING) == kind | Self::STREAMING
            && self.flags & Self::MEMORY_TO_MEMORY == 0
    }
}

/// What a device was set to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Format {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The format's four characters.
    pub fourcc: [u8; 4],
    /// Bytes from one row to the next; 0 where there are no rows.
    pub stride: u32,
    /// `enum v4l2_colorspace`.
    pub colorspace: u32,
    /// `enum v4l2_ycbcr_encoding`.
    pub encoding: u32,
    /// `enum v4l2_quantization`.
    pub quantization: u32,
}

/// Asks what it is.
pub(super) fn caps(device: &Device) -> io::Result<Caps> {
    let mut caps: v4l2_capability = zeroed();
    call(&device.handle(), vidioc::VIDIOC_QUERYCAP, &mut caps)?;
    Ok(Caps { card: text(&caps.card), flags: caps.device_caps })
}

/// Asks for the formats it has.
pub(super) fn formats(device: &Device) -> Vec<[u8; 4]> {
    (0..MOST)
        .map_while(|index| {
            let mut format: v4l2_fmtdesc = zeroed();
            (format.index, format.type_) = (index, VIDEO_CAPTURE);
            call(&device.handle(), vidioc::VIDIOC_ENUM_FMT, &mut format).ok()?;
            Some(format.pixelformat.to_le_bytes())
        })
        .collect()
}

/// One size, or a range of them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sizes {
    /// Width and height.
    One(u32, u32),
    /// Widths and heights: lowest, highest, and the steps between.
    Range([u32; 3], [u32; 3]),
}

/// Asks for the sizes of a format.
pub(super) fn sizes(device: &Device, fourcc: [u8; 4]) -> Vec<Sizes> {
    let ask = |index| {
        let mut size: v4l2_frmsizeenum = zeroed();
        (size.index, size.pixel_format) = (index, u32::from_le_bytes(fourcc));
        call(&device.handle(), vidioc::VIDIOC_ENUM_FRAMESIZES, &mut size).ok()?;
        // SAFETY: both readings of the union are integers, and the second is as
        // long as the union.
        let v4l2_frmsize_stepwise { min_width, max_width, step_width, .. } =
            unsafe { size.__bindgen_anon_1.stepwise };
        // SAFETY: the same.
        let v4l2_frmsize_stepwise { min_height, max_height, step_height, .. } =
            unsafe { size.__bindgen_anon_1.stepwise };
        Some(match size.type_ {
            // One size lies where a range has the lowest and the highest width.
            DISCRETE => Sizes::One(min_width, max_width),
            _ => Sizes::Range(
                [min_width, max_width, step_width],
                [min_height, max_height, step_height],
            ),
        })
    };
    (0..MOST).map_while(ask).collect()
}

/// The size that a device of no list would take for a format: that which it is set to.
pub(super) fn own_size(device: &Device, fourcc: [u8; 4]) -> Option<(u32, u32)> {
    let mut format: v4l2_format = zeroed();
    format.type_ = VIDEO_CAPTURE;
    call(&device.handle(), vidioc::VIDIOC_G_FMT, &mut format).ok()?;
    let pixelformat = u32::from_le_bytes(fourcc);
    // SAFETY: for this type of buffer the driver fills in `pix`, and any bytes make one.
    format.fmt.pix = v4l2_pix_format { pixelformat, ..unsafe { format.fmt.pix } };
    call(&device.handle(), vidioc::VIDIOC_TRY_FMT, &mut format).ok()?;
    // SAFETY: the same.
    let v4l2_pix_format { width, height, pixelformat: taken, .. } = unsafe { format.fmt.pix };
    (taken == pixelformat && width > 0 && height > 0).then_some((width, height))
}

/// A fraction of a second.
pub(super) type Interval = (u32, u32);

/// Asks for the times between two pictures of a format and size: each the
/// shortest and the longest of a range, which are the same for a single one.
pub(super) fn intervals(
    device: &Device,
    fourcc: [u8; 4],
    width: u32,
    height: u32,
) -> Vec<[Interval; 2]> {
    let ask = |index| {
        let mut interval: v4l2_frmivalenum = zeroed();
        (interval.index, interval.pixel_format) = (index, u32::from_le_bytes(fourcc));
        (interval.width, interval.height) = (width, height);
        call(&device.handle(), vidioc::VIDIOC_ENUM_FRAMEINTERVALS, &mut interval).ok()?;
        // SAFETY: both readings of the union are integers, and this one is as long
        // as the union.
        let v4l2_frmival_stepwise { min, max, .. } = unsafe { interval.__bindgen_anon_1.stepwise };
        let of = |fraction: v4l2_fract| (fraction.numerator, fraction.denominator);
        // A single one lies where a range has the shortest.
        Some([of(min), of(if interval.type_ == DISCRETE { min } else { max })])
    };
    (0..MOST).map_while(ask).collect()
}

/// Sets a size and a format; answers what it took, which may be something else.
pub(super) fn set_format(
    device: &Device,
    width: u32,
    height: u32,
    fourcc: [u8; 4],
) -> io::Result<Format> {
    let mut format: v4l2_format = zeroed();
    format.type_ = VIDEO_CAPTURE;
    format.fmt.pix =
        v4l2_pix_format { width, height, pixelformat: u32::from_le_bytes(fourcc), ..zeroed() };
    call(&device.handle(), vidioc::VIDIOC_S_FMT, &mut format)?;
    // SAFETY: for this type of buffer the driver fills in `pix`, and any bytes
    // make one.
    let got = unsafe { format.fmt.pix };
    Ok(Format {
        width: got.width,
        height: got.height,
        fourcc: got.pixelformat.to_le_bytes(),
        stride: got.bytesperline,
        colorspace: got.colorspace,
        // SAFETY: both readings of the union are the same integer.
        encoding: unsafe { got.__bindgen_anon_1.ycbcr_enc },
        quantization: got.quantization,
    })
}

/// What the kernel reads and writes in an ioctl.
///
/// # Safety
///
/// Any bytes make a value of the type.
pub(super) unsafe trait Argument: Copy {}

macro_rules! arguments {
    ($($name:ty),+) => {
        // SAFETY: integers, arrays of such, raw pointers that nobody follows, and
        // structs and unions of these.
        $(unsafe impl Argument for $name {})+
    };
}

arguments!(
    u32,
    v4l2_buffer,
    v4l2_capability,
    v4l2_fmtdesc,
    v4l2_format,
    v4l2_frmivalenum,
    v4l2_frmsizeenum,
    v4l2_pix_format,
    v4l2_requestbuffers
);

/// One of the kernel's structs before it is filled in: all zero is what drivers take
/// for "not said".
pub(super) fn zeroed<T: Argument>() -> T {
    // SAFETY: any bytes make one.
    unsafe { std::mem::zeroed() }
}

/// One ioctl. `T` must be the type that belongs to `request`; one of another size is
/// refused.
pub(super) fn call<T: Argument>(
    handle: &Handle,
    request: vidioc::_IOC_TYPE,
    argument: &mut T,
) -> io::Result<()> {
    if (request as usize >> 16) & 0x3fff != size_of::<T>() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: the kernel reads and writes as many bytes as the request's number says,
    // which are those of the argument, and any bytes make one; the descriptor is open
    // while the handle is borrowed.
    unsafe { v4l::v4l2::ioctl(handle.fd(), request, std::ptr::from_mut(argument).cast()) }
}

/// Text up to the first zero; what is no UTF-8 is replaced.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_at_the_zero_and_may_be_cut_in_a_character() {
        assert_eq!(text(b"Kamera\0rest"), "Kamera");
        assert_eq!(text(b"Kam\xc3"), "Kam\u{fffd}");
        assert_eq!(text(&[]), "");
    }

    #[test]
    fn metadata_nodes_and_codecs_are_no_cameras() {
        let camera = |flags| Caps { card: String::new(), flags }.is_camera();
        assert!(camera(0x0520_0001));
        assert!(!camera(0x04a0_0000), "metadata");
        assert!(!camera(0x0400_8001), "a codec");
        assert!(!camera(0x0100_0001), "no streaming");
        let planes = |flags| Caps { card: String::new(), flags }.is_multi_planar();
        assert!(planes(0x0420_1000) && !camera(0x0420_1000));
        assert!(!planes(0x0420_4000), "a codec");
    }
}
