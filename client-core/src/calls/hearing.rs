//! What this device hears in the call.

use protocol::{
    DeviceId, LeafIndex, Millis,
    identity::{Certificate, clean_name},
    limits::{MAX_NAME_LEN, MAX_TEXT_LEN},
    socket::Entry,
};

use super::{
    Call, CallEnv, Presence,
    chat::ChatMessage,
    moderating,
    speaking::{Rate, concerns},
};
use crate::{
    api::{Event, ParticipantAsk, Reaction},
    limits::{MAX_ASKS_HEARD, MAX_REACTIONS_SHOWN},
    messages::{Content, Envelope},
    rooms::Lens,
};

/// What the user interface is to be told of.
pub(super) enum News {
    Reaction {
        leaf: LeafIndex,
        reaction: Reaction,
    },
    Ask {
        by: Box<Certificate>,
        ask: ParticipantAsk,
    },
    Moderated {
        by: Box<Certificate>,
        code: &'static str,
        whom: Option<Box<Certificate>>,
    },
}

impl Call {
    /// An own message is in the log.
    pub(super) fn take_own_message(&mut self, env: &mut CallEnv<'_>, entry: &Entry) {
        let said = self.speaking.outbox.on_logged(entry.message_id);
        self.speaking.chat.logged(entry.message_id, entry.sent_at);
        if said.is_some_and(|said| matches!(said.content, Content::CallEnded { .. })) {
            self.close_for_all(env);
        }
    }

    /// What a member said, by the certificate of the leaf that MLS names.
    pub(super) fn take_message(
        &mut self,
        env: &mut CallEnv<'_>,
        entry: &Entry,
        author: Box<Certificate>,
        content: &[u8],
    ) {
        let Some(envelope) = Envelope::decode(content).filter(|envelope| envelope.id == entry.message_id)
        else {
            return;
        };
        let device = author.body().device_id;
        let Some(leaf) = self.group.as_ref().and_then(|group| group.leaf_of(device)) else {
            return;
        };
        if let Some(presence) = Presence::of(&envelope.content) {
            self.hear_spotlight(env, &author, presence.spotlight);
            self.presence.insert(device, presence);
            self.speaking.raise(device, presence.hand);
            return;
        }
        if !self.speaking.is_new(envelope.id) {
            return;
        }
        match envelope.content {
            Content::Text { text, .. } if text.len() <= MAX_TEXT_LEN => {
                let sent_at = envelope.at.min(entry.sent_at).min(env.now());
                self.speaking
                    .chat
                    .receive(ChatMessage::new(envelope.id, author, leaf, sent_at, text));
            }
            Content::Reaction { reaction } => self.take_reaction(env.now(), device, leaf, reaction),
            Content::GuestWelcome { to, mac, title }
                if to == env.identity.device_id && author.guest().is_none() =>
            {
                self.take_proof(env, &mac, title);
            }
            Content::Name { name } if env.guest.is_some() && author.guest().is_none() => {
                if let Some(name) = clean_name(&name, MAX_NAME_LEN) {
                    self.names.push((author.body().user_id, name));
                }
            }
            Content::Ask { to, ask } => self.take_ask(env, author, to, ask),
            Content::CallEnded { call_id } if self.call_id() == Some(call_id) => self.take_end(env, author),
            // Of rooms, or of a newer program.
            _ => {}
        }
    }

    fn take_reaction(&mut self, now: Millis, device: DeviceId, leaf: LeafIndex, reaction: Reaction) {
        let rate = self.speaking.shown.get_or_insert_with(device, Rate::default);
        if rate.allows(now, MAX_REACTIONS_SHOWN) {
            self.speaking.news.push(News::Reaction { leaf, reaction });
        }
    }

    /// Who asks must have the right by this device's own view of the room, whatever the server let through.
    fn take_ask(
        &mut self,
        env: &CallEnv<'_>,
        by: Box<Certificate>,
        to: Option<DeviceId>,
        ask: ParticipantAsk,
    ) {
        let me = (env.account.user_id, env.identity.device_id);
        let rate = self
            .speaking
            .asked
            .get_or_insert_with(by.body().device_id, Rate::default);
        // A guest does not see who moderates the room; nothing that can be asked of it harms it.
        let of_guest =
            env.guest.is_some() && by.guest().is_none() && to.is_none_or(|to| to == env.identity.device_id);
        if (of_guest || concerns(me, env.settings, by.body().user_id, to))
            && rate.allows(env.now(), MAX_ASKS_HEARD)
        {
            self.speaking.news.push(News::Ask { by, ask });
        }
    }

    /// What was said and heard since it was told last.
    pub(crate) fn take_news(&mut self, lens: Lens<'_>) -> Vec<Event> {
        // A guest believes nothing before it knows whose group it is in.
        if self.place.is_none() || self.unvouched.is_some() {
            return vec![];
        }
        let news = std::mem::take(&mut self.speaking.news);
        let mut events: Vec<Event> = news
            .into_iter()
            .map(|news| match news {
                News::Reaction { leaf, reaction } => Event::CallReaction {
                    leaf: leaf.0,
                    reaction,
                },
                News::Ask { by, ask } => Event::CallAsk {
                    name: lens.people.name(by.body().user_id, Some(&by)),
                    ask,
                },
                News::Moderated { by, code, whom } => {
                    let name = |of: &Certificate| lens.people.name(of.body().user_id, Some(of));
                    Event::CallModerated {
                        event: moderating::event(code, name(&by), whom.as_deref().map(name)),
                    }
                }
            })
            .collect();
        if let Some((reset, messages)) = self.speaking.chat.take_told(lens) {
            events.push(Event::CallMessages { reset, messages });
        }
        events
    }
}
