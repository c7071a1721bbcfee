//! The window, driven as a person would: a display without a screen, a pointer,
//! and a player that we did not write.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where the built-in server listens.
const PORT: u16 = 1935;

/// The window's size, and where its buttons are.
const SIZE: &str = "1280x800x24";
const GO_LIVE: (&str, &str) = ("1110", "758");
const END_STREAM: (&str, &str) = ("727", "430");

/// Something that runs until the test is over.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Running {
    let child = Command::new(program)
        .args(arguments)
        .envs(environment.iter().copied())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|e| panic!("{program} is missing: install the package of that name ({e})"));
    Running(child)
}

fn eventually<T>(what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = check() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "did not happen: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A display, and the arguments that lead programs to it.
fn display() -> (Running, String) {
    let number = 100 + std::process::id() % 800;
    let name = format!(":{number}");
    let screen = start("Xvfb", &[&name, "-screen", "0", SIZE], &[]);
    let socket = PathBuf::from(format!("/tmp/.X11-unix/X{number}"));
    eventually("the display opens (package xvfb)", || socket.exists().then_some(()));
    (screen, name)
}

fn xdotool(display: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new("xdotool")
        .args(arguments)
        .env("DISPLAY", display)
        .output()
        .expect("xdotool is missing: install the package xdotool");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

fn click(display: &str, (x, y): (&str, &str)) {
    xdotool(display, &["mousemove", x, y, "click", "1"]).expect("the pointer can be moved");
}

/// Whether a player gets picture and sound from the address.
fn plays(url: &str) -> bool {
    let arguments =
        ["-v", "error", "-rw_timeout", "3000000", "-show_entries", "stream=codec_name", url];
    let output = Command::new("ffprobe")
        .args(arguments)
        .output()
        .expect("ffprobe is missing: install the package ffmpeg");
    let text = String::from_utf8_lossy(&output.stdout);
    text.contains("h264") && text.contains("aac")
}

fn is_listening() -> bool {
    std::net::TcpStream::connect(("127.0.0.1", PORT)).is_ok()
}

#[test]
fn one_click_goes_live_to_this_computer_and_two_end_it() {
    assert!(!is_listening(), "port {PORT} is in use: the window's own server needs it");
    let (_screen, display) = display();
    let folder = std::env::temp_dir().join(format!("tallylight-window-{}", std::process::id()));
    let folder_text = folder.display().to_string();
    let environment = [("DISPLAY", display.as_str()), ("XDG_CONFIG_HOME", &folder_text)];
    let _window = start(env!("CARGO_BIN_EXE_tallylight"), &[], &environment);
    eventually("the window opens", || xdotool(&display, &["search", "--name", "Tallylight"]));

    // A click before the first frame is drawn is lost, as it is for a person.
    eventually("the stream starts", || {
        if is_listening() {
            return Some(());
        }
        click(&display, GO_LIVE);
        std::thread::sleep(Duration::from_millis(700));
        None
    });
    let url = format!("rtmp://127.0.0.1:{PORT}/live/tally");
    eventually("a player plays it", || plays(&url).then_some(()));

    click(&display, GO_LIVE);
    std::thread::sleep(Duration::from_millis(700));
    click(&display, END_STREAM);
    eventually("the stream ends", || (!plays(&url)).then_some(()));
    let _ = std::fs::remove_dir_all(folder);
}
