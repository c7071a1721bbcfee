//! Keys and passwords: where they are kept, and where they are not.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tallylight::protocol::rtmp::key::Secret;
use tallylight::settings::{
    FileVault, SecretKind, SecretName, Secrets, Settings, Store, Vault, VaultError, VaultPlace,
};

const MARKER: &str = "marker-key-5f2c91e4";

struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let name = format!("tallylight-secrets-{test}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the temporary folder can be written");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// A keyring in memory that can be locked.
#[derive(Clone, Default)]
struct Memory {
    kept: Arc<Mutex<HashMap<String, Secret>>>,
    locked: bool,
}

impl Vault for Memory {
    fn read(&mut self, name: &SecretName) -> Result<Option<Secret>, VaultError> {
        if self.locked {
            return Err(VaultError::Locked);
        }
        Ok(self.kept.lock().expect("no test panics in it").get(&name.to_string()).cloned())
    }

    fn write(&mut self, name: &SecretName, secret: &Secret) -> Result<(), VaultError> {
        if self.locked {
            return Err(VaultError::Locked);
        }
        let mut kept = self.kept.lock().expect("no test panics in it");
        kept.insert(name.to_string(), secret.clone());
        Ok(())
    }

    fn remove(&mut self, name: &SecretName) -> Result<(), VaultError> {
        self.kept.lock().expect("no test panics in it").remove(&name.to_string());
        Ok(())
    }

    fn place(&self) -> VaultPlace {
        VaultPlace::Keyring
    }
}

fn name(service: &str) -> SecretName {
    SecretName { service: service.into(), kind: SecretKind::Key }
}

#[test]
fn a_file_keeps_gives_and_forgets() {
    let folder = Folder::new("file");
    let mut secrets = Secrets::in_vault(FileVault::new(&folder.0));
    let file = folder.0.join(FileVault::FILE);
    assert_eq!(secrets.place(), VaultPlace::File(file.clone()));
    let key = |secrets: &mut Secrets, service: &str| {
        secrets.read(&name(service)).expect("readable").map(|s| s.expose().to_owned())
    };
    assert_eq!(key(&mut secrets, "twitch"), None);
    secrets.keep(&name("twitch"), Some(&Secret::new(MARKER))).expect("writable");
    secrets.keep(&name("mux"), Some(&Secret::new("a \"b\" = 'c' ?d\\"))).expect("writable");
    assert_eq!(key(&mut secrets, "twitch").as_deref(), Some(MARKER));
    assert_eq!(key(&mut secrets, "mux").as_deref(), Some("a \"b\" = 'c' ?d\\"));
    secrets.keep(&name("twitch"), None).expect("writable");
    assert_eq!(key(&mut secrets, "twitch"), None);
    assert!(!fs::read_to_string(&file).expect("it is there").contains(MARKER));
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("mode");
    let mut vault = FileVault::new(&folder.0);
    vault.write(&name("twitch"), &Secret::new(MARKER)).expect("writable");
    let file = folder.0.join(FileVault::FILE);
    let mode = fs::metadata(file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_an_earlier_start_left_in_the_file_moves_to_the_keyring() {
    let folder = Folder::new("moving");
    let mut file = FileVault::new(&folder.0);
    file.write(&name("twitch"), &Secret::new(MARKER)).expect("writable");
    let keyring = Memory::default();
    let mut secrets = Secrets::moving(file.clone(), keyring.clone());
    let read = secrets.read(&name("twitch")).expect("readable").expect("it is there");
    assert_eq!(read.expose(), MARKER);
    let kept = keyring.kept.lock().expect("no test panics in it");
    assert_eq!(kept["twitch/key"].expose(), MARKER);
    assert!(file.read(&name("twitch")).expect("readable").is_none());
}

#[test]
fn a_locked_keyring_says_so_and_nothing_goes_to_the_file() {
    let folder = Folder::new("locked");
    let locked = Memory { locked: true, ..Memory::default() };
    let mut secrets = Secrets::moving(FileVault::new(&folder.0), locked);
    let kept = secrets.keep(&name("twitch"), Some(&Secret::new(MARKER)));
    let error = kept.expect_err("it is locked").to_string();
    assert_eq!(error, "the system's keyring is locked or refused");
    assert!(!folder.0.join(FileVault::FILE).exists());
}

#[test]
fn names_and_errors_hold_no_secret() {
    let folder = Folder::new("names");
    fs::create_dir(folder.0.join(FileVault::FILE)).expect("writable");
    let mut vault = FileVault::new(&folder.0);
    let failed = vault.write(&name("twitch"), &Secret::new(MARKER)).expect_err("it is a folder");
    assert!(!format!("{failed} {failed:?} {}", name("twitch")).contains(MARKER));
}

#[test]
fn the_settings_file_has_no_place_for_a_key() {
    let folder = Folder::new("settings");
    let mut secrets = Secrets::in_vault(FileVault::new(&folder.0));
    for kind in SecretKind::ALL {
        let name = SecretName { service: "custom".into(), kind };
        secrets.keep(&name, Some(&Secret::new(MARKER))).expect("writable");
    }
    let (mut store, mut settings, _): (_, Settings, _) = Store::open(&folder.0);
    settings.destination.service = "custom".into();
    store.save(&settings).expect("writable");
    let text = fs::read_to_string(folder.0.join(Store::FILE)).expect("it is there");
    assert!(!text.contains(MARKER), "{text}");
}

#[test]
fn a_file_that_can_not_be_understood_is_kept_aside() {
    let folder = Folder::new("broken");
    let file = folder.0.join(FileVault::FILE);
    let mut vault = FileVault::new(&folder.0);
    for (broken, kept) in [("\"twitch/key\" = 'old", ".broken"), ("= = =", ".broken-2")] {
        fs::write(&file, broken).expect("writable");
        let told = vault.read(&name("twitch")).expect_err("nobody knows what it held").to_string();
        assert!(told.contains("can't be understood") && !told.contains("old"), "{told}");
        assert!(file.exists(), "reading changes nothing");
        vault.write(&name("twitch"), &Secret::new(MARKER)).expect("writable");
        let kept = folder.0.join(format!("{}{kept}", FileVault::FILE));
        assert_eq!(fs::read_to_string(kept).expect("it is kept"), broken);
        let read = vault.read(&name("twitch")).expect("readable").expect("it is there");
        assert_eq!(read.expose(), MARKER);
    }
}
