//! AMF0 bytes to values.

use super::amf3::Amf3Tables;
use super::{AmfError, AmfErrorKind, AmfString, MAX_DEPTH, MAX_VALUES, Properties, Value, marker};

/// Reads the values of one message body, one after the other.
///
/// The limits of this module hold for all values of one decoder together. After
/// an error the decoder has no defined place to go on from.
#[derive(Debug)]
pub struct Decoder<'a> {
    pub(super) input: Input<'a>,
    /// Containers open around the value being read.
    depth: usize,
    /// Values handed out so far, nested ones counted.
    values: usize,
    /// Objects, strings and classes of the AMF3 values so far.
    pub(super) amf3: Amf3Tables,
    /// Keep what comes before an error.
    lenient: bool,
    /// The error that reading stopped at, where it is lenient.
    cut: Option<AmfError>,
}

impl<'a> Decoder<'a> {
    /// Reads the body of an AMF0 command or data message (types 20 and 18).
    pub fn new(bytes: &'a [u8]) -> Self {
        let input = Input { bytes, at: 0 };
        let amf3 = Amf3Tables::default();
        Self { input, depth: 0, values: 0, amf3, lenient: false, cut: None }
    }

    /// Reads the body of an "extended" command or data message (types 17 and 15):
    /// a format byte of zero, which some encoders leave out, and then AMF0 values.
    ///
    /// Both kinds of message start with a string, whose marker is not zero.
    pub fn new_extended(bytes: &'a [u8]) -> Self {
        let mut decoder = Self::new(bytes);
        decoder.input.at = usize::from(bytes.first() == Some(&0));
        decoder
    }

    /// The next value, or none at the end of the body.
    pub fn next_value(&mut self) -> Result<Option<Value>, AmfError> {
        if self.input.is_empty() {
            return Ok(None);
        }
        self.value().map(Some)
    }

    /// All values that are left.
    pub fn read_to_end(&mut self) -> Result<Vec<Value>, AmfError> {
        let mut values = Vec::new();
        while let Some(value) = self.next_value()? {
            values.push(value);
        }
        Ok(values)
    }

    /// All values that are left up to the first error, and that error. Of an object
    /// that breaks off, the properties before the break are kept.
    pub fn read_as_far_as_possible(&mut self) -> (Vec<Value>, Option<AmfError>) {
        self.lenient = true;
        let mut values = Vec::new();
        loop {
            match self.next_value() {
                Ok(Some(value)) => values.push(value),
                Ok(None) => return (values, self.cut.take()),
                Err(error) => return (values, Some(error)),
            }
        }
    }

    /// How many bytes have been read.
    pub fn offset(&self) -> usize {
        self.input.at
    }

    fn value(&mut self) -> Result<Value, AmfError> {
        let at = self.input.at;
        self.count_value(at)?;
        match self.input.u8()? {
            marker::NUMBER => Ok(Value::Number(self.input.f64()?)),
            marker::BOOLEAN => Ok(Value::Boolean(self.input.u8()? != 0)),
            marker::STRING => Ok(Value::String(self.short_text()?)),
            marker::OBJECT => Ok(Value::Object(self.properties(at)?)),
            marker::NULL => Ok(Value::Null),
            marker::UNDEFINED => Ok(Value::Undefined),
            marker::REFERENCE => Ok(Value::Reference(self.input.u16()?)),
            marker::ECMA_ARRAY => self.ecma_array(at),
            marker::OBJECT_END => Err(AmfErrorKind::UnexpectedObjectEnd.at(at)),
            marker::STRICT_ARRAY => self.strict_array(at),
            marker::DATE => self.date(),
            marker::LONG_STRING => Ok(Value::LongString(self.long_text()?)),
            marker::UNSUPPORTED => Ok(Value::Unsupported),
            marker::XML_DOCUMENT => Ok(Value::Xml(self.long_text()?)),
            marker::TYPED_OBJECT => self.typed_object(at),
            marker::AVMPLUS => self.amf3_value(),
            other => Err(AmfErrorKind::UnknownMarker(other).at(at)),
        }
    }

    /// The count of an ECMA array is only a hint; its end is marked like an
    /// object's.
    fn ecma_array(&mut self, at: usize) -> Result<Value, AmfError> {
        self.input.u32()?;
        Ok(Value::EcmaArray(self.properties(at)?))
    }

    fn strict_array(&mut self, at: usize) -> Result<Value, AmfError> {
        let count = self.input.u32()?;
        self.enter(at)?;
        let mut values = Vec::new();
        for _ in 0..count {
            let value = self.value();
            let Some(value) = self.unless_cut(value)? else { break };
            values.push(value);
        }
        self.leave();
        Ok(Value::StrictArray(values))
    }

    fn date(&mut self) -> Result<Value, AmfError> {
        let unix_ms = self.input.f64()?;
        let time_zone = self.input.u16()?.cast_signed();
        Ok(Value::Date { unix_ms, time_zone })
    }

    fn typed_object(&mut self, at: usize) -> Result<Value, AmfError> {
        let class_name = self.short_text()?;
        Ok(Value::TypedObject { class_name, properties: self.properties(at)? })
    }

    fn properties(&mut self, at: usize) -> Result<Properties, AmfError> {
        self.enter(at)?;
        let mut properties = Properties::new();
        loop {
            let property = self.property();
            let Some(Some((name, value))) = self.unless_cut(property)? else { break };
            properties.push(name, value);
        }
        self.leave();
        Ok(properties)
    }

    /// The next property, or none after the last.
    fn property(&mut self) -> Result<Option<(AmfString, Value)>, AmfError> {
        let Some(name) = self.property_name()? else { return Ok(None) };
        Ok(Some((name, self.value()?)))
    }

    /// What was read inside a container. None where an error ends it and what came
    /// before is to be kept: then nothing more is read.
    fn unless_cut<T>(&mut self, read: Result<T, AmfError>) -> Result<Option<T>, AmfError> {
        match read {
            Err(error) if self.lenient => {
                self.cut.get_or_insert(error);
                self.input.at = self.input.bytes.len();
                Ok(None)
            }
            read => read.map(Some),
        }
    }

    /// The name of the next property, or none after the last. Some encoders leave
    /// the end marker out where the message ends with the object.
    fn property_name(&mut self) -> Result<Option<AmfString>, AmfError> {
        match self.input.rest() {
            [] => return Ok(None),
            [0, 0] | [0, 0, marker::OBJECT_END, ..] => {
                self.input.at = self.input.bytes.len().min(self.input.at + 3);
                return Ok(None);
            }
            _ => {}
        }
        self.short_text().map(Some)
    }

    fn short_text(&mut self) -> Result<AmfString, AmfError> {
        let length = self.input.u16()?;
        Ok(AmfString::from_bytes(self.input.take(usize::from(length))?))
    }

    fn long_text(&mut self) -> Result<AmfString, AmfError> {
        let length = self.input.u32()?;
        Ok(AmfString::from_bytes(self.input.take(length as usize)?))
    }

    /// Every value passes here, so that their number stays bounded.
    pub(super) fn count_value(&mut self, at: usize) -> Result<(), AmfError> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(AmfErrorKind::TooManyValues.at(at));
        }
        Ok(())
    }

    /// Every container passes here, so that the recursion stays bounded.
    pub(super) fn enter(&mut self, at: usize) -> Result<(), AmfError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(AmfErrorKind::TooDeep.at(at));
        }
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }
}

/// A place in the body, with checked reads.
#[derive(Debug)]
pub(super) struct Input<'a> {
    /// The whole body.
    pub bytes: &'a [u8],
    /// The next byte to read; never past the end.
    pub at: usize,
}

impl<'a> Input<'a> {
    pub fn is_empty(&self) -> bool {
        self.at == self.bytes.len()
    }

    pub fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    pub fn take(&mut self, length: usize) -> Result<&'a [u8], AmfError> {
        let Some(taken) = self.rest().get(..length) else {
            return Err(AmfErrorKind::Truncated.at(self.at));
        };
        self.at += length;
        Ok(taken)
    }

    pub fn u8(&mut self) -> Result<u8, AmfError> {
        Ok(self.array::<1>()?[0])
    }

    pub fn u16(&mut self) -> Result<u16, AmfError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub fn u32(&mut self) -> Result<u32, AmfError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub fn f64(&mut self) -> Result<f64, AmfError> {
        Ok(f64::from_be_bytes(self.array()?))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], AmfError> {
        let Some(array) = self.rest().first_chunk::<N>() else {
            return Err(AmfErrorKind::Truncated.at(self.at));
        };
        self.at += N;
        Ok(*array)
    }
}

impl AmfErrorKind {
    pub(super) fn at(self, offset: usize) -> AmfError {
        AmfError { offset, kind: self }
    }
}

#[cfg(test)]
mod tests;
