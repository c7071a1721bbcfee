//! Which source is meant: what settings and arguments say, as data.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

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
}

impl VideoSpec {
    /// Whether it makes sense; if not, in words.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::Camera(asked) => super::camera::check(asked),
            _ => Ok(()),
        }
    }
}

impl FromStr for VideoSpec {
    type Err = Infallible;

    /// `test`, `none`, `default`, the path of a PNG file, or else a camera's
    /// identity. `device:` and `file:` in front tell apart what looks alike.
    fn from_str(text: &str) -> Result<Self, Infallible> {
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
    /// without `device:` in front.
    fn from_str(text: &str) -> Result<Self, Infallible> {
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
    fn what_is_written_is_read_back() {
        for text in ["test", "none", "default", "a.png", "device:a.png", "x:y", "file:x"] {
            assert_eq!(video(&video(text).to_string()), video(text));
            assert_eq!(audio(&audio(text).to_string()), audio(text));
        }
    }
}
