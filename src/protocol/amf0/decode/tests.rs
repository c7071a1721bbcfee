//! AMF0 on hand-written bytes, and its limits. Round trips and another
//! implementation's opinion are in `tests/wire_amf.rs`.

use super::*;

fn decode(bytes: &[u8]) -> Result<Vec<Value>, AmfError> {
    Decoder::new(bytes).read_to_end()
}

fn one(bytes: &[u8]) -> Value {
    let mut values = decode(bytes).unwrap();
    assert_eq!(values.len(), 1);
    values.remove(0)
}

fn fails(bytes: &[u8], kind: AmfErrorKind, offset: usize) {
    assert_eq!(decode(bytes), Err(AmfError { offset, kind }));
}

#[test]
fn every_type_of_the_standard_is_read() {
    assert_eq!(
        one(&[0, 0x40, 9, 0x21, 0xFB, 0x54, 0x44, 0x2D, 0x18]),
        Value::Number(std::f64::consts::PI)
    );
    assert_eq!(one(&[1, 0]), Value::Boolean(false));
    assert_eq!(one(&[1, 7]), Value::Boolean(true));
    assert_eq!(one(b"\x02\0\x03abc"), Value::from("abc"));
    assert_eq!(one(b"\x03\0\x01a\x05\0\0\x09"), Properties::new().with("a", Value::Null).into());
    assert_eq!(one(&[5]), Value::Null);
    assert_eq!(one(&[6]), Value::Undefined);
    assert_eq!(one(&[7, 1, 2]), Value::Reference(0x102));
    assert_eq!(
        one(b"\x0A\0\0\0\x02\x05\x06"),
        Value::StrictArray(vec![Value::Null, Value::Undefined])
    );
    let date = Value::Date { unix_ms: 1.0, time_zone: -60 };
    assert_eq!(one(&[11, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0, 0xFF, 0xC4]), date);
    assert_eq!(one(b"\x0C\0\0\0\x02hi"), Value::LongString("hi".into()));
    assert_eq!(one(&[13]), Value::Unsupported);
    assert_eq!(one(b"\x0F\0\0\0\x04<a/>"), Value::Xml("<a/>".into()));
    let properties = Properties::new().with("x", true);
    let typed = Value::TypedObject { class_name: "C".into(), properties };
    assert_eq!(one(b"\x10\0\x01C\0\x01x\x01\x01\0\0\x09"), typed);
}

#[test]
fn the_count_of_an_ecma_array_is_only_a_hint() {
    let expected = Value::EcmaArray(Properties::new().with("a", Value::Null));
    for count in [0_u32, 1, 2, u32::MAX] {
        let bytes = [&[8], &count.to_be_bytes()[..], b"\0\x01a\x05\0\0\x09"].concat();
        assert_eq!(one(&bytes), expected);
    }
}

#[test]
fn order_duplicates_and_empty_names_are_kept() {
    let value = one(b"\x03\0\x01b\x05\0\x01a\x01\x01\0\x01b\x06\0\0\x05\0\0\x09");
    let names: Vec<_> =
        value.properties().unwrap().iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(names, ["b", "a", "b", ""]);
    assert_eq!(value.get("b"), Some(&Value::Null), "the first of that name");
}

#[test]
fn bytes_that_are_not_utf_8_survive() {
    let value = one(b"\x02\0\x03a\xFF\x80");
    assert_eq!(value.as_str(), None);
    assert_eq!(value.as_text().unwrap().as_bytes(), b"a\xFF\x80");
    assert_eq!(value.as_text().unwrap().to_string(), "a\u{FFFD}\u{FFFD}");
}

#[test]
fn the_end_of_an_object_may_be_missing_at_the_end_of_the_message() {
    let expected: Value = Properties::new().with("a", Value::Null).into();
    assert_eq!(one(b"\x03\0\x01a\x05"), expected);
    assert_eq!(one(b"\x03\0\x01a\x05\0\0"), expected);
    let nested = one(b"\x03\0\x01o\x08\0\0\0\x01\0\x01a\x05");
    assert_eq!(nested.get("o").unwrap().get("a"), Some(&Value::Null));
    fails(b"\x03\0\x01a\x05\0", AmfErrorKind::Truncated, 5);
    fails(b"\x03\0\x01a", AmfErrorKind::Truncated, 4);
}

#[test]
fn what_ends_inside_a_value_is_an_error_that_says_where() {
    let cases: [(&[u8], usize); 8] = [
        (&[0, 1, 2], 1),
        (&[1], 1),
        (b"\x02\0\x04abc", 3),
        (&[7, 0], 1),
        (b"\x0C\xFF\xFF\xFF\xFFabc", 5),
        (b"\x0A\xFF\xFF\xFF\xFF\x05", 6),
        (&[8, 0, 0], 1),
        (b"\x05\x0B\0", 2),
    ];
    for (bytes, offset) in cases {
        fails(bytes, AmfErrorKind::Truncated, offset);
    }
}

#[test]
fn types_that_do_not_exist_are_errors() {
    for marker in [4, 14, 18, 255] {
        fails(&[5, marker], AmfErrorKind::UnknownMarker(marker), 1);
    }
    fails(&[9], AmfErrorKind::UnexpectedObjectEnd, 0);
    fails(b"\x03\0\x01a\x09", AmfErrorKind::UnexpectedObjectEnd, 4);
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| [b"\x0A\0\0\0\x01".repeat(depth), vec![5]].concat();
    assert!(decode(&nested(MAX_DEPTH)).is_ok());
    fails(&nested(MAX_DEPTH + 1), AmfErrorKind::TooDeep, 5 * MAX_DEPTH);
    fails(&nested(100_000), AmfErrorKind::TooDeep, 5 * MAX_DEPTH);
    let objects = b"\x03\0\x01a".repeat(100_000);
    fails(&objects, AmfErrorKind::TooDeep, 4 * MAX_DEPTH);
}

#[test]
fn values_are_bounded_over_the_whole_message() {
    assert_eq!(decode(&[5; MAX_VALUES]).unwrap().len(), MAX_VALUES);
    fails(&[5; MAX_VALUES + 1], AmfErrorKind::TooManyValues, MAX_VALUES);
    let count = u32::try_from(MAX_VALUES).unwrap().to_be_bytes();
    let array = [&[10], &count[..], &[5; MAX_VALUES]].concat();
    fails(&array, AmfErrorKind::TooManyValues, array.len() - 1);
}

#[test]
fn depth_is_that_of_one_value_not_of_all() {
    let empty_objects = b"\x03\0\0\x09".repeat(MAX_DEPTH + 5);
    assert_eq!(decode(&empty_objects).unwrap().len(), MAX_DEPTH + 5);
}

#[test]
fn an_extended_body_may_have_its_format_byte_or_not() {
    for bytes in [&b"\0\x02\0\x01f\0\0\0\0\0\0\0\0\0"[..], &b"\x02\0\x01f\0\0\0\0\0\0\0\0\0"[..]] {
        let values = Decoder::new_extended(bytes).read_to_end().unwrap();
        assert_eq!(values, [Value::from("f"), Value::Number(0.0)]);
    }
    assert_eq!(Decoder::new_extended(&[]).next_value(), Ok(None));
    assert_eq!(Decoder::new_extended(&[0]).next_value(), Ok(None));
}

#[test]
fn lookups_take_nothing_for_what_it_is_not() {
    assert_eq!(Value::Number(3.0).as_u32(), Some(3));
    assert_eq!(Value::Number(4_294_967_295.0).as_u32(), Some(u32::MAX));
    for number in [-1.0, 0.5, 4_294_967_296.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(Value::Number(number).as_u32(), None, "{number}");
    }
    assert_eq!(Value::from("3").as_number(), None);
    assert_eq!(Value::Number(1.0).as_bool(), None);
    assert_eq!(Value::Null.get("x"), None);
    assert!(Value::Undefined.is_null());
    let properties = Properties::new().with("tcurl", "rtmp://h/a");
    assert_eq!(properties.get("tcUrl"), None);
    assert_eq!(properties.get_ignore_case("tcUrl").unwrap().as_str(), Some("rtmp://h/a"));
}
