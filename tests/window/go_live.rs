//! From the start to live, and back.

use std::time::Duration;

use crate::places::{end_stream, large_button};
use crate::program::eventually;
use crate::screen::{Home, PATIENCE, Screen, Window};
use crate::{Server, eventually_plays, plays};

/// Where the window's own server listens: the usual port, or another if that is taken.
fn own_server(window: &Window) -> String {
    let said = window.stderr();
    let line = said.lines().find(|line| line.contains("built-in server listens on"));
    let address = line.and_then(|line| line.split_once("listens on "));
    let (_, address) = address.unwrap_or_else(|| panic!("no server: {said}"));
    address.split_whitespace().next().unwrap_or_default().to_owned()
}

#[test]
fn one_click_goes_live_to_this_computer_and_two_end_it() {
    let (screen, home) = (Screen::open(), Home::new("this-computer"));
    let window = screen.window(&home);

    screen.click(large_button());
    eventually("its title says so", PATIENCE, || screen.titles().contains("LIVE").then_some(()));
    let url = format!("rtmp://{}/live/tally", own_server(&window));
    eventually_plays(&url);
    assert!(screen.titles().contains("LIVE"), "{}", screen.titles());

    screen.click(large_button());
    // The question is drawn by the frame after the click.
    let end_stream = end_stream();
    eventually("the stream ends", PATIENCE, || {
        screen.click(end_stream);
        std::thread::sleep(Duration::from_millis(300));
        let titles = screen.titles();
        (!plays(&url) && !titles.contains("LIVE")).then_some(())
    });
}

#[test]
fn a_first_start_with_server_and_key_on_the_clipboard_is_live_after_two_pastes_and_one_click() {
    let mut server = Server::start();
    let (screen, home) = (Screen::open(), Home::new("clipboard"));
    let _window = screen.window(&home);
    screen.paste(&format!(" {}\n", server.url()));
    screen.paste("first-start-key?token=7\r\n");
    // A person sees the button turn green; here the key in its place says so.
    eventually("both are taken", PATIENCE, || {
        let file = home.config().join("secrets.toml");
        let kept = std::fs::read_to_string(file).unwrap_or_default();
        kept.contains("first-start-key?token=7").then_some(())
    });
    screen.click(large_button());
    server.wait_for_publishers(1);
    eventually_plays(&format!("{}/first-start-key?token=7", server.url()));
}

#[test]
fn one_paste_of_both_and_one_key_are_live_too() {
    let mut server = Server::start();
    let (screen, home) = (Screen::open(), Home::new("one-paste"));
    let _window = screen.window(&home);
    screen.paste(&format!("Server: {}\nStream key: one-paste-key\n", server.url()));
    screen.press("ctrl+Return");
    server.wait_for_publishers(1);
    eventually_plays(&format!("{}/one-paste-key", server.url()));
}

#[test]
fn the_log_that_is_copied_holds_what_the_program_said() {
    let (screen, home) = (Screen::open(), Home::new("log"));
    let _window = screen.window(&home);
    screen.press("ctrl+Return");
    eventually("the log says that the server runs", PATIENCE, || {
        screen.press("ctrl+shift+l");
        let log = screen.clipboard();
        (log.contains("built-in server listens on ") && log.contains("Live")).then_some(())
    });
}
