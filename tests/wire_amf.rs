//! AMF beside another implementation, the crate `amf`: what we write, it reads;
//! what it writes, we read; and of damaged bytes both think the same.

#[path = "support/amf3.rs"]
mod amf3;
#[path = "support/mutate.rs"]
mod mutate;
#[path = "support/random.rs"]
#[allow(dead_code)]
mod random;

use std::time::Duration;

use ::amf::error::DecodeError;
use ::amf::{Pair, amf0 as theirs0, amf3 as theirs3};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use random::Random;
use tallylight::protocol::amf0::{AmfErrorKind, AmfString, Decoder, Encoder, Properties, Value};

fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    Encoder::new(&mut out).value(value);
    out
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "\\PC{0,20}", 1 => (0..70_000_usize).prop_map(|length| "x".repeat(length))]
}

/// Values of all types that both sides can say.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<f64>().prop_map(Value::Number),
        any::<bool>().prop_map(Value::Boolean),
        any_text().prop_map(Value::from),
        Just(Value::Null),
        Just(Value::Undefined),
        (0..1_u64 << 50, any::<i16>())
            .prop_map(|(ms, time_zone)| Value::Date { unix_ms: ms as f64, time_zone }),
        "\\PC{0,20}".prop_map(|text| Value::Xml(text.into())),
    ];
    leaf.prop_recursive(4, 60, 8, |inner| {
        let properties =
            prop::collection::vec(("\\PC{0,8}", inner.clone()), 0..8).prop_map(|pairs| {
                pairs.into_iter().map(|(name, value)| (name.into(), value)).collect()
            });
        prop_oneof![
            properties.clone().prop_map(Value::Object),
            properties.clone().prop_map(Value::EcmaArray),
            ("\\PC{1,8}", properties).prop_map(|(name, properties)| Value::TypedObject {
                class_name: name.into(),
                properties,
            }),
            prop::collection::vec(inner, 0..8).prop_map(Value::StrictArray),
        ]
    })
}

proptest! {
    // The same cases each time.
    #![proptest_config(ProptestConfig {
        cases: 500,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_we_write_both_read_alike(value in any_value()) {
        let bytes = encode(&value);
        let theirs = theirs0::Value::read_from(&mut &bytes[..]).unwrap();
        prop_assert!(same0(&value, &theirs), "{value:?}\n{theirs:?}");
        let ours = Decoder::new(&bytes).read_to_end().unwrap();
        prop_assert_eq!(ours.len(), 1);
        prop_assert!(same0(&ours[0], &theirs), "{ours:?}\n{theirs:?}");
    }

    #[test]
    fn what_they_write_we_read(value in any_value()) {
        let mut bytes = Vec::new();
        to_theirs(&value).write_to(&mut bytes).unwrap();
        let ours = Decoder::new(&bytes).next_value().unwrap().unwrap();
        prop_assert!(same0(&ours, &to_theirs(&value)), "{ours:?}");
    }

    #[test]
    fn bytes_of_any_kind_survive_in_strings(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let text = Value::String(AmfString::from_bytes(bytes));
        let object = Value::Object([(AmfString::from_bytes(*b"\xFF"), text)].into_iter().collect());
        prop_assert_eq!(Decoder::new(&encode(&object)).next_value(), Ok(Some(object)));
    }
}

#[test]
fn amf3_with_references_is_read_alike() {
    let mut random = Random::new(11);
    let mut understood = 0;
    for _ in 0..20_000 {
        let bytes = amf3::value(&mut random);
        understood += usize::from(agree3(&bytes));
    }
    assert!(understood > 10_000, "{understood} are not circular");
}

#[test]
fn damaged_amf3_is_read_alike() {
    let mut random = Random::new(12);
    let others: Vec<_> = (0..200).map(|_| amf3::value(&mut random)).collect();
    let mut understood = 0;
    for _ in 0..100_000 {
        let mut bytes = amf3::value(&mut random);
        mutate::mutate(&mut bytes, &others, 500, &mut random);
        understood += usize::from(agree3(&bytes));
    }
    assert!(understood > 20_000, "{understood} are still values");
}

#[test]
fn damaged_amf0_is_read_alike() {
    let mut random = Random::new(13);
    let seeds = seeds0();
    let mut understood = 0;
    for _ in 0..100_000 {
        let mut bytes = random.pick(&seeds).clone();
        mutate::mutate(&mut bytes, &seeds, 500, &mut random);
        understood += usize::from(agree0(&bytes));
    }
    assert!(understood > 20_000, "{understood} are still values");
}

/// Values of every type, as bytes.
fn seeds0() -> Vec<Vec<u8>> {
    let object = Properties::new().with("app", "live").with("capabilities", 15.0).with("b", true);
    let array = Value::StrictArray(vec![Value::Null, Value::Undefined, Value::from(1.5)]);
    let date = Value::Date { unix_ms: 1e12, time_zone: 0 };
    let long = Value::LongString("long".into());
    let xml = Value::Xml("<x/>".into());
    let ecma = Value::EcmaArray(object.clone().with("nested", object.clone()));
    let class_name = AmfString::from("Class");
    let typed = Value::TypedObject { class_name, properties: object.clone() };
    let all = [object.into(), array, date, long, xml, ecma, typed];
    let nested = Value::StrictArray(all.to_vec());
    all.iter().chain([&nested]).map(encode).collect()
}

/// Whether both understand the bytes; panics where they disagree about them.
fn agree3(amf3: &[u8]) -> bool {
    let bytes = [&[0x11], amf3].concat();
    let ours = Decoder::new(&bytes).next_value();
    let theirs = theirs3::Value::read_from(&mut &amf3[..]);
    match (ours, theirs) {
        (Ok(Some(ours)), Ok(theirs)) => {
            assert!(same3(&ours, &theirs), "{amf3:02X?}\n{ours:?}\n{theirs:?}");
            true
        }
        (Ok(ours), Err(theirs)) => {
            assert!(they_are_stricter(&theirs), "{amf3:02X?}\n{ours:?}\n{theirs:?}");
            false
        }
        (Ok(None), Ok(theirs)) => panic!("{theirs:?} of no bytes"),
        (Err(ours), Ok(theirs)) => {
            let bounded = matches!(ours.kind, AmfErrorKind::UnknownAmf3Marker(0x0D..=0x11));
            assert!(bounded, "{amf3:02X?}\n{ours:?}\n{theirs:?}");
            false
        }
        (Err(_), Err(_)) => false,
    }
}

fn agree0(bytes: &[u8]) -> bool {
    let ours = Decoder::new(bytes).next_value();
    let theirs = theirs0::Value::read_from(&mut &bytes[..]);
    match (ours, theirs) {
        (Ok(Some(ours)), Ok(theirs)) => {
            let same = same0(&ours, &theirs);
            assert!(same || has_reference(&ours), "{bytes:02X?}\n{ours:?}\n{theirs:?}");
            true
        }
        (Ok(ours), Err(theirs)) => {
            // An object may end with the message, or be referred to.
            let end = matches!(theirs, DecodeError::Io(_));
            let reference = ours.as_ref().is_some_and(has_reference);
            let tolerated = end || reference || they_are_stricter(&theirs);
            assert!(tolerated, "{bytes:02X?}\n{ours:?}\n{theirs:?}");
            false
        }
        (Ok(None), Ok(theirs)) => panic!("{theirs:?} of no bytes"),
        (Err(ours), Ok(theirs)) => {
            let bounded = matches!(ours.kind, AmfErrorKind::UnknownAmf3Marker(0x0D..=0x11));
            assert!(bounded, "{bytes:02X?}\n{ours:?}\n{theirs:?}");
            false
        }
        (Err(_), Err(_)) => false,
    }
}

/// What the other implementation refuses and we keep: text that is not UTF-8,
/// dates before 1970 or of no number, "unsupported" as a value, and collections
/// that wrap a value.
fn they_are_stricter(error: &DecodeError) -> bool {
    matches!(
        error,
        DecodeError::String(_)
            | DecodeError::InvalidDate { .. }
            | DecodeError::Unsupported { marker: 13 }
            | DecodeError::ExternalizableType { .. }
    )
}

fn has_reference(value: &Value) -> bool {
    match value {
        Value::Reference(_) => true,
        Value::StrictArray(values) => values.iter().any(has_reference),
        other => other
            .properties()
            .is_some_and(|properties| properties.iter().any(|(_, value)| has_reference(value))),
    }
}

/// Whether the two say the same, numbers compared by their bits.
fn same0(ours: &Value, theirs: &theirs0::Value) -> bool {
    use theirs0::Value as Theirs;
    match (ours, theirs) {
        (Value::Number(a), Theirs::Number(b)) => a.to_bits() == b.to_bits(),
        (Value::Boolean(a), Theirs::Boolean(b)) => a == b,
        (Value::String(a) | Value::LongString(a), Theirs::String(b)) => *a == **b,
        (Value::Null, Theirs::Null) | (Value::Undefined, Theirs::Undefined) => true,
        (Value::Xml(a), Theirs::XmlDocument(b)) => *a == **b,
        (Value::Date { unix_ms, time_zone: a }, Theirs::Date { unix_time, time_zone: b }) => {
            *unix_ms as u64 == unix_time.as_millis() as u64 && a == b
        }
        (Value::Object(a), Theirs::Object { class_name: None, entries: b }) => same_pairs0(a, b),
        (Value::EcmaArray(a), Theirs::EcmaArray { entries: b }) => same_pairs0(a, b),
        (
            Value::TypedObject { class_name, properties },
            Theirs::Object { class_name: Some(name), entries },
        ) => *class_name == **name && same_pairs0(properties, entries),
        (Value::StrictArray(a), Theirs::Array { entries: b }) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same0(a, b))
        }
        (ours, Theirs::AvmPlus(theirs)) => same3(ours, theirs),
        _ => false,
    }
}

fn same_pairs0(ours: &Properties, theirs: &[Pair<String, theirs0::Value>]) -> bool {
    let same = |((name, a), b): (&(AmfString, Value), &Pair<String, theirs0::Value>)| {
        *name == *b.key && same0(a, &b.value)
    };
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(same)
}

fn same3(ours: &Value, theirs: &theirs3::Value) -> bool {
    use theirs3::Value as Theirs;
    match (ours, theirs) {
        (Value::Undefined, Theirs::Undefined) | (Value::Null, Theirs::Null) => true,
        (Value::Boolean(a), Theirs::Boolean(b)) => a == b,
        (Value::Number(a), Theirs::Integer(b)) => *a == f64::from(*b),
        (Value::Number(a), Theirs::Double(b)) => a.to_bits() == b.to_bits(),
        (Value::String(a), Theirs::String(b)) => *a == **b,
        (Value::Xml(a), Theirs::Xml(b) | Theirs::XmlDocument(b)) => *a == **b,
        (Value::LongString(a), Theirs::ByteArray(b)) => a.as_bytes() == b,
        (Value::Date { unix_ms, .. }, Theirs::Date { unix_time }) => {
            *unix_ms as u64 == unix_time.as_millis() as u64
        }
        (Value::StrictArray(a), Theirs::Array { assoc_entries, dense_entries: b }) => {
            assoc_entries.is_empty()
                && a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| same3(a, b))
        }
        (Value::EcmaArray(a), Theirs::Array { assoc_entries, dense_entries }) => {
            let numbered = dense_entries.iter().enumerate();
            let numbered = numbered.map(|(index, value)| (index.to_string(), value));
            let named = assoc_entries.iter().map(|pair| (pair.key.clone(), &pair.value));
            same_pairs3(a, named.chain(numbered).collect())
        }
        (Value::Object(a), Theirs::Object { class_name: None, entries, .. }) => {
            same_pairs3(a, entries.iter().map(|pair| (pair.key.clone(), &pair.value)).collect())
        }
        (
            Value::TypedObject { class_name, properties },
            Theirs::Object { class_name: Some(name), entries, .. },
        ) => {
            let entries = entries.iter().map(|pair| (pair.key.clone(), &pair.value));
            *class_name == **name && same_pairs3(properties, entries.collect())
        }
        _ => false,
    }
}

fn same_pairs3(ours: &Properties, theirs: Vec<(String, &theirs3::Value)>) -> bool {
    let same = |(ours, theirs): (&(AmfString, Value), &(String, &theirs3::Value))| {
        ours.0 == *theirs.0 && same3(&ours.1, theirs.1)
    };
    ours.len() == theirs.len() && ours.iter().zip(&theirs).all(same)
}

fn to_theirs(value: &Value) -> theirs0::Value {
    use theirs0::Value as Theirs;
    let text = |text: &AmfString| text.as_str().unwrap().to_owned();
    let pairs = |properties: &Properties| {
        let pair =
            |(name, value): &(AmfString, Value)| Pair { key: text(name), value: to_theirs(value) };
        properties.iter().map(pair).collect()
    };
    match value {
        Value::Number(number) => Theirs::Number(*number),
        Value::Boolean(boolean) => Theirs::Boolean(*boolean),
        Value::String(string) => Theirs::String(text(string)),
        Value::Null => Theirs::Null,
        Value::Undefined => Theirs::Undefined,
        Value::Date { unix_ms, time_zone } => Theirs::Date {
            unix_time: Duration::from_millis(*unix_ms as u64),
            time_zone: *time_zone,
        },
        Value::Xml(string) => Theirs::XmlDocument(text(string)),
        Value::Object(properties) => {
            Theirs::Object { class_name: None, entries: pairs(properties) }
        }
        Value::EcmaArray(properties) => Theirs::EcmaArray { entries: pairs(properties) },
        Value::TypedObject { class_name, properties } => {
            Theirs::Object { class_name: Some(text(class_name)), entries: pairs(properties) }
        }
        Value::StrictArray(values) => {
            Theirs::Array { entries: values.iter().map(to_theirs).collect() }
        }
        other => panic!("not among the generated values: {other:?}"),
    }
}
