//! What the user interface sees of the call, and answers from the server.

use super::{Call, CallEnv, Out, Presence, State, code::epoch_code, may_ask, may_moderate};
use crate::{
    api::{CallPhase, CallView, ParticipantView},
    core::{asks::CallAsk, shell::Answer},
    group::SUITE_NAME,
    rooms::{Lens, Room},
};

/// The suite that seals media (RFC 9605 §4.5).
const MEDIA_SUITE_NAME: &str = "AES_256_GCM_SHA512_128";

impl Call {
    /// One call per arm: an answer to whom it concerns.
    pub(crate) fn on_answer(&mut self, env: &mut CallEnv<'_>, ask: CallAsk, answer: Answer) {
        match ask {
            CallAsk::Join { .. } => self.on_joined(env, answer),
            CallAsk::Found => self.on_founded(env, answer),
            CallAsk::Commit => self.on_committed(env, answer),
            CallAsk::GroupInfo => self.on_group_info(env, answer),
            CallAsk::ExternalCommit => self.on_external_answer(env, answer),
            CallAsk::Send { message_id } => self.on_sent(env, message_id, &answer),
            CallAsk::Sync => self.on_synced(env, answer),
            CallAsk::Offer { command } => self.on_offered(env, command, answer),
            CallAsk::Knock => self.on_knocked(env, &answer),
            CallAsk::Deny { command } => Self::on_denied(env, command, &answer),
            CallAsk::Leave | CallAsk::Intent { .. } => {}
        }
    }

    /// The roster is the key tree; what the server says of participants is shown as absence only.
    pub(crate) fn view(&self, lens: Lens<'_>, room: Option<&Room>, online: bool) -> Option<CallView> {
        let place = self.place?;
        let lobby = self.lobby_view(lens, room);
        let may_admit = room.is_some_and(|room| room.may_admit(lens.me));
        let room = room.and_then(Room::settings);
        let sure = self.unvouched.is_none();
        let (digits, words) = match &self.group {
            Some(group) if self.is_member() && sure => epoch_code(&group.epoch_authenticator()),
            _ => (vec![], vec![]),
        };
        Some(CallView {
            call_id: place.call_id,
            room_id: self.room_id,
            phase: match self.state {
                State::Member if !sure => CallPhase::Joining,
                State::Member if online => CallPhase::Joined,
                State::Member => CallPhase::Reconnecting,
                State::Out(ref out) if out.ended => CallPhase::Ended,
                State::Out(_) => CallPhase::Removed,
                _ => CallPhase::Joining,
            },
            started_at: place.started_at,
            participants: self.participants_view(lens),
            speaker: self
                .speaker
                .and_then(|speaker| self.leaf_of(speaker))
                .map(|leaf| leaf.0),
            spotlight: self.in_spotlight(room).map(|leaf| leaf.0),
            strangers: self.undecided_strangers(),
            may_ask: may_ask(room, lens.me),
            may_moderate: may_moderate(room, lens.me),
            may_admit,
            lobby,
            locked: self.group.as_ref().is_some_and(|group| group.settings().locked()),
            constant_bitrate: self.is_constant(room),
            by: match &self.state {
                State::Out(Out { by: Some(by), .. }) => Some(lens.people.name(by.body().user_id, Some(by))),
                _ => None,
            },
            epoch: self
                .group
                .as_ref()
                .map(|group| group.epoch().0)
                .unwrap_or_default(),
            code_digits: digits,
            code_words: words,
            suite: SUITE_NAME.to_owned(),
            media_suite: MEDIA_SUITE_NAME.to_owned(),
        })
    }

    fn participants_view(&self, lens: Lens<'_>) -> Vec<ParticipantView> {
        let Some(group) = self
            .group
            .as_ref()
            .filter(|_| self.is_member() && self.unvouched.is_none())
        else {
            return vec![];
        };
        let members = group.members().iter().map(|(leaf, certificate)| {
            let body = certificate.body();
            let this_device = *leaf == group.own_leaf();
            let said = self.presence.get(&body.device_id).copied().unwrap_or_default();
            let Presence {
                microphone,
                camera,
                screen,
                hand,
                ..
            } = if this_device { self.own_presence } else { said };
            let listed = self
                .participants
                .iter()
                .any(|one| one.device_id == body.device_id);
            ParticipantView {
                leaf: leaf.0,
                person: lens
                    .people
                    .person_card(body.user_id, Some(certificate), lens.me, lens.own),
                this_device,
                own_other_device: !this_device && body.user_id == lens.me,
                microphone,
                camera,
                screen,
                hand,
                hand_place: self.speaking.hand_place(body.device_id).filter(|_| hand),
                away: !listed || self.gone.contains_key(&body.device_id),
            }
        });
        members.collect()
    }
}
