//! Whether Linux keeps all sound cards from us: then none is listed.

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Whether the folder has inputs of ALSA's, none of which may be read.
pub(super) fn all_inputs_are(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    let is_input = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        let name = name.as_bytes();
        name.starts_with(b"pcm") && name.ends_with(b"c")
    };
    let mut inputs = entries.flatten().filter(is_input).map(|entry| entry.path()).peekable();
    inputs.peek().is_some() && inputs.all(|path| is_denied(&path))
}

/// Asked without opening it, which would keep others out for that moment.
fn is_denied(path: &Path) -> bool {
    let Ok(path) = CString::new(path.as_os_str().as_bytes()) else { return false };
    // SAFETY: the path ends with a zero and outlives the call.
    let answer = unsafe { libc::access(path.as_ptr(), libc::R_OK) };
    answer != 0 && io::Error::last_os_error().kind() == io::ErrorKind::PermissionDenied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_inputs_denies_nothing() {
        let folder = std::env::temp_dir().join(format!("tallylight-inputs-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("there is a place for temporary files");
        let put = |name: &str| fs::write(folder.join(name), "").expect("it can be written");
        assert!(!all_inputs_are(&folder.join("none")));
        assert!(!all_inputs_are(&folder));
        put("pcmC0D0p");
        assert!(!all_inputs_are(&folder), "an output is no input");
        put("pcmC0D0c");
        assert!(!all_inputs_are(&folder), "it may be read");
        fs::remove_dir_all(&folder).expect("it is ours");
    }
}
