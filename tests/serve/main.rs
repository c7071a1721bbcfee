//! The built-in server over real sockets: with programs that we did not write, and
//! with clients written out by hand.

#[path = "../support/media_files.rs"]
mod media_files;
#[path = "../support/peer.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod peer;
#[path = "../support/program.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod program;
#[path = "../support/tools.rs"]
mod tools;
#[path = "../support/witness.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod witness;

#[cfg(target_os = "linux")]
mod attack;
mod ffmpeg;
mod gstreamer;
mod key;
mod limits;
mod sockets;

use tallylight::serve::{Config, Server};

/// Any free port of this machine.
fn config() -> Config {
    Config { listen: "127.0.0.1:0".parse().expect("an address"), ..Config::default() }
}

fn server() -> Server {
    Server::start(config()).expect("a free port")
}

fn url(server: &Server, path: &str) -> String {
    format!("rtmp://{}/{path}", server.local_addr())
}
