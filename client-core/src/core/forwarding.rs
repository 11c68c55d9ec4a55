//! Saying in one room what was said in another.

use protocol::{MessageId, RoomId};

use super::{commands::check_text, device::Device, shell::Shell};
use crate::{
    api::Failure,
    failure::failure,
    messages::{Body, Content, Timers},
};

impl Device {
    /// Who said it is not told, nor whom it named; and the copy is gone when the message is.
    pub(super) fn forward(
        &mut self,
        shell: &mut Shell,
        (from, message_id): (RoomId, MessageId),
        to: RoomId,
        copy_id: Option<MessageId>,
    ) -> Result<MessageId, Failure> {
        let message = self.room(from)?.history.get(message_id);
        let message = message.ok_or_else(|| failure("not_found"))?;
        let shown = message.as_shown(self.identity.user_id());
        if !self.people.policies().forwarding || !shown.is_forwardable() {
            return Err(failure("forbidden"));
        }
        let Body::Text(text) = &shown.body else {
            return Err(failure("forbidden"));
        };
        check_text(text)?;
        // By what is left here, where a clock that went back has shortened it.
        let left = message.ends_at().map(|at| at.since(shell.now));
        let timers = Timers {
            ttl: left,
            burn: None,
        };
        let content = Content::Text {
            text: text.clone(),
            re: None,
            mentions: vec![],
            fwd: true,
        };
        let body = Body::Text(text.clone());
        self.say(shell, to, copy_id, timers, content, body)
    }
}
