//! Where the keyboard is, and was.

use egui::{Context, Id, Key};

/// What has the keyboard.
#[derive(Debug, Default)]
pub(super) struct Focus {
    /// What had it last, apart from answers to questions.
    last: Option<Id>,
    /// What had it when the last frame ended.
    now: Option<Id>,
}

impl Focus {
    /// Whether something had the keyboard before this frame: the toolkit takes it away at
    /// Escape before anybody is asked.
    pub fn was_taken(&self) -> bool {
        self.now.is_some()
    }

    /// Lets Tab go on from where the keyboard was. Escape leaves nothing with it, and from
    /// nothing Tab would go to the first button there is, which goes live.
    pub fn resume(&self, ctx: &Context) {
        let is_lost = ctx.memory(|memory| memory.focused().is_none());
        let last = self.last.filter(|id| is_lost && ctx.read_response(*id).is_some());
        if let Some(id) = last.filter(|_| ctx.input(|i| i.key_pressed(Key::Tab))) {
            ctx.memory_mut(|memory| memory.request_focus(id));
        }
    }

    /// The frame is drawn; `asks` while a question stands above everything.
    pub fn note(&mut self, ctx: &Context, asks: bool) {
        let focused = ctx.memory(|memory| memory.focused());
        // The answer to a question has it for one frame more than the question stands.
        if !asks && focused.is_some() && focused == self.now {
            self.last = focused;
        }
        self.now = if asks { None } else { focused };
    }
}
