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
}

impl Command {
    /// Reads the body of a command message, in AMF0 or "extended".
    ///
    /// Some servers leave out the transaction or the command object of a notice,
    /// so whatever follows the name is taken as far as it goes.
    pub fn parse(message_type: MessageType, body: &[u8]) -> Result<Self, AmfError> {
        let mut values = decoder(message_type, body).read_to_end()?;
        let name = values.first().and_then(Value::as_text).map(sanitized).unwrap_or_default();
        let transaction_id = values.get(1).and_then(Value::as_number);
        values.drain(..values.len().min(if transaction_id.is_some() { 2 } else { 1 }));
        Ok(Self { name, transaction_id: transaction_id.unwrap_or(0.0), values })
    }

    /// Reads a command of which only some matter: one that can't be read is an error
    /// if `matters` says so of its name and transaction, and is left out otherwise.
    /// One odd value in what nobody asked for must not end a stream.
    pub fn read(
        message_type: MessageType,
        body: &[u8],
        matters: impl FnOnce(&str, f64) -> bool,
    ) -> Result<Option<Self>, AmfError> {
        let error = match Self::parse(message_type, body) {
            Ok(command) => return Ok(Some(command)),
            Err(error) => error,
        };
        let mut decoder = decoder(message_type, body);
        let name = decoder.next_value().ok().flatten();
        let name = name.as_ref().and_then(Value::as_text).map(sanitized).unwrap_or_default();
        let transaction_id = decoder.next_value().ok().flatten();
        let transaction_id = transaction_id.as_ref().and_then(Value::as_number).unwrap_or(0.0);
        if matters(&name, transaction_id) {
            return Err(error);
        }
        // Its name is the peer's words, which may hold a key.
        tracing::debug!(%error, "a command that can't be read is left out");
        Ok(None)
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
    /// code, wherever it stands.
    pub fn status(&self) -> Option<Status> {
        self.values.iter().find_map(Status::of)
    }
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
        let text = |name: &str| value.get(name).and_then(Value::as_text).map(sanitized);
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
    if code == "NetConnection.Connect.ReconnectRequest" {
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
        Command::parse(MessageType::COMMAND, &body).unwrap()
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
        assert_eq!(Command::parse(MessageType::COMMAND, &[]).unwrap().values, []);
    }

    #[test]
    fn extended_commands_have_a_format_byte_or_not() {
        let mut body = vec![0];
        encode("close", 0.0, &[Value::Null], &mut body);
        for body in [&body[..], &body[1..]] {
            let command = Command::parse(MessageType::COMMAND_EXTENDED, body).unwrap();
            assert_eq!(command.name, "close");
        }
    }

    #[test]
    fn what_can_not_be_read_counts_only_where_it_matters() {
        let mut body = Vec::new();
        encode("onBandwidth", 3.0, &[Value::Null], &mut body);
        body.push(0xEE);
        let read =
            |matters: fn(&str, f64) -> bool| Command::read(MessageType::COMMAND, &body, matters);
        assert_eq!(read(|_, _| false), Ok(None));
        assert!(read(|name, id| name == "onBandwidth" && id == 3.0).is_err());
        assert_eq!(Command::read(MessageType::COMMAND, &[0xEE], |_, _| false), Ok(None));
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
