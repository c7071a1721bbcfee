//! What is asked of a camera: which one, and what the person insists on.

use crate::media::FrameRate;
use crate::scene::RawFormat;

/// A camera's identity, and perhaps a size, a rate and a format.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Request {
    /// Its identity; empty for the first camera there is.
    pub id: String,
    /// This size and no other.
    pub size: Option<(u32, u32)>,
    /// This rate instead of the output's.
    pub rate: Option<FrameRate>,
    /// This format and no other.
    pub format: Option<RawFormat>,
}

/// Names of formats, as V4L2 writes them.
const NAMES: [(&str, RawFormat); 10] = [
    ("YUYV", RawFormat::Yuyv),
    ("UYVY", RawFormat::Uyvy),
    ("NV12", RawFormat::Nv12),
    ("NV21", RawFormat::Nv21),
    ("I420", RawFormat::I420),
    ("YV12", RawFormat::Yv12),
    ("GREY", RawFormat::Grey),
    ("RGB", RawFormat::Rgb),
    ("BGR", RawFormat::Bgr),
    ("MJPEG", RawFormat::Mjpeg),
];

/// The name of a format.
pub(super) fn name_of(format: RawFormat) -> &'static str {
    NAMES.iter().find(|(_, other)| *other == format).map_or("", |(name, _)| name)
}

impl Request {
    /// Reads `ID[;size=WxH][;fps=N][;format=NAME]`. What it does not understand
    /// belongs to the identity, which may have semicolons of its own.
    pub fn parse(text: &str) -> Self {
        let mut request = Self::default();
        let mut id = text.trim();
        while let Some((rest, option)) = id.rsplit_once(';') {
            if !request.read(option) {
                break;
            }
            id = rest;
        }
        request.id = id.into();
        request
    }

    fn read(&mut self, option: &str) -> bool {
        let Some((key, value)) = option.split_once('=') else { return false };
        match key.trim() {
            "size" => {
                self.size = value
                    .split_once('x')
                    .and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)))
            }
            "fps" => self.rate = rate(value),
            "format" => {
                let wanted = value.trim().to_uppercase();
                self.format =
                    NAMES.iter().find(|(name, _)| *name == wanted).map(|(_, format)| *format);
            }
            _ => return false,
        }
        true
    }
}

/// A rate with up to three digits behind the point.
fn rate(text: &str) -> Option<FrameRate> {
    let fps: f64 = text.trim().parse().ok().filter(|fps| (0.1..=1_000.0).contains(fps))?;
    let thousandths = (fps * 1_000.0).round() as u32;
    Some(if thousandths.is_multiple_of(1_000) {
        FrameRate::whole(thousandths / 1_000)
    } else {
        FrameRate { num: thousandths, den: 1_000 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_follow_the_identity() {
        let request = Request::parse("usb:046d:0825@1-4;size=640x480;fps=12.5;format=nv12");
        assert_eq!(request.id, "usb:046d:0825@1-4");
        assert_eq!(request.size, Some((640, 480)));
        assert_eq!(request.rate, Some(FrameRate { num: 12_500, den: 1_000 }));
        assert_eq!(request.format, Some(RawFormat::Nv12));
        assert_eq!(Request::parse(";fps=25").rate, Some(FrameRate::whole(25)));
    }

    #[test]
    fn an_identity_may_hold_anything() {
        for id in ["", "a;b", "a=b", "x;y=z", "usb:1:2:ABC#1~2"] {
            assert_eq!(Request::parse(id), Request { id: id.into(), ..Request::default() });
        }
    }

    #[test]
    fn every_format_has_a_name() {
        for (name, format) in NAMES {
            assert_eq!(name_of(format), name);
        }
    }
}
