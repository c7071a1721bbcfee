//! What the headless face prints while it publishes: one line for people, or
//! one JSON object a line.

use std::time::Duration;

use serde::Serialize;

use super::out::{emit, emit_last};
use super::terminal;
use crate::engine::{Connection, DestinationSnapshot, Fault, Snapshot, SourceSnapshot, Step};
use crate::media::MediaTime;

/// Prints changes and figures.
#[derive(Debug)]
pub struct Reporter {
    json: bool,
    terminal: bool,
    last_state: Option<&'static str>,
    /// What was said beside the state; without what only counts down.
    last_news: String,
    /// What the last sentence above the line was about.
    above: String,
    next: MediaTime,
    line_open: bool,
}

impl Reporter {
    /// Prints JSON or text.
    pub fn new(json: bool) -> Self {
        Self {
            json,
            terminal: terminal::takes_escapes(&std::io::stdout()),
            last_state: None,
            last_news: String::new(),
            above: String::new(),
            next: MediaTime::ZERO,
            line_open: false,
        }
    }

    /// Prints what is new in `snapshot`: at once when the state has changed, else
    /// once a second (people without a terminal: each ten seconds).
    pub fn show(&mut self, snapshot: &Snapshot) {
        let Some(destination) = snapshot.destinations.first() else { return };
        let state = state_name(&destination.connection);
        let detail = detail(snapshot, destination);
        let news = news(snapshot, destination, &detail);
        let changed = self.last_state != Some(state) || news != self.last_news;
        if !changed && snapshot.at < self.next {
            return;
        }
        if self.json && went_by_unseen(self.last_state, state) {
            print_json(&Line::new(snapshot, destination, CONNECTING, String::new()));
        }
        self.last_state = Some(state);
        self.last_news = news;
        let pause = Duration::from_secs(if self.json || self.terminal { 1 } else { 10 });
        // Counted from when it was due, so that a second stays one.
        let on_time = !changed && snapshot.at.since(self.next) < pause / 2;
        self.next = if on_time { self.next } else { snapshot.at } + pause;
        // Its sentence goes to standard error, at the end.
        let said_elsewhere = matches!(destination.connection, Connection::Failed(_)) && !self.json;
        if said_elsewhere {
            return;
        }
        if self.json {
            print_json(&Line::new(snapshot, destination, state, detail));
        } else {
            self.print_text(&Text::new(snapshot, destination, state, detail));
        }
    }

    /// Prints the last line.
    pub fn finish(&mut self, snapshot: &Snapshot) {
        let summary = Summary::new(snapshot);
        if self.json {
            emit_last(&json_line(&SummaryLine { summary }));
            return;
        }
        self.end_line();
        let was_live = snapshot.destinations.first().is_some_and(|d| !d.live.is_zero());
        if was_live || summary.video_frames + summary.audio_frames > 0 {
            emit_last(&format!("{summary}\n"));
        }
    }

    /// Prints the lines of a stream that was refused before it could begin.
    pub fn refuse(&mut self, detail: String) {
        if self.json {
            print_json(&Line::refused(detail));
        }
        self.finish(&Snapshot::default());
    }

    /// Ends the line that is being rewritten, before something else is printed, which
    /// may go to standard error: returns when it is written.
    fn end_line(&mut self) {
        if std::mem::take(&mut self.line_open) {
            emit_last("\n");
        }
    }

    /// On a terminal the line is rewritten in place, and what is new beside it
    /// stands above as a line of its own: it may be longer than a line is wide.
    fn print_text(&mut self, text: &Text) {
        let Text { line, more, kind } = text;
        if !self.terminal {
            let gap = if more.is_empty() { "" } else { "  " };
            emit(&format!("{line}{gap}{more}\n"));
            return;
        }
        let is_new = !more.is_empty() && self.above != *kind;
        let above = if is_new { format!("{CLEAR}{more}\n") } else { String::new() };
        // Cut, for a line that wraps can't be rewritten.
        let line = terminal::width().map_or(line.clone(), |width| terminal::fit(line, width));
        emit(&format!("{above}{CLEAR}{NO_WRAP}{line}{WRAP}"));
        self.above.clone_from(kind);
        self.line_open = true;
    }
}

/// Back to the start of the line, and nothing in it.
const CLEAR: &str = "\r\x1b[2K";

/// Where the width is not known, the terminal cuts what would wrap.
const NO_WRAP: &str = "\x1b[?7l";
const WRAP: &str = "\x1b[?7h";

/// One JSON object and a line end.
pub fn json_line(value: &impl Serialize) -> String {
    // Plain structs of numbers and strings always serialise.
    serde_json::to_string(value).map(|line| line + "\n").unwrap_or_default()
}

/// Prints one JSON object and a line end.
pub fn print_json(value: &impl Serialize) {
    emit(&json_line(value));
}

const CONNECTING: &str = "connecting";
const LIVE: &str = "live";

/// Whether there was a connection being made between two states that were seen: on this
/// computer that takes no longer than a look.
fn went_by_unseen(last: Option<&str>, state: &str) -> bool {
    state == LIVE && last != Some(CONNECTING) && last != Some(LIVE)
}

/// The machine's name of a state.
fn state_name(connection: &Connection) -> &'static str {
    match connection {
        Connection::Connecting(_) => CONNECTING,
        Connection::Live { .. } => LIVE,
        Connection::Reconnecting { .. } => "reconnecting",
        Connection::Stopping => "stopping",
        Connection::Stopped => "stopped",
        Connection::Failed(_) => "failed",
    }
}

fn step_words(step: Step) -> &'static str {
    match step {
        Step::Resolve => "looking up the server",
        Step::Connect => "connecting",
        Step::Encrypt => "agreeing on encryption",
        Step::Handshake => "handshake",
        Step::Application => "asking for the application",
        Step::Publish => "asking to publish",
    }
}

fn detail(snapshot: &Snapshot, destination: &DestinationSnapshot) -> String {
    let words = match &destination.connection {
        Connection::Connecting(step) => step_words(*step).into(),
        Connection::Reconnecting { at, attempt, reason } => {
            format!("{reason} ({})", next_try(snapshot, *at, *attempt))
        }
        Connection::Failed(fault) => return fault.last_words(),
        Connection::Live { .. } if snapshot.faults.is_empty() => {
            snapshot.cause.sentence().unwrap_or_default().to_string()
        }
        Connection::Live { .. } => return faults(snapshot),
        Connection::Stopping | Connection::Stopped => String::new(),
    };
    [words, mishaps(snapshot)]
        .into_iter()
        .filter(|words| !words.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Parts of the program that stopped because of an internal error: said in every state.
fn mishaps(snapshot: &Snapshot) -> String {
    let internal = |fault: &&Fault| matches!(fault, Fault::Internal { .. });
    let mishaps: Vec<_> =
        snapshot.faults.iter().filter(internal).map(ToString::to_string).collect();
    mishaps.join(" ")
}

/// What is wrong, one after the other.
fn faults(snapshot: &Snapshot) -> String {
    let faults: Vec<String> = snapshot.faults.iter().map(ToString::to_string).collect();
    faults.join(" ")
}

/// What is new when it changes.
fn news(snapshot: &Snapshot, destination: &DestinationSnapshot, detail: &str) -> String {
    match &destination.connection {
        Connection::Live { .. } => live_news(snapshot),
        Connection::Reconnecting { attempt, reason, .. } => {
            format!("{attempt} {reason} {}", mishaps(snapshot))
        }
        _ => detail.to_string(),
    }
}

/// While live: faults that come or go, and what is to blame, but not its figures,
/// which change each second.
fn live_news(snapshot: &Snapshot) -> String {
    let faults = faults(snapshot);
    if faults.is_empty() { snapshot.cause.name().into() } else { faults }
}

#[derive(Serialize)]
struct Line {
    t_s: f64,
    state: &'static str,
    fps: f64,
    kbps: f64,
    target_kbps: u32,
    queue_ms: u64,
    dropped: u64,
    encoder_ms: f64,
    picture_ms: f64,
    /// Frames that show the picture before once more, for want of bits.
    held: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    rtt_ms: Option<u64>,
    /// Where to play it, of a stream to the built-in server.
    #[serde(skip_serializing_if = "Option::is_none")]
    play_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    camera: Option<Device>,
    #[serde(skip_serializing_if = "Option::is_none")]
    microphone: Option<Device>,
    detail: String,
}

/// What a device delivers, and what became of it.
#[derive(Serialize)]
struct Device {
    name: String,
    delivers: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fps: Option<f64>,
    repeated: u64,
    dropped: u64,
    lost: u64,
}

impl Device {
    /// `None` of what is no device.
    fn new(source: &SourceSnapshot) -> Option<Self> {
        let status = source.status.as_ref().filter(|status| status.silent.is_some())?;
        Some(Self {
            name: status.name.clone(),
            delivers: status.delivers.clone(),
            fps: status.fps.map(|fps| rounded(fps, 10.0)),
            repeated: status.repeated,
            dropped: status.dropped,
            lost: status.lost,
        })
    }
}

impl Line {
    fn new(
        snapshot: &Snapshot,
        destination: &DestinationSnapshot,
        state: &'static str,
        detail: String,
    ) -> Self {
        Self {
            t_s: rounded(snapshot.at.as_secs_f64(), 1_000.0),
            state,
            fps: rounded(snapshot.video.fps, 10.0),
            kbps: rounded(destination.kbps, 10.0),
            target_kbps: destination.target_kbps,
            queue_ms: millis(destination.queue),
            dropped: dropped(destination),
            encoder_ms: rounded(snapshot.video.encoder_ms, 100.0),
            picture_ms: rounded(snapshot.video.picture_ms, 10.0),
            held: snapshot.video.held,
            rtt_ms: destination.rtt.map(millis),
            play_url: snapshot.server.as_ref().map(|server| server.play_url.clone()),
            camera: Device::new(&snapshot.camera),
            microphone: Device::new(&snapshot.microphone),
            detail,
        }
    }
}

impl Line {
    /// Nothing was begun.
    fn refused(detail: String) -> Self {
        Self {
            t_s: 0.0,
            state: "failed",
            fps: 0.0,
            kbps: 0.0,
            target_kbps: 0,
            queue_ms: 0,
            dropped: 0,
            encoder_ms: 0.0,
            picture_ms: 0.0,
            held: 0,
            rtt_ms: None,
            play_url: None,
            camera: None,
            microphone: None,
            detail,
        }
    }
}

#[derive(Serialize)]
struct SummaryLine {
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    video_frames: u64,
    audio_frames: u64,
    bytes: u64,
    dropped: u64,
    seconds: f64,
    reconnects: u64,
}

impl Summary {
    fn new(snapshot: &Snapshot) -> Self {
        let Some(destination) = snapshot.destinations.first() else {
            return Self {
                video_frames: 0,
                audio_frames: 0,
                bytes: 0,
                dropped: 0,
                seconds: 0.0,
                reconnects: 0,
            };
        };
        Self {
            video_frames: destination.video_frames,
            audio_frames: destination.audio_frames,
            bytes: destination.bytes,
            dropped: dropped(destination),
            seconds: rounded(destination.live.as_secs_f64(), 1_000.0),
            reconnects: destination.breaks,
        }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Sent {} video and {} audio frames, {:.1} MB in {:.1} s; {} dropped",
            self.video_frames,
            self.audio_frames,
            self.bytes as f64 / 1e6,
            self.seconds,
            self.dropped
        )
    }
}

/// What people are told: a short line that may be rewritten, a sentence beside it
/// if there is something to say, and what tells one such sentence from the next
/// (not its figures).
struct Text {
    line: String,
    more: String,
    kind: String,
}

impl Text {
    fn new(
        snapshot: &Snapshot,
        destination: &DestinationSnapshot,
        state: &str,
        detail: String,
    ) -> Self {
        let (line, more, kind) = match &destination.connection {
            Connection::Live { .. } => {
                (figures(snapshot, destination), detail, live_news(snapshot))
            }
            Connection::Reconnecting { at, attempt, reason } => {
                let reason = reason.to_string();
                let line = format!("{state}: {}", next_try(snapshot, *at, *attempt));
                (line, reason.clone(), reason)
            }
            _ if detail.is_empty() => (state.into(), String::new(), String::new()),
            _ => (format!("{state}: {detail}"), String::new(), String::new()),
        };
        Self { line, more, kind }
    }
}

fn next_try(snapshot: &Snapshot, at: MediaTime, attempt: u32) -> String {
    format!("try {attempt} in {:.0} s", at.since(snapshot.at).as_secs_f64())
}

fn figures(snapshot: &Snapshot, destination: &DestinationSnapshot) -> String {
    let seconds = destination.live.as_secs();
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!(
        "LIVE {clock}  {:.0} fps  {:.0} kbit/s  queue {} ms  dropped {}  encoder {:.1} ms",
        snapshot.video.fps,
        destination.kbps,
        millis(destination.queue),
        dropped(destination),
        snapshot.video.encoder_ms
    )
}

fn dropped(destination: &DestinationSnapshot) -> u64 {
    destination.drops.network + destination.drops.encoder
}

fn rounded(value: f64, scale: f64) -> f64 {
    (value * scale).round() / scale
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;

    const README: &str = include_str!("../../README.md");

    /// The sample in the README that begins like this.
    fn sample(start: &str) -> Map<String, Value> {
        let (_, rest) = README.split_once(&format!("`{start}")).expect(start);
        let (rest, _) = rest.split_once('`').expect("it ends");
        serde_json::from_str(&format!("{start}{rest}")).expect("it is JSON")
    }

    fn keys(object: &Map<String, Value>) -> Vec<&str> {
        object.keys().map(String::as_str).collect()
    }

    fn printed(value: &impl Serialize) -> Map<String, Value> {
        serde_json::from_str(&json_line(value)).expect("it is JSON")
    }

    #[test]
    fn the_readme_shows_what_is_printed() {
        let mut line = Line::refused(String::new());
        line.rtt_ms = Some(12);
        assert_eq!(keys(&sample("{\"t_s\"")), keys(&printed(&line)));
        let summary = SummaryLine { summary: Summary::new(&Snapshot::default()) };
        let (shown, printed) = (sample("{\"summary\""), printed(&summary));
        let inner = |object: &Map<String, Value>| object["summary"].as_object().cloned();
        assert_eq!(inner(&shown).as_ref().map(keys), inner(&printed).as_ref().map(keys));
    }

    #[test]
    fn the_readme_names_what_a_device_says() {
        let device = Device {
            name: String::new(),
            delivers: String::new(),
            fps: Some(30.0),
            repeated: 0,
            dropped: 0,
            lost: 0,
        };
        let printed = printed(&device);
        for field in keys(&printed) {
            assert!(README.contains(&format!("`{field}`")), "{field}");
        }
    }
}
