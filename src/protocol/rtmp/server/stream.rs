//! Message streams: opening, publishing, playing, ending (RTMP 1.0 §7.2.1.3,
//! §7.2.2).

use crate::media::MediaTime;
use crate::protocol::amf0::{Encoder, Value};
use crate::protocol::rtmp::command::Command;
use crate::protocol::rtmp::error::ErrorKind;
use crate::protocol::rtmp::key::StreamKey;
use crate::protocol::rtmp::message::UserControl;
use crate::protocol::rtmp::timer::Timer;

use super::connect::information;
use super::core::{Core, chunk_stream};
use super::{MediaKind, ServerEvent};

/// Why a request is refused, as the client is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// `NetStream.Publish.BadName` and so on.
    pub code: &'static str,
    /// The words for a person.
    pub description: String,
}

impl Rejection {
    /// The name is already being published.
    pub fn name_in_use() -> Self {
        Self { code: "NetStream.Publish.BadName", description: "Already publishing".into() }
    }

    /// Another one publishes under the name, for this one has fallen silent.
    pub fn taken_over() -> Self {
        let description = "Another publisher took over, for nothing was heard any more".into();
        Self { code: "NetStream.Publish.BadName", description }
    }

    /// There is nothing of that name to play.
    pub fn not_found() -> Self {
        Self { code: "NetStream.Play.StreamNotFound", description: "No such stream".into() }
    }
}

/// What a message stream is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Idle,
    /// Asked to publish and not answered yet.
    WantsToPublish,
    Publishing,
    /// Asked to play and not answered yet.
    WantsToPlay,
    Playing,
}

/// The message streams of a connection.
#[derive(Debug)]
pub(super) struct Streams {
    open: Vec<(u32, Role)>,
    last_id: u32,
    max: usize,
}

impl Streams {
    pub fn new(max: usize) -> Self {
        Self { open: Vec::new(), last_id: 0, max }
    }

    /// Opens a stream, unless there are too many.
    fn create(&mut self) -> Option<u32> {
        if self.open.len() >= self.max {
            return None;
        }
        self.last_id = self.last_id.checked_add(1)?;
        self.open.push((self.last_id, Role::Idle));
        Some(self.last_id)
    }

    /// The stream that is meant. Some clients name the wrong one where there is
    /// only one.
    pub fn resolve(&self, message_stream_id: u32) -> Option<u32> {
        match self.open.as_slice() {
            [(only, _)] => Some(*only),
            all => all.iter().map(|&(id, _)| id).find(|&id| id == message_stream_id),
        }
    }

    pub fn role(&self, stream_id: u32) -> Role {
        self.open.iter().find(|&&(id, _)| id == stream_id).map_or(Role::Idle, |&(_, role)| role)
    }

    fn set_role(&mut self, stream_id: u32, role: Role) {
        if let Some(stream) = self.open.iter_mut().find(|(id, _)| *id == stream_id) {
            stream.1 = role;
        }
    }

    fn delete(&mut self, stream_id: u32) {
        self.open.retain(|&(id, _)| id != stream_id);
    }

    /// Whether something is played and nothing published.
    pub fn only_plays(&self) -> bool {
        let has = |wanted| self.open.iter().any(|&(_, role)| role == wanted);
        has(Role::Playing) && !has(Role::Publishing)
    }

    pub fn any_active(&self) -> bool {
        self.open.iter().any(|&(_, role)| matches!(role, Role::Publishing | Role::Playing))
    }

    /// Whether a request waits for its answer.
    pub fn any_waits(&self) -> bool {
        self.open.iter().any(|&(_, role)| matches!(role, Role::WantsToPublish | Role::WantsToPlay))
    }

    /// Closes all streams and gives what there is to tell.
    pub fn end_all(&mut self) -> Vec<ServerEvent> {
        let all = std::mem::take(&mut self.open);
        all.into_iter().filter_map(|(id, role)| ended(id, role)).collect()
    }
}

/// What the end of a stream means for its owner.
fn ended(stream_id: u32, role: Role) -> Option<ServerEvent> {
    match role {
        Role::Idle => None,
        Role::Publishing | Role::WantsToPublish => Some(ServerEvent::PublishEnded { stream_id }),
        Role::Playing | Role::WantsToPlay => Some(ServerEvent::PlayEnded { stream_id }),
    }
}

impl Core {
    pub fn on_create_stream(&mut self, command: &Command) -> Result<(), ErrorKind> {
        match self.streams.create() {
            Some(id) => self.answer(command, &[Value::Null, id.into()]),
            None => {
                let info = information("error", "NetConnection.Call.Failed", "Too many streams");
                let values = [Value::Null, info.into()];
                self.command(chunk_stream::CONNECTION, 0, "_error", command.transaction_id, &values)
            }
        }
    }

    /// Commands about a stream; those not known are ignored, as all servers do.
    pub fn on_stream_command(
        &mut self,
        now: MediaTime,
        message_stream_id: u32,
        name: &str,
        command: &Command,
    ) -> Result<(), ErrorKind> {
        let was_active = self.streams.any_active();
        self.dispatch(message_stream_id, name, command)?;
        if was_active && !self.streams.any_active() {
            // It is asked for the next step again.
            self.timers.set(Timer::Reply, now + self.options.timeouts.reply);
        }
        Ok(())
    }

    fn dispatch(
        &mut self,
        message_stream_id: u32,
        name: &str,
        command: &Command,
    ) -> Result<(), ErrorKind> {
        match name {
            "publish" => self.on_request(message_stream_id, command, Role::WantsToPublish),
            "play" => self.on_request(message_stream_id, command, Role::WantsToPlay),
            "pause" | "pauseRaw" => self.on_pause(message_stream_id, command),
            "seek" => self.on_seek(message_stream_id),
            "receiveAudio" => self.on_receive(message_stream_id, command, MediaKind::Audio),
            "receiveVideo" => self.on_receive(message_stream_id, command, MediaKind::Video),
            "closeStream" => self.end_stream(self.streams.resolve(message_stream_id)),
            "FCUnpublish" => self.on_fc_unpublish(command),
            "deleteStream" => {
                let named =
                    command.argument(0).and_then(Value::as_u32).unwrap_or(message_stream_id);
                let stream_id = self.streams.resolve(named);
                self.end_stream(stream_id)?;
                self.streams.delete(stream_id.unwrap_or(named));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub fn accept_publish(&mut self, stream_id: u32) -> Result<(), ErrorKind> {
        if self.streams.role(stream_id) != Role::WantsToPublish {
            return Ok(());
        }
        self.activate(stream_id, Role::Publishing);
        self.stream_begin(stream_id)?;
        self.status(stream_id, "status", "NetStream.Publish.Start", "Start publishing")
    }

    /// What players expect before the first media, in this order.
    pub fn accept_play(&mut self, stream_id: u32) -> Result<(), ErrorKind> {
        if self.streams.role(stream_id) != Role::WantsToPlay {
            return Ok(());
        }
        self.activate(stream_id, Role::Playing);
        self.stream_begin(stream_id)?;
        self.status(stream_id, "status", "NetStream.Play.Reset", "Playing and resetting")?;
        self.status(stream_id, "status", "NetStream.Play.Start", "Started playing")?;
        self.play_notices(stream_id)
    }

    pub fn reject(&mut self, stream_id: u32, rejection: &Rejection) -> Result<(), ErrorKind> {
        if matches!(self.streams.role(stream_id), Role::Idle | Role::Publishing) {
            return Ok(());
        }
        self.streams.set_role(stream_id, Role::Idle);
        self.status(stream_id, "error", rejection.code, &rejection.description)
    }

    /// Takes the name away from one who publishes.
    pub fn take_back(&mut self, stream_id: u32, rejection: &Rejection) -> Result<(), ErrorKind> {
        if self.streams.role(stream_id) != Role::Publishing {
            return Ok(());
        }
        self.streams.set_role(stream_id, Role::Idle);
        self.status(stream_id, "error", rejection.code, &rejection.description)
    }

    pub fn notify_published(&mut self, stream_id: u32) -> Result<(), ErrorKind> {
        if self.streams.role(stream_id) != Role::Playing {
            return Ok(());
        }
        self.stream_begin(stream_id)?;
        self.status(stream_id, "status", "NetStream.Play.PublishNotify", "Being published")
    }

    pub fn notify_dry(&mut self, stream_id: u32) -> Result<(), ErrorKind> {
        if self.streams.role(stream_id) != Role::Playing {
            return Ok(());
        }
        self.answering(|out| out.user_control(&UserControl::StreamDry { stream_id }))
    }

    pub fn notify_resumed(&mut self, stream_id: u32) -> Result<(), ErrorKind> {
        if self.streams.role(stream_id) != Role::Playing {
            return Ok(());
        }
        self.stream_begin(stream_id)
    }

    pub fn notify_unpublished(&mut self, stream_id: u32) -> Result<(), ErrorKind> {
        if self.streams.role(stream_id) != Role::Playing {
            return Ok(());
        }
        self.answering(|out| out.user_control(&UserControl::StreamEof { stream_id }))?;
        self.status(stream_id, "status", "NetStream.Play.UnpublishNotify", "The stream has ended")
    }

    pub fn end_play(&mut self, stream_id: u32) -> Result<(), ErrorKind> {
        if self.streams.role(stream_id) != Role::Playing {
            return Ok(());
        }
        self.streams.set_role(stream_id, Role::Idle);
        self.answering(|out| out.user_control(&UserControl::StreamEof { stream_id }))?;
        self.status(stream_id, "status", "NetStream.Play.UnpublishNotify", "The stream has ended")?;
        self.status(stream_id, "status", "NetStream.Play.Stop", "Stopped playing")
    }

    /// A stream that is in use already ends first.
    fn on_request(
        &mut self,
        message_stream_id: u32,
        command: &Command,
        wish: Role,
    ) -> Result<(), ErrorKind> {
        let Some(stream_id) = self.streams.resolve(message_stream_id) else {
            return self.status(message_stream_id, "error", "NetStream.Failed", "No such stream");
        };
        self.end_stream(Some(stream_id))?;
        let name = command.argument(0).and_then(Value::as_text);
        let key = StreamKey::new(&name.map(|name| name.to_str_lossy()).unwrap_or_default());
        let app = self.app.clone();
        self.streams.set_role(stream_id, wish);
        self.events.push_back(match wish {
            Role::WantsToPublish => ServerEvent::PublishRequested { stream_id, app, key },
            _ => ServerEvent::PlayRequested { stream_id, app, key },
        });
        Ok(())
    }

    fn on_pause(&mut self, message_stream_id: u32, command: &Command) -> Result<(), ErrorKind> {
        let playing = self.streams.resolve(message_stream_id);
        let Some(stream_id) = playing.filter(|&id| self.streams.role(id) == Role::Playing) else {
            return Ok(());
        };
        let paused = command.argument(0).and_then(Value::as_bool).unwrap_or(true);
        self.events.push_back(ServerEvent::Paused { stream_id, paused });
        if paused {
            self.status(stream_id, "status", "NetStream.Pause.Notify", "Paused")
        } else {
            self.status(stream_id, "status", "NetStream.Unpause.Notify", "Going on")
        }
    }

    /// There is only now to go to. A player that asks shows nothing until it is told
    /// that it is there, and then starts on a keyframe.
    fn on_seek(&mut self, message_stream_id: u32) -> Result<(), ErrorKind> {
        let playing = self.streams.resolve(message_stream_id);
        let Some(stream_id) = playing.filter(|&id| self.streams.role(id) == Role::Playing) else {
            return Ok(());
        };
        self.events.push_back(ServerEvent::Sought { stream_id });
        self.status(stream_id, "status", "NetStream.Seek.Notify", "This is live")?;
        self.status(stream_id, "status", "NetStream.Play.Start", "Going on")
    }

    fn on_receive(
        &mut self,
        message_stream_id: u32,
        command: &Command,
        kind: MediaKind,
    ) -> Result<(), ErrorKind> {
        let playing = self.streams.resolve(message_stream_id);
        if let Some(stream_id) = playing.filter(|&id| self.streams.role(id) == Role::Playing) {
            let wanted = command.argument(0).and_then(Value::as_bool).unwrap_or(true);
            self.events.push_back(ServerEvent::Wanted { stream_id, kind, wanted });
        }
        Ok(())
    }

    /// It names no stream, only a key, and comes before `deleteStream`.
    fn on_fc_unpublish(&mut self, command: &Command) -> Result<(), ErrorKind> {
        self.answer_extra(command)?;
        let mut all = self.streams.open.iter();
        let publishing = all.find(|(_, role)| *role == Role::Publishing).map(|&(id, _)| id);
        self.end_stream(publishing)
    }

    /// Ends what a stream is used for; the stream stays open.
    fn end_stream(&mut self, stream_id: Option<u32>) -> Result<(), ErrorKind> {
        let Some(stream_id) = stream_id else { return Ok(()) };
        let role = self.streams.role(stream_id);
        self.streams.set_role(stream_id, Role::Idle);
        self.events.extend(ended(stream_id, role));
        match role {
            Role::Publishing => {
                self.status(stream_id, "status", "NetStream.Unpublish.Success", "Stop publishing")
            }
            Role::Playing => {
                self.status(stream_id, "status", "NetStream.Play.Stop", "Stopped playing")
            }
            _ => Ok(()),
        }
    }

    fn activate(&mut self, stream_id: u32, role: Role) {
        self.streams.set_role(stream_id, role);
        self.timers.clear(Timer::Reply);
    }

    fn stream_begin(&mut self, stream_id: u32) -> Result<(), ErrorKind> {
        self.answering(|out| out.user_control(&UserControl::StreamBegin { stream_id }))
    }

    fn status(
        &mut self,
        stream_id: u32,
        level: &str,
        code: &str,
        description: &str,
    ) -> Result<(), ErrorKind> {
        let info = information(level, code, description);
        self.command(chunk_stream::STREAM, stream_id, "onStatus", 0.0, &[Value::Null, info.into()])
    }

    /// What players of the kind that came with the protocol wait for. `onStatus` as data
    /// (`NetStream.Data.Start`) is not sent: others take it for a stream of its own.
    fn play_notices(&mut self, stream_id: u32) -> Result<(), ErrorKind> {
        let mut access = Vec::new();
        Encoder::new(&mut access).string("|RtmpSampleAccess").boolean(true).boolean(true);
        self.send(stream_id, MediaKind::Data, 0, &access.into())
    }
}
