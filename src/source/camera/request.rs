//! What is asked of a camera: which one, and what the person insists on.

use crate::media::{FrameRate, Planes};
use crate::scene::{RawFormat, Rotation, Turn};
use crate::source::options;
use crate::text::device::CAMERA;
use crate::text::device::source::{self, example};

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
    /// How its picture is turned, for a camera that hangs or lies on its side.
    pub turn: Turn,
}

/// Names of formats, as V4L2 writes them.
const NAMES: [(&str, RawFormat); 19] = [
    ("YUYV", RawFormat::Yuyv),
    ("UYVY", RawFormat::Uyvy),
    ("YVYU", RawFormat::Yvyu),
    ("VYUY", RawFormat::Vyuy),
    ("NV12", RawFormat::Nv12),
    ("NV21", RawFormat::Nv21),
    ("NV16", RawFormat::Nv16),
    ("NV61", RawFormat::Nv61),
    ("I420", RawFormat::I420),
    ("YV12", RawFormat::Yv12),
    ("422P", RawFormat::I422),
    ("GREY", RawFormat::Grey),
    ("RGB", RawFormat::Rgb),
    ("BGR", RawFormat::Bgr),
    ("XR24", RawFormat::Bgrx),
    ("XB24", RawFormat::Rgbx),
    ("BX24", RawFormat::Xrgb),
    ("RX24", RawFormat::Xbgr),
    ("MJPEG", RawFormat::Mjpeg),
];

/// Other names of V4L2's for some of them.
const ALIASES: [(&str, RawFormat); 12] = [
    ("YU12", RawFormat::I420),
    ("RGB3", RawFormat::Rgb),
    ("BGR3", RawFormat::Bgr),
    ("AR24", RawFormat::Bgrx),
    ("BGR4", RawFormat::Bgrx),
    ("AB24", RawFormat::Rgbx),
    ("BA24", RawFormat::Xrgb),
    ("RGB4", RawFormat::Xrgb),
    ("RA24", RawFormat::Xbgr),
    ("I422", RawFormat::I422),
    ("MJPG", RawFormat::Mjpeg),
    ("JPEG", RawFormat::Mjpeg),
];

/// The name of a format.
pub(super) fn name_of(format: RawFormat) -> &'static str {
    NAMES.iter().find(|(_, other)| *other == format).map_or("", |(name, _)| name)
}

impl Request {
    /// Reads `ID[;size=WxH][;fps=N][;format=NAME][;rotate=DEGREES][;mirror]`. What
    /// has another name belongs to the identity, which may have semicolons of its
    /// own; a value that makes no sense is an error, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut request = Self::default();
        request.id = options::take_off(text, |option| request.read(option))?.into();
        Ok(request)
    }

    /// What a picture that is no camera's is turned by, as these options say: no other
    /// option suits it.
    pub fn turn_of(options: &str) -> Result<Turn, String> {
        let mut request = Self::default();
        for option in options.split(';') {
            let (name, _) = options::parts(option);
            if !["rotate", "mirror"].contains(&name) || !request.read(option)? {
                return Err(source::only_turned(option.trim()));
            }
        }
        Ok(request.turn)
    }

    /// The size that the output has for the camera: it may lie on its side.
    pub fn seen(&self, output: Planes) -> Planes {
        self.turn.layout(output)
    }

    /// Reads one option. False: it is none.
    fn read(&mut self, option: &str) -> Result<bool, String> {
        let (name, value) = options::parts(option);
        let bad = |example: &str| source::bad_option(option.trim(), CAMERA, example);
        match name {
            "size" => self.size = Some(size(value).ok_or_else(|| bad(example::SIZE))?),
            "fps" => self.rate = Some(rate(value).ok_or_else(|| bad(example::FPS))?),
            "format" => {
                let names = NAMES.map(|(name, _)| name).join(", ");
                let one_of = || bad(&example::format(&names));
                self.format = Some(format(value).ok_or_else(one_of)?);
            }
            "rotate" => {
                let rotation = rotation(value);
                self.turn.rotation = rotation.ok_or_else(|| bad(example::ROTATE))?;
            }
            "mirror" if value.is_empty() => self.turn.mirror = true,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn size(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once(['x', 'X', '×'])?;
    let side = |text: &str| text.trim().parse().ok().filter(|side| (2..=16_384).contains(side));
    Some((side(width)?, side(height)?))
}

fn format(name: &str) -> Option<RawFormat> {
    let wanted = name.to_uppercase();
    let mut names = NAMES.iter().chain(&ALIASES);
    names.find(|(name, _)| *name == wanted).map(|(_, format)| *format)
}

fn rotation(degrees: &str) -> Option<Rotation> {
    match degrees {
        "0" => Some(Rotation::None),
        "90" => Some(Rotation::Quarter),
        "180" => Some(Rotation::Half),
        "270" => Some(Rotation::ThreeQuarters),
        _ => None,
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
        let asked = "usb:046d:0825@1-4;size=640x480;fps=12.5;format=nv12;rotate=90;mirror";
        let request = Request::parse(asked).unwrap();
        assert_eq!(request.id, "usb:046d:0825@1-4");
        assert_eq!(request.size, Some((640, 480)));
        assert_eq!(request.rate, Some(FrameRate { num: 12_500, den: 1_000 }));
        assert_eq!(request.format, Some(RawFormat::Nv12));
        assert_eq!(request.turn, Turn { rotation: Rotation::Quarter, mirror: true });
        assert_eq!(request.seen(Planes::new(1280, 720)), Planes::new(720, 1280));
        assert_eq!(Request::parse(";fps=25").unwrap().rate, Some(FrameRate::whole(25)));
    }

    #[test]
    fn an_identity_may_hold_anything() {
        for id in ["", "a;b", "a=b", "x;y=z", "usb:1:2:ABC#1~2"] {
            let request = Request { id: id.into(), ..Request::default() };
            assert_eq!(Request::parse(id), Ok(request));
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_words() {
        for (asked, words) in [
            ("a;size=640", "“size=640” of a camera is given as size=1280x720"),
            ("a;size=0x0", "“size=0x0” of a camera is given as size=1280x720"),
            ("a;fps=fast", "“fps=fast” of a camera is given as fps=30 or fps=29.97"),
            ("a;rotate=45", "“rotate=45” of a camera is given as rotate=90, 180 or 270"),
        ] {
            assert_eq!(Request::parse(asked), Err(words.into()));
        }
        let refused = Request::parse("a;format=H264;fps=30").unwrap_err();
        assert!(refused.ends_with(
            "format= with one of YUYV, UYVY, YVYU, VYUY, NV12, NV21, NV16, NV61, I420, YV12, \
             422P, GREY, RGB, BGR, XR24, XB24, BX24, RX24, MJPEG"
        ));
    }

    #[test]
    fn every_format_has_a_name() {
        for (name, format) in NAMES {
            assert_eq!(name_of(format), name);
        }
    }
}
