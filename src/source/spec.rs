//! Which source is meant: what settings and arguments say, as data.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::options;
use crate::media::limits::DELAY_MS;
use crate::scene::Turn;
use crate::text::device::source as text;

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
    /// A still picture: a PNG or JPEG file.
    Picture(PathBuf),
    /// One of these, but a camera, with options behind it as they were written.
    With(Box<Self>, String),
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
    /// No sound or the test signal, with options behind it as they were written: neither
    /// takes any.
    With(Box<Self>, String),
    /// One of the others, heard so many ms later; earlier where negative.
    Delayed(Box<Self>, i32),
}

impl VideoSpec {
    /// Whether it makes sense; if not, in words.
    pub fn check(&self) -> Result<(), String> {
        match self.source() {
            Self::Camera(asked) => check_delay(asked).and_then(|()| super::camera::check(asked)),
            Self::With(of, options) => {
                check_delay(&format!(";{options}"))?;
                of.turn(options).map(|_| ())
            }
            _ => Ok(()),
        }
    }

    /// How these options turn it.
    pub(super) fn turn(&self, options: &str) -> Result<Turn, String> {
        match self {
            Self::None => Err(text::NOTHING_TO_TURN.into()),
            _ => super::camera::turn_of(options),
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
            Self::Microphone(asked) => {
                check_delay(asked).and_then(|()| super::microphone::check(asked))
            }
            Self::With(_, options) => {
                check_delay(&format!(";{options}")).and(Err(text::no_options(options)))
            }
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

    /// `test`, `none`, `default`, the path of a picture file, or else a camera's
    /// identity, each perhaps with options behind it. `device:` and `file:` in front
    /// tell apart what looks alike.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        if let Some((text, ms)) = split_delay(text) {
            return text.parse::<Self>().map(|spec| spec.delayed(ms));
        }
        let (bare, options) = parted(text);
        Ok(match (plain_video(bare), options) {
            (spec, "") => spec,
            // A camera reads its options itself.
            (Self::Default, options) => Self::Camera(format!(";{options}")),
            (Self::Camera(id), options) => Self::Camera(format!("{id};{options}")),
            (spec, options) => Self::With(Box::new(spec), options.into()),
        })
    }
}

/// What stands before the options, and the options.
fn parted(text: &str) -> (&str, &str) {
    let first = text.split_once(';').unwrap_or((text, ""));
    match plain_video(first.0) {
        VideoSpec::Camera(_) => {}
        _ if first.0.is_empty() || first.0.starts_with("file:") => {}
        // Whatever follows them is an option, or meant as one.
        _ => return first,
    }
    // The path of a picture may have a semicolon; an option is known by its name.
    let known = |option: &str| {
        let (name, _) = options::parts(option);
        Ok(["size", "fps", "format", "rotate", "mirror", "delay"].contains(&name))
    };
    let bare = options::take_off(text, known).unwrap_or(text);
    (bare, text.trim()[bare.len()..].trim_start_matches(';'))
}

fn plain_video(text: &str) -> VideoSpec {
    match (text, text.split_once(':')) {
        ("none" | "off", _) => VideoSpec::None,
        ("test", _) => VideoSpec::Test,
        ("default" | "", _) => VideoSpec::Default,
        (_, Some(("device", id))) => VideoSpec::Camera(id.into()),
        (_, Some(("file", path))) => VideoSpec::Picture(path.into()),
        _ if is_picture(text) => VideoSpec::Picture(text.into()),
        _ => VideoSpec::Camera(text.into()),
    }
}

/// Whether it is named as pictures are: some of them can't be read, which the person is
/// told.
fn is_picture(name: &str) -> bool {
    const ENDS: [&str; 11] = [
        ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".svg",
    ];
    const MODERN: [&str; 4] = [".heic", ".heif", ".avif", ".jxl"];
    let name = name.to_lowercase();
    ENDS.iter().chain(&MODERN).any(|end| name.ends_with(end))
}

impl FromStr for AudioSpec {
    type Err = Infallible;

    /// `test`, `none`, `default`, or else a microphone's identity, with or
    /// without `device:` in front and options behind it.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        if let Some((text, ms)) = split_delay(text) {
            return text.parse::<Self>().map(|spec| spec.delayed(ms));
        }
        let with = |of, options: &str| Self::With(Box::new(of), options.into());
        Ok(match (text, text.split_once(';')) {
            ("none" | "off", _) => Self::None,
            ("test", _) => Self::Test,
            ("default" | "", _) => Self::Default,
            (_, Some(("none" | "off", options))) => with(Self::None, options),
            (_, Some(("test", options))) => with(Self::Test, options),
            (_, Some(("default", options))) => Self::Microphone(format!(";{options}")),
            _ => Self::Microphone(text.strip_prefix("device:").unwrap_or(text).into()),
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
            Self::With(of, options) => write!(f, "{of};{options}"),
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
            Self::With(of, options) => write!(f, "{of};{options}"),
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
            "whatever is in it"
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
        for text in [
            "test",
            "none",
            "default",
            "a.png",
            "device:a.png",
            "x:y",
            "file:x",
            "x;delay=3",
            "test;rotate=90;delay=3",
            "a.png;mirror",
            "none;mirror",
            "x;fps=25",
            ";fps=25",
        ] {
            assert_eq!(video(&video(text).to_string()), video(text));
            assert_eq!(audio(&audio(text).to_string()), audio(text));
        }
    }

    #[test]
    fn options_behind_every_input_are_told_from_it() {
        let with = |of, options: &str| VideoSpec::With(Box::new(of), options.into());
        let picture = |path: &str| VideoSpec::Picture(path.into());
        assert_eq!(video("test;rotate=90;mirror"), with(VideoSpec::Test, "rotate=90;mirror"));
        assert_eq!(video("off;mirror"), with(VideoSpec::None, "mirror"));
        assert_eq!(video("ok.png;rotate=90"), with(picture("ok.png"), "rotate=90"));
        assert_eq!(video("ok.png;zoom=2"), with(picture("ok.png"), "zoom=2"));
        assert_eq!(video("a;b.jpg;mirror"), with(picture("a;b.jpg"), "mirror"));
        assert_eq!(video("file:a;b;mirror"), with(picture("a;b"), "mirror"));
        assert_eq!(video("device:x;mirror"), VideoSpec::Camera("x;mirror".into()));
        assert_eq!(video("usb:1:2;odd;fps=5"), VideoSpec::Camera("usb:1:2;odd;fps=5".into()));
        assert_eq!(audio("default;mono"), AudioSpec::Microphone(";mono".into()));
        assert_eq!(audio("alsa:x;channel=2"), AudioSpec::Microphone("alsa:x;channel=2".into()));
        assert_eq!(audio("test;mono"), AudioSpec::With(Box::new(AudioSpec::Test), "mono".into()));
    }

    #[test]
    fn an_option_works_or_is_refused_in_words() {
        for fine in ["test;rotate=90", "test;mirror", "a.png;rotate=270;mirror", "default;fps=25"] {
            assert_eq!(video(fine).check(), Ok(()), "{fine}");
        }
        for (asked, words) in [
            ("none;mirror", "without a picture there is nothing to turn: leave the options out"),
            ("test;size=640x480", "“size=640x480” is for cameras"),
            ("test;rotate=45", "rotate=90, 180 or 270"),
            ("a.png;fps=25", "“fps=25” is for cameras"),
            ("a.png;zoom=2", "“zoom=2” is for cameras"),
            ("a.png;delay=soon", "from -2000 to 2000"),
            ("file:a;b;delay=soon", "from -2000 to 2000"),
            ("default;rotate=1", "rotate=90, 180 or 270"),
        ] {
            let refused = video(asked).check().unwrap_err();
            assert!(refused.contains(words), "{asked}: {refused}");
        }
        assert_eq!(audio("default;channel=2;mono").check(), Ok(()));
        for (asked, words) in [
            ("test;mono", "“mono” is for microphones"),
            ("test;delay=soon", "from -2000 to 2000"),
            ("none;channel=1", "“channel=1” is for microphones"),
            ("default;channel=x", "channel=2, or channel=3+4"),
        ] {
            let refused = audio(asked).check().unwrap_err();
            assert!(refused.contains(words), "{asked}: {refused}");
        }
    }
}
