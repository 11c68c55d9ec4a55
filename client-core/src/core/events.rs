//! What the server tells by itself, and answers about the account.

use protocol::{
    Code,
    socket::{ByeReason, Event, Reply, Request},
};

use super::{
    Surroundings,
    asks::Ask,
    device::{Device, Ended},
    shell::{Answer, Refusal, Shell},
};
use crate::{
    api,
    failure::{failure, of_refusal},
    limits::REPLACED_WAIT_MS,
};

impl Device {
    pub(super) fn on_event(&mut self, core: &mut Surroundings<'_>, event: Event) {
        match event {
            Event::RoomEntry { room_id, entry } => {
                let known = self.with_room(core.shell, room_id, |room, env| room.on_entry(env, &entry));
                if known.is_none() {
                    self.list_rooms(core.shell);
                }
            }
            Event::RoomSign(sign) => {
                // Where nobody looks, it is worth no work.
                let room = self.rooms.get(&sign.room_id);
                if room.is_some_and(|room| room.history.is_open()) {
                    self.with_room(core.shell, sign.room_id, |room, env| room.take_sign(env, &sign));
                }
            }
            Event::RoomWelcome(welcome) => self.on_welcome(core.shell, &welcome),
            Event::RoomsChanged => {
                self.contacts.videos_refused.retain(|_| false);
                self.contacts.due = true;
                self.list_rooms(core.shell);
            }
            Event::PoliciesChanged => core.shell.request(Ask::Policies, Request::PoliciesGet),
            Event::PersonChanged { user_id } => self.people.want(user_id),
            Event::OwnStateChanged { version } => {
                if version > self.own.version() && self.own.putting != Some(version) {
                    self.get_own_state(core.shell);
                }
            }
            Event::CallChanged { room_id, call } => {
                self.on_call_changed(core.shell, room_id, call);
            }
            Event::CallEntry { call_id, entry } => {
                self.with_call(core.shell, |call, env| {
                    if call.call_id() == Some(call_id) {
                        call.on_entry(env, entry);
                    }
                });
            }
            Event::CallWelcome(welcome) => {
                self.with_call(core.shell, |call, env| call.on_welcome(env, &welcome));
            }
            Event::CallJoinRequest(request) => {
                self.with_call(core.shell, |call, env| call.on_join_request(env, request));
            }
            Event::CallGone(gone) => {
                self.with_call(core.shell, |call, env| call.on_gone(env, &gone));
            }
            Event::GuestLobby(lobby) => {
                self.with_call(core.shell, |call, env| call.on_lobby(env, &lobby));
            }
            Event::GuestDoor(door) => self.on_guest_door(core.shell, door),
            Event::GuestAdmitted(joined) => {
                self.with_call(core.shell, |call, env| call.on_admitted(env, *joined));
            }
            Event::MediaBindings(bindings) => {
                self.with_call(core.shell, |call, env| call.on_bindings(env, bindings));
            }
            Event::MediaSpeaker(speaker) => {
                self.with_call(core.shell, |call, _| call.on_speaker(speaker));
            }
            // The PeerConnections notice it themselves, and offer anew.
            Event::MediaLost(_) => {}
            Event::Bye(reason) => self.on_bye(core, reason),
        }
    }

    pub(super) fn on_bye(&mut self, core: &mut Surroundings<'_>, reason: ByeReason) {
        match reason {
            ByeReason::Replaced => self.hang_up(core, REPLACED_WAIT_MS),
            // Whether a device is signed out shows when it comes back, by the account's device list.
            ByeReason::SignedOut | ByeReason::TooSlow | ByeReason::Restart => self.hang_up(core, 0),
        }
    }

    pub(super) fn get_own_state(&mut self, shell: &mut Shell) {
        if !self.own.getting && self.may_ask() {
            self.own.getting = true;
            shell.request(Ask::OwnStateGet, Request::OwnStateGet);
        }
    }

    pub(super) fn on_own_state(&mut self, shell: &mut Shell, answer: Answer) {
        self.own.getting = false;
        self.contacts.due = true;
        let Ok(Reply::OwnState(state)) = answer else {
            return;
        };
        let key = self.identity.own_state_key.clone();
        let merged = self
            .own
            .merge(&mut shell.store, &key, self.identity.user_id(), &state);
        match merged {
            Ok(true) => {
                self.contacts.change();
                self.rooms.values_mut().for_each(|room| room.history.mark_all());
            }
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "own state refused");
                shell.notice(failure("server_untrusted"));
            }
        }
        self.begin_burning_all(shell);
        self.changed = true;
    }

    pub(super) fn on_own_state_put(&mut self, shell: &mut Shell, answer: Answer) {
        match answer {
            Ok(_) => self.own.put_done(&mut shell.store),
            Err(refusal) => {
                self.own.put_failed(shell.now);
                if matches!(&refusal, Refusal::Problem(problem) if problem.code == Code::Conflict) {
                    self.get_own_state(shell);
                }
            }
        }
    }

    pub(super) fn on_signed_out(&mut self, shell: &mut Shell, command: u32) {
        // Whether the server heard it or not, nothing stays here.
        self.end(Ended::Erase { reason: None });
        shell.reply(command, api::Reply::Done);
    }

    pub(super) fn on_list_put(&mut self, shell: &mut Shell, command: u32, answer: Answer) {
        let list = self.list_sent.take();
        match (answer, list) {
            (Ok(_), Some(list)) => {
                self.identity.device_list = list;
                self.save_identity(shell);
                shell.reply(command, api::Reply::Done);
            }
            (Ok(_), None) => shell.reply(command, api::Reply::Done),
            (Err(refusal), _) => shell.fail(command, of_refusal(&refusal)),
        }
    }
}
