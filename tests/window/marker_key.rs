//! A stream key that can be recognised, through the window and the command line:
//! it is in nothing that anybody reads.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::program::{Program, eventually};
use crate::screen::{Home, PATIENCE, Screen, Window, arguments_of};
use crate::{Server, eventually_plays};

/// The key, its query with a token, and the password of a user.
const KEY: &str = "MARKER-a8d1-key";
const TOKEN: &str = "MARKER-b7e2-token";
/// What each of them holds.
const MARKER: &str = "MARKER-";

fn whole_key() -> String {
    format!("{KEY}?secret={TOKEN}")
}

fn assert_clean(what: &str, text: &str) {
    let line = text.lines().find(|line| line.contains(MARKER));
    assert!(line.is_none(), "the key is in {what}: {line:?}");
}

/// Everything of the window that anybody can read.
fn assert_window_clean(screen: &Screen, window: &Window) {
    assert_clean("standard output", &window.stdout());
    assert_clean("standard error", &window.stderr());
    assert_clean("the list of processes", &window.arguments());
    assert_clean("the window's title", &screen.titles());
    assert_clean("the copied log", &copied_log(screen));
}

fn copied_log(screen: &Screen) -> String {
    eventually("the log is copied", PATIENCE, || {
        screen.press("ctrl+shift+l");
        Some(screen.clipboard()).filter(|log| log.starts_with("Tallylight "))
    })
}

/// The files of the settings folder, where only the file of secrets may have it.
fn assert_files_clean(home: &Home) {
    let mut kept = false;
    for (path, text) in home.files() {
        if path.ends_with("secrets.toml") {
            kept = text.contains(KEY);
            let mode = path.metadata().expect("it is there").permissions().mode();
            assert_eq!(mode & 0o077, 0, "others can read {}", path.display());
        } else {
            assert_clean(&path.display().to_string(), &text);
        }
    }
    assert!(kept, "the key is not remembered at all");
}

#[test]
fn the_window_tells_nobody_a_key_that_works() {
    let mut server = Server::start();
    let (screen, home) = (Screen::open(), Home::new("marker"));
    let mut window = screen.window(&home);
    screen.paste(&format!("{}/{}", server.url(), whole_key()));
    screen.press("ctrl+Return");
    server.wait_for_publishers(1);
    eventually_plays(&format!("{}/{}", server.url(), whole_key()));
    screen.press("ctrl+2");
    assert_window_clean(&screen, &window);
    window.signal("TERM");
    assert!(window.wait().success());
    assert_files_clean(&home);

    // It comes back from where it was kept, and is as silent.
    let window = screen.window(&home);
    eventually("the remembered key goes live", PATIENCE, || {
        screen.press("ctrl+Return");
        std::thread::sleep(Duration::from_millis(300));
        screen.titles().contains("LIVE").then_some(())
    });
    eventually_plays(&format!("{}/{}", server.url(), whole_key()));
    assert_window_clean(&screen, &window);
    drop(window);
    assert_files_clean(&home);
    // The other side of the wire is ours too here.
    assert_clean("the server's log", &server.end());
}

#[test]
fn the_window_tells_nobody_a_key_that_fails() {
    let mut server = Server::start();
    let first = publish(&[&format!("{}/{}", server.url(), whole_key())], &[]);
    server.wait_for_publishers(1);
    let (screen, home) = (Screen::open(), Home::new("marker-fails"));
    let mut window = screen.window(&home);
    screen.paste(&server.url());
    screen.paste(&whole_key());
    screen.press("ctrl+Return");
    eventually("the log says that the key is in use", PATIENCE, || {
        copied_log(&screen).contains("BadName").then_some(())
    });
    assert_window_clean(&screen, &window);
    drop(first);
    window.signal("TERM");
    assert!(window.wait().success());
    assert_files_clean(&home);
}

fn publish(arguments: &[&str], environment: &[(&str, &str)]) -> Program {
    let all =
        [&["publish", "-vvv", "--json", "--video-kbps", "500", "--size", "320x180"], arguments];
    let everything = [("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full")];
    Program::start_with(&all.concat(), &[&everything, environment].concat())
}

/// Runs `publish` until live, ends it, and looks at all it has said.
fn assert_publish_clean(mut program: Program, key_in_arguments: bool) {
    let line = program.wait_for_state("live");
    assert_clean("a line of figures", &line.to_string());
    if !key_in_arguments {
        assert_clean("the list of processes", &arguments_of(program.id()));
    }
    program.interrupt();
    let ended = program.wait();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    for line in &ended.lines {
        assert_clean("a line of figures", &line.to_string());
    }
    assert_clean("standard error", &ended.stderr);
}

#[test]
fn the_command_line_tells_nobody_a_key_that_works() {
    let server = Server::start();
    assert_publish_clean(publish(&[&format!("{}/{}", server.url(), whole_key())], &[]), true);
    let key = whole_key();
    assert_publish_clean(publish(&[&server.url()], &[("TALLYLIGHT_KEY", &key)]), false);
    assert_clean("the server's log", &server.end());
}

#[test]
fn the_command_line_tells_nobody_a_key_that_fails() {
    let mut server = Server::start();
    let key = whole_key();
    let environment = [("TALLYLIGHT_KEY", key.as_str())];
    let _first = publish(&[&server.url()], &environment);
    server.wait_for_publishers(1);
    let in_use = format!("{}/{key}", server.url());
    let nobody = format!("rtmp://127.0.0.1:9/live/{key}");
    let nonsense = format!("http://127.0.0.1/live/{key}");
    for url in [&in_use, &nobody, &nonsense] {
        let begun = publish(&["--duration", "1s", url], &[]);
        assert_clean("what a failure says", &all_said(begun));
    }
}

/// Ends a publisher that fails, or that keeps trying; all it has said.
fn all_said(mut program: Program) -> String {
    let mut said = String::new();
    while let Some(line) = program.line() {
        said.push_str(&line.to_string());
        if line["state"] == "reconnecting" {
            program.interrupt();
        }
    }
    let ended = program.wait();
    assert_ne!(ended.stderr, "", "a failure is told");
    said + &ended.stderr
}
