//! Which source is meant: what settings and arguments say, as data.

use std::convert::Infallible;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use crate::text::device::source as text;

/// How far a source can be moved in time by hand, in ms.
pub const DELAY_MS: RangeInclusive<i32> = -2_000..=2_000;

/// Where the picture comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum VideoSpec {
    /// No picture.
    None,
    /// The test signal.
    #[default]
    Test,
    /// The system's first camera.
    Default,
    /// A camera by its stable identity, as [`list_devices`](super::list_devices)
    /// gives it.
    Camera(String),
    /// A still picture: a PNG file.
    Picture(PathBuf),
    /// One of the others, shown so many ms later; earlier where negative.
    Delayed(Box<Self>, i32),
}

/// Where the sound comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AudioSpec {
    /// No sound.
    None,
    /// The test signal.
    #[default]
    Test,
    /// The system's default microphone.
    Default,
    /// A microphone by its stable identity.
    Microphone(String),
    /// One of the others, heard so many ms later; earlier where negative.
    Delayed(Box<Self>, i32),
}

impl VideoSpec {
    /// Whether it makes sense; if not, in words.
    pub fn check(&self) -> Result<(), String> {
        match self.source() {
            Self::Camera(asked) => check_delay(asked).and_then(|()| super::camera::check(asked)),
            _ => Ok(()),
        }
    }

    /// What is shown, whenever that is.
    pub fn source(&self) -> &Self {
        if let Self::Delayed(of, _) = self { of.source() } else { self }
    }

    /// How much later it is shown than seen, in ms, by hand.
    pub fn delay_ms(&self) -> i32 {
        if let Self::Delayed(_, ms) = self { *ms } else { 0 }
    }

    /// Whether it is a camera.
    pub fn is_device(&self) -> bool {
        matches!(self.source(), Self::Camera(_) | Self::Default)
    }

    /// Moves it in time by hand.
    pub fn delayed(self, ms: i32) -> Self {
        match self {
            Self::None => self,
            Self::Delayed(of, _) => of.delayed(ms),
            _ if ms == 0 => self,
            _ => Self::Delayed(Box::new(self), ms),
        }
    }
}

impl AudioSpec {
    /// Whether it makes sense; if not, in words.
    pub fn check(&self) -> Result<(), String> {
        match self.source() {
            Self::Microphone(asked) => check_delay(asked),
            _ => Ok(()),
        }
    }

    /// What is heard, whenever that is.
    pub fn source(&self) -> &Self {
        if let Self::Delayed(of, _) = self { of.source() } else { self }
    }

    /// How much later it is heard than it sounded, in ms, by hand.
    pub fn delay_ms(&self) -> i32 {
        if let Self::Delayed(_, ms) = self { *ms } else { 0 }
    }

    /// Whether it is a microphone.
    pub fn is_device(&self) -> bool {
        matches!(self.source(), Self::Microphone(_) | Self::Default)
    }

    /// Moves it in time by hand.
    pub fn delayed(self, ms: i32) -> Self {
        match self {
            Self::None => self,
            Self::Delayed(of, _) => of.delayed(ms),
            _ if ms == 0 => self,
            _ => Self::Delayed(Box::new(self), ms),
        }
    }
}

/// A source's text without its last `;delay=MS`, and the ms; `None` where it has none
/// that makes sense.
fn split_delay(text: &str) -> Option<(String, i32)> {
    let (before, value) = text.rsplit_once(";delay=")?;
    let (value, behind) = value.split_once(';').map_or((value, None), |(v, b)| (v, Some(b)));
    let ms = value.trim().trim_end_matches("ms").trim_end().parse().ok();
    let ms = ms.filter(|ms| DELAY_MS.contains(ms))?;
    let behind = behind.map(|behind| format!(";{behind}")).unwrap_or_default();
    Some((format!("{before}{behind}"), ms))
}

/// A delay that makes no sense is left in the identity.
fn check_delay(asked: &str) -> Result<(), String> {
    let mut options = asked.split(';').skip(1).map(str::trim);
    match options.find(|option| option.split('=').next() == Some("delay")) {
        Some(option) => Err(text::bad_delay(option, *DELAY_MS.start(), *DELAY_MS.end())),
        None => Ok(()),
    }
}

impl FromStr for VideoSpec {
    type Err = Infallible;

    /// `test`, `none`, `default`, the path of a PNG file, or else a camera's
    /// identity. `device:` and `file:` in front tell apart what looks alike;
    /// `;delay=MS` may stand behind each.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        if let Some((text, ms)) = split_delay(text) {
            return text.parse::<Self>().map(|spec| spec.delayed(ms));
        }
        Ok(match (text, text.split_once(':')) {
            ("none" | "off", _) => Self::None,
            ("test", _) => Self::Test,
            ("default" | "", _) => Self::Default,
            // With options, as behind an identity.
            _ if text.starts_with("default;") => Self::Camera(text["default".len()..].into()),
            (_, Some(("device", id))) => Self::Camera(id.into()),
            (_, Some(("file", path))) => Self::Picture(path.into()),
            _ if is_picture(text) => Self::Picture(text.into()),
            _ => Self::Camera(text.into()),
        })
    }
}

/// Whether it is named as pictures are: PNG alone can be read, which the person is told
/// of others.
fn is_picture(name: &str) -> bool {
    let name = name.to_lowercase();
    [".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp"].iter().any(|end| name.ends_with(end))
}

impl FromStr for AudioSpec {
    type Err = Infallible;

    /// `test`, `none`, `default`, or else a microphone's identity, with or
    /// without `device:` in front; `;delay=MS` may stand behind each.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        if let Some((text, ms)) = split_delay(text) {
            return text.parse::<Self>().map(|spec| spec.delayed(ms));
        }
        Ok(match (text, text.strip_prefix("device:")) {
            ("none" | "off", _) => Self::None,
            ("test", _) => Self::Test,
            ("default" | "", _) => Self::Default,
            (_, id) => Self::Microphone(id.unwrap_or(text).into()),
        })
    }
}

impl fmt::Display for VideoSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Test => f.write_str("test"),
            Self::Default => f.write_str("default"),
            Self::Camera(id) => write!(f, "device:{id}"),
            Self::Picture(path) => write!(f, "file:{}", path.display()),
            Self::Delayed(of, ms) => write!(f, "{of};delay={ms}"),
        }
    }
}

impl fmt::Display for AudioSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Test => f.write_str("test"),
            Self::Default => f.write_str("default"),
            Self::Microphone(id) => write!(f, "device:{id}"),
            Self::Delayed(of, ms) => write!(f, "{of};delay={ms}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn video(text: &str) -> VideoSpec {
        let Ok(spec) = text.parse();
        spec
    }

    fn audio(text: &str) -> AudioSpec {
        let Ok(spec) = text.parse();
        spec
    }

    #[test]
    fn words_paths_and_identities_are_told_apart() {
        assert_eq!(video("test"), VideoSpec::Test);
        assert_eq!(video("none"), VideoSpec::None);
        assert_eq!(video(""), VideoSpec::Default);
        assert_eq!(video("default;fps=25"), VideoSpec::Camera(";fps=25".into()));
        assert_eq!(
            video("holiday.JPG"),
            VideoSpec::Picture("holiday.JPG".into()),
            "says it is no PNG"
        );
        assert_eq!(video("./A Logo.PNG"), VideoSpec::Picture("./A Logo.PNG".into()));
        assert_eq!(video("usb:046d:0825"), VideoSpec::Camera("usb:046d:0825".into()));
        assert_eq!(video("device:test"), VideoSpec::Camera("test".into()));
        assert_eq!(
            audio("alsa:hw:CARD=Loopback,DEV=1"),
            AudioSpec::Microphone("alsa:hw:CARD=Loopback,DEV=1".into())
        );
        assert_eq!(audio("none"), AudioSpec::None);
    }

    #[test]
    fn a_delay_may_stand_behind_anything() {
        for (text, source, ms) in [
            ("test;delay=120", VideoSpec::Test, 120),
            (
                "usb:1:2;fps=25;delay=-80;mirror",
                VideoSpec::Camera("usb:1:2;fps=25;mirror".into()),
                -80,
            ),
            ("default;delay=5 ms", VideoSpec::Default, 5),
            (";delay=2000", VideoSpec::Default, 2_000),
            ("a.png;delay=7", VideoSpec::Picture("a.png".into()), 7),
            ("none;delay=7", VideoSpec::None, 0),
            ("test;delay=7;delay=9", VideoSpec::Test, 9),
            ("test;delay=0", VideoSpec::Test, 0),
        ] {
            let spec = video(text);
            assert_eq!((spec.source(), spec.delay_ms()), (&source, ms), "{text}");
            assert_eq!(spec.check(), Ok(()), "{text}");
        }
        let spec = audio("alsa:hw:0;delay=-40");
        assert_eq!(spec.source(), &AudioSpec::Microphone("alsa:hw:0".into()));
        assert!(spec.is_device() && spec.delay_ms() == -40 && spec.check().is_ok());
    }

    #[test]
    fn a_delay_that_makes_no_sense_is_refused_in_words() {
        for text in ["x;delay=", "x;delay=soon", "x;delay=2001", "x;delay=-2001", "x;delay"] {
            let words = audio(text).check().unwrap_err();
            assert!(words.contains("from -2000 to 2000"), "{text}: {words}");
            assert_eq!(video(text).check(), Err(words));
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in
            ["test", "none", "default", "a.png", "device:a.png", "x:y", "file:x", "x;delay=3"]
        {
            assert_eq!(video(&video(text).to_string()), video(text));
            assert_eq!(audio(&audio(text).to_string()), audio(text));
        }
    }
}
