//! What the server says: answers to our calls, its own calls, and notices.

use crate::media::MediaTime;
use crate::protocol::amf0::Value;
use crate::protocol::rtmp::command::{Command, Status};
use crate::protocol::rtmp::error::{ErrorKind, State};
use crate::protocol::rtmp::message::MessageType;
use crate::protocol::rtmp::status::{Meaning, Refusal};

use super::Event;
use super::core::{Core, Method};

impl Core {
    pub fn on_command(
        &mut self,
        now: MediaTime,
        message_type: MessageType,
        payload: &[u8],
    ) -> Result<(), ErrorKind> {
        let matters = |name: &str, transaction_id: f64| match name {
            "onStatus" => true,
            "_result" | "_error" => self.is_awaited(transaction_id),
            _ => false,
        };
        let Some(command) = Command::read(message_type, payload, matters)? else { return Ok(()) };
        match command.name.as_str() {
            "_result" => self.on_result(now, &command),
            "_error" => self.on_error(&command),
            "onStatus" => self.on_status(now, &command),
            "close" => self.on_close_asked(),
            "onBWDone" => self.answer_call(Method::Other, "_checkbw"),
            "_onbwcheck" => self.answer("_result", &command),
            "ping" => self.answer("pong", &command),
            // `onFCPublish` says "start" on some servers before they refuse.
            _ => Ok(()),
        }
    }

    fn on_result(&mut self, now: MediaTime, answer: &Command) -> Result<(), ErrorKind> {
        match self.take_call(answer.transaction_id) {
            Some(Method::Connect) => match answer.status().map(|status| self.cleaned(status)) {
                Some(status) if is_refusal(&status) => self.on_rejected(status),
                _ => self.create_stream(now),
            },
            Some(Method::CreateStream) => self.on_stream_created(now, answer),
            Some(Method::Publish | Method::Other) | None => Ok(()),
        }
    }

    /// Errors about commands that are in no standard are of no consequence.
    fn on_error(&mut self, answer: &Command) -> Result<(), ErrorKind> {
        let status = self.cleaned(answer.status().unwrap_or_default());
        let method = self.take_call(answer.transaction_id);
        if !status.code.is_empty() {
            self.note(&status);
        }
        match method {
            Some(Method::Connect) => self.on_rejected(status),
            Some(Method::CreateStream | Method::Publish) => Err(refused(status)),
            None if self.state == State::Connecting => self.on_rejected(status),
            Some(Method::Other) | None => Ok(()),
        }
    }

    fn on_status(&mut self, now: MediaTime, notice: &Command) -> Result<(), ErrorKind> {
        let Some(status) = notice.status().map(|status| self.cleaned(status)) else {
            return Ok(());
        };
        self.note(&status);
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

    fn on_refusal(&mut self, refusal: Refusal, status: Status) -> Result<(), ErrorKind> {
        match (self.state, refusal) {
            (State::Connecting, _) => self.on_rejected(status),
            (State::Live, Refusal::KeyInUse | Refusal::KeyRejected) => Err(refused(status)),
            (State::Live, _) => Err(ErrorKind::EndedByServer { status: Box::new(status) }),
            _ => Err(refused(status)),
        }
    }

    /// Of what the server said last only that is quoted when it closes which could
    /// be the reason: "Publish.Start" is none.
    fn note(&mut self, status: &Status) {
        let meaning = Meaning::of(status);
        if matches!(meaning, Meaning::Refusal(_) | Meaning::Warning | Meaning::Unpublished) {
            self.last_status = Some(status.clone());
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
