//! Why an encoder stopped, as "The encoder stopped:" goes on.

use std::fmt::Display;

/// It failed on its thread.
pub const FAILED: &str = "the codec reported an error; see the log";
/// No codec has it.
pub const NONE_BUILT_IN: &str = "anything: none is built in";
/// The picture's size has changed.
pub const OTHER_SIZE: &str = "another size than it was opened for";
/// It did not take what it has to take.
pub const PART_OF_A_BLOCK: &str = "it took only part of a block";

/// What the codec can't do: one of those above or below.
pub fn unsupported(codec: &str, what: &str) -> String {
    format!("the {codec} encoder can't do {what}")
}

/// The codec's error.
pub fn error(codec: &str, text: &str) -> String {
    format!("the {codec} encoder failed: {text}")
}

/// A picture that no level holds.
pub fn picture(
    width: u32,
    height: u32,
    fps: impl Display,
    kbps: u32,
    keyframe_interval: u32,
) -> String {
    format!("{width}x{height} at {fps} fps, {kbps} kbit/s, a keyframe each {keyframe_interval}")
}

/// A bitrate beyond the level.
pub fn bitrate(kbps: u32, most: u32) -> String {
    format!("{kbps} kbit/s without a new start: at most {most}")
}

/// A bitrate of sound that the codec does not have.
pub fn sound(kbps: u32) -> String {
    format!("{kbps} kbit/s in 48 kHz stereo")
}

/// OpenH264 has numbers and no words.
pub fn openh264(code: i32) -> String {
    format!("OpenH264 error {code}")
}

/// How hard the encoder works, for the log.
pub mod load {
    /// On one processor.
    pub const ALONE: &str = "on one processor";
    /// On several.
    pub const SHARED: &str = "on several processors";
    /// On several, and less hard.
    pub const LEAST: &str = "on several processors with its least effort";

    /// It took `load` of the time that there is for a frame.
    pub fn down(load: f64, works: &str, divisor: u32) -> String {
        let percent = load * 100.0;
        format!(
            "The encoder took {percent:.0} % of the time for a frame and works {works} now{}",
            left_out(divisor)
        )
    }

    /// It has time to spare.
    pub fn up(works: &str, divisor: u32) -> String {
        format!("The encoder has time again and works {works} now{}", left_out(divisor))
    }

    fn left_out(divisor: u32) -> String {
        match divisor {
            1 => String::new(),
            divisor => format!("; one frame in {divisor} is sent"),
        }
    }
}
