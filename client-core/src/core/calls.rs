//! The call of the device: entering it, working with it, and leaving one that a former run of the program was in.

use std::rc::Rc;

use protocol::{
    RoomId,
    identity::Certificate,
    limits::MAX_TRIAL_SDP_LEN,
    room_settings::{RoomKind, WhoMayAdd},
    socket::{CallRef, CallSummary, MediaTrial, Reply, Request},
};

use super::{
    asks::{Ask, CallAsk},
    device::Device,
    shell::{Answer, Shell},
    visit::Visit,
};
use crate::{
    api::{self, DoorView},
    calls::{Call, CallEnv, CallRoom, LeftChat},
    failure::{failure, of_refusal},
    group::Group,
};

impl Device {
    /// The server says who is in the call of a room.
    pub(super) fn on_call_changed(&mut self, shell: &mut Shell, room_id: RoomId, call: Option<CallSummary>) {
        self.leave_ghost(shell, room_id, call.as_ref());
        self.note_call_ended(room_id, call.as_ref());
        // What was said in a call goes with the call.
        let over = |left: &mut LeftChat| left.is_over_with(room_id, call.as_ref());
        self.left_chat.take_if(over);
        if self.call.as_ref().is_some_and(|own| own.room_id == room_id) {
            self.with_call(shell, |own, env| own.on_changed(env, call.as_ref()));
        }
        self.with_room(shell, room_id, |room, env| room.set_call(env, call));
    }

    /// A call lives in memory alone: after a reload the server still counts this device in, and would as long as it
    /// is connected. The others are not to wait for somebody who is not there. Nobody left, though: a locked call keeps
    /// the former leaf for a while, for it is the right to come in again. A device that is in the room's call, or on its
    /// way there, takes the former place by itself.
    pub(super) fn leave_ghost(&self, shell: &mut Shell, room_id: RoomId, call: Option<&CallSummary>) {
        let Some(call) = call else { return };
        let device_id = self.identity.device_id;
        let listed = call.participants.iter().any(|one| one.device_id == device_id);
        let enters = self.call.as_ref().is_some_and(|own| own.room_id == room_id);
        if listed && !enters && self.may_ask() {
            let call_id = call.call_id;
            tracing::info!(call.id = %call_id, "lost the call that this device was in before");
            let ask = Ask::Call {
                call_id: Some(call_id),
                ask: CallAsk::Leave,
            };
            shell.request(ask, Request::CallLost(CallRef { call_id }));
        }
    }

    /// Enters a call; the one before is left.
    pub(super) fn enter_call(&mut self, shell: &mut Shell, room_id: RoomId, command: u32) {
        self.with_call(shell, Call::leave);
        let former_chat = self.left_chat.take();
        let mut env = self.call_env(shell, room_id);
        let call = Call::enter(&mut env, room_id, command, former_chat);
        self.call = Some(call);
        self.changed = true;
    }

    /// Does something with the call, if there is one, and then what follows from it.
    pub(super) fn with_call<T>(
        &mut self,
        shell: &mut Shell,
        act: impl FnOnce(&mut Call, &mut CallEnv<'_>) -> T,
    ) -> Option<T> {
        let mut call = self.call.take()?;
        let mut env = self.call_env(shell, call.room_id);
        let result = act(&mut call, &mut env);
        let (room_id, started) = (call.room_id, call.take_started());
        let (title, names) = (call.take_told_title(), call.take_names());
        if call.is_over() {
            self.left_chat = call.take_chat();
        } else {
            self.call = Some(call);
        }
        self.changed = true;
        for (user_id, name) in names {
            self.people.say_name(user_id, name);
        }
        if let (Some(visit), Some(title)) = (&mut self.visit, title) {
            visit.title = title;
            visit.door = DoorView::Admitted;
        }
        if let Some(call_id) = started {
            self.with_room(shell, room_id, |room, env| room.tell_call_started(env, call_id));
        }
        Some(result)
    }

    fn call_env<'a>(&'a self, shell: &'a mut Shell, room_id: RoomId) -> CallEnv<'a> {
        let place = self.rooms.get(&room_id);
        let group = place.and_then(|room| room.group());
        let members = group.into_iter().flat_map(|group| group.members().values());
        let devices = members
            .map(Certificate::body)
            .map(|member| ((member.user_id, member.device_id), member.device_key))
            .collect();
        let settings = group.map(Group::settings);
        let room = CallRoom {
            unseen: self.visit.is_some(),
            members_admit: settings.is_some_and(|settings| {
                settings.kind == RoomKind::Room && settings.who_may_add == WhoMayAdd::Members
            }),
            links: place.map(|room| room.link_secrets()).unwrap_or_default(),
            devices,
            moderators: settings
                .map(|settings| settings.moderators.clone())
                .unwrap_or_default(),
        };
        CallEnv {
            shell,
            identity: &self.identity,
            account: &self.account,
            key: &self.key,
            mls: &self.call_mls,
            room: Rc::new(room),
            settings,
            title: place.map(|room| room.known_title(&self.own)).unwrap_or_default(),
            guest: self.visit.as_ref().map(Visit::env),
            online: self.session.may_ask(),
        }
    }
}

/// Asks for a connection that tries the network before joining.
pub(super) fn try_media(shell: &mut Shell, command: u32, sdp: String) {
    if sdp.len() > MAX_TRIAL_SDP_LEN {
        return shell.fail(command, failure("too_large"));
    }
    let trial = Request::MediaTrial(MediaTrial { sdp });
    shell.request(Ask::MediaTrial { command }, trial);
}

pub(super) fn on_media_tried(shell: &mut Shell, command: u32, answer: Answer) {
    let reply = match answer {
        Ok(Reply::MediaTried(tried)) => api::Reply::NetworkTrial {
            sdp: tried.sdp,
            ice_servers: tried.ice_servers.into_iter().map(Into::into).collect(),
        },
        Ok(_) => api::Reply::Failed(failure("internal")),
        Err(refusal) => api::Reply::Failed(of_refusal(&refusal)),
    };
    shell.reply(command, reply);
}
