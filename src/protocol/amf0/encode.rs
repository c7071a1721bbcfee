//! Values to AMF0 bytes.

use super::{AmfString, Properties, Value, marker};

/// Appends values to a buffer. Each method writes one whole value.
#[derive(Debug)]
pub struct Encoder<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Encoder<'a> {
    /// Writes at the end of `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    /// A double (AMF0 §2.2).
    pub fn number(&mut self, number: f64) -> &mut Self {
        self.out.push(marker::NUMBER);
        self.out.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// True or false (AMF0 §2.3).
    pub fn boolean(&mut self, boolean: bool) -> &mut Self {
        self.out.extend_from_slice(&[marker::BOOLEAN, u8::from(boolean)]);
        self
    }

    /// Text (AMF0 §2.4), as a long string (§2.14) above 65,535 bytes.
    pub fn string(&mut self, text: impl AsRef<[u8]>) -> &mut Self {
        let text = text.as_ref();
        if text.len() > usize::from(u16::MAX) {
            return self.long(marker::LONG_STRING, text);
        }
        self.out.push(marker::STRING);
        self.short_text(text);
        self
    }

    /// Nothing (AMF0 §2.7).
    pub fn null(&mut self) -> &mut Self {
        self.out.push(marker::NULL);
        self
    }

    /// An object (AMF0 §2.5).
    pub fn object(&mut self, properties: &Properties) -> &mut Self {
        self.out.push(marker::OBJECT);
        self.properties(properties)
    }

    /// An array with names (AMF0 §2.10). Its count is exact, though only a hint.
    pub fn ecma_array(&mut self, properties: &Properties) -> &mut Self {
        self.out.push(marker::ECMA_ARRAY);
        self.count(properties.len());
        self.properties(properties)
    }

    /// Any value.
    pub fn value(&mut self, value: &Value) -> &mut Self {
        match value {
            Value::Number(number) => self.number(*number),
            Value::Boolean(boolean) => self.boolean(*boolean),
            Value::String(text) => self.string(text),
            Value::Object(properties) => self.object(properties),
            Value::Null => self.null(),
            Value::Undefined => self.bare(marker::UNDEFINED),
            Value::Reference(index) => self.reference(*index),
            Value::EcmaArray(properties) => self.ecma_array(properties),
            Value::StrictArray(values) => self.strict_array(values),
            Value::Date { unix_ms, time_zone } => self.date(*unix_ms, *time_zone),
            Value::LongString(text) => self.long(marker::LONG_STRING, text.as_bytes()),
            Value::Unsupported => self.bare(marker::UNSUPPORTED),
            Value::Xml(text) => self.long(marker::XML_DOCUMENT, text.as_bytes()),
            Value::TypedObject { class_name, properties } => self.typed(class_name, properties),
        }
    }

    /// Several values, one after the other.
    pub fn values(&mut self, values: &[Value]) -> &mut Self {
        for value in values {
            self.value(value);
        }
        self
    }

    fn bare(&mut self, marker: u8) -> &mut Self {
        self.out.push(marker);
        self
    }

    fn reference(&mut self, index: u16) -> &mut Self {
        self.out.push(marker::REFERENCE);
        self.out.extend_from_slice(&index.to_be_bytes());
        self
    }

    fn strict_array(&mut self, values: &[Value]) -> &mut Self {
        self.out.push(marker::STRICT_ARRAY);
        self.count(values.len());
        self.values(values)
    }

    fn date(&mut self, unix_ms: f64, time_zone: i16) -> &mut Self {
        self.out.push(marker::DATE);
        self.out.extend_from_slice(&unix_ms.to_be_bytes());
        self.out.extend_from_slice(&time_zone.to_be_bytes());
        self
    }

    fn typed(&mut self, class_name: &AmfString, properties: &Properties) -> &mut Self {
        self.out.push(marker::TYPED_OBJECT);
        self.short_text(class_name.as_bytes());
        self.properties(properties)
    }

    fn properties(&mut self, properties: &Properties) -> &mut Self {
        for (name, value) in properties {
            self.short_text(name.as_bytes());
            self.value(value);
        }
        self.out.extend_from_slice(&[0, 0, marker::OBJECT_END]);
        self
    }

    fn long(&mut self, marker: u8, text: &[u8]) -> &mut Self {
        self.out.push(marker);
        self.count(text.len());
        self.out.extend_from_slice(text);
        self
    }

    /// A name or short text. There is no way to write more than 65,535 bytes here,
    /// so the rest of a longer name is cut; none of ours comes near.
    fn short_text(&mut self, text: &[u8]) {
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        self.out.extend_from_slice(&length.to_be_bytes());
        self.out.extend_from_slice(&text[..usize::from(length)]);
    }

    fn count(&mut self, count: usize) {
        let count = u32::try_from(count).expect("no message holds 4 GiB");
        self.out.extend_from_slice(&count.to_be_bytes());
    }
}

impl AsRef<[u8]> for AmfString {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(value: &Value) -> Vec<u8> {
        let mut out = Vec::new();
        Encoder::new(&mut out).value(value);
        out
    }

    #[test]
    fn a_command_is_written_as_the_standard_says() {
        let mut out = Vec::new();
        let object = Properties::new().with("app", "live").with("x", true);
        Encoder::new(&mut out).string("connect").number(1.0).object(&object).null();
        let expected = b"\x02\0\x07connect\0\x3F\xF0\0\0\0\0\0\0\x03\0\x03app\x02\0\x04live\
            \0\x01x\x01\x01\0\0\x09\x05";
        assert_eq!(out, expected);
    }

    #[test]
    fn an_ecma_array_has_its_count_and_its_end() {
        let value = Value::EcmaArray(Properties::new().with("a", Value::Null));
        assert_eq!(encode(&value), b"\x08\0\0\0\x01\0\x01a\x05\0\0\x09");
    }

    #[test]
    fn long_text_becomes_a_long_string() {
        let short = encode(&Value::from("x".repeat(65_535)));
        assert_eq!((&short[..3], short.len()), (&[2, 0xFF, 0xFF][..], 3 + 65_535));
        let long = encode(&Value::from("x".repeat(65_536)));
        assert_eq!((&long[..5], long.len()), (&[12, 0, 1, 0, 0][..], 5 + 65_536));
    }

    #[test]
    fn a_name_too_long_for_the_wire_is_cut() {
        let value: Value = Properties::new().with("n".repeat(70_000), Value::Null).into();
        assert_eq!(encode(&value).len(), 1 + 2 + 65_535 + 1 + 3);
    }
}
