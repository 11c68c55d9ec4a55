//! Whom a moderator put in the spotlight: everybody sees that one large.
//!
//! It is part of what a moderator says of itself, so that it is told again to who comes later, and goes with who said it.
//! Of several moderators the last word holds: each counts on from the highest turn that it has heard of. Who hears a later
//! word takes its own back, so that it does not hold again when the other has gone.

use protocol::{LeafIndex, identity::Certificate, room_settings::RoomSettings};

use super::{Call, CallEnv, moderating::may_moderate};
use crate::{api::Failure, failure::failure, messages::Spotlight};

impl Call {
    /// Puts the device at a leaf in the spotlight, or nobody any more.
    pub(crate) fn spotlight(&mut self, env: &mut CallEnv<'_>, leaf: Option<u32>) -> Result<(), Failure> {
        self.must_moderate(env)?;
        let on = match leaf {
            Some(leaf) => {
                let member = self.member(LeafIndex(leaf)).ok_or_else(|| failure("not_found"))?;
                Some(member.body().device_id)
            }
            None => None,
        };
        // Only words that hold are counted on from: others could name the highest turn that there is.
        let members = self.group.iter().flat_map(|group| group.members().values());
        let moderators = members.filter(|member| may_moderate(env.settings, member.body().user_id));
        let heard = moderators.filter_map(|member| self.presence.get(&member.body().device_id)?.spotlight);
        let turns = heard.chain(self.own_presence.spotlight).map(|said| said.turn);
        let turn = turns.max().unwrap_or_default().saturating_add(1);
        self.own_presence.spotlight = Some(Spotlight { turn, on });
        self.speaking.outbox.tell_presence(env.now());
        self.on_time(env);
        Ok(())
    }

    /// What another device says of the spotlight.
    pub(super) fn hear_spotlight(&mut self, env: &CallEnv<'_>, by: &Certificate, said: Option<Spotlight>) {
        let (Some(own), Some(said)) = (self.own_presence.spotlight, said) else {
            return;
        };
        let later = (said.turn, by.body().device_id) > (own.turn, env.identity.device_id);
        if later && may_moderate(env.settings, by.body().user_id) {
            self.own_presence.spotlight = None;
            self.speaking.outbox.tell_presence(env.now());
        }
    }

    /// Who is in it, by the last word of those who are moderators of the room as this device sees it.
    pub(super) fn in_spotlight(&self, room: Option<&RoomSettings>) -> Option<LeafIndex> {
        let group = self.group.as_ref().filter(|_| self.is_member())?;
        let words = group.members().iter().filter_map(|(leaf, certificate)| {
            let body = certificate.body();
            let said = if *leaf == group.own_leaf() {
                self.own_presence.spotlight
            } else {
                self.presence.get(&body.device_id)?.spotlight
            };
            let said = said.filter(|_| may_moderate(room, body.user_id))?;
            Some((said.turn, body.device_id, said.on))
        });
        let (_, _, on) = words.max_by_key(|(turn, device_id, _)| (*turn, *device_id))?;
        group.leaf_of(on?)
    }
}
