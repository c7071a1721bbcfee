//! The settings file: read with patience, patched, replaced in one step.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table};

use super::fields::{Fields, Section, Warning};
use super::{Server, Settings};
use crate::text::settings::{self as text, value};

/// Larger files are not settings.
const LARGEST: u64 = 1 << 20;

/// The table of tables with what was entered for each service.
const SERVERS: &str = "servers";

/// The layout of the file. A later one says so itself, under [`FORMAT_KEY`].
const FORMAT: i64 = 1;

/// Under this key a file of a later layout has its number.
const FORMAT_KEY: &str = "format";

/// The settings file. Whatever in it is not ours stays as it is.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    /// The file as it was last read or written.
    document: DocumentMut,
    /// The settings that the file and this program agree on.
    known: Settings,
    readable: bool,
}

/// Why settings could not be written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The old file can't be read and is not overwritten for that.
    #[error("{}", text::left_as_it_is(_0))]
    Unreadable(PathBuf),
    /// A later version has written the file in a layout that this one can't keep.
    #[error("{}", text::of_later_version(_0))]
    Newer(PathBuf),
    /// The system refused.
    #[error("{}", text::cannot_write(path, source))]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
}

impl Store {
    /// The file's name in its folder.
    pub const FILE: &'static str = "settings.toml";

    /// Reads the settings in `folder`. Never fails: what can't be used becomes
    /// its default, with a warning.
    pub fn open(folder: &Path) -> (Self, Settings, Vec<Warning>) {
        let mut warnings = Vec::new();
        let path = folder.join(Self::FILE);
        let (text, readable) = match read_bounded(&path) {
            Ok(text) => (text, true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (Vec::new(), true),
            Err(error) => {
                let reason = error.to_string();
                warnings.push(Warning::Unreadable { path: path.clone(), reason });
                (Vec::new(), false)
            }
        };
        let document = parse(&text).unwrap_or_else(|reason| {
            warnings.push(Warning::Broken { kept: put_aside(&path), reason });
            DocumentMut::new()
        });
        if is_newer(&document) {
            warnings.push(Warning::Newer { path: path.clone() });
        }
        let settings = read_settings(&document, &mut warnings);
        (Self { path, document, known: settings.clone(), readable }, settings, warnings)
    }

    /// Writes what was chosen since the last call, and nothing else: a value that this
    /// version can't read, or that somebody has changed in the file meanwhile, stays.
    /// The file is replaced in one step: a reader, or a power cut, finds the old one or
    /// the new one.
    pub fn save(&mut self, settings: &Settings) -> Result<(), StoreError> {
        if !self.readable {
            return Err(StoreError::Unreadable(self.path.clone()));
        }
        let failed = |source| StoreError::Io { path: self.path.clone(), source };
        let (mut document, is_there) = self.as_it_is_now().map_err(failed)?;
        if is_newer(&document) {
            return Err(StoreError::Newer(self.path.clone()));
        }
        let before = document.to_string();
        write_settings(&mut document, &self.known, settings);
        let after = document.to_string();
        if after != before || !is_there {
            replace(&self.path, after.as_bytes()).map_err(failed)?;
        }
        // Not before it is written: a change that was not is written the next time.
        self.document = document;
        self.known = settings.clone();
        Ok(())
    }

    /// The file, which may have been edited since, and whether there is one. One that
    /// can't be understood is put aside.
    fn as_it_is_now(&self) -> io::Result<(DocumentMut, bool)> {
        match read_bounded(&self.path) {
            Ok(bytes) => Ok(match parse(&bytes) {
                Ok(document) => (document, true),
                Err(_) => {
                    put_aside(&self.path);
                    (self.document.clone(), false)
                }
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok((self.document.clone(), false))
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether a later version has written this, in a layout of its own.
pub(super) fn is_newer(document: &DocumentMut) -> bool {
    let format = document.get(FORMAT_KEY);
    format.is_some_and(|format| format.as_integer().is_none_or(|format| format > FORMAT))
}

/// The folder for this program's settings; `None` where the system names none.
pub fn folder() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "tallylight")?;
    Some(folders.config_dir().to_owned())
}

/// The file's bytes, up to a bound.
pub(super) fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Puts `bytes` in the place of the file at `path`, readable by its owner only. A link
/// stays one: the file that it leads to is replaced, or made.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = &led_to(path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    create_private_folder(folder)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    // A leftover of a killed process may belong to somebody else's rights.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private_options().open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&new, path)?;
    sync_folder(folder);
    Ok(())
}

/// Longer chains of links are circles.
const MOST_LINKS: usize = 40;

/// The file that `path` means: where its links lead, whether there is a file or not.
fn led_to(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            // A relative one begins at the folder of the link.
            Ok(target) => path = path.parent().unwrap_or(Path::new(".")).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other(text::LINK_CIRCLE))
}

/// A folder that its owner alone can look into, unless it is there already.
pub(super) fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes the renaming last. Not every system can; the file is whole either way.
fn sync_folder(folder: &Path) {
    if cfg!(unix)
        && let Ok(folder) = File::open(folder)
    {
        _ = folder.sync_all();
    }
}

/// The document, or where and why reading it stopped, without quoting it.
pub(super) fn parse(bytes: &[u8]) -> Result<DocumentMut, String> {
    if bytes.len() as u64 > LARGEST {
        return Err(text::too_large(LARGEST >> 10));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| text::NOT_TEXT.to_owned())?;
    text.parse::<DocumentMut>().map_err(|error| {
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let line = text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        text::at_line(line, first_line(error.message()))
    })
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Files that can't be read and are kept beside each other.
const BROKEN: u32 = 99;

/// Renames a broken file, so that the next save ends neither it nor one that was
/// broken before.
pub(super) fn put_aside(path: &Path) -> Option<PathBuf> {
    let path = &led_to(path).ok()?;
    let place = |number: u32| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".broken");
        if number > 1 {
            name.push(format!("-{number}"));
        }
        path.with_file_name(name)
    };
    let kept = (1..=BROKEN).map(place).find(|kept| kept.symlink_metadata().is_err())?;
    fs::rename(path, &kept).ok().map(|()| kept)
}

fn read_settings(document: &DocumentMut, warnings: &mut Vec<Warning>) -> Settings {
    let mut settings = Settings::default();
    read_section(document, &mut settings.sources, warnings);
    read_section(document, &mut settings.destination, warnings);
    read_section(document, &mut settings.output, warnings);
    read_section(document, &mut settings.window, warnings);
    if let Some(servers) = table_of(document.get(SERVERS), SERVERS, warnings) {
        for (id, item) in servers.iter() {
            let name = format!("{SERVERS}.{id}");
            let table = table_of(Some(item), &name, warnings);
            let mut server = Server::default();
            server.fields(&mut Fields::reading(&name, table.as_ref(), warnings));
            settings.servers.insert(id.to_owned(), server);
        }
    }
    settings
}

fn read_section<S: Section>(document: &DocumentMut, section: &mut S, warnings: &mut Vec<Warning>) {
    let table = table_of(document.get(S::NAME), S::NAME, warnings);
    section.fields(&mut Fields::reading(S::NAME, table.as_ref(), warnings));
}

/// The table in `item`, in either of TOML's notations.
fn table_of(item: Option<&Item>, name: &str, warnings: &mut Vec<Warning>) -> Option<Table> {
    let table = item?.clone().into_table();
    if table.is_err() {
        warnings.push(Warning::Wrong {
            setting: name.to_owned(),
            expected: value::TABLE.to_owned(),
            used: value::DEFAULT.to_owned(),
            found: value::SOMETHING_ELSE.to_owned(),
        });
    }
    table.ok()
}

/// Writes of `settings` what differs from `known`.
fn write_settings(document: &mut DocumentMut, known: &Settings, settings: &Settings) {
    write_section(document, &known.sources, &settings.sources);
    write_section(document, &known.destination, &settings.destination);
    write_section(document, &known.output, &settings.output);
    write_section(document, &known.window, &settings.window);
    for (id, server) in &settings.servers {
        let before = known.servers.get(id);
        if before != Some(server) {
            let mut was = Table::new();
            if let Some(before) = before {
                before.clone().fields(&mut Fields::writing(SERVERS, &mut was, &Table::new()));
            }
            let servers = table_in(document, SERVERS);
            servers.set_implicit(true);
            server.clone().fields(&mut Fields::writing(SERVERS, table_in(servers, id), &was));
        }
    }
    for id in known.servers.keys().filter(|id| !settings.servers.contains_key(*id)) {
        remove_server(document, id);
    }
}

/// Removes what was entered for a service, and its table unless something else is in it.
fn remove_server(document: &mut DocumentMut, id: &str) {
    let Some(servers) = document.get_mut(SERVERS).and_then(Item::as_table_like_mut) else { return };
    let Some(table) = servers.get_mut(id).and_then(Item::as_table_like_mut) else { return };
    Server::default().fields(&mut Fields::removing(table));
    if table.is_empty() {
        servers.remove(id);
    }
}

/// A section that nobody has touched stays as it is, in whatever shape.
fn write_section<S: Section + Clone + PartialEq>(
    document: &mut DocumentMut,
    known: &S,
    section: &S,
) {
    if known == section && document.contains_key(S::NAME) {
        return;
    }
    let mut was = Table::new();
    known.clone().fields(&mut Fields::writing(S::NAME, &mut was, &Table::new()));
    let table = table_in(document, S::NAME);
    section.clone().fields(&mut Fields::writing(S::NAME, table, &was));
}

/// The table `name` in `parent`, made or turned into one where it is not.
fn table_in<'a>(parent: &'a mut Table, name: &str) -> &'a mut Table {
    let item = parent.entry(name).or_insert_with(toml_edit::table);
    if !item.is_table() {
        let old = std::mem::take(item);
        *item = Item::Table(old.into_table().unwrap_or_default());
    }
    item.as_table_mut().expect("it was made a table just above")
}
