//! AMF3 on hand-written bytes: its tables and limits. Another implementation's
//! opinion is in `tests/wire_amf.rs`.

use super::*;
use crate::protocol::amf0::{MAX_DEPTH, MAX_VALUES};

/// Decodes AMF0 values; AMF3 starts with the avmplus marker.
fn decode(bytes: &[u8]) -> Result<Vec<Value>, AmfError> {
    Decoder::new(bytes).read_to_end()
}

/// One AMF3 value.
fn one(amf3: &[u8]) -> Value {
    let mut values = decode(&[&[0x11], amf3].concat()).unwrap();
    assert_eq!(values.len(), 1);
    values.remove(0)
}

/// The offset counts from the AMF3 value.
fn fails(amf3: &[u8], kind: AmfErrorKind, offset: usize) {
    let error = AmfError { offset: offset + 1, kind };
    assert_eq!(decode(&[&[0x11], amf3].concat()), Err(error));
}

/// The header of something that is not a reference, below 64.
fn inline(size: u8) -> u8 {
    size << 1 | 1
}

#[test]
fn simple_types() {
    assert_eq!(one(&[0]), Value::Undefined);
    assert_eq!(one(&[1]), Value::Null);
    assert_eq!(one(&[2]), Value::Boolean(false));
    assert_eq!(one(&[3]), Value::Boolean(true));
    assert_eq!(one(&[5, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0]), Value::Number(1.0));
    assert_eq!(one(b"\x06\x07abc"), Value::from("abc"));
    assert_eq!(one(b"\x07\x07<a>"), Value::Xml("<a>".into()));
    assert_eq!(one(b"\x0B\x07<a>"), Value::Xml("<a>".into()));
    assert_eq!(one(b"\x0C\x05\xFF\0"), Value::LongString(AmfString::from_bytes(*b"\xFF\0")));
    let date = Value::Date { unix_ms: 1.0, time_zone: 0 };
    assert_eq!(one(&[8, 1, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0]), date);
}

#[test]
fn integers_take_one_to_four_bytes_and_have_a_sign() {
    let cases: [(&[u8], f64); 8] = [
        (&[0x00], 0.0),
        (&[0x7F], 127.0),
        (&[0x81, 0x00], 128.0),
        (&[0xFF, 0x7F], 16_383.0),
        (&[0x81, 0x80, 0x00], 16_384.0),
        (&[0x80, 0xC0, 0x80, 0x00], 2_097_152.0),
        (&[0xBF, 0xFF, 0xFF, 0xFF], 268_435_455.0),
        (&[0xFF, 0xFF, 0xFF, 0xFF], -1.0),
    ];
    for (bytes, number) in cases {
        assert_eq!(one(&[&[4], bytes].concat()), Value::Number(number));
    }
    assert_eq!(one(&[4, 0xC0, 0x80, 0x80, 0x00]), Value::Number(-268_435_456.0));
}

#[test]
fn arrays_become_strict_or_ecma_arrays() {
    assert_eq!(one(&[9, inline(2), 1, 1, 3]), Value::StrictArray(vec![Value::Null, true.into()]));
    let mixed = Properties::new().with("a", true).with("0", Value::Null);
    assert_eq!(one(b"\x09\x03\x03a\x03\x01\x01"), Value::EcmaArray(mixed));
}

#[test]
fn objects_have_sealed_and_dynamic_members() {
    // Two sealed members, dynamic, class "C".
    let bytes = b"\x0A\x2B\x03C\x03x\x03y\x02\x03\x03z\x01\x01";
    let properties = Properties::new().with("x", false).with("y", true).with("z", Value::Null);
    assert_eq!(one(bytes), Value::TypedObject { class_name: "C".into(), properties });
    let anonymous = b"\x0A\x0B\x01\x03a\x03\x01";
    assert_eq!(one(anonymous), Properties::new().with("a", true).into());
}

#[test]
fn classes_strings_and_objects_are_referred_to() {
    // An array of an object with class and member "ab", an object of the same
    // class, the first object again, and the string alone.
    let bytes = b"\x09\x09\x01\x0A\x13\x05ab\x00\x03\x0A\x01\x02\x0A\x02\x06\x00";
    let instance = |value: bool| Value::TypedObject {
        class_name: "ab".into(),
        properties: Properties::new().with("ab", value),
    };
    let expected = [instance(true), instance(false), instance(true), Value::from("ab")];
    assert_eq!(one(bytes), Value::StrictArray(expected.into()));
}

#[test]
fn an_object_read_again_sees_the_tables_as_they_were() {
    // [ {a: "b"}, "c", first again, "c" by reference ]: the strings are a, b, c.
    let bytes = b"\x09\x09\x01\x0A\x0B\x01\x03a\x06\x03b\x01\x06\x03c\x0A\x02\x06\x04";
    let object: Value = Properties::new().with("a", "b").into();
    let expected = vec![object.clone(), "c".into(), object, "c".into()];
    assert_eq!(one(bytes), Value::StrictArray(expected));
}

#[test]
fn tables_last_for_the_message() {
    let values = decode(b"\x11\x06\x05ab\x05\x11\x06\x00").unwrap();
    assert_eq!(values, ["ab".into(), Value::Null, "ab".into()]);
}

#[test]
fn dates_documents_and_byte_arrays_have_a_place_in_the_table() {
    let bytes = b"\x09\x09\x01\x0C\x03x\x07\x03y\x0C\x02\x07\x04";
    let (bytes_x, xml_y) = (Value::LongString("x".into()), Value::Xml("y".into()));
    let expected = vec![bytes_x.clone(), xml_y.clone(), bytes_x, xml_y];
    assert_eq!(one(bytes), Value::StrictArray(expected));
}

#[test]
fn collections_that_wrap_one_value_are_unwrapped() {
    for name in ["flex.messaging.io.ArrayCollection", "flex.messaging.io.ObjectProxy"] {
        let header = 2 * name.len() + 1;
        let header = [0x80 | (header >> 7) as u8, (header & 0x7F) as u8];
        let bytes = [b"\x0A\x07", &header[..], name.as_bytes(), b"\x06\x03v"].concat();
        assert_eq!(one(&bytes), Value::from("v"));
    }
    fails(b"\x0A\x07\x03C\x01", AmfErrorKind::Externalizable, 0);
}

#[test]
fn references_to_nothing_are_errors() {
    fails(&[6, 0], AmfErrorKind::BadReference, 1);
    fails(&[6, 0x7E], AmfErrorKind::BadReference, 1);
    for kind in [7, 8, 9, 10, 11, 12] {
        fails(&[kind, 0], AmfErrorKind::BadReference, 0);
    }
    fails(&[10, 0x05], AmfErrorKind::BadReference, 0);
    fails(&[9, inline(0), 0], AmfErrorKind::BadReference, 2);
}

#[test]
fn an_object_that_contains_itself_is_an_error() {
    fails(&[9, inline(1), 1, 9, 0], AmfErrorKind::CircularReference, 3);
    fails(b"\x0A\x0B\x01\x03a\x0A\x00\x01", AmfErrorKind::CircularReference, 5);
}

#[test]
fn types_without_a_place_in_rtmp_are_errors() {
    for marker in [0x0D, 0x0E, 0x0F, 0x10, 0x11, 0xFF] {
        fails(&[marker], AmfErrorKind::UnknownAmf3Marker(marker), 0);
    }
}

#[test]
fn what_ends_inside_a_value_is_an_error() {
    let cases: [&[u8]; 9] = [
        &[],
        &[4, 0x80],
        &[5, 0],
        b"\x06\x07ab",
        &[9, inline(3), 1, 1],
        &[9, 0xFF, 0xFF, 0xFF, 0xFF, 1],
        &[10, 0xFF, 0xFF, 0xFF, 0xFB, 1],
        &[10, 0x0B],
        &[12, 0xFF, 0xFF, 0xFF, 0xFF],
    ];
    for bytes in cases {
        let error = decode(&[&[0x11], bytes].concat()).unwrap_err();
        assert_eq!(error.kind, AmfErrorKind::Truncated, "{bytes:?}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| [[9, inline(1), 1].repeat(depth), vec![1]].concat();
    assert!(decode(&[&[0x11][..], &nested(MAX_DEPTH)].concat()).is_ok());
    fails(&nested(MAX_DEPTH + 1), AmfErrorKind::TooDeep, 3 * MAX_DEPTH);
    fails(&nested(100_000), AmfErrorKind::TooDeep, 3 * MAX_DEPTH);
}

/// An array whose `index`th member after a first one is twice the member before
/// it: fully written out, two to the power of `levels`.
fn doubling(first: &[u8], levels: u8) -> Vec<u8> {
    let mut bytes = [&[9, inline(levels + 1), 1], first].concat();
    for level in 0..levels {
        let before = (level + 1) << 1;
        bytes.extend([9, inline(2), 1, 9, before, 9, before]);
    }
    bytes
}

#[test]
fn references_cannot_make_much_of_little() {
    let leaf = [9, inline(1), 1, 1];
    assert!(decode(&[&[0x11][..], &doubling(&leaf, 8)].concat()).is_ok());
    let error = decode(&[&[0x11][..], &doubling(&leaf, 25)].concat()).unwrap_err();
    assert_eq!(error.kind, AmfErrorKind::TooManyValues);
}

#[test]
fn references_cannot_repeat_much_text() {
    // A byte array of 8,000 bytes, and references to it.
    let array = |count: usize| {
        let mut bytes = vec![0x11, 9, 0x80 | (count >> 6) as u8, (count << 1 & 0x7F | 1) as u8, 1];
        bytes.extend([12, 0xFD, 0x01]);
        bytes.extend([7; 8000]);
        bytes.extend([12, 2].repeat(count - 1));
        bytes
    };
    let fitting = MAX_REPEATED_TEXT / 8000;
    assert!(decode(&array(fitting)).is_ok());
    let error = decode(&array(fitting + 3)).unwrap_err();
    assert_eq!(error.kind, AmfErrorKind::TooMuchText);
}

#[test]
fn names_of_a_class_count_as_values() {
    // A class that claims 20,000 sealed members with empty names.
    let header = (20_000 << 4 | 3_u32).to_be_bytes();
    let u29 = [
        0x80 | (u32::from_be_bytes(header) >> 22 & 0x7F) as u8,
        0x80 | (u32::from_be_bytes(header) >> 15 & 0x7F) as u8,
        0x80 | (u32::from_be_bytes(header) >> 8 & 0x7F) as u8,
        header[3],
    ];
    let bytes = [&[0x11, 10][..], &u29, &[1], &vec![1; 20_000]].concat();
    let error = decode(&bytes).unwrap_err();
    assert_eq!((error.kind, error.offset), (AmfErrorKind::TooManyValues, 7 + MAX_VALUES - 2));
}
