//! One list of fields per section serves reading and writing.
//!
//! A section names its fields once. [`Fields`] then either takes the values
//! from a table, leaving the default and a [`Warning`] where one is wrong, or
//! patches into a table those that changed, leaving comments, order and keys it
//! does not know as they are.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use toml_edit::{Item, Table, TableLike, Value};

use super::{Input, Theme};
use crate::media::{FrameRate, limits};
use crate::text::settings::{self as text, value};

/// Something in the settings that was not as it should be. What a file holds is
/// quoted last and only where it can't be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The file is not TOML; it was put aside and the defaults are used.
    Broken {
        /// Where the old file is now; `None` if it could not be moved.
        kept: Option<PathBuf>,
        /// Where and why reading stopped.
        reason: String,
    },
    /// The file is there and can't be read; nothing will be remembered.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// A later version has written the file; it is read as far as that goes, and left.
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// One value is wrong; its default is used.
    Wrong {
        /// The setting, such as `output.fps`.
        setting: String,
        /// What it has to be.
        expected: String,
        /// What is used instead.
        used: String,
        /// What was found.
        found: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Broken { kept, reason } => text::broken(reason, kept.as_deref()),
            Self::Unreadable { path, reason } => text::unreadable(path, reason),
            Self::Newer { path } => text::newer(path),
            Self::Wrong { setting, expected, used, found } => {
                text::wrong(setting, expected, used, found)
            }
        })
    }
}

/// A table of the file: its name and its fields.
pub(super) trait Section {
    /// The table's name.
    const NAME: &'static str;

    /// Names each field once.
    fn fields(&mut self, fields: &mut Fields<'_>);
}

/// One pass over the fields of a section.
pub(super) struct Fields<'a> {
    section: &'a str,
    pass: Pass<'a>,
}

enum Pass<'a> {
    Read { table: Option<&'a Table>, warnings: &'a mut Vec<Warning> },
    Write { table: &'a mut Table, known: &'a Table },
    Remove { table: &'a mut dyn TableLike },
}

impl<'a> Fields<'a> {
    /// A pass that takes values from `table`.
    pub fn reading(
        section: &'a str,
        table: Option<&'a Table>,
        warnings: &'a mut Vec<Warning>,
    ) -> Self {
        Self { section, pass: Pass::Read { table, warnings } }
    }

    /// A pass that patches into `table` the values that differ from those in `known`,
    /// and those that are missing.
    pub fn writing(section: &'a str, table: &'a mut Table, known: &'a Table) -> Self {
        Self { section, pass: Pass::Write { table, known } }
    }

    /// A pass that takes the fields out of `table`.
    pub fn removing(table: &'a mut dyn TableLike) -> Self {
        Self { section: "", pass: Pass::Remove { table } }
    }

    /// A field whose every value of the right kind is fine.
    pub fn value<T: Stored>(&mut self, key: &str, value: &mut T) {
        self.checked(key, value, T::kind(), |_| true);
    }

    /// A number between two others.
    pub fn number<T>(&mut self, key: &str, value: &mut T, range: RangeInclusive<T>)
    where
        T: Stored + PartialOrd + fmt::Display,
    {
        let expected = value::between(T::kind(), range.start(), range.end());
        self.checked(key, value, &expected, |found| range.contains(found));
    }

    /// An even number between two others.
    pub fn even(&mut self, key: &str, value: &mut u32, range: RangeInclusive<u32>) {
        let expected = value::even(*range.start(), *range.end());
        self.checked(key, value, &expected, |n| n % 2 == 0 && range.contains(n));
    }

    /// A name out of a list. Another one stays, for a later version may know it, and
    /// counts as `other` until then.
    pub fn name(&mut self, key: &str, name: &mut String, known: &[&str], other: &str) {
        self.value(key, name);
        if let Pass::Read { warnings, .. } = &mut self.pass
            && !known.contains(&name.as_str())
            && name != other
        {
            warnings.push(Warning::Wrong {
                setting: format!("{}.{key}", self.section),
                expected: value::one_of(known),
                used: format!("\"{other}\""),
                found: shown(&Item::Value(name.write())),
            });
        }
    }

    fn checked<T: Stored>(
        &mut self,
        key: &str,
        value: &mut T,
        expected: &str,
        fits: impl Fn(&T) -> bool,
    ) {
        match &mut self.pass {
            Pass::Write { table, known } => {
                let is_chosen = known.get(key).and_then(T::read).is_none_or(|was| was != *value);
                if is_chosen || !table.contains_key(key) {
                    patch(table, key, value);
                }
            }
            // What can't be read was not what is removed.
            Pass::Remove { table } => {
                if table.get(key).and_then(T::read).is_some() {
                    table.remove(key);
                }
            }
            Pass::Read { table, warnings } => {
                let Some(item) = table.and_then(|table| table.get(key)) else { return };
                match T::read(item).filter(fits) {
                    Some(read) => *value = read,
                    None => warnings.push(Warning::Wrong {
                        setting: format!("{}.{key}", self.section),
                        expected: expected.to_owned(),
                        used: shown(&Item::Value(value.write())),
                        found: shown(item),
                    }),
                }
            }
        }
    }
}

/// Writes `value` unless the table says the same already, so that the way a
/// person wrote it (a comment, a hexadecimal number) survives.
fn patch<T: Stored>(table: &mut Table, key: &str, value: &T) {
    let same = table.get(key).and_then(T::read).is_some_and(|old| old == *value);
    if same {
        return;
    }
    let mut new = value.write();
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        None => drop(table.insert(key, Item::Value(new))),
    }
}

/// A found value in a few words.
fn shown(item: &Item) -> String {
    const LONGEST: usize = 40;
    match item.as_value() {
        Some(Value::Array(_)) => value::LIST.to_owned(),
        None | Some(Value::InlineTable(_)) => value::TABLE.to_owned(),
        Some(value) => {
            let text = value.clone().decorated("", "").to_string();
            match text.char_indices().nth(LONGEST) {
                Some((cut, _)) => format!("{}…", &text[..cut]),
                None => text,
            }
        }
    }
}

/// A type that a setting can have.
pub(super) trait Stored: Sized + PartialEq {
    /// What it is, as "has to be …" goes on.
    fn kind() -> &'static str;

    /// The value, if `item` holds one.
    fn read(item: &Item) -> Option<Self>;

    /// The value as TOML.
    fn write(&self) -> Value;
}

impl Stored for bool {
    fn kind() -> &'static str {
        value::TRUE_OR_FALSE
    }

    fn read(item: &Item) -> Option<Self> {
        item.as_bool()
    }

    fn write(&self) -> Value {
        Value::from(*self)
    }
}

impl Stored for String {
    fn kind() -> &'static str {
        value::TEXT
    }

    fn read(item: &Item) -> Option<Self> {
        item.as_str().map(str::to_owned)
    }

    fn write(&self) -> Value {
        Value::from(self.as_str())
    }
}

macro_rules! stored_whole_numbers {
    ($($number:ty),*) => {$(
        impl Stored for $number {
            fn kind() -> &'static str {
                value::WHOLE_NUMBER
            }

            fn read(item: &Item) -> Option<Self> {
                item.as_integer().and_then(|n| Self::try_from(n).ok())
            }

            fn write(&self) -> Value {
                Value::from(i64::from(*self))
            }
        }
    )*};
}

stored_whole_numbers!(u32, i32);

impl Stored for f32 {
    fn kind() -> &'static str {
        value::NUMBER
    }

    fn read(item: &Item) -> Option<Self> {
        let number = item.as_float().or_else(|| item.as_integer().map(|n| n as f64))?;
        number.is_finite().then_some(number as Self)
    }

    fn write(&self) -> Value {
        // Through text, so that 0.1 is written as 0.1 and not as the nearest
        // double to the nearest float.
        Value::from(self.to_string().parse::<f64>().unwrap_or(f64::from(*self)))
    }
}

impl Stored for FrameRate {
    fn kind() -> &'static str {
        value::FRAME_RATE
    }

    fn read(item: &Item) -> Option<Self> {
        let rate = match item.as_str() {
            Some(text) => {
                let (num, den) = text.split_once('/')?;
                Self { num: num.trim().parse().ok()?, den: den.trim().parse().ok()? }
            }
            None => Self::whole(u32::read(item)?),
        };
        limits::is_rate(rate).then_some(rate)
    }

    fn write(&self) -> Value {
        match self.den {
            1 => self.num.write(),
            den => Value::from(format!("{}/{den}", self.num)),
        }
    }
}

impl Stored for Input {
    fn kind() -> &'static str {
        value::INPUT
    }

    fn read(item: &Item) -> Option<Self> {
        let text = item.as_str()?;
        match text {
            "test" => Some(Self::Test),
            "default" => Some(Self::Default),
            "off" => Some(Self::Off),
            _ => match text.split_once(':')? {
                ("device", id) if !id.is_empty() => Some(Self::Device(id.to_owned())),
                ("file", path) if !path.is_empty() => Some(Self::File(path.into())),
                _ => None,
            },
        }
    }

    fn write(&self) -> Value {
        match self {
            Self::Test => Value::from("test"),
            Self::Default => Value::from("default"),
            Self::Off => Value::from("off"),
            Self::Device(id) => Value::from(format!("device:{id}")),
            Self::File(path) => Value::from(format!("file:{}", path.display())),
        }
    }
}

impl Stored for Theme {
    fn kind() -> &'static str {
        value::THEME
    }

    fn read(item: &Item) -> Option<Self> {
        match item.as_str()? {
            "system" => Some(Self::System),
            "dark" => Some(Self::Dark),
            "light" => Some(Self::Light),
            _ => None,
        }
    }

    fn write(&self) -> Value {
        Value::from(match self {
            Self::System => "system",
            Self::Dark => "dark",
            Self::Light => "light",
        })
    }
}
