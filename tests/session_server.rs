//! The server session's requests, refusals and ends, where its owner has the word.

#[path = "support/peer.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod peer;

use peer::{Listener, Script, at, what};
use tallylight::protocol::amf0::{Encoder, Value};
use tallylight::protocol::rtmp::State;
use tallylight::protocol::rtmp::handshake::RANDOM_SIZE;
use tallylight::protocol::rtmp::message::MessageType;
use tallylight::protocol::rtmp::server::{
    MediaKind, Rejection, ServerEvent, ServerOptions, ServerSession,
};

/// A session whose requests the test answers.
struct Desk {
    session: ServerSession,
    listener: Listener,
}

impl Desk {
    /// After a script, whose requests are not answered.
    fn after(script: &mut Script) -> Self {
        let session = ServerSession::new(ServerOptions::default(), &[9; RANDOM_SIZE], at(0));
        let mut desk = Self { session, listener: Listener::new() };
        desk.read(script);
        desk.said();
        desk
    }

    fn read(&mut self, script: &mut Script) -> usize {
        self.session.read(at(1), &script.take()).expect("the script is lawful")
    }

    fn events(&mut self) -> Vec<ServerEvent> {
        std::iter::from_fn(|| self.session.poll_event()).collect()
    }

    fn said(&mut self) -> Vec<String> {
        let output = self.session.output().to_vec();
        self.session.consume(output.len());
        what(&self.listener.hear(&output))
    }
}

#[test]
fn a_refused_name_may_be_asked_for_again() {
    let mut script = Script::publisher("live", "k");
    let mut desk = Desk::after(&mut script);
    for _ in 0..2 {
        let events = desk.events();
        assert!(matches!(events.last(), Some(ServerEvent::PublishRequested { stream_id: 1, .. })));
        desk.session.reject(1, &Rejection::name_in_use()).unwrap();
        assert_eq!(desk.said(), ["onStatus NetStream.Publish.BadName"]);
        script.command(1, "publish", 6.0, &[Value::Null, "k".into(), "live".into()]);
        desk.read(&mut script);
    }
    desk.session.accept_publish(1).unwrap();
    assert_eq!(desk.said(), ["StreamBegin", "onStatus NetStream.Publish.Start"]);
    desk.session.accept_publish(1).unwrap();
    assert_eq!(desk.said(), [""; 0], "nothing is asked for any more");
}

#[test]
fn a_stream_is_published_again_under_another_name() {
    let mut script = Script::publisher("live", "one");
    let mut desk = Desk::after(&mut script);
    desk.session.accept_publish(1).unwrap();
    desk.events();
    script.command(1, "publish", 6.0, &[Value::Null, "two".into(), "live".into()]);
    desk.read(&mut script);
    let events = desk.events();
    assert_eq!(events[0], ServerEvent::PublishEnded { stream_id: 1 });
    assert!(matches!(&events[1], ServerEvent::PublishRequested { key, .. } if key.matches("two")));
    assert_eq!(desk.session.state(), State::Creating, "it waits again");
}

#[test]
fn nothing_is_sent_to_one_who_does_not_play() {
    let mut desk = Desk::after(&mut Script::player("live", "k"));
    assert!(
        desk.session.send(1, MediaKind::Audio, 0, &vec![0xAF, 1, 2].into()).is_err(),
        "not yet"
    );
    desk.session.accept_play(1).unwrap();
    desk.session.send(1, MediaKind::Audio, 0, &vec![0xAF, 1, 2].into()).unwrap();
    assert_eq!(desk.said().last().map(String::as_str), Some("type 8"));
    desk.session.end_play(1).unwrap();
    assert!(
        desk.session.send(1, MediaKind::Audio, 0, &vec![0xAF, 1, 2].into()).is_err(),
        "no more"
    );
    assert_ne!(desk.session.state(), State::Over, "the mistakes did not end the session");
}

#[test]
fn an_object_without_its_end_is_read() {
    let mut script = Script::hello();
    let mut body = Vec::new();
    Encoder::new(&mut body).string("connect").number(1.0);
    body.extend(b"\x03\0\x03app\x02\0\x04live");
    script.message(3, MessageType::COMMAND, 0, 0, &body);
    let mut desk = Desk::after(&mut script);
    assert_eq!(desk.events(), [ServerEvent::Connected { app: "live".into() }]);
}

#[test]
fn ids_that_are_none_do_no_harm() {
    let mut script = Script::publisher("live", "k");
    let mut desk = Desk::after(&mut script);
    desk.session.accept_publish(1).unwrap();
    for id in [Value::Null, f64::NAN.into(), (-1.0).into(), 1e300.into(), "x".into()] {
        script.command(0, "createStream", f64::NAN, std::slice::from_ref(&id));
        script.command(0, "deleteStream", 0.0, &[Value::Null, id]);
    }
    desk.read(&mut script);
    assert_ne!(desk.session.state(), State::Over);
}

#[test]
fn closing_waits_for_the_output_and_not_longer_than_a_second() {
    let mut script = Script::publisher("live", "k");
    let mut desk = Desk::after(&mut script);
    desk.session.accept_publish(1).unwrap();
    desk.events();
    desk.session.close(at(10));
    assert_eq!(desk.events(), [ServerEvent::PublishEnded { stream_id: 1 }]);
    assert!(!desk.session.is_drained());
    assert_eq!(desk.said(), ["StreamBegin", "onStatus NetStream.Publish.Start"]);
    assert!(desk.session.is_drained());
    script.video(0, &[0x17, 1, 0, 0, 0, 9]);
    desk.read(&mut script);
    let deadline = desk.session.deadline().expect("closing has an end");
    assert!(deadline <= at(1_010));
    desk.session.on_deadline(deadline).unwrap();
    assert_eq!((desk.events(), desk.session.state()), (vec![ServerEvent::Closed], State::Over));
}
