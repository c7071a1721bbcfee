//! Cameras and microphones of a machine that has them: the kernel's own test
//! devices `vivid` and `snd-aloop`, in a virtual machine. Run by `tests/rig.sh`,
//! as root, one test at a time; of no use elsewhere, and so never run there.

#[allow(dead_code, reason = "a camera's picture has no flashes, a microphone's sound no beeps")]
#[path = "../support/media.rs"]
mod media;
#[path = "../support/nginx.rs"]
mod nginx;
#[path = "../support/program.rs"]
mod program;
#[allow(dead_code, reason = "one window is opened, and no secrets are looked for")]
#[path = "../support/screen.rs"]
mod screen;

mod cameras;
mod devices;
mod faults;
mod jpeg;
mod live;
mod window;
