//! Each thread of the engine is ended by a panic: that is said within a second, and the
//! stream goes on where it can.

use std::time::Duration;

use tallylight::engine::{
    AudioInput, Command, Connection, DestinationSettings, Engine, Fault, Options, Snapshot, Stage,
    VideoInput,
};
use tallylight::protocol::rtmp::key::StreamKey;
use tallylight::serve::{Config, Server};
use tallylight::supervise::{Part, doom};

use crate::witness::Witness;
use crate::{any_port, engine, eventually, go_live, is_live, output};

/// A dead thread is said after this time at the latest.
const SAID: Duration = Duration::from_secs(1);

/// The turns of threads that wait for nothing else; they end at the next one.
fn turn(part: Part) -> Duration {
    match part {
        Part::Devices => Duration::from_millis(1_000),
        Part::Camera | Part::Microphone => Duration::from_millis(500),
        _ => Duration::from_millis(150),
    }
}

fn says(snapshot: &Snapshot, part: Part, goes_on: bool) -> bool {
    snapshot.faults.contains(&Fault::Internal { part, goes_on })
}

/// Ends a part's thread; returns once that is said.
fn lose(engine: &Engine, part: Part) {
    let begun = Witness::start();
    doom(part);
    eventually(engine, part.name(), |snapshot| says(snapshot, part, true));
    let took = begun.elapsed();
    assert!(took < turn(part) + SAID, "{} after {took:?}", part.name());
}

/// Waits until the stream is live, and picture and sound have got further.
fn goes_on(engine: &Engine) {
    let sent = |snapshot: &Snapshot| {
        let to = &snapshot.destinations[0];
        (to.video_frames, to.audio_frames)
    };
    let before = sent(&engine.snapshot());
    eventually(engine, "going on", |snapshot| {
        assert_eq!(snapshot.stage, Stage::Publishing, "{:?}", snapshot.destinations);
        let now = sent(snapshot);
        is_live(snapshot) && now.0 > before.0 + 10 && now.1 > before.1 + 10
    });
}

fn local_server() -> Server {
    Server::start(Config { listen: any_port(), ..Config::default() }).expect("there is a port")
}

fn to(server: &Server) -> DestinationSettings {
    DestinationSettings {
        server: format!("rtmp://localhost:{}/live", server.local_addr().port()),
        key: Some(StreamKey::new("threads")),
        ..DestinationSettings::default()
    }
}

/// Waits until nobody publishes any more: a connection that is merely lost keeps its
/// place for longer.
fn has_said_goodbye(server: &Server) {
    let begun = Witness::start();
    while server.status().publishers > 0 {
        assert!(begun.elapsed() < SAID, "it has not said goodbye");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn each_thread_that_dies_is_said_and_started_again_and_the_stream_goes_on() {
    let (video, audio) = (VideoInput::Default, AudioInput::Default);
    let options =
        Options { output: output(), video, audio, listen: any_port(), ..Options::default() };
    let engine = Engine::start(options).expect("there are threads");
    engine.send(Command::RefreshDevices);
    eventually(&engine, "listed", |snapshot| snapshot.camera.listed);
    go_live(&engine);
    let server = engine.snapshot().server.clone().expect("it runs").play_url;
    for part in [
        Part::Frames,
        Part::Encode,
        Part::Sound,
        Part::Devices,
        Part::Camera,
        Part::Microphone,
        Part::Publish,
        Part::Server,
    ] {
        lose(&engine, part);
        goes_on(&engine);
    }
    let after = engine.snapshot();
    assert_eq!(after.server.clone().expect("it runs").play_url, server, "at the same port");
    let to = &after.destinations[0];
    assert_eq!(to.breaks, 2, "of the sender and of the server: {:?}", to.log);
    let reason = &to.log[0].reason;
    assert_eq!(*reason, Fault::Internal { part: Part::Publish, goes_on: true });
}

#[test]
fn a_name_lookup_that_dies_is_made_again() {
    let (engine, server) = (engine(any_port()), local_server());
    doom(Part::Resolve);
    engine.send(Command::GoLive(to(&server)));
    let live = eventually(&engine, "live", is_live);
    let reasons: Vec<_> = live.destinations[0].log.iter().map(|end| end.reason.clone()).collect();
    assert_eq!(reasons, [Fault::Internal { part: Part::Resolve, goes_on: true }]);
}

#[test]
fn a_part_that_dies_again_and_again_ends_the_stream_in_order() {
    let (engine, server) = (engine(any_port()), local_server());
    engine.send(Command::GoLive(to(&server)));
    eventually(&engine, "live", is_live);
    for _ in 0..3 {
        lose(&engine, Part::Encode);
        // The fault stays, so that the next one is known by the pictures.
        goes_on(&engine);
    }
    doom(Part::Encode);
    let fault = Fault::Internal { part: Part::Encode, goes_on: false };
    let ended = eventually(&engine, "over", |snapshot| snapshot.stage == Stage::Idle);
    assert_eq!(ended.destinations[0].connection, Connection::Failed(fault));
    has_said_goodbye(&server);
    go_live(&engine);
}

#[test]
fn an_engine_that_dies_says_so_and_its_stream_says_goodbye() {
    let (engine, server) = (engine(any_port()), local_server());
    engine.send(Command::GoLive(to(&server)));
    let has_sent =
        |snapshot: &Snapshot| is_live(snapshot) && snapshot.destinations[0].video_frames > 0;
    eventually(&engine, "live", has_sent);
    let begun = Witness::start();
    doom(Part::Control);
    let fault = Fault::Internal { part: Part::Control, goes_on: false };
    let ended = eventually(&engine, "over", |snapshot| snapshot.stage == Stage::Ended);
    assert!(begun.elapsed() < turn(Part::Control) + SAID, "{:?}", begun.elapsed());
    assert_eq!(ended.faults.first(), Some(&fault));
    assert_eq!(ended.destinations[0].connection, Connection::Failed(fault));
    assert!(ended.destinations[0].video_frames > 0, "its figures stay");
    assert!(!engine.send(Command::Stop), "nobody takes it");
    drop(engine);
    has_said_goodbye(&server);
}
