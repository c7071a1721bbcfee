//! The three questions to a V4L2 device that the `v4l` crate can't be asked: it
//! panics on names that are not UTF-8 and on colour codes newer than itself, and
//! leaves out how YCbCr is encoded.

use std::io;

use v4l::device::Device;
use v4l::v4l_sys::{
    v4l2_capability, v4l2_fmtdesc, v4l2_format, v4l2_format__bindgen_ty_1, v4l2_pix_format,
};
use v4l::v4l2::vidioc;

/// `V4L2_BUF_TYPE_VIDEO_CAPTURE`.
const VIDEO_CAPTURE: u32 = 1;

/// What a device says of itself.
#[derive(Clone, Debug)]
pub(super) struct Caps {
    /// Its name.
    pub card: String,
    /// Where it is plugged in.
    pub bus: String,
    flags: u32,
}

impl Caps {
    const CAPTURE: u32 = 0x1;
    const MEMORY_TO_MEMORY: u32 = 0x8000;
    const STREAMING: u32 = 0x0400_0000;

    /// Whether it is a camera: a node that streams pictures in. Webcams have
    /// other nodes beside it, for metadata.
    pub fn is_camera(&self) -> bool {
        self.flags & (Self::CAPTURE | Self::STREAMING) == Self::CAPTURE | Self::STREAMING
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
    let mut caps = v4l2_capability {
        driver: [0; 16],
        card: [0; 32],
        bus_info: [0; 32],
        version: 0,
        capabilities: 0,
        device_caps: 0,
        reserved: [0; 3],
    };
    call(device, vidioc::VIDIOC_QUERYCAP, &mut caps)?;
    Ok(Caps { card: text(&caps.card), bus: text(&caps.bus_info), flags: caps.device_caps })
}

/// Asks for the formats it has.
pub(super) fn formats(device: &Device) -> Vec<[u8; 4]> {
    /// Far more than any device has, in case one never says that it is done.
    const MOST: u32 = 512;
    (0..MOST)
        .map_while(|index| {
            let mut format = v4l2_fmtdesc {
                index,
                type_: VIDEO_CAPTURE,
                flags: 0,
                description: [0; 32],
                pixelformat: 0,
                mbus_code: 0,
                reserved: [0; 3],
            };
            call(device, vidioc::VIDIOC_ENUM_FMT, &mut format).ok()?;
            Some(format.pixelformat.to_le_bytes())
        })
        .collect()
}

/// Sets a size and a format; answers what it took, which may be something else.
pub(super) fn set_format(
    device: &Device,
    width: u32,
    height: u32,
    fourcc: [u8; 4],
) -> io::Result<Format> {
    let mut format =
        v4l2_format { type_: VIDEO_CAPTURE, fmt: v4l2_format__bindgen_ty_1 { raw_data: [0; 200] } };
    let wanted =
        v4l2_pix_format { width, height, pixelformat: u32::from_le_bytes(fourcc), ..empty() };
    format.fmt.pix = wanted;
    call(device, vidioc::VIDIOC_S_FMT, &mut format)?;
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

fn empty() -> v4l2_pix_format {
    // SAFETY: a struct of integers; all zero is what the driver takes for "not
    // said".
    unsafe { std::mem::zeroed() }
}

/// One ioctl. `T` must be the type that belongs to `request`.
fn call<T>(device: &Device, request: vidioc::_IOC_TYPE, argument: &mut T) -> io::Result<()> {
    // SAFETY: the three callers pass the struct that the kernel's interface
    // defines for their request, whose size is part of the request's number; the
    // descriptor is open while the device is borrowed.
    unsafe { v4l::v4l2::ioctl(device.handle().fd(), request, std::ptr::from_mut(argument).cast()) }
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
        let camera = |flags| Caps { card: String::new(), bus: String::new(), flags }.is_camera();
        assert!(camera(0x0520_0001));
        assert!(!camera(0x04a0_0000), "metadata");
        assert!(!camera(0x0400_8001), "a codec");
        assert!(!camera(0x0100_0001), "no streaming");
    }
}
