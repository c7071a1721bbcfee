//! The devices themselves: how they are broken and mended.

use std::fs::{self, File};
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// The camera's identity and name.
pub const VIVID: &str = "platform:vivid.0";

/// Runs a program that must succeed.
pub fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).status();
    let status =
        status.unwrap_or_else(|e| panic!("{program}: {e} (Debian: v4l-utils, alsa-utils)"));
    assert!(status.success(), "{program} {arguments:?}");
}

/// Sets one of the camera's controls.
pub fn control(setting: &str) {
    run("v4l2-ctl", &["-d", "/dev/video0", "-c", setting]);
}

/// Pulls a device out of its driver, or plugs it in again.
fn driver(name: &str, action: &str, device: &str) {
    let path = format!("/sys/bus/platform/drivers/{name}/{action}");
    std::fs::write(&path, device).unwrap_or_else(|e| panic!("{path}: {e}; only root may"));
}

/// Pulls the camera out.
pub fn pull_camera() {
    driver("vivid", "unbind", "vivid.0");
}

/// Plugs the camera in.
pub fn plug_camera() {
    driver("vivid", "bind", "vivid.0");
}

/// Pulls the sound card out. Returns when nobody uses it any more.
pub fn pull_sound_card() {
    driver("snd_aloop", "unbind", "snd_aloop.0");
}

/// Plugs the sound card in.
pub fn plug_sound_card() {
    driver("snd_aloop", "bind", "snd_aloop.0");
}

/// A microphone that can stop delivering and stay where it is: the loopback's time,
/// and samples from a pipe that is fed here, or not.
pub struct Piped {
    stopped: Arc<AtomicBool>,
}

impl Piped {
    /// Its identity.
    pub const ID: &str = "alsa:piped";

    /// Makes it known to ALSA and feeds it.
    pub fn start() -> Self {
        let home = std::env::var("HOME").expect("the rig has one");
        let pipe = "/tmp/tallylight-piped";
        run("mkfifo", &[pipe]);
        let pcm = format!(
            "pcm.piped {{ type file slave.pcm \"hw:Loopback,1\" file /dev/null infile \"{pipe}\" \
             format raw hint {{ show on description \"Piped\" }} }}\n"
        );
        fs::write(format!("{home}/.asoundrc"), pcm).expect("home can be written to");
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        thread::spawn(move || {
            // To read, too: so it neither waits for a reader nor ends with one.
            let pipe = File::options().read(true).write(true).open(pipe);
            let mut pipe = pipe.expect("it was just made");
            let samples: Vec<u8> = (0..4_096).map(|n| (n % 251) as u8).collect();
            while pipe.write_all(&samples).is_ok() {
                while stop.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(20));
                }
            }
        });
        Self { stopped }
    }

    /// Stops it, or lets it go on.
    pub fn stop(&self, stop: bool) {
        self.stopped.store(stop, Ordering::Relaxed);
    }
}

/// Another program that uses the camera. Dropping it ends it.
pub struct Other(Child);

impl Other {
    /// Starts it and waits until it has the camera.
    pub fn start() -> Self {
        let child = Command::new("v4l2-ctl")
            .args(["-d", "/dev/video0", "--stream-mmap", "--stream-count=0"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs (Debian package v4l-utils)");
        std::thread::sleep(std::time::Duration::from_secs(2));
        Self(child)
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
