//! What the server says: answers to our calls, its own calls, and notices.

use crate::media::MediaTime;
use crate::protocol::amf0::Value;
use crate::protocol::rtmp::command::{Command, Status};
use crate::protocol::rtmp::error::{ErrorKind, State};
use crate::protocol::rtmp::message::MessageType;
use crate::protocol::rtmp::status::{Meaning, Refusal};

use super::Event;
use super::core::{Core, Method};
use super::publish::stream_id;

impl Core {
    pub fn on_command(
        &mut self,
        now: MediaTime,
        message_type: MessageType,
        payload: &[u8],
    ) -> Result<(), ErrorKind> {
        let command = Command::read(message_type, payload);
        match command.name.to_ascii_lowercase().as_str() {
            "_result" => self.on_result(now, &command),
            "_error" => self.on_error(now, &command),
            "onstatus" => self.on_status(now, &command),
            "close" => self.on_close_asked(now, &command),
            "onbwdone" => self.answer_call(Method::Other, "_checkbw"),
            "_onbwcheck" => self.answer("_result", &command),
            "ping" => self.answer("pong", &command),
            // `onFCPublish` says "start" on some servers before they refuse.
            _ => Ok(()),
        }
    }

    fn on_result(&mut self, now: MediaTime, answer: &Command) -> Result<(), ErrorKind> {
        let status = answer.status().map(|status| self.cleaned(status));
        let meaning = status.as_ref().map(Meaning::of);
        match (self.answered(answer), status) {
            (Some(Method::Connect), Some(status)) if is_refusal(&status) => {
                self.on_rejected(status)
            }
            (Some(Method::Connect), _) => self.create_stream(now),
            (Some(Method::CreateStream), _) => self.on_stream_created(now, answer),
            (Some(Method::Publish), Some(status)) if is_refusal(&status) => Err(refused(status)),
            (Some(Method::Publish), _) if meaning == Some(Meaning::PublishStarted) => {
                self.on_publish_started(now);
                Ok(())
            }
            (Some(Method::Publish | Method::Other) | None, _) => Ok(()),
        }
    }

    /// Which call a `_result` answers. Not all servers get the number right: one that
    /// no call has means `connect` while that is all we asked for, and then
    /// `createStream` where a stream's number follows.
    fn answered(&mut self, answer: &Command) -> Option<Method> {
        let expected = match self.state {
            State::Connecting => Some(Method::Connect),
            State::Creating => stream_id(answer).map(|_| Method::CreateStream),
            _ => None,
        };
        match expected {
            Some(method) if !self.knows(answer.transaction_id) && self.take_method(method) => {
                Some(method)
            }
            _ => self.take_call(answer.transaction_id),
        }
    }

    /// Errors about commands that are in no standard are of no consequence.
    fn on_error(&mut self, now: MediaTime, answer: &Command) -> Result<(), ErrorKind> {
        let status = self.cleaned(answer.status().unwrap_or_default());
        let method = match self.state {
            State::Connecting if !self.knows(answer.transaction_id) => Some(Method::Connect),
            _ => self.take_call(answer.transaction_id),
        };
        // What is said of an extra once the stream runs explains no end of it.
        if !status.code.is_empty() && self.state != State::Live {
            self.note(now, &status);
        }
        match method {
            Some(Method::Connect) => self.on_rejected(status),
            Some(Method::CreateStream | Method::Publish) => Err(refused(status)),
            Some(Method::Other) | None => Ok(()),
        }
    }

    fn on_status(&mut self, now: MediaTime, notice: &Command) -> Result<(), ErrorKind> {
        let Some(status) = notice.status().map(|status| self.cleaned(status)) else {
            return Ok(());
        };
        self.note(now, &status);
        if self.state == State::Closing {
            return self.on_status_closing(&status);
        }
        if let Some(redirect) = &status.redirect {
            return self.follow(redirect);
        }
        match Meaning::of(&status) {
            Meaning::PublishStarted => self.on_publish_started(now),
            Meaning::Unpublished if self.state == State::Live => {
                return Err(ErrorKind::EndedByServer { status: Box::new(status) });
            }
            Meaning::Refusal(refusal) => return self.on_refusal(refusal, status),
            _ => {}
        }
        Ok(())
    }

    fn on_status_closing(&mut self, status: &Status) -> Result<(), ErrorKind> {
        if Meaning::of(status) == Meaning::Unpublished {
            self.on_goodbye();
        }
        Ok(())
    }

    pub fn on_refusal(&mut self, refusal: Refusal, status: Status) -> Result<(), ErrorKind> {
        match (self.state, refusal.is_of_key()) {
            (State::Connecting, _) => self.on_rejected(status),
            (State::Live, false) => Err(ErrorKind::EndedByServer { status: Box::new(status) }),
            _ => Err(refused(status)),
        }
    }

    /// Keeps the last status that could explain a close: "Publish.Start" does not.
    pub fn note(&mut self, now: MediaTime, status: &Status) {
        let meaning = Meaning::of(status);
        if matches!(meaning, Meaning::Refusal(_) | Meaning::Warning | Meaning::Unpublished) {
            self.last_status = Some((status.clone(), now));
        }
        self.push(Event::Status(status.clone()));
    }

    fn answer(&mut self, name: &str, to: &Command) -> Result<(), ErrorKind> {
        self.answering(|core| core.tell(name, to.transaction_id, &[Value::Null]))
    }

    fn answer_call(&mut self, method: Method, name: &str) -> Result<(), ErrorKind> {
        self.answering(|core| core.call(method, name, &[Value::Null]))
    }
}

fn is_refusal(status: &Status) -> bool {
    matches!(Meaning::of(status), Meaning::Refusal(_))
}

fn refused(status: Status) -> ErrorKind {
    let refusal = match Meaning::of(&status) {
        Meaning::Refusal(refusal) => refusal,
        _ => Refusal::Unknown,
    };
    ErrorKind::Refused { refusal, status: Box::new(status) }
}
