//! Where keys and passwords are kept: the system's keyring, or where there is
//! none a file that its owner alone can read.
//!
//! A keyring may ask its owner for a password first, so every call here may
//! take minutes; none belongs on a thread that draws.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use toml_edit::DocumentMut;

use super::store;
use crate::protocol::rtmp::key::Secret;
use crate::text::settings::vault;

/// What the keyring lists the secrets under.
const APPLICATION: &str = "tallylight";

/// One secret of one service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SecretName {
    /// The service's id.
    pub service: String,
    /// Which of its secrets.
    pub kind: SecretKind,
}

/// The secrets that a service can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// The stream key.
    Key,
    /// The password beside a user name.
    Password,
    /// The query of the server's address: what stands there is often a token.
    Query,
    /// The password beside the user name at the proxy.
    Proxy,
    /// What was entered before and replaced: the way back.
    Former,
}

impl SecretKind {
    /// All of them. The way back is first, so that it is kept before it is needed.
    pub const ALL: [Self; 5] = [Self::Former, Self::Key, Self::Password, Self::Query, Self::Proxy];
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            SecretKind::Key => "key",
            SecretKind::Password => "password",
            SecretKind::Query => "query",
            SecretKind::Proxy => "proxy",
            SecretKind::Former => "former",
        };
        write!(f, "{}/{kind}", self.service)
    }
}

/// Where secrets are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VaultPlace {
    /// In the system's keyring.
    Keyring,
    /// In this file.
    File(PathBuf),
}

/// Why a secret could not be read or kept. The words never hold the secret.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// There is no keyring on this system.
    #[error("{}", vault::NO_KEYRING)]
    NoKeyring,
    /// There is one, and it stays shut.
    #[error("{}", vault::LOCKED)]
    Locked,
    /// The keyring failed.
    #[error("{}", vault::failed(_0))]
    Keyring(String),
    /// The file of secrets can't be used.
    #[error("{}", vault::file(path, source))]
    File {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
}

/// A place for secrets.
pub trait Vault: Send {
    /// The secret of that name, if there is one.
    fn read(&mut self, name: &SecretName) -> Result<Option<Secret>, VaultError>;

    /// Keeps `secret` under that name.
    fn write(&mut self, name: &SecretName, secret: &Secret) -> Result<(), VaultError>;

    /// Forgets the secret of that name; fine if there is none.
    fn remove(&mut self, name: &SecretName) -> Result<(), VaultError>;

    /// Where it is.
    fn place(&self) -> VaultPlace;
}

/// The system's keyring, and the file for what is not in it.
///
/// The file has the last word: a secret is there from the moment at which it is
/// entered until the keyring has it. So neither a keyring that fails, waits or is gone
/// for a while, nor a program that ends meanwhile, brings an older secret back.
pub struct Secrets {
    vault: Option<Box<dyn Vault>>,
    file: Option<FileVault>,
    /// The keyring failed at its last secret, which is in the file.
    failing: bool,
}

impl Secrets {
    /// The system's keyring, or the file in `folder` where there is none.
    pub fn open(folder: &Path) -> Self {
        let file = Some(FileVault::new(folder));
        let keyring = KeyringVault::open().ok();
        let vault = keyring.map(|keyring| Box::new(keyring) as Box<dyn Vault>);
        Self { vault, file, failing: false }
    }

    /// Secrets in one place of the caller's choice.
    pub fn in_vault(vault: impl Vault + 'static) -> Self {
        Self { vault: Some(Box::new(vault)), file: None, failing: false }
    }

    /// Secrets in `vault`, and those that are still in `file` on their way there.
    pub fn moving(file: FileVault, vault: impl Vault + 'static) -> Self {
        Self { vault: Some(Box::new(vault)), file: Some(file), failing: false }
    }

    /// Where secrets are kept from now on.
    pub fn place(&self) -> VaultPlace {
        match (&self.vault, &self.file) {
            (Some(vault), file) if !self.failing || file.is_none() => vault.place(),
            (_, Some(file)) => file.place(),
            (_, None) => VaultPlace::Keyring,
        }
    }

    /// The secret of that name, the one that was entered last. Where it is in the file,
    /// it moves to the keyring if that takes it.
    pub fn read(&mut self, name: &SecretName) -> Result<Option<Secret>, VaultError> {
        let Some(vault) = &mut self.vault else {
            return self.file.as_mut().map_or(Ok(None), |file| file.read(name));
        };
        let entry = match self.file.as_ref().map(|file| file.entry(name)) {
            Some(Ok(entry)) => entry,
            Some(Err(error)) => {
                tracing::warn!("secrets that are not in the keyring: {error}");
                Entry::Unknown
            }
            None => Entry::Unknown,
        };
        match entry {
            Entry::Unknown => vault.read(name),
            Entry::Secret(secret) => {
                self.settle(name, Some(&secret));
                Ok(Some(secret))
            }
            Entry::Forgotten => {
                self.settle(name, None);
                Ok(None)
            }
        }
    }

    /// Keeps `secret`, or forgets what there was if it is `None`.
    pub fn keep(&mut self, name: &SecretName, secret: Option<&Secret>) -> Result<(), VaultError> {
        let Some(vault) = &mut self.vault else {
            return self.file.as_ref().map_or(Ok(()), |file| file.set(name, secret));
        };
        // First of all the file, for the keyring may take minutes, and the program end.
        let journal = self.file.as_ref().map(|file| file.set(name, secret));
        let kept = put(vault.as_mut(), name, secret);
        self.failing = kept.is_err();
        match (kept, &self.file, journal) {
            (Ok(()), Some(file), _) => file.leave(name),
            // A keyring that stays shut is its owner's wish: nothing is left in the open,
            // and what is in it is out of date.
            (Err(VaultError::Locked), Some(file), _) => {
                file.set(name, None)?;
                self.failing = false;
                Err(VaultError::Locked)
            }
            (Err(error), Some(_), Some(Ok(()))) => {
                tracing::warn!("{error}; the secret is in a file");
                Ok(())
            }
            (kept, ..) => kept,
        }
    }

    /// Gives the keyring what stands in the file. If it does not take it, the file keeps
    /// it.
    fn settle(&mut self, name: &SecretName, secret: Option<&Secret>) {
        let (Some(vault), Some(file)) = (&mut self.vault, &self.file) else { return };
        let moved = put(vault.as_mut(), name, secret).and_then(|()| file.leave(name));
        self.failing = moved.is_err();
        if let Err(error) = moved {
            tracing::warn!("a secret stays in the file: {error}");
        }
    }
}

fn put(
    vault: &mut dyn Vault,
    name: &SecretName,
    secret: Option<&Secret>,
) -> Result<(), VaultError> {
    match secret {
        Some(secret) => vault.write(name, secret),
        None => vault.remove(name),
    }
}

/// The system's keyring.
#[derive(Debug)]
pub struct KeyringVault {
    _opened: (),
}

impl KeyringVault {
    /// Connects to the keyring; fails where there is none.
    pub fn open() -> Result<Self, VaultError> {
        match keyring::Entry::store_status() {
            Ok(()) => Ok(Self { _opened: () }),
            Err(_) => Err(VaultError::NoKeyring),
        }
    }

    fn entry(name: &SecretName) -> Result<keyring::Entry, VaultError> {
        keyring::Entry::new(APPLICATION, &name.to_string()).map_err(|error| keyring_error(&error))
    }
}

impl Vault for KeyringVault {
    fn read(&mut self, name: &SecretName) -> Result<Option<Secret>, VaultError> {
        match Self::entry(name)?.get_password() {
            Ok(text) => Ok(Some(Secret::new(&text))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(keyring_error(&error)),
        }
    }

    fn write(&mut self, name: &SecretName, secret: &Secret) -> Result<(), VaultError> {
        Self::entry(name)?.set_password(secret.expose()).map_err(|error| keyring_error(&error))
    }

    fn remove(&mut self, name: &SecretName) -> Result<(), VaultError> {
        match Self::entry(name)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(keyring_error(&error)),
        }
    }

    fn place(&self) -> VaultPlace {
        VaultPlace::Keyring
    }
}

/// What a keyring's error means. Some of its variants carry what was stored, so
/// none is printed whole.
fn keyring_error(error: &keyring::Error) -> VaultError {
    match error {
        keyring::Error::NoStorageAccess(_) => VaultError::Locked,
        keyring::Error::NoDefaultStore => VaultError::NoKeyring,
        keyring::Error::PlatformFailure(cause) => VaultError::Keyring(cause.to_string()),
        keyring::Error::BadEncoding(_) => VaultError::Keyring(vault::NOT_TEXT.into()),
        keyring::Error::TooLong(..) => VaultError::Keyring(vault::TOO_LONG.into()),
        _ => VaultError::Keyring(vault::NO_REASON.into()),
    }
}

/// What the file says of a secret.
enum Entry {
    /// Nothing: the keyring knows.
    Unknown,
    /// It was forgotten while the keyring could not forget it.
    Forgotten,
    /// This one.
    Secret(Secret),
}

/// Secrets in a file that its owner alone can read.
#[derive(Clone, Debug)]
pub struct FileVault {
    path: PathBuf,
}

impl FileVault {
    /// The file's name in the settings folder.
    pub const FILE: &'static str = "secrets.toml";

    /// The file in `folder`; made when the first secret comes.
    pub fn new(folder: &Path) -> Self {
        Self { path: folder.join(Self::FILE) }
    }

    /// What it holds; `None` where it can't be understood.
    fn load(&self) -> Result<Option<DocumentMut>, VaultError> {
        match store::read_bounded(&self.path) {
            Ok(bytes) => Ok(store::parse(&bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(DocumentMut::new())),
            Err(source) => Err(self.failed(source)),
        }
    }

    /// What it says of the secret `name`.
    fn entry(&self, name: &SecretName) -> Result<Entry, VaultError> {
        let broken = || self.failed(io::Error::other(vault::NOT_UNDERSTOOD));
        let document = self.load()?.ok_or_else(broken)?;
        Ok(match document.get(&name.to_string()).and_then(|item| item.as_str()) {
            None => Entry::Unknown,
            Some("") => Entry::Forgotten,
            Some(text) => Entry::Secret(Secret::new(text)),
        })
    }

    /// Keeps the secret, or that there is none.
    fn set(&self, name: &SecretName, secret: Option<&Secret>) -> Result<(), VaultError> {
        self.change(|document| {
            document[&name.to_string()] = toml_edit::value(secret.map_or("", Secret::expose));
        })
    }

    /// Leaves the secret to the keyring.
    fn leave(&self, name: &SecretName) -> Result<(), VaultError> {
        self.change(|document| drop(document.remove(&name.to_string())))
    }

    fn change(&self, change: impl FnOnce(&mut DocumentMut)) -> Result<(), VaultError> {
        let mut document = match self.load()? {
            Some(document) if store::is_newer(&document) => {
                return Err(self.failed(io::Error::other(vault::NEWER)));
            }
            Some(document) => document,
            None => self.start_anew()?,
        };
        let before = document.to_string();
        change(&mut document);
        let after = document.to_string();
        if after == before {
            return Ok(());
        }
        let is_link = self.path.is_symlink();
        let written = match after.trim().is_empty() && !is_link {
            true => std::fs::remove_file(&self.path),
            false => store::replace(&self.path, after.as_bytes()),
        };
        written.map_err(|source| self.failed(source))
    }

    /// A file that can't be understood may be one that its owner can mend.
    fn start_anew(&self) -> Result<DocumentMut, VaultError> {
        let kept = store::put_aside(&self.path);
        let kept = kept.ok_or_else(|| self.failed(io::Error::other(vault::NOT_RENAMED)))?;
        let (file, kept) = (self.path.display(), kept.display());
        tracing::warn!("{file} could not be understood and starts anew; it is kept as {kept}");
        Ok(DocumentMut::new())
    }

    fn failed(&self, source: io::Error) -> VaultError {
        VaultError::File { path: self.path.clone(), source }
    }
}

impl Vault for FileVault {
    fn read(&mut self, name: &SecretName) -> Result<Option<Secret>, VaultError> {
        match self.entry(name)? {
            Entry::Secret(secret) => Ok(Some(secret)),
            Entry::Forgotten | Entry::Unknown => Ok(None),
        }
    }

    fn write(&mut self, name: &SecretName, secret: &Secret) -> Result<(), VaultError> {
        self.set(name, Some(secret))
    }

    fn remove(&mut self, name: &SecretName) -> Result<(), VaultError> {
        self.leave(name)
    }

    fn place(&self) -> VaultPlace {
        VaultPlace::File(self.path.clone())
    }
}
