//! The window live from camera and microphone: a display without a screen, a
//! pointer and a clipboard in the same machine, and what arrives at an nginx.

use std::fs;
use std::time::Duration;

use crate::devices::VIVID;
use crate::live::{RATE, sound, tone};
use crate::media;
use crate::nginx::Nginx;
use crate::program::eventually;
use crate::screen::{Home, PATIENCE, Screen};

/// Where the buttons of a window of 1280×800 are.
const GO_LIVE: (u32, u32) = (1110, 758);
const END_STREAM: (u32, u32) = (727, 430);

/// What takes a moment elsewhere.
const SLOW: Duration = Duration::from_secs(180);

/// How long it is live. Here it draws, encodes and receives on one slow processor.
const LIVE: Duration = Duration::from_secs(25);

/// What the window was left with the last time.
fn remembered() -> String {
    format!(
        "[sources]\ncamera = \"device:{VIVID};size=320x180;fps=30\"\nmicrophone = \"default\"\n\
         [output]\nwidth = 320\nheight = 180\nvideo_kbps = 500\n"
    )
}

#[test]
#[ignore = "needs the devices of a test machine"]
fn goes_live_from_camera_and_microphone() {
    let nginx = Nginx::start("rig-window");
    let (screen, home) = (Screen::open(), Home::new("rig-window"));
    fs::create_dir_all(home.config()).expect("the test's folder can be written");
    fs::write(home.config().join("settings.toml"), remembered()).expect("so can its files");
    let mut window = screen.window(&home);

    screen.paste(&nginx.url("window-key"));
    // A person sees the button turn green; here the key in its place says so.
    eventually("the key is taken", SLOW, || {
        let file = home.config().join("secrets.toml");
        fs::read_to_string(file).unwrap_or_default().contains("window-key").then_some(())
    });
    screen.click(GO_LIVE);
    eventually("its title says so", SLOW, || screen.titles().contains("LIVE").then_some(()));
    std::thread::sleep(LIVE);
    screen.click(GO_LIVE);
    // The question is drawn by the frame after the click, which takes seconds here.
    eventually("the stream ends", SLOW, || {
        std::thread::sleep(Duration::from_secs(6));
        screen.click(END_STREAM);
        (!screen.titles().contains("LIVE")).then_some(())
    });
    assert!(window.runs(), "{}", window.stderr());

    let file = eventually("a recording", PATIENCE, || nginx.recordings().pop());
    let probed = media::probe(&file);
    let pictures = media::packets(&probed, "video");
    let seconds = (pictures[pictures.len() - 1].0 - pictures[0].0) as f64 / 1e3;
    println!("{:.1} pictures a second for {seconds:.1} s", pictures.len() as f64 / seconds);
    assert!(seconds > LIVE.as_secs_f64() - 5.0, "{seconds} s of picture");
    let heard = sound(&file);
    let (_, share) = tone(&heard[heard.len() / 2..], 440.0);
    println!("{:.1} s of sound, {:.2} % of it the tone", heard.len() as f64 / RATE, share * 100.0);
    // The machine's processor draws the window, too, and leaves gaps in the sound; what
    // else there is of it is the microphone's.
    assert!(share > 0.5, "the microphone's tone is not there: {share}");
    assert_eq!(media::decode_complaints(&file), "");
}
