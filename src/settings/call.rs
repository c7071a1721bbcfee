//! A second start calls the window that runs: a socket beside the lock.
//!
//! Nothing is said on it: to connect is the call. Where the system has no such sockets, or
//! the folder's path is too long for one, nobody is called.

use std::io;
use std::path::Path;

/// The socket's name in the settings folder.
#[cfg(unix)]
const FILE: &str = "running.sock";

/// Calls `answer` at each call from now on. Only the holder of the lock may: what an
/// earlier one left behind is removed.
#[cfg(unix)]
pub fn listen(folder: &Path, answer: impl Fn() + Send + 'static) -> io::Result<()> {
    use std::os::unix::net::UnixListener;

    let path = folder.join(FILE);
    // Left behind by a program that was killed, or not there.
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path)?;
    crate::supervise::spawn("calls", move || {
        // An error that would come again ends it: nothing depends on it.
        for _call in listener.incoming().map_while(Result::ok) {
            answer();
        }
    })?;
    Ok(())
}

/// Calls the window that runs; whether there is one that hears it.
#[cfg(unix)]
pub fn call(folder: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(folder.join(FILE)).is_ok()
}

#[cfg(not(unix))]
pub fn listen(_: &Path, _: impl Fn() + Send + 'static) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub fn call(_: &Path) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_call_is_heard_and_what_was_left_behind_is_no_obstacle() {
        let folder = std::env::temp_dir().join(format!("tallylight-call-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        assert!(!call(&folder), "nobody is there");
        std::fs::write(folder.join(FILE), "").unwrap();
        assert!(!call(&folder), "nobody is there any more");
        let (heard, calls) = mpsc::channel();
        listen(&folder, move || _ = heard.send(())).unwrap();
        for _ in 0..2 {
            assert!(call(&folder));
            calls.recv_timeout(Duration::from_secs(60)).unwrap();
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
