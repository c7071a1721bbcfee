//! Commands (RTMP 1.0 §7.2) and what is said in their answers.

use super::message::MessageType;
use super::text::sanitized;
use crate::protocol::amf0::{AmfError, Decoder, Encoder, Properties, Value};

/// A call, an answer to one, or a notice: name, transaction, values.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// What is to be done; `_result` and `_error` are answers.
    pub name: String,
    /// Which call an answer belongs to; 0 where none is expected.
    pub transaction_id: f64,
    /// What follows the transaction: first the command object, which is null for
    /// most commands, then the arguments.
    pub values: Vec<Value>,
    /// Why there may have been more: what follows could not be read.
    pub cut: Option<AmfError>,
}

impl Command {
    /// Reads the body of a command message, in AMF0 or "extended", as far as it goes:
    /// one odd value behind what is needed must not end a stream.
    ///
    /// Some servers leave out the transaction or the command object of a notice,
    /// so whatever follows the name is taken.
    pub fn read(message_type: MessageType, body: &[u8]) -> Self {
        let (mut values, cut) = decoder(message_type, body).read_as_far_as_possible();
        if let Some(error) = &cut {
            // Its name is the peer's words, which may hold a key.
            tracing::debug!(%error, "the rest of a command can't be read");
        }
        let name = values.first().and_then(Value::as_text).map(sanitized).unwrap_or_default();
        let transaction_id = values.get(1).and_then(Value::as_number);
        values.drain(..values.len().min(if transaction_id.is_some() { 2 } else { 1 }));
        Self { name, transaction_id: transaction_id.unwrap_or(0.0), values, cut }
    }

    /// The command object.
    pub fn object(&self) -> Option<&Properties> {
        self.values.first()?.properties()
    }

    /// The argument at `index`, counted after the command object.
    pub fn argument(&self, index: usize) -> Option<&Value> {
        self.values.get(index + 1)
    }

    /// What it says about the state of things, if it does: the first object with a
    /// code, wherever it stands, else a bare code.
    pub fn status(&self) -> Option<Status> {
        let listed = |value: &Value| match value {
            Value::StrictArray(values) => values.iter().find_map(Status::of),
            _ => None,
        };
        let values = || self.values.iter();
        values().find_map(Status::of).or_else(|| values().find_map(listed)).or_else(|| self.bare())
    }

    /// A code that is not in an object; the text after it says more.
    fn bare(&self) -> Option<Status> {
        let mut texts = self.values.iter().filter_map(Value::as_text).map(sanitized);
        let code = texts.find(|text| is_code(text))?;
        let description = texts.next().unwrap_or_default();
        Some(Status { code, description, ..Status::default() })
    }
}

/// Whether a text is a status code and not words.
fn is_code(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["netconnection.", "netstream."].iter().any(|start| lower.starts_with(start))
        && !text.contains(' ')
}

fn decoder(message_type: MessageType, body: &[u8]) -> Decoder<'_> {
    match message_type {
        MessageType::COMMAND_EXTENDED => Decoder::new_extended(body),
        _ => Decoder::new(body),
    }
}

/// An information object (RTMP 1.0 §7.2.2, `onStatus`), cleaned for display.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// `status`, `warning` or `error`; may be empty.
    pub level: String,
    /// `NetStream.Publish.Start` and so on.
    pub code: String,
    /// The server's words; may be empty.
    pub description: String,
    /// Where the server wants the client to go instead, as it came.
    pub redirect: Option<Redirect>,
}

/// A server's request to go elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The address, which may be relative to the present one.
    pub to: String,
    /// Whether this connection is of no use any more.
    pub at_once: bool,
}

impl Status {
    /// The status in `value`, an object with a `code`, or one that calls itself an error.
    fn of(value: &Value) -> Option<Self> {
        let property = |name: &str| value.properties()?.get_ignore_case(name);
        let text = |name: &str| property(name).and_then(Value::as_text).map(sanitized);
        let level = text("level").unwrap_or_default();
        let is_error = level.eq_ignore_ascii_case("error");
        let code = text("code").or_else(|| is_error.then(Default::default))?;
        Some(Self {
            level,
            description: text("description").unwrap_or_default(),
            redirect: redirect(value, &code),
            code,
        })
    }

    /// Whether it is about something that went wrong. The level is missing in some
    /// servers' messages; then only the code can tell.
    pub fn is_error(&self) -> bool {
        self.level.eq_ignore_ascii_case("error")
    }
}

/// The two ways to redirect: an "ex" object with code 302 in a rejection, and the
/// reconnect request of Enhanced RTMP ("Reconnect Request").
fn redirect(value: &Value, code: &str) -> Option<Redirect> {
    if code.eq_ignore_ascii_case("NetConnection.Connect.ReconnectRequest") {
        let to = value.get("tcUrl").and_then(Value::as_str).unwrap_or_default();
        return Some(Redirect { to: to.to_owned(), at_once: false });
    }
    let ex = value.get("ex")?;
    let is_302 = ex.get("code").is_some_and(|code| {
        code.as_number() == Some(302.0) || code.as_str().is_some_and(|text| text.trim() == "302")
    });
    let to = ex.get("redirect").and_then(Value::as_str).filter(|_| is_302)?;
    Some(Redirect { to: to.to_owned(), at_once: true })
}

/// Appends the body of a command to `out`.
pub(super) fn encode(name: &str, transaction_id: f64, values: &[Value], out: &mut Vec<u8>) {
    Encoder::new(out).string(name).number(transaction_id).values(values);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(values: &[Value]) -> Command {
        let mut body = Vec::new();
        Encoder::new(&mut body).values(values);
        Command::read(MessageType::COMMAND, &body)
    }

    #[test]
    fn name_transaction_and_arguments() {
        let command = parse(&["_result".into(), 4.0.into(), Value::Null, 1.0.into()]);
        assert_eq!((command.name.as_str(), command.transaction_id), ("_result", 4.0));
        assert_eq!(command.argument(0), Some(&Value::Number(1.0)));
        assert_eq!(command.argument(1), None);
    }

    #[test]
    fn what_is_left_out_is_tolerated() {
        assert_eq!(parse(&["onFCPublish".into()]).transaction_id, 0.0);
        let info = Properties::new().with("code", "NetStream.Publish.Start");
        let bare = parse(&["onStatus".into(), info.clone().into()]);
        assert_eq!(bare.status().unwrap().code, "NetStream.Publish.Start");
        assert_eq!(parse(&[Value::Null, info.into()]).name, "");
        assert_eq!(Command::read(MessageType::COMMAND, &[]).values, []);
    }

    #[test]
    fn extended_commands_have_a_format_byte_or_not() {
        let mut body = vec![0];
        encode("close", 0.0, &[Value::Null], &mut body);
        for body in [&body[..], &body[1..]] {
            let command = Command::read(MessageType::COMMAND_EXTENDED, body);
            assert_eq!(command.name, "close");
        }
    }

    #[test]
    fn what_stands_before_a_value_that_can_not_be_read_is_used() {
        let info = Properties::new().with("code", "NetStream.Publish.Start");
        let mut whole = Vec::new();
        encode("onStatus", 3.0, &[Value::Null, info.into()], &mut whole);
        let in_the_object = [&whole[..whole.len() - 3], b"\x00\x01x\x0E"].concat();
        let after_it = [&whole[..], &[0x0E]].concat();
        for body in [in_the_object, after_it] {
            let command = Command::read(MessageType::COMMAND, &body);
            assert!(command.cut.is_some());
            assert_eq!((command.name.as_str(), command.transaction_id), ("onStatus", 3.0));
            assert_eq!(command.status().unwrap().code, "NetStream.Publish.Start");
        }
        let nothing = Command::read(MessageType::COMMAND, &[0xEE]);
        assert_eq!((nothing.name.as_str(), nothing.values.len()), ("", 0));
    }

    #[test]
    fn a_code_is_found_in_odd_places() {
        let info: Value = Properties::new().with("Code", "NetStream.Publish.Start").into();
        let typed = Value::TypedObject {
            class_name: "Info".into(),
            properties: Properties::new().with("code", "NetStream.Publish.Start"),
        };
        for values in [
            vec![info.clone()],
            vec![Value::Null, Value::StrictArray(vec![info])],
            vec![Value::Undefined, typed],
            vec!["NetStream.Publish.Start".into()],
            vec![Value::Null, "status".into(), "netstream.publish.start".into()],
        ] {
            let status = parse(&[&["onStatus".into(), 0.0.into()], &values[..]].concat()).status();
            let code = status.unwrap().code;
            assert!(code.eq_ignore_ascii_case("NetStream.Publish.Start"), "{code}");
        }
        let words = parse(&["onStatus".into(), 0.0.into(), Value::Null, "all is well".into()]);
        assert_eq!(words.status(), None);
    }

    #[test]
    fn redirects_of_both_kinds_are_found() {
        let ex = Properties::new().with("code", 302.0).with("redirect", "rtmp://b/app");
        let info = Properties::new()
            .with("level", "error")
            .with("code", "NetConnection.Connect.Rejected")
            .with("ex", ex);
        let status =
            parse(&["_error".into(), 1.0.into(), Value::Null, info.into()]).status().unwrap();
        let expected = Redirect { to: "rtmp://b/app".into(), at_once: true };
        assert_eq!(status.redirect, Some(expected));

        let info = Properties::new()
            .with("code", "NetConnection.Connect.ReconnectRequest")
            .with("tcUrl", "//c/app");
        let status =
            parse(&["onStatus".into(), 0.0.into(), Value::Null, info.into()]).status().unwrap();
        assert_eq!(status.redirect, Some(Redirect { to: "//c/app".into(), at_once: false }));
    }
}
