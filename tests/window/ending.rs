//! Every way a window ends.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use crate::places::end_and_close;
use crate::program::eventually;
use crate::screen::{Home, PATIENCE, Screen, Window};
use crate::witness::Witness;
use crate::{Server, eventually_plays};

/// Whether the server's log has a publisher that has said goodbye.
fn has_said_goodbye(log: &str) -> bool {
    log.lines().any(|line| line.contains("stream ") && line.ends_with("ended it"))
}

/// A window that is live on a server.
fn live(screen: &Screen, home: &Home, server: &mut Server) -> Window {
    let window = screen.window(home);
    screen.paste(&format!("{}/ending", server.url()));
    screen.press("ctrl+Return");
    server.wait_for_publishers(1);
    eventually("its title says so", PATIENCE, || screen.titles().contains("LIVE").then_some(()));
    window
}

#[test]
fn signals_end_a_live_window_as_stop_and_close_do() {
    for signal in ["INT", "TERM"] {
        let mut server = Server::start();
        let (screen, home) = (Screen::open(), Home::new("signal"));
        let mut window = live(&screen, &home, &mut server);
        let asked = Witness::start();
        window.signal(signal);
        let status = window.wait();
        assert!(status.success(), "{signal}: {status}, {}", window.stderr());
        assert!(asked.elapsed() < Duration::from_secs(5), "{signal}: {:?}", asked.elapsed());
        let said = server.end();
        assert!(has_said_goodbye(&said), "{signal}: {said}");
        let settings = std::fs::read_to_string(home.config().join("settings.toml"));
        assert!(settings.expect("they are written").contains("service = \"custom\""));
    }
}

#[test]
fn an_engine_that_stops_by_itself_is_said_and_another_goes_live() {
    let (screen, home) = (Screen::open(), Home::new("engine"));
    let mut window = screen.start(&home, &[("TALLYLIGHT_TEST_PANIC", "control@4000")]);
    eventually("the engine stops", PATIENCE, || {
        window.stderr().contains("internal error thread=\"control\"").then_some(())
    });
    screen.focus();
    let words = "The streaming engine stopped because of an internal error";
    eventually("the window says so", PATIENCE, || {
        screen.press("ctrl+shift+l");
        screen.clipboard().contains(words).then_some(())
    });
    screen.press("ctrl+Return");
    eventually("it goes live", PATIENCE, || screen.titles().contains("LIVE").then_some(()));
    window.signal("TERM");
    assert!(window.wait().success());
}

#[test]
fn a_stream_outlives_its_display() {
    let mut server = Server::start();
    let (screen, home) = (Screen::open(), Home::new("display"));
    let mut window = live(&screen, &home, &mut server);
    drop(screen);
    eventually("it is said", PATIENCE, || {
        window.stderr().contains("The stream goes on without it").then_some(())
    });
    // The server says so each second.
    server.wait_for_publishers(1);
    server.wait_for_publishers(1);
    eventually_plays(&format!("{}/ending", server.url()));
    assert!(window.runs(), "{}", window.stderr());
    window.signal("TERM");
    let status = window.wait();
    assert!(status.success(), "{status}, {}", window.stderr());
    let said = server.end();
    assert!(has_said_goodbye(&said), "{said}");
}

#[test]
fn an_idle_window_ends_with_its_display() {
    let (screen, home) = (Screen::open(), Home::new("idle-display"));
    let mut window = screen.window(&home);
    drop(screen);
    let status = window.wait();
    assert_eq!(status.code(), Some(5), "{status}");
    let words = "The display is gone, and the window with it";
    assert!(window.stderr().contains(words), "{}", window.stderr());
}

#[test]
fn a_signal_ends_an_idle_window() {
    let (screen, home) = (Screen::open(), Home::new("idle"));
    let mut window = screen.window(&home);
    window.signal("TERM");
    let status = window.wait();
    assert!(status.success(), "{status}");
}

#[test]
fn closing_while_live_asks_and_then_stops_cleanly() {
    let mut server = Server::start();
    let (screen, home) = (Screen::open(), Home::new("closing"));
    let mut window = live(&screen, &home, &mut server);
    screen.press("ctrl+q");
    // It asks, and streams on.
    server.wait_for_publishers(1);
    server.wait_for_publishers(1);
    eventually_plays(&format!("{}/ending", server.url()));
    assert!(window.runs(), "it closed without a question");
    let end_and_close = end_and_close();
    eventually("the window closes", PATIENCE, || {
        screen.click(end_and_close);
        std::thread::sleep(Duration::from_millis(300));
        (!window.runs()).then_some(())
    });
    let status = window.wait();
    assert!(status.success(), "{status}");
    let said = server.end();
    assert!(has_said_goodbye(&said), "{said}");
}

#[test]
fn a_killed_window_leaves_nothing_half_written() {
    let (screen, home) = (Screen::open(), Home::new("killed"));
    for start in 0..6 {
        let mut window = screen.window(&home);
        let told = window.stderr();
        assert!(!told.contains("ERROR"), "start {start}: {told}");
        screen.paste(&format!("rtmp://127.0.0.1:9/live/killed-{start}"));
        // Settings are written about a second after a change: before, while and
        // after.
        std::thread::sleep(Duration::from_millis(850 + 60 * start));
        window.signal("KILL");
        assert_eq!(window.wait().signal(), Some(9));
        assert_whole(&home);
    }
    // What is written is kept.
    let is_written = || {
        let settings = std::fs::read_to_string(home.config().join("settings.toml"));
        settings.is_ok_and(|text| text.contains("rtmp://127.0.0.1:9/last"))
    };
    let mut window = screen.window(&home);
    screen.paste("rtmp://127.0.0.1:9/last/killed");
    eventually("it is written", PATIENCE, || is_written().then_some(()));
    window.signal("KILL");
    window.wait();
    let mut window = screen.window(&home);
    window.signal("TERM");
    window.wait();
    assert_whole(&home);
    assert!(is_written());
}

/// The settings folder holds whole files, and none that was put aside.
fn assert_whole(home: &Home) {
    for (path, text) in home.files() {
        let name = path.file_name().expect("it is a file").to_string_lossy().into_owned();
        let whole = match path.extension().and_then(|e| e.to_str()) {
            Some("toml") => text.parse::<toml_edit::DocumentMut>().is_ok_and(|doc| !doc.is_empty()),
            Some("new" | "lock" | "sock" | "txt") => true,
            _ => false,
        };
        assert!(whole, "{name}: {text}");
    }
}

#[test]
fn a_second_start_says_that_one_is_running_and_brings_it_to_the_front() {
    let (screen, home) = (Screen::open(), Home::new("second"));
    let mut first = screen.window(&home);
    let mut second = screen.start(&home, &[]);
    let status = second.wait();
    assert_eq!(status.code(), Some(1), "{status}");
    assert!(second.stderr().contains("Tallylight is already running."), "{}", second.stderr());
    assert!(first.runs(), "the first window has gone");
    eventually("the first is called", PATIENCE, || {
        first.stderr().contains("another start asked for this window").then_some(())
    });
    first.signal("TERM");
    assert!(first.wait().success());
    let mut third = screen.window(&home);
    third.signal("TERM");
    assert!(third.wait().success());
}
