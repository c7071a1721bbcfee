//! What a value can be, and how to look things up in it.

use super::AmfString;

/// One value of a command, a data message or a script tag.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A double (AMF0 §2.2); AMF3 integers arrive as one too.
    Number(f64),
    /// True or false (AMF0 §2.3).
    Boolean(bool),
    /// Text of at most 65,535 bytes (AMF0 §2.4); the encoder writes longer text as
    /// a long string.
    String(AmfString),
    /// An anonymous object (AMF0 §2.5).
    Object(Properties),
    /// Nothing (AMF0 §2.7).
    Null,
    /// Not even nothing (AMF0 §2.8).
    Undefined,
    /// An AMF0 object sent before, by its place among them (AMF0 §2.9). It is kept
    /// as it is: no peer that matters sends one. AMF3 references are resolved.
    Reference(u16),
    /// An array with names (AMF0 §2.10).
    EcmaArray(Properties),
    /// An array without names (AMF0 §2.12).
    StrictArray(Vec<Value>),
    /// A date (AMF0 §2.13).
    Date {
        /// Milliseconds since 1970 in UTC; any double, NaN included.
        unix_ms: f64,
        /// Reserved, zero by the standard; some write minutes here.
        time_zone: i16,
    },
    /// Long text (AMF0 §2.14); AMF3 byte arrays arrive as one too.
    LongString(AmfString),
    /// A value that the sender could not write (AMF0 §2.15).
    Unsupported,
    /// An XML document as text (AMF0 §2.17).
    Xml(AmfString),
    /// An object of a named class (AMF0 §2.18).
    TypedObject {
        /// The name of the class.
        class_name: AmfString,
        /// Its properties.
        properties: Properties,
    },
}

impl Value {
    /// The named properties, of all that can have some.
    pub fn properties(&self) -> Option<&Properties> {
        match self {
            Self::Object(properties)
            | Self::EcmaArray(properties)
            | Self::TypedObject { properties, .. } => Some(properties),
            _ => None,
        }
    }

    /// The first property of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.properties()?.get(name)
    }

    /// The text of a string, long string or XML document, as bytes.
    pub fn as_text(&self) -> Option<&AmfString> {
        match self {
            Self::String(text) | Self::LongString(text) | Self::Xml(text) => Some(text),
            _ => None,
        }
    }

    /// The text, where it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        self.as_text()?.as_str()
    }

    /// The number; nothing else is taken for one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The number as an id: whole, not negative, within 32 bits.
    pub fn as_u32(&self) -> Option<u32> {
        let number = self.as_number()?;
        let whole = number >= 0.0 && number <= f64::from(u32::MAX) && number.fract() == 0.0;
        whole.then_some(number as u32)
    }

    /// The boolean; nothing else is taken for one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(boolean) => Some(*boolean),
            _ => None,
        }
    }

    /// Whether there is nothing here: null or undefined.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null | Self::Undefined)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(f64::from(number))
    }
}

impl From<bool> for Value {
    fn from(boolean: bool) -> Self {
        Self::Boolean(boolean)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<AmfString> for Value {
    fn from(text: AmfString) -> Self {
        Self::String(text)
    }
}

impl From<Properties> for Value {
    fn from(properties: Properties) -> Self {
        Self::Object(properties)
    }
}

/// Names and values in the order of the wire. A name may come twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties(Vec<(AmfString, Value)>);

impl Properties {
    /// No properties yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one at the end and hands the whole on, to write objects in one go.
    pub fn with(mut self, name: impl Into<AmfString>, value: impl Into<Value>) -> Self {
        self.push(name, value);
        self
    }

    /// Adds one at the end.
    pub fn push(&mut self, name: impl Into<AmfString>, value: impl Into<Value>) {
        self.0.push((name.into(), value.into()));
    }

    /// The first value of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// The first value of that name, whatever its case: some encoders write `tcurl`.
    pub fn get_ignore_case(&self, name: &str) -> Option<&Value> {
        let same = |key: &AmfString| key.as_bytes().eq_ignore_ascii_case(name.as_bytes());
        self.iter().find(|(key, _)| same(key)).map(|(_, value)| value)
    }

    /// All of them in order.
    pub fn iter(&self) -> std::slice::Iter<'_, (AmfString, Value)> {
        self.0.iter()
    }

    /// How many there are, duplicates counted.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(AmfString, Value)> for Properties {
    fn from_iter<I: IntoIterator<Item = (AmfString, Value)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Properties {
    type Item = &'a (AmfString, Value);
    type IntoIter = std::slice::Iter<'a, (AmfString, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Properties {
    type Item = (AmfString, Value);
    type IntoIter = std::vec::IntoIter<(AmfString, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
