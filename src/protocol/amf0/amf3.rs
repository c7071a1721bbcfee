//! AMF3 bytes to values: what follows an avmplus marker.
//!
//! RTMP peers that say `objectEncoding` 3 may send it; we never do. AMF3 refers
//! back to strings, objects and classes sent before. A reference to an object is
//! resolved by reading the object's bytes again, with the tables as they were
//! then: that costs no second copy to keep, and every value read this way counts
//! against the same limits as one that was sent.

use super::decode::Decoder;
use super::{AmfError, AmfErrorKind, AmfString, MAX_REPEATED_TEXT, Properties, Value};

/// The type markers of AMF3 §3.1.
mod marker {
    pub const UNDEFINED: u8 = 0x00;
    pub const NULL: u8 = 0x01;
    pub const FALSE: u8 = 0x02;
    pub const TRUE: u8 = 0x03;
    pub const INTEGER: u8 = 0x04;
    pub const DOUBLE: u8 = 0x05;
    pub const STRING: u8 = 0x06;
    pub const XML_DOCUMENT: u8 = 0x07;
    pub const DATE: u8 = 0x08;
    pub const ARRAY: u8 = 0x09;
    pub const OBJECT: u8 = 0x0A;
    pub const XML: u8 = 0x0B;
    pub const BYTE_ARRAY: u8 = 0x0C;
}

/// Classes with their own encoding that is no more than one value.
const WRAPPERS: [&[u8]; 2] =
    [b"flex.messaging.io.ArrayCollection", b"flex.messaging.io.ObjectProxy"];

/// What later references can mean (AMF3 §2.2). The tables last for one message.
#[derive(Debug, Default)]
pub(super) struct Amf3Tables {
    /// Where each string lies in the message.
    strings: Vec<Span>,
    /// Where each object, array, date, document and byte array starts.
    objects: Vec<Object>,
    /// The classes.
    traits: Vec<Traits>,
    /// How much of the tables exists at the place that is being read: less than
    /// all of them while an object is read again.
    seen: Seen,
    /// Bytes of text made so far, to bound what references repeat.
    text: usize,
}

/// A piece of the message.
#[derive(Clone, Copy, Debug)]
struct Span {
    at: usize,
    length: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    strings: usize,
    objects: usize,
    traits: usize,
}

#[derive(Debug)]
struct Object {
    /// Where its type marker is.
    at: usize,
    /// The tables before it.
    before: Seen,
    /// False while it is being read for the first time.
    finished: bool,
}

#[derive(Debug)]
struct Traits {
    class_name: Span,
    names: Vec<Span>,
    dynamic: bool,
    externalizable: bool,
}

/// The variable length integer that starts most things (AMF3 §1.3.1): a flag and
/// either a reference or a size.
enum Header {
    Reference(usize),
    Inline(usize),
}

impl Decoder<'_> {
    /// Reads one AMF3 value, marker first.
    pub(super) fn amf3_value(&mut self) -> Result<Value, AmfError> {
        let at = self.input.at;
        self.count_value(at)?;
        match self.input.u8()? {
            marker::UNDEFINED => Ok(Value::Undefined),
            marker::NULL => Ok(Value::Null),
            marker::FALSE => Ok(Value::Boolean(false)),
            marker::TRUE => Ok(Value::Boolean(true)),
            marker::INTEGER => self.amf3_integer(),
            marker::DOUBLE => Ok(Value::Number(self.input.f64()?)),
            marker::STRING => self.amf3_string(),
            kind @ marker::XML_DOCUMENT..=marker::BYTE_ARRAY => self.amf3_object(kind, at),
            other => Err(AmfErrorKind::UnknownAmf3Marker(other).at(at)),
        }
    }

    /// Integers have 29 bits and a sign (AMF3 §3.6).
    fn amf3_integer(&mut self) -> Result<Value, AmfError> {
        let unsigned = self.u29()?;
        let signed = (unsigned << 3).cast_signed() >> 3;
        Ok(Value::Number(f64::from(signed)))
    }

    fn amf3_string(&mut self) -> Result<Value, AmfError> {
        let span = self.string_span()?;
        Ok(Value::String(self.text(span)?))
    }

    /// Everything that has a place in the table of objects.
    fn amf3_object(&mut self, kind: u8, at: usize) -> Result<Value, AmfError> {
        let size = match self.header()? {
            Header::Reference(index) => return self.object_again(index, at),
            Header::Inline(size) => size,
        };
        let index = self.add_object(at);
        let value = match kind {
            marker::XML_DOCUMENT | marker::XML => Value::Xml(self.raw_text(size)?),
            marker::DATE => Value::Date { unix_ms: self.input.f64()?, time_zone: 0 },
            marker::ARRAY => self.amf3_array(size, at)?,
            marker::OBJECT => self.amf3_instance(size, at)?,
            _ => Value::LongString(self.raw_text(size)?),
        };
        self.amf3.objects[index].finished = true;
        Ok(value)
    }

    /// Reads the object of that index a second time.
    fn object_again(&mut self, index: usize, at: usize) -> Result<Value, AmfError> {
        if index >= self.amf3.seen.objects {
            return Err(AmfErrorKind::BadReference.at(at));
        }
        let object = &self.amf3.objects[index];
        if !object.finished {
            return Err(AmfErrorKind::CircularReference.at(at));
        }
        let resume = (self.input.at, self.amf3.seen);
        (self.input.at, self.amf3.seen) = (object.at, object.before);
        self.enter(at)?;
        let value = self.amf3_value()?;
        self.leave();
        (self.input.at, self.amf3.seen) = resume;
        Ok(value)
    }

    /// An array has named members and then numbered ones (AMF3 §3.11). With both
    /// kinds it becomes an ECMA array, where the numbers are names.
    fn amf3_array(&mut self, count: usize, at: usize) -> Result<Value, AmfError> {
        self.enter(at)?;
        let mut named = self.dynamic_members(Properties::new())?;
        let mut numbered = Vec::new();
        for index in 0..count {
            let value = self.amf3_value()?;
            if named.is_empty() {
                numbered.push(value);
            } else {
                named.push(index.to_string(), value);
            }
        }
        self.leave();
        if named.is_empty() {
            Ok(Value::StrictArray(numbered))
        } else {
            Ok(Value::EcmaArray(named))
        }
    }

    /// An instance of a class, or of none (AMF3 §3.12). `flags` is the header
    /// without its lowest bit.
    fn amf3_instance(&mut self, flags: usize, at: usize) -> Result<Value, AmfError> {
        let traits = self.traits(flags, at)?;
        let Traits { class_name, dynamic, externalizable, .. } = self.amf3.traits[traits];
        self.enter(at)?;
        let value = if externalizable {
            self.externalizable(class_name, at)?
        } else {
            let mut properties = self.sealed_members(traits)?;
            if dynamic {
                properties = self.dynamic_members(properties)?;
            }
            self.instance_of(class_name, properties)?
        };
        self.leave();
        Ok(value)
    }

    fn instance_of(&mut self, class: Span, properties: Properties) -> Result<Value, AmfError> {
        if class.length == 0 {
            return Ok(Value::Object(properties));
        }
        Ok(Value::TypedObject { class_name: self.text(class)?, properties })
    }

    fn externalizable(&mut self, class: Span, at: usize) -> Result<Value, AmfError> {
        if WRAPPERS.contains(&self.bytes_of(class)) {
            return self.amf3_value();
        }
        Err(AmfErrorKind::Externalizable.at(at))
    }

    /// The index of an instance's class, which may be described here.
    fn traits(&mut self, flags: usize, at: usize) -> Result<usize, AmfError> {
        if flags & 1 == 0 {
            let index = flags >> 1;
            let known = index < self.amf3.seen.traits;
            return known.then_some(index).ok_or(AmfErrorKind::BadReference.at(at));
        }
        let externalizable = flags & 2 != 0;
        let dynamic = !externalizable && flags & 4 != 0;
        let count = if externalizable { 0 } else { flags >> 3 };
        let class_name = self.string_span()?;
        let mut names = Vec::new();
        for _ in 0..count {
            self.count_value(self.input.at)?;
            names.push(self.string_span()?);
        }
        Ok(self.add_traits(Traits { class_name, names, dynamic, externalizable }))
    }

    fn sealed_members(&mut self, traits: usize) -> Result<Properties, AmfError> {
        let mut members = Properties::new();
        for index in 0..self.amf3.traits[traits].names.len() {
            let name = self.amf3.traits[traits].names[index];
            members.push(self.text(name)?, self.amf3_value()?);
        }
        Ok(members)
    }

    /// Named members up to an empty name, added to `members`.
    fn dynamic_members(&mut self, mut members: Properties) -> Result<Properties, AmfError> {
        loop {
            let name = self.string_span()?;
            if name.length == 0 {
                return Ok(members);
            }
            members.push(self.text(name)?, self.amf3_value()?);
        }
    }

    /// A string without its marker: here or in the table. The empty string is
    /// never in the table (AMF3 §1.3.2).
    fn string_span(&mut self) -> Result<Span, AmfError> {
        let at = self.input.at;
        match self.header()? {
            Header::Reference(index) if index < self.amf3.seen.strings => {
                Ok(self.amf3.strings[index])
            }
            Header::Reference(_) => Err(AmfErrorKind::BadReference.at(at)),
            Header::Inline(length) => {
                let span = Span { at: self.input.at, length };
                self.input.take(length)?;
                if length > 0 {
                    self.add_string(span);
                }
                Ok(span)
            }
        }
    }

    fn raw_text(&mut self, length: usize) -> Result<AmfString, AmfError> {
        let span = Span { at: self.input.at, length };
        self.input.take(length)?;
        self.text(span)
    }

    /// Every text that is made passes here, so that repeating stays bounded.
    fn text(&mut self, span: Span) -> Result<AmfString, AmfError> {
        self.amf3.text += span.length;
        if self.amf3.text > self.input.bytes.len() + MAX_REPEATED_TEXT {
            return Err(AmfErrorKind::TooMuchText.at(self.input.at));
        }
        Ok(AmfString::from_bytes(self.bytes_of(span)))
    }

    fn bytes_of(&self, span: Span) -> &[u8] {
        &self.input.bytes[span.at..span.at + span.length]
    }

    fn header(&mut self) -> Result<Header, AmfError> {
        let header = self.u29()?;
        let rest = (header >> 1) as usize;
        Ok(if header & 1 == 0 { Header::Reference(rest) } else { Header::Inline(rest) })
    }

    /// Seven bits a byte, high bits first; the fourth byte gives all its eight.
    fn u29(&mut self) -> Result<u32, AmfError> {
        let mut value = 0;
        for _ in 0..3 {
            let byte = u32::from(self.input.u8()?);
            value = value << 7 | byte & 0x7F;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Ok(value << 8 | u32::from(self.input.u8()?))
    }

    /// Adding to a table while an object is read again meets the same entry as the
    /// first time, so that only the count moves.
    fn add_string(&mut self, span: Span) {
        if self.amf3.seen.strings == self.amf3.strings.len() {
            self.amf3.strings.push(span);
        }
        self.amf3.seen.strings += 1;
    }

    fn add_object(&mut self, at: usize) -> usize {
        let index = self.amf3.seen.objects;
        if index == self.amf3.objects.len() {
            let before = self.amf3.seen;
            self.amf3.objects.push(Object { at, before, finished: false });
        }
        self.amf3.seen.objects += 1;
        index
    }

    fn add_traits(&mut self, traits: Traits) -> usize {
        let index = self.amf3.seen.traits;
        if index == self.amf3.traits.len() {
            self.amf3.traits.push(traits);
        }
        self.amf3.seen.traits += 1;
        index
    }
}

#[cfg(test)]
mod tests;
