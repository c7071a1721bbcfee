//! What stands in the way of a good stream, each in one sentence without a full
//! stop, with the numbers that it rests on.

use std::time::Duration;

/// Nothing.
pub const FINE: &str = "All is well";
/// No way to the server.
pub const UPLINK_AWAY: &str = "There is no connection to the server";
/// The server ended the stream or does not want it.
pub const SERVER_AWAY: &str = "The server isn't accepting the stream";

/// The way to the server carries too little.
pub fn uplink(carries_kbps: f64, wanted_kbps: f64, waiting: Duration, dropped: u64) -> String {
    let carries = if carries_kbps < 1.0 {
        "Nothing gets through to the server".to_owned()
    } else {
        format!(
            "Your uplink carries {carries_kbps:.0} of the {wanted_kbps:.0} kbit/s that the stream \
             needs"
        )
    };
    let slow = format!("{carries}; {} ms are waiting", waiting.as_millis());
    match dropped {
        0 => slow,
        n => format!("{slow}, {n} frames were dropped"),
    }
}

/// The server takes too little. `full` is a share of the time, 0 to 1.
pub fn server(takes_kbps: f64, full: f64) -> String {
    let percent = full * 100.0;
    let takes = if takes_kbps < 1.0 {
        "nothing".to_owned()
    } else {
        format!("only {takes_kbps:.0} kbit/s")
    };
    format!("The server takes {takes}: its buffer was full for {percent:.0} % of the time")
}

/// The encoder can't keep up. Both are shares, 0 to 1.
pub fn encoder(load: f64, late: f64) -> String {
    format!(
        "This computer is too slow: encoding takes {:.0} % of the time there is and misses \
         {:.0} % of the frames",
        load * 100.0,
        late * 100.0
    )
}

/// Frames are late and the encoder is not why. `late` is a share, 0 to 1.
pub fn busy(late: f64) -> String {
    let percent = late * 100.0;
    format!("This computer is busy with other programs: {percent:.0} % of the frames were left out")
}

/// The picture needs more bits than it gets. `held` is a share, 0 to 1.
pub fn too_few_bits(held: f64) -> String {
    format!(
        "The bitrate is too low for so much movement: {:.0} % of the frames repeat the one before. \
         Raise it, or choose a smaller picture or fewer frames",
        held * 100.0
    )
}

/// The camera has stopped.
pub fn camera_silent(silent: Duration) -> String {
    format!("The camera has delivered nothing for {:.0} s", silent.as_secs_f64())
}

/// The camera is slow, as far as is known by itself.
pub fn camera_slow(fps: f64, wanted: f64) -> String {
    format!("The camera delivers {fps:.0} of {wanted:.0} frames a second; in low light many do")
}

/// The camera is fast enough and this computer is not.
pub fn pictures_unused(fps: f64, sent: f64) -> String {
    format!(
        "This computer has time for {fps:.0} of the {sent:.0} frames a second that the camera \
         sends; a smaller picture helps"
    )
}

/// What lies between the camera and this computer loses frames.
pub fn pictures_lost(all: f64, lost: f64) -> String {
    format!(
        "Of {all:.0} frames a second, {lost:.0} are lost between the camera and this computer; \
         another cable or USB socket may help"
    )
}

/// The microphone has stopped.
pub fn microphone_silent(silent: Duration) -> String {
    format!("The microphone has delivered nothing for {:.1} s", silent.as_secs_f64())
}
