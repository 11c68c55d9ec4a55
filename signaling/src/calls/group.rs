//! The call's group: founding, commits, messages, and what a member missed.

use std::{collections::HashSet, sync::Arc};

use protocol::{
    DeviceId, Epoch, MessageId, Millis, Seq,
    limits::MAX_APPLICATION_LEN,
    socket::{
        Accepted, CallCommit, CallFound, CallRef, CallSend, CallSync, CallWelcome, CommitBundle, Entries,
        EntryKind, Event, GroupInfoReply,
    },
};

use super::{
    CallError, Caller, Calls, People,
    call::{Call, CallGroup, Standing},
    log::{Draft, Log, accepted},
    machine::Departure,
    rates::Deed,
};
use crate::groups::{CommitEffect, GroupError, GroupName, PublicGroupState, Refusal};

/// Version 1.0 and wire format PrivateMessage (RFC 9420 §6), the first bytes of an application message.
const PRIVATE_MESSAGE: [u8; 4] = [0, 1, 0, 2];

impl Calls {
    /// Founds the call's group; the first one wins, who lost is asked for by the members from now on.
    pub fn found(
        &mut self,
        caller: Caller,
        request: &CallFound,
        people: &People,
        now: Millis,
    ) -> Result<Accepted, CallError> {
        self.advance(now);
        self.rates.count(caller.device_id, Deed::Commit, self.now)?;
        let (now, out) = (self.now, Arc::clone(&self.out));
        let message_id = MessageId::from_random((self.random)());
        let call = self.call_of(caller, request.call_id)?;
        if request.generation > call.generation {
            return Err(CallError::StaleGeneration);
        }
        // A former generation was founded too, or there would be no later one.
        if call.group.is_some() || request.generation < call.generation {
            call.await_add(caller, &*out)?;
            return Err(CallError::AlreadyFounded);
        }

        let name = GroupName::Call(call.call_id, call.generation);
        let judge = call.judge(caller, people);
        let state = PublicGroupState::found(name, &request.group_info.0, &request.tree.0, &judge, now)?;
        let of_network = state
            .leaves()
            .iter()
            .all(|leaf| leaf.certificate.body().network_id == call.network_id);
        if state.settings().room_id != call.room_id {
            return Err(GroupError::from(Refusal::SettingsOfOther).into());
        }
        if !of_network {
            return Err(GroupError::from(Refusal::OtherNetwork).into());
        }

        let mut log = Log::new(call.generation);
        let draft = Draft {
            kind: EntryKind::Founded,
            epoch: Epoch(0),
            message_id,
            payload: Vec::new().into(),
        };
        let entry = log.push(draft, now);
        call.group = Some(CallGroup { state, log });
        call.participant(caller)?.standing = Standing::In { since: Seq(0) };
        // Who waited for a former generation waits still.
        call.ask_members(&*out);
        call.tell_lobby_that_it_is_seen(&*out);
        Ok(accepted(&entry))
    }

    /// Takes a commit to the call's group. Sending the same one again gets the same answer.
    pub fn commit(
        &mut self,
        caller: Caller,
        request: &CallCommit,
        people: &People,
        now: Millis,
    ) -> Result<Accepted, CallError> {
        self.advance(now);
        self.rates.count(caller.device_id, Deed::Commit, self.now)?;
        let now = self.now;
        let call = self.call_of(caller, request.call_id)?;
        // Whoever commits has evidently read its welcome.
        call.participant(caller)?.welcome = None;
        let (group, payload) = (call.current_group(request.generation)?, &request.bundle.commit);
        if let Some(before) = group.log.find(request.message_id) {
            return if before.payload == *payload {
                Ok(accepted(before))
            } else {
                Err(CallError::DuplicateId)
            };
        }
        call.check_key_packages(&request.bundle)?;

        // Taken out, so that the judge can see the rest of the call meanwhile.
        let mut group = call.group.take().ok_or(CallError::NoGroup)?;
        let result = group
            .state
            .apply(&request.bundle, &call.judge(caller, people), now);
        let draft = Draft {
            kind: EntryKind::Commit,
            epoch: request.bundle.epoch,
            message_id: request.message_id,
            payload: payload.clone(),
        };
        let logged = result.map(|effect| (effect, group.log.push(draft, now)));
        call.group = Some(group);
        let (effect, entry) = logged?;
        let admitted = self.admit_guests(request.call_id, &effect);

        self.tell_commit(
            request,
            &effect,
            Event::CallEntry {
                call_id: request.call_id,
                entry: entry.clone(),
            },
        );
        self.take_effect(request, &effect, entry.seq)?;
        if admitted {
            self.settle(request.call_id);
        }
        Ok(accepted(&entry))
    }

    /// Takes an application message of a member.
    pub fn send(&mut self, caller: Caller, request: CallSend, now: Millis) -> Result<Accepted, CallError> {
        self.advance(now);
        self.rates.count(caller.device_id, Deed::Message, self.now)?;
        let (now, out) = (self.now, Arc::clone(&self.out));
        let call = self.call_of(caller, request.call_id)?;
        call.member(caller)?;
        if request.payload.0.len() > MAX_APPLICATION_LEN {
            return Err(CallError::TooLarge { what: "message" });
        }
        if !request.payload.0.starts_with(&PRIVATE_MESSAGE) {
            return Err(CallError::Malformed { what: "message" });
        }
        let group = call.current_group(request.generation)?;
        if let Some(before) = group.log.find(request.message_id) {
            let same = before.payload == request.payload;
            return if same {
                Ok(accepted(before))
            } else {
                Err(CallError::DuplicateId)
            };
        }
        let (current, got) = (group.state.epoch(), request.epoch);
        if got != current {
            return Err(CallError::StaleEpoch { current, got });
        }
        let draft = Draft {
            kind: EntryKind::Application,
            epoch: got,
            message_id: request.message_id,
            payload: request.payload,
        };
        let entry = group.log.push(draft, now);
        let answer = accepted(&entry);
        call.tell_members(
            &*out,
            &Event::CallEntry {
                call_id: request.call_id,
                entry,
            },
        );
        Ok(answer)
    }

    /// Entries of the call's log after a place; none from before the member's own add.
    pub fn sync(&mut self, caller: Caller, request: CallSync) -> Result<Entries, CallError> {
        let call = self.call_of(caller, request.call_id)?;
        let Standing::In { since } = call.member(caller)?.standing else {
            return Err(CallError::NotAdded);
        };
        let group = call.group.as_ref().ok_or(CallError::NoGroup)?;
        let (entries, more) = group
            .log
            .after(request.after.max(since))
            .ok_or(CallError::LogTrimmed)?;
        Ok(Entries {
            entries,
            more,
            welcome: None,
        })
    }

    /// What an external commit needs.
    pub fn group_info(&mut self, caller: Caller, request: CallRef) -> Result<GroupInfoReply, CallError> {
        let call = self.call_of(caller, request.call_id)?;
        call.participant(caller)?;
        call.group_info()?.ok_or(CallError::NoGroup)
    }

    /// The entry goes to everyone who was in before the commit, the removed too, and to who came in by it.
    /// The added begin after it.
    fn tell_commit(&self, request: &CallCommit, effect: &CommitEffect, event: Event) {
        let Some(call) = self.calls.get(&request.call_id) else {
            return;
        };
        let joiner = effect
            .external
            .then_some(effect.committer.certificate.body().device_id);
        let devices: HashSet<_> = call.members().chain(joiner).collect();
        for device in devices {
            self.out.to_device(device, event.clone());
        }
    }

    /// Who is in after the commit, who is not, and what is still to be done.
    fn take_effect(
        &mut self,
        request: &CallCommit,
        effect: &CommitEffect,
        seq: Seq,
    ) -> Result<(), CallError> {
        let out = Arc::clone(&self.out);
        let call = self.calls.get_mut(&request.call_id).ok_or(CallError::NotInCall)?;
        let added: HashSet<_> = devices(&effect.added).collect();
        let committer = effect.committer.certificate.body().device_id;
        let stays = |device: &DeviceId| added.contains(device) || *device == committer;

        let mut kicked = Vec::new();
        for device in devices(&effect.removed) {
            call.gone.remove(&device);
            call.returning.remove(&device);
            if !stays(&device) && call.participants.get(&device).is_some_and(|who| who.is_in()) {
                kicked.push(device);
            }
        }
        if effect.external
            && let Some(joiner) = call.participants.get_mut(&committer)
        {
            joiner.standing = Standing::In { since: seq };
        }
        call.welcome(&request.bundle, &added, seq, &*out)?;

        for device in &kicked {
            self.depart(*device, Departure::Removed);
        }
        if let Some(call) = self.calls.get(&request.call_id) {
            call.ask_members(&*out);
        }
        if !kicked.is_empty() {
            self.settle(request.call_id);
        }
        Ok(())
    }
}

impl Call {
    fn current_group(&mut self, generation: protocol::Generation) -> Result<&mut CallGroup, CallError> {
        if generation != self.generation {
            return Err(CallError::StaleGeneration);
        }
        self.group.as_mut().ok_or(CallError::NoGroup)
    }

    /// Every added device is added with the key package that it asked with last.
    fn check_key_packages(&self, bundle: &CommitBundle) -> Result<(), CallError> {
        for (device, key_package) in PublicGroupState::key_packages_in(bundle)? {
            let asked = self.participants.get(&device).map(|asked| &asked.key_package);
            let knocked = self.lobby.iter().find(|knock| knock.guest.device_id == device);
            let asked = asked.or(knocked.map(|knock| &knock.key_package));
            // The request holds the key package alone or as an MLSMessage, which puts a header before it.
            if asked.is_some_and(|asked| !asked.0.ends_with(&key_package)) {
                return Err(CallError::OtherKeyPackage);
            }
        }
        Ok(())
    }

    /// Hands the added what they need.
    fn welcome(
        &mut self,
        bundle: &CommitBundle,
        added: &HashSet<DeviceId>,
        seq: Seq,
        out: &dyn super::Outbox,
    ) -> Result<(), CallError> {
        let (Some(group), Some(welcome)) = (&self.group, &bundle.welcome) else {
            return Ok(());
        };
        let event = CallWelcome {
            call_id: self.call_id,
            generation: self.generation,
            epoch: group.state.epoch(),
            seq,
            welcome: welcome.clone(),
            tree: group.state.tree()?.into(),
        };
        for device in added {
            if let Some(participant) = self.participants.get_mut(device) {
                participant.standing = Standing::In { since: seq };
                participant.welcome = Some(Box::new(event.clone()));
                out.to_device(*device, Event::CallWelcome(Box::new(event.clone())));
            }
        }
        Ok(())
    }
}

fn devices(leaves: &[crate::groups::GroupLeaf]) -> impl Iterator<Item = DeviceId> + '_ {
    leaves.iter().map(|leaf| leaf.certificate.body().device_id)
}
