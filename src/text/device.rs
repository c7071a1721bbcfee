//! Cameras, microphones and what stands in for them: what is wrong with them, what
//! to do about it, and what they deliver.

use std::fmt::Display;

/// What a picture comes from, in sentences.
pub const CAMERA: &str = "camera";
/// What sound comes from, in sentences.
pub const MICROPHONE: &str = "microphone";
/// The test signal, picture or sound.
pub const TEST_SIGNAL: &str = "Test signal";
/// The system's default microphone, where it has no better name.
pub const DEFAULT_INPUT: &str = "Default input";
/// A microphone that has no name.
pub const THE_MICROPHONE: &str = "the microphone";

/// The system's default microphone, by the sound server behind it.
pub fn system_default(server: &str) -> String {
    format!("System default ({server})")
}

/// There is none of that kind.
pub fn none(kind: &str) -> String {
    format!("There is no {kind}")
}

/// A device of that kind; the name may be empty.
fn the(kind: &str, name: &str) -> String {
    if name.is_empty() { format!("The {kind}") } else { format!("The {kind} “{name}”") }
}

/// It is not there.
pub fn missing(kind: &str, name: &str) -> String {
    format!("{} is not there", the(kind, name))
}

/// Another program has it.
pub fn busy(kind: &str, name: &str) -> String {
    format!("{} is in use by another program", the(kind, name))
}

/// The system refuses it.
pub fn denied(kind: &str, name: &str) -> String {
    format!("{} may not be used: the system does not allow it", the(kind, name))
}

/// It is open and delivers nothing.
pub fn stalled(kind: &str, name: &str) -> String {
    format!("{} has stopped delivering", the(kind, name))
}

/// An error; in the words below, or the driver's.
pub fn failed(kind: &str, name: &str, words: &str) -> String {
    format!("{} reported an error: {words}", the(kind, name))
}

/// What to do about each.
pub mod remedy {
    /// There is none.
    pub const NONE: &str = "Plug one in, or choose the test signal";
    /// It is not there.
    pub const MISSING: &str = "Plug it in again; it comes back by itself";
    /// Another program has it.
    pub const BUSY: &str = "Close the other program; it comes back by itself";
    /// The system refuses it.
    pub const DENIED: &str =
        "Allow it in the system's privacy settings (on Linux: the groups video and audio)";
    /// It has stopped, or reported an error.
    pub const AGAIN: &str =
        "It is opened again by itself; if that doesn't help, unplug it and plug it back in";
}

/// What stands under a camera's name in the picture that stands in for it. It is
/// drawn in letters of our own (`source/glyphs.rs`): what is not among them is spelt in
/// those there are (`source/spelling.rs`), or left out.
pub mod slate {
    /// In place of the name, where there is none.
    pub const CAMERA: &str = "Camera";
    /// It is being opened, and takes its time.
    pub const STARTING: &str = "is starting";
    /// It is not there.
    pub const MISSING: &str = "is not there";
    /// Another program has it.
    pub const BUSY: &str = "is in use by another program";
    /// The system refuses it.
    pub const DENIED: &str = "is not allowed by the system";
    /// It is open and delivers nothing.
    pub const STALLED: &str = "sends no picture";
    /// It reported an error.
    pub const FAILED: &str = "does not work";
}

/// What a device did, as "reported an error:" goes on.
pub mod error {
    /// Its driver broke down.
    pub const DRIVER: &str = "its driver is at fault";
    /// A mistake of this program's own.
    pub const STOPPED: &str = "this program stopped reading it because of an internal error";
    /// A camera without a mode that is wanted.
    pub const NO_PICTURE_FORMAT: &str = "it has no picture format of the kind that is asked for";
    /// A camera that sends nonsense.
    pub const UNREADABLE: &str = "it sends pictures that can't be read";
    /// A format that the system has no name for.
    pub const UNKNOWN_FORMAT: &str = "its format is unknown";
    /// A microphone without samples that can be used.
    pub const NO_SOUND_FORMAT: &str = "it has no format that can be used";
    /// A microphone that has fewer channels than are asked for.
    pub fn no_channel(channel: u16, last: u16) -> String {
        format!("it has no channel {channel}: its last is {last}")
    }

    /// USB gives no more bandwidth.
    pub const NO_ROOM: &str = "the USB bus has no room left for its pictures; a smaller size \
                               needs less, and so does a socket without other cameras";

    /// A format that the system has no number for.
    pub fn no_format(format: &str) -> String {
        format!("no format for {format}")
    }

    /// A camera that is in another mode than the one it was given.
    pub fn other_mode(width: u32, height: u32, format: &str) -> String {
        format!("the camera set itself to {width}×{height} {format}")
    }

    /// A microphone of a kind that there is no use for.
    pub fn unusable_sound(channels: u16, rate: u32) -> String {
        format!("sound of {channels} channels at {rate} Hz can't be used")
    }
}

/// Why a source can't be opened at all.
pub mod source {
    use super::Display;

    /// What is read as a file and is none.
    pub const NO_FILE: &str = "it is not a file";
    /// Of fewer pixels than colours are told by.
    pub const TOO_SMALL: &str = "it has to be at least 2 pixels wide and 2 high";
    /// A picture that takes too much memory.
    pub const TOO_LARGE: &str = "it is too large";
    /// A picture whose colours can't be made out.
    pub const PALETTE: &str = "its colours can't be read";
    /// No picture at all, or one of a kind that nobody knows.
    pub const NO_PICTURE: &str = "it is neither a PNG nor a JPEG file";
    /// A file whose end is missing.
    pub const CUT_OFF: &str = "the file is incomplete";
    /// A JPEG file such as medicine has.
    pub const UNUSUAL_JPEG: &str = "it is an unusual kind of JPEG; save it as PNG";

    /// A picture of another kind.
    pub fn other_picture(kind: &str) -> String {
        format!("it is a {kind} file, and only PNG and JPEG can be read")
    }

    /// A file that makes no sense; in the decoder's words.
    pub fn damaged(detail: &str) -> String {
        format!("the file is damaged ({detail})")
    }

    /// Kinds of pictures that can't be read.
    pub mod kind {
        /// By CompuServe.
        pub const GIF: &str = "GIF";
        /// Of web pages.
        pub const WEBP: &str = "WebP";
        /// Of Windows.
        pub const BMP: &str = "BMP";
        /// Of scanners.
        pub const TIFF: &str = "TIFF";
        /// JPEG's successor.
        pub const JXL: &str = "JPEG XL";
        /// Of web pages.
        pub const AVIF: &str = "AVIF";
        /// Of telephones.
        pub const HEIC: &str = "HEIC";
        /// A drawing.
        pub const SVG: &str = "SVG";
    }

    /// A picture file.
    pub fn picture(path: impl Display, reason: &str) -> String {
        format!("the picture {path} can't be shown: {reason}")
    }

    /// A device without a thread to look after it.
    pub fn thread(name: &str, reason: &str) -> String {
        format!("no thread for {name}: {reason}")
    }

    /// Options behind no picture at all.
    pub const NOTHING_TO_TURN: &str =
        "without a picture there is nothing to turn: leave the options out";

    /// An option behind the identity of a device of that kind that makes no sense.
    pub fn bad_option(option: &str, kind: &str, example: &str) -> String {
        format!("“{option}” of a {kind} is given as {example}")
    }

    /// An option behind the test signal or a picture file that neither has.
    pub fn only_turned(option: &str) -> String {
        format!(
            "“{option}” is for cameras: the test signal and pictures take rotate=, mirror and delay= alone"
        )
    }

    /// Options behind what is no microphone.
    pub fn no_options(options: &str) -> String {
        format!("“{options}” is for microphones: the test signal takes delay= alone")
    }

    /// A delay behind a source that makes no sense.
    pub fn bad_delay(option: &str, least: i32, most: i32) -> String {
        format!("“{option}” is given as delay=120 or delay=-80, in ms from {least} to {most}")
    }

    /// Examples of options.
    pub mod example {
        /// Of a size.
        pub const SIZE: &str = "size=1280x720";
        /// Of a rate.
        pub const FPS: &str = "fps=30 or fps=29.97";
        /// Of a turn.
        pub const ROTATE: &str = "rotate=90, 180 or 270";
        /// Of a microphone's channels.
        pub const CHANNEL: &str = "channel=2, or channel=3+4 for left and right";

        /// Of a format.
        pub fn format(names: &str) -> String {
            format!("format= with one of {names}")
        }
    }
}

/// What a source delivers.
pub mod delivers {
    use super::Display;

    /// The test signal's sound.
    pub const TEST_TONE: &str = "1 kHz beep each second, 48 kHz stereo";
    /// One channel.
    pub const MONO: &str = "mono";
    /// Two channels.
    pub const STEREO: &str = "stereo";

    /// The test signal's picture.
    pub fn test_picture(width: u32, height: u32, fps: impl Display) -> String {
        format!("{width}×{height}, {fps} fps")
    }

    /// A picture that does not move.
    pub fn still(width: u32, height: u32) -> String {
        format!("{width}×{height}, still")
    }

    /// A camera's mode; some have no rate that is known.
    pub fn mode(width: u32, height: u32, format: &str, fps: Option<impl Display>) -> String {
        match fps {
            Some(fps) => format!("{width}×{height} {format}, {fps} fps"),
            None => format!("{width}×{height} {format}"),
        }
    }

    /// A camera's mode, before its rate is known.
    pub fn asked(mode: &str) -> String {
        format!("{mode} asked")
    }

    /// A camera's mode and its rate.
    pub fn delivered(mode: &str, fps: f64) -> String {
        format!("{mode} asked, {fps:.1} delivered")
    }

    /// A camera that sends more than this computer has time for.
    pub fn used(mode: &str, sent: f64, fps: f64) -> String {
        format!("{mode} asked, {sent:.1} delivered, {fps:.1} used")
    }

    /// More than two channels.
    pub fn channels(count: u16) -> String {
        format!("{count} channels")
    }

    /// One of several channels.
    pub fn channel(channel: u16, of: u16) -> String {
        format!("channel {channel} of {of}")
    }

    /// Two of several channels, as left and right.
    pub fn pair(left: u16, right: u16, of: u16) -> String {
        format!("channels {left} and {right} of {of}")
    }

    /// Two of several channels on both sides.
    pub fn mixed(left: u16, right: u16, of: u16) -> String {
        format!("channels {left} and {right} of {of} mixed")
    }

    /// A microphone's setup.
    pub fn sound(khz: f64, channels: &str) -> String {
        format!("{khz} kHz {channels}")
    }

    /// A microphone's setup, and how it is kept in step.
    pub fn in_step(sound: &str, ppm: f64, queued_ms: f64) -> String {
        format!("{sound}, clock off by {ppm:+} ppm, {queued_ms:.0} ms queued")
    }
}
