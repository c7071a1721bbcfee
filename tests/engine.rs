//! The engine by its two doors: commands in, snapshots out.

#[path = "engine/threads.rs"]
mod threads;
#[path = "support/witness.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod witness;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tallylight::engine::{
    AudioInput, Command, Connection, DestinationSettings, Engine, Fault, Options, OutputSettings,
    Snapshot, Stage, Tracks, VideoInput,
};
use tallylight::media::FrameRate;

const PATIENCE: Duration = Duration::from_secs(60);

/// A small picture, so that the tests beside this one have a processor too.
fn output() -> OutputSettings {
    OutputSettings {
        width: 320,
        height: 180,
        fps: FrameRate::whole(15),
        video_kbps: 400,
        ..OutputSettings::default()
    }
}

fn engine(listen: SocketAddr) -> Engine {
    let options =
        Options { output: output(), video: VideoInput::Test, listen, ..Options::default() };
    Engine::start(options).expect("there are threads")
}

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn eventually(engine: &Engine, what: &str, is: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let snapshot = engine.snapshot();
        if is(&snapshot) {
            return snapshot;
        }
        engine.wait_for_change(Duration::from_millis(50));
    }
    panic!("never {what}: {:?}", Snapshot { preview: None, ..(*engine.snapshot()).clone() });
}

fn go_live(engine: &Engine) {
    engine.send(Command::GoLive(DestinationSettings {
        built_in_server: true,
        ..DestinationSettings::default()
    }));
    eventually(engine, "live", is_live);
}

fn is_live(snapshot: &Snapshot) -> bool {
    let connection = snapshot.destinations.first().map(|to| &to.connection);
    matches!(connection, Some(Connection::Live { .. }))
}

fn stop(engine: &Engine) -> Arc<Snapshot> {
    engine.send(Command::Stop);
    eventually(engine, "idle", |snapshot| snapshot.stage == Stage::Idle)
}

#[test]
fn a_bitrate_that_the_running_encoder_can_not_take_does_not_end_the_stream() {
    let engine = engine(any_port());
    go_live(&engine);
    engine.send(Command::SetOutput(OutputSettings { video_kbps: 51_000, ..output() }));
    let raised = eventually(&engine, "raised", |snapshot| snapshot.output.video_kbps != 400);
    assert_eq!((raised.output.video_kbps, raised.most_kbps), (600, Some(600)));
    let seen = raised.destinations[0].video_frames;
    eventually(&engine, "going on", |snapshot| {
        assert!(is_live(snapshot));
        snapshot.destinations[0].video_frames > seen + 20
    });
}

#[test]
fn what_was_chosen_while_live_is_used_when_the_stream_has_ended() {
    let engine = engine(any_port());
    go_live(&engine);
    let other = OutputSettings {
        width: 640,
        height: 360,
        video_kbps: 900,
        audio_kbps: 96,
        keyframe_s: 1.0,
        adaptive: false,
        ..output()
    };
    engine.send(Command::SetOutput(other));
    let live = eventually(&engine, "raised", |snapshot| snapshot.output.video_kbps == 600);
    assert_eq!((live.output.width, live.output.audio_kbps), (320, 128));
    stop(&engine);
    eventually(&engine, "used", |snapshot| snapshot.output == other);
}

#[test]
fn a_picture_is_read_once_for_all_sizes() {
    let folder = std::env::temp_dir().join(format!("tallylight-engine-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
    let picture = folder.join("card.png");
    std::fs::copy("assets/tallylight.png", &picture).expect("it can be copied");
    let engine = engine(any_port());
    engine.send(Command::SetVideoInput(VideoInput::Picture(picture.clone())));
    let is_shown = |snapshot: &Snapshot| {
        let status = snapshot.camera.status.as_ref();
        status.is_some_and(|status| status.name != "Test signal") && snapshot.faults.is_empty()
    };
    eventually(&engine, "shown", is_shown);
    std::fs::remove_dir_all(&folder).expect("it can be removed");

    let bitrate = OutputSettings { video_kbps: 500, keyframe_s: 1.0, ..output() };
    engine.send(Command::SetOutput(bitrate));
    let changed = eventually(&engine, "changed", |snapshot| snapshot.output == bitrate);
    assert_eq!(changed.faults, []);
    // A picture fits every size: it is not read again.
    let larger = OutputSettings { width: 640, height: 360, ..bitrate };
    engine.send(Command::SetOutput(larger));
    let changed = eventually(&engine, "larger", |snapshot| snapshot.output == larger);
    assert!(is_shown(&changed), "{:?}", changed.faults);
    engine.send(Command::SetVideoInput(VideoInput::Picture(picture)));
    let missed = eventually(&engine, "missed", |snapshot| !snapshot.faults.is_empty());
    let [Fault::Source { why }] = &missed.faults[..] else { panic!("{:?}", missed.faults) };
    assert!(why.contains("card.png"), "{why}");
    engine.send(Command::SetVideoInput(VideoInput::Test));
    eventually(&engine, "over", |snapshot| snapshot.faults.is_empty());
}

/// A file that can't be opened for as long as this lives, as on a network drive that is
/// gone: whoever opens it waits for us to give up our lease.
#[cfg(target_os = "linux")]
struct Unanswered(#[allow(dead_code, reason = "what it holds ends with it")] std::fs::File);

#[cfg(target_os = "linux")]
impl Unanswered {
    fn new(path: &std::path::Path) -> Self {
        use std::os::fd::AsRawFd;
        let file = std::fs::File::options().read(true).write(true).open(path);
        let file = file.expect("it is ours");
        // SAFETY: no code of ours runs at the signal that asks for the lease; the second
        // call changes what the kernel keeps of our own file.
        let leased = unsafe {
            libc::signal(libc::SIGIO, libc::SIG_IGN);
            libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_WRLCK)
        };
        assert_eq!(leased, 0, "a lease: {}", std::io::Error::last_os_error());
        Self(file)
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_picture_whose_storage_does_not_answer_holds_up_nothing() {
    let name = format!("tallylight-unanswered-{}.png", std::process::id());
    let picture = std::env::temp_dir().join(name);
    std::fs::copy("assets/tallylight.png", &picture).expect("it can be copied");
    let unanswered = Unanswered::new(&picture);
    let engine = engine(any_port());
    engine.send(Command::SetVideoInput(VideoInput::Picture(picture.clone())));
    go_live(&engine);
    let is_slow = |fault: &Fault| matches!(fault, Fault::Source { why } if why.contains("storage"));
    let said = eventually(&engine, "said", |snapshot| snapshot.faults.iter().any(is_slow));
    assert!(is_live(&said), "and the stream goes on");
    let asked = witness::Witness::start();
    stop(&engine);
    assert!(asked.elapsed() < Duration::from_secs(2), "stopped after {:?}", asked.elapsed());
    // The storage is back.
    drop(unanswered);
    eventually(&engine, "shown", |snapshot| {
        let status = snapshot.camera.status.as_ref();
        status.is_some_and(|status| status.name.ends_with(".png")) && snapshot.faults.is_empty()
    });
    std::fs::remove_file(picture).expect("it is ours");
}

#[test]
fn figures_are_counted_for_each_stream() {
    let engine = engine(any_port());
    go_live(&engine);
    eventually(&engine, "counting", |snapshot| snapshot.video.due > 30);
    let first = stop(&engine);
    assert!(first.video.due > 30, "the last stream's figures stay");
    let asked = Instant::now();
    go_live(&engine);
    let second = engine.snapshot();
    assert_eq!((first.streams, second.streams), (1, 2));
    let most = asked.elapsed().as_secs_f64() * output().fps.as_f64() + 2.0;
    assert!((second.video.due as f64) < most, "{:?}", second.video);
    assert!(second.video.made <= second.video.due, "{:?}", second.video);
}

#[test]
fn sources_that_are_taken_away_leave_a_stream_that_goes_on_and_can_be_stopped() {
    let engine = engine(any_port());
    go_live(&engine);
    engine.send(Command::SetVideoInput(VideoInput::None));
    engine.send(Command::SetAudioInput(AudioInput::None));
    let is_off = |s: &Snapshot| s.camera.status.is_none() && s.microphone.status.is_none();
    let begun = eventually(&engine, "off", is_off);
    assert_eq!(begun.tracks, Some(Tracks { picture: true, sound: true }));
    eventually(&engine, "black and silent, and going on", |snapshot| {
        let (now, before) = (&snapshot.destinations[0], &begun.destinations[0]);
        snapshot.video.black
            && now.video_frames > before.video_frames + 15
            && now.audio_frames > before.audio_frames + 15
    });
    assert_eq!(stop(&engine).tracks, None);
}

#[test]
fn nothing_is_not_streamed() {
    let engine = engine(any_port());
    engine.send(Command::SetVideoInput(VideoInput::None));
    engine.send(Command::SetAudioInput(AudioInput::None));
    engine.send(Command::GoLive(DestinationSettings {
        built_in_server: true,
        ..DestinationSettings::default()
    }));
    let failed = eventually(&engine, "over", |snapshot| snapshot.streams == 1);
    let connection = failed.destinations.first().map(|to| &to.connection);
    assert!(matches!(connection, Some(Connection::Failed(Fault::Source { .. }))), "{connection:?}");
}

#[test]
fn a_refusal_is_over_when_its_reason_is() {
    let engine = engine(any_port());
    go_live(&engine);
    engine.send(Command::GoLive(DestinationSettings::default()));
    let is_refusal = |fault: &Fault| matches!(fault, Fault::NotNow { .. });
    eventually(&engine, "refused", |snapshot| snapshot.faults.iter().any(is_refusal));
    assert_eq!(stop(&engine).faults, []);
}

#[test]
fn a_port_that_is_taken_is_no_reason_not_to_go_live() {
    let taken = TcpListener::bind(any_port()).expect("there is a free port");
    let address = taken.local_addr().expect("it has an address");
    let engine = engine(address);
    go_live(&engine);
    let server = engine.snapshot().server.clone().expect("it runs");
    assert!(server.play_url.starts_with("rtmp://127.0.0.1:"), "{}", server.play_url);
    assert!(!server.play_url.contains(&format!(":{}/", address.port())), "{}", server.play_url);
}
