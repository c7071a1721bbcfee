//! The devices themselves: how they are broken and mended.

use std::process::{Child, Command, Stdio};

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
