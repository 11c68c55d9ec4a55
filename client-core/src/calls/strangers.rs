//! Leaves of devices that have no place in the room any more.
//!
//! Members let in only whom they see in the room's group. Who loses that place while the call goes on is removed from the
//! call by whose turn it is to commit. Until then this device seals nothing, for a server that wants somebody to listen on
//! need only keep that commit back; a person may decide to go on all the same.

use protocol::{DeviceId, LeafIndex, identity::Certificate};

use super::{Call, CallEnv};
use crate::{
    api::{Failure, MediaUpdate},
    failure::failure,
    sorted::SortedSet,
};

#[derive(Default)]
pub(super) struct Strangers {
    present: SortedSet<DeviceId>,
    /// With these a person at this device goes on.
    kept: SortedSet<DeviceId>,
    /// The server refused to remove them: only a moderator's word does it now, or the server's own.
    refused: SortedSet<DeviceId>,
    /// Nothing is sealed.
    held: bool,
}

impl Strangers {
    fn undecided(&self) -> impl Iterator<Item = DeviceId> + '_ {
        let present = self.present.iter().copied();
        present.filter(|device| !self.kept.contains(device))
    }

    /// Whom this device would remove.
    fn to_remove(&self) -> impl Iterator<Item = DeviceId> + '_ {
        self.undecided().filter(|device| !self.refused.contains(device))
    }

    pub(super) fn are_held(&self) -> bool {
        self.held
    }
}

impl Call {
    /// Looks who of the call has no place in the room. Where this device itself has none, it does not see who has, and what
    /// it saw last holds: the server can make it lose the room's group at any time.
    pub(super) fn judge_strangers(&mut self, env: &mut CallEnv<'_>) {
        let devices = &env.room.devices;
        let own = (env.account.user_id, env.identity.device_id);
        let sees = !env.room.unseen && devices.contains_key(&own) && self.is_member();
        let members = self.group.iter().flat_map(|group| group.members().values());
        let bodies = members
            .filter(|member| member.guest().is_none())
            .map(Certificate::body);
        let without_place = bodies.filter(|body| {
            if sees {
                devices.get(&(body.user_id, body.device_id)) != Some(&body.device_key)
            } else {
                self.strangers.present.contains(&body.device_id)
            }
        });
        let present: SortedSet<DeviceId> = without_place.map(|body| body.device_id).collect();
        if present != self.strangers.present {
            self.strangers.kept.retain(|device| present.contains(device));
            self.strangers.refused.retain(|device| present.contains(device));
            self.strangers.present = present;
            self.plan_commit(env);
        }
        let hold = self.strangers.undecided().next().is_some();
        if hold && !self.strangers.held {
            env.shell.media(MediaUpdate::Hold);
            let epoch = self.group.as_ref().map(|group| group.epoch());
            self.send_with = self.send_with.or(epoch.map(|epoch| (epoch, env.now())));
        }
        self.strangers.held = hold;
        self.switch_sending(env);
    }

    /// Leaves of those whom this device would remove.
    pub(super) fn strange_leaves(&self) -> impl Iterator<Item = LeafIndex> + '_ {
        let group = self.group.as_ref();
        self.strangers
            .to_remove()
            .filter_map(move |device| group?.leaf_of(device))
    }

    /// Leaves about which a person has to decide.
    pub(super) fn undecided_strangers(&self) -> Vec<u32> {
        let Some(group) = &self.group else { return vec![] };
        let leaves = self
            .strangers
            .undecided()
            .filter_map(|device| group.leaf_of(device));
        leaves.map(|leaf| leaf.0).collect()
    }

    /// The server did not take the commit that removed them.
    pub(super) fn leave_strangers_be(&mut self) {
        let refused: Vec<_> = self.strangers.to_remove().collect();
        self.strangers.refused.extend(refused);
    }

    /// A person goes on though this leaf is in the call.
    pub(crate) fn keep_stranger(&mut self, env: &mut CallEnv<'_>, leaf: LeafIndex) -> Result<(), Failure> {
        let group = self.group.as_ref().ok_or_else(|| failure("not_ready"))?;
        let device = group.members().get(&leaf).map(|member| member.body().device_id);
        let device = device.filter(|device| self.strangers.present.contains(device));
        self.strangers
            .kept
            .insert(device.ok_or_else(|| failure("not_found"))?);
        self.judge_strangers(env);
        Ok(())
    }
}
