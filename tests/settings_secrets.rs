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

/// A keyring in memory that can be locked, or fail.
#[derive(Clone, Default)]
struct Memory {
    kept: Arc<Mutex<HashMap<String, Secret>>>,
    locked: bool,
    fails: bool,
}

impl Memory {
    fn holding(name: &str, secret: &str) -> Self {
        let keyring = Self::default();
        let mut kept = keyring.kept.lock().expect("no test panics in it");
        kept.insert(name.into(), Secret::new(secret));
        drop(kept);
        keyring
    }

    fn check(&self) -> Result<(), VaultError> {
        match (self.locked, self.fails) {
            (true, _) => Err(VaultError::Locked),
            (_, true) => Err(VaultError::Keyring("no answer".into())),
            _ => Ok(()),
        }
    }

    fn get(&self, name: &str) -> Option<String> {
        let kept = self.kept.lock().expect("no test panics in it");
        kept.get(name).map(|secret| secret.expose().to_owned())
    }
}

impl Vault for Memory {
    fn read(&mut self, name: &SecretName) -> Result<Option<Secret>, VaultError> {
        self.check()?;
        Ok(self.kept.lock().expect("no test panics in it").get(&name.to_string()).cloned())
    }

    fn write(&mut self, name: &SecretName, secret: &Secret) -> Result<(), VaultError> {
        self.check()?;
        let mut kept = self.kept.lock().expect("no test panics in it");
        kept.insert(name.to_string(), secret.clone());
        Ok(())
    }

    fn remove(&mut self, name: &SecretName) -> Result<(), VaultError> {
        self.check()?;
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

fn key(secrets: &mut Secrets) -> Option<String> {
    let secret = secrets.read(&name("twitch")).expect("readable");
    secret.map(|secret| secret.expose().to_owned())
}

/// A start without a keyring between two starts that have it, or with one that fails.
#[test]
fn what_was_entered_last_is_what_is_read_whichever_place_it_is_in() {
    for fails in [false, true] {
        for entered in [Some("new-key"), None] {
            let folder = Folder::new(&format!("newest-{fails}-{}", entered.is_some()));
            let file = FileVault::new(&folder.0);
            let mut keyring = Memory::holding("twitch/key", "old-key");
            keyring.fails = fails;
            let mut second = match fails {
                true => Secrets::moving(file.clone(), keyring.clone()),
                false => Secrets::in_vault(file.clone()),
            };
            second.keep(&name("twitch"), entered.map(Secret::new).as_ref()).expect("writable");
            assert_eq!(key(&mut second).as_deref(), entered, "in the same start, fails: {fails}");
            if fails {
                let place = VaultPlace::File(folder.0.join(FileVault::FILE));
                assert_eq!(second.place(), place, "it says where the secret is");
            } else if entered.is_none() {
                // Without a keyring at all the folder's file is the place.
                continue;
            }
            keyring.fails = false;
            let mut third = Secrets::moving(file.clone(), keyring.clone());
            assert_eq!(key(&mut third).as_deref(), entered, "the keyring is back");
            assert_eq!(third.place(), VaultPlace::Keyring);
            assert_eq!(keyring.get("twitch/key").as_deref(), entered, "and has it");
            assert!(!folder.0.join(FileVault::FILE).exists(), "nothing is left in the open");
        }
    }
}

/// The program ends, or is killed, while the keyring waits for its owner.
#[test]
fn a_keyring_that_takes_its_time_does_not_lose_what_was_entered() {
    struct Killed(FileVault);
    impl Vault for Killed {
        fn read(&mut self, _: &SecretName) -> Result<Option<Secret>, VaultError> {
            Ok(Some(Secret::new("old-key")))
        }
        fn write(&mut self, name: &SecretName, _: &Secret) -> Result<(), VaultError> {
            // Another start, while this one waits.
            let keyring = Memory::holding("twitch/key", "old-key");
            let mut next = Secrets::moving(self.0.clone(), keyring);
            let read = next.read(name)?.expect("it is there");
            assert_eq!(read.expose(), "new-key");
            Ok(())
        }
        fn remove(&mut self, _: &SecretName) -> Result<(), VaultError> {
            Ok(())
        }
        fn place(&self) -> VaultPlace {
            VaultPlace::Keyring
        }
    }
    let folder = Folder::new("slow");
    let file = FileVault::new(&folder.0);
    let mut secrets = Secrets::moving(file.clone(), Killed(file));
    secrets.keep(&name("twitch"), Some(&Secret::new("new-key"))).expect("it is kept");
}

#[test]
fn a_locked_keyring_never_brings_an_older_key_back() {
    let folder = Folder::new("locked-older");
    let file = FileVault::new(&folder.0);
    let mut keyring = Memory::holding("twitch/key", "old-key");
    keyring.locked = true;
    let mut secrets = Secrets::moving(file.clone(), keyring.clone());
    secrets.keep(&name("twitch"), Some(&Secret::new(MARKER))).expect_err("it is locked");
    keyring.locked = false;
    let mut secrets = Secrets::moving(file, keyring.clone());
    assert_eq!(key(&mut secrets), None);
    secrets.keep(&name("twitch"), Some(&Secret::new("newer-key"))).expect("it is open");
    assert_eq!(key(&mut secrets).as_deref(), Some("newer-key"));
    assert_eq!(keyring.get("twitch/key").as_deref(), Some("newer-key"));
}

/// Its folder was made read-only, say: what it holds would come back over the keyring's.
#[test]
fn a_file_that_keeps_an_older_key_is_said() {
    let folder = Folder::new("stubborn");
    let text = "format = 2\n\"twitch/key\" = \"old-key\"\n";
    fs::write(folder.0.join(FileVault::FILE), text).expect("writable");
    let mut secrets = Secrets::moving(FileVault::new(&folder.0), Memory::default());
    let kept = secrets.keep(&name("twitch"), Some(&Secret::new(MARKER)));
    let told = kept.expect_err("a later version's file is left alone").to_string();
    assert!(told.contains("newer Tallylight"), "{told}");
    let file = fs::read_to_string(folder.0.join(FileVault::FILE)).expect("it is there");
    assert_eq!(file, text);
}

#[test]
fn a_locked_keyring_says_so_and_nothing_goes_to_the_file() {
    let folder = Folder::new("locked");
    let locked = Memory { locked: true, ..Memory::default() };
    let mut secrets = Secrets::moving(FileVault::new(&folder.0), locked);
    let kept = secrets.keep(&name("twitch"), Some(&Secret::new(MARKER)));
    let error = kept.expect_err("it is locked").to_string();
    assert_eq!(error, "the system's keyring is locked or refused");
    let file = fs::read_to_string(folder.0.join(FileVault::FILE)).unwrap_or_default();
    assert!(!file.contains(MARKER), "{file}");
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
