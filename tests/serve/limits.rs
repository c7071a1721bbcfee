//! Who the built-in server lets in, who may publish, and who makes room for others.

use std::time::Duration;

use super::config;
use super::peer::Script;
use super::sockets::{Client, picture};
use super::tools::wait_until;
use tallylight::protocol::rtmp::key::StreamKey;
use tallylight::protocol::rtmp::message::ProtocolControl;
use tallylight::serve::{Config, MemoryLimits, Server};

#[test]
fn connections_are_counted_and_limited() {
    let limits = Config { max_connections: 3, max_per_address: 1, ..config() };
    let server = Server::start(limits).expect("a free port");
    let (_publisher, _) = Client::publisher(&server, "k3y");
    let first = Client::player(&server, "k3y");
    let _second = Client::player(&server, "k3y");
    let mut third = Client::connect(&server);
    third.say(&mut Script::connected("live"));
    third.wait_for("_error NetConnection.Connect.Rejected");
    third.wait_for_end();
    wait_until("it is gone", || server.status().connections == 3);
    drop(first);
    wait_until("there is room again", || server.status().connections == 2);
    let _fourth = Client::player(&server, "k3y");
}

#[test]
fn one_who_does_nothing_makes_room_for_the_next() {
    let server = Server::start(Config { max_connections: 4, ..config() }).expect("a free port");
    let (mut publisher, mut script) = Client::publisher(&server, "k3y");
    let mut player = Client::player(&server, "k3y");
    let mut waiting = Client::player(&server, "nobody");
    let mut idle = Client::connect(&server);
    wait_until("all are there", || server.status().connections == 4);
    let (mut second, _) = Client::publisher(&server, "other");
    idle.wait_for_end();
    let _third = Client::player(&server, "k3y");
    waiting.wait_for_end();
    let mut fourth = Client::connect(&server);
    fourth.say(&mut Script::connected("live"));
    fourth.wait_for("_error NetConnection.Connect.Rejected");
    script.video(0, &picture(true, 300));
    publisher.say(&mut script);
    wait_until("the picture arrives", || player.hear() && player.pictures() == [0]);
    assert!(second.hear(), "whoever publishes stays");
}

#[test]
fn a_publisher_that_sends_nothing_makes_room_unless_it_is_played() {
    let limit = Duration::from_millis(200);
    let limits = Config { max_connections: 3, silence_limit: limit, ..config() };
    let server = Server::start(limits).expect("a free port");
    let (mut played, _) = Client::publisher(&server, "k3y");
    let _player = Client::player(&server, "k3y");
    let (mut mute, _) = Client::publisher(&server, "mute");
    std::thread::sleep(limit);
    let _next = Client::player(&server, "k3y");
    mute.wait_for_end();
    assert!(played.hear(), "whoever is played stays");
    assert_eq!((server.status().publishers, server.status().players), (1, 2));
}

#[test]
fn who_holds_too_much_goes_and_the_others_stay() {
    let memory = MemoryLimits { total: 4 << 20, strangers: 1 << 20, ..MemoryLimits::default() };
    let server = Server::start(Config { memory, ..config() }).expect("a free port");
    let (mut publisher, mut script) = Client::publisher(&server, "k3y");
    let mut player = Client::player(&server, "k3y");
    // Those who do not publish: each may hold half a megabyte, and all together one.
    let mut strangers: Vec<_> = (0..4)
        .map(|_| {
            let mut client = Client::connect(&server);
            client.say(&mut unfinished(Script::connected("live"), 400 << 10));
            client
        })
        .collect();
    let left =
        |clients: &mut [Client]| clients.iter_mut().filter_map(|c| c.hear().then_some(())).count();
    wait_until("two of four have gone", || left(&mut strangers) == 2);
    // Those who do: all the rest together.
    let mut hoarders: Vec<_> = (0..3)
        .map(|n| {
            let (mut client, script) = Client::publisher(&server, &n.to_string());
            client.say(&mut unfinished(script, 2 << 20));
            client
        })
        .collect();
    wait_until("one of three is left", || left(&mut hoarders) == 1);
    script.video(0, &picture(true, 300_000));
    publisher.say(&mut script);
    wait_until("the picture arrives", || player.hear() && player.pictures() == [0]);
    assert_eq!((left(&mut strangers), left(&mut hoarders)), (2, 1));
    let status = server.status();
    assert_eq!((status.publishers, status.players), (2, 1));
}

#[test]
fn only_who_shows_the_key_may_publish_and_everybody_may_play() {
    let publish_key = Some(StreamKey::new("s3cret"));
    let server = Server::start(Config { publish_key, ..config() }).expect("a free port");
    let mut guess = Client::connect(&server);
    guess.say(&mut Script::publisher("live", "guess"));
    guess.wait_for("onStatus NetStream.Publish.Denied");
    guess.wait_for_end();
    for (key, played) in [("s3cret", "stream"), ("cam?key=s3cret", "cam")] {
        let (mut publisher, mut script) = Client::publisher(&server, key);
        script.video(0, &picture(true, 300));
        publisher.say(&mut script);
        let mut player = Client::player(&server, played);
        wait_until("the picture arrives", || player.hear() && player.pictures() == [0]);
    }
    assert!(!format!("{server:?} {:?}", server.status()).contains("s3cret"));
}

/// A message of some bytes without its end.
fn unfinished(mut script: Script, length: usize) -> Script {
    script.control(ProtocolControl::SetChunkSize(64 << 10));
    script.video(0, &picture(true, length));
    script.bytes.truncate(script.bytes.len() - 1000);
    script
}
