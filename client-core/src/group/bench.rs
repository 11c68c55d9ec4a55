//! A group to measure: what joining and updating cost among so many devices.
//!
//! The tree is as a room's is right after its founding, the dearest case: no device but the founder has committed,
//! so that a commit encrypts to each other leaf.

use ed25519_dalek::{Signer as _, SigningKey};
use protocol::{
    DeviceId, Email, Generation, LeafIndex, Millis, NetworkId, RoomId, UserId,
    identity::{Certificate, CertificateBody, PublicKey},
    room_settings::{RoomKind, RoomSettings, WhoMayAdd},
};

use super::{
    Commit, DeviceKey, FreshKeyPackage, Group, GroupName, Incoming, Mls, OthersKeyPackage, Wish,
    rules::{Account, Circumstances},
};
use crate::random::Random;

const NOW: Millis = Millis(1);

/// All devices are of one user: rules cost the same for all, and one account key signs all certificates.
struct Device {
    mls: Mls,
    key: DeviceKey,
    certificate: Certificate,
    account: Account,
}

/// The group, seen by its founder, by the second device, and by the last, which joins.
pub struct MlsBench {
    founder: Device,
    second: Device,
    last: Device,
    group: Group,
    seconds: Group,
    welcome: Vec<u8>,
    tree: Vec<u8>,
    update: Vec<u8>,
}

impl MlsBench {
    /// A group of so many devices, at least two; nothing where something is wrong with the code.
    pub fn new(devices: u8) -> Option<Self> {
        let founder = Device::new(0)?;
        let others: Vec<Device> = (1..devices).map(Device::new).collect::<Option<_>>()?;
        let settings = RoomSettings {
            room_id: name().room_id,
            kind: RoomKind::Room,
            moderators: vec![founder.account.user_id],
            who_may_add: WhoMayAdd::Members,
            ttl_cap_ms: 0,
            burn_cap_ms: 0,
            removed: vec![],
            ends_at: Millis(0),
            constant_bitrate: false,
        };
        let (mut group, _) = Group::found(
            &founder.mls,
            &founder.key,
            &founder.certificate,
            name(),
            &settings,
        )
        .ok()?;
        let wish = Wish {
            add: others
                .iter()
                .map(|other| other.package(&founder.mls))
                .collect::<Option<_>>()?,
            ..Wish::default()
        };
        let commit = founder.commit(&mut group, wish)?;
        let welcome = commit.welcome?.into_vec();
        let tree = group.tree().ok()?;
        let mut others = others.into_iter();
        let second = others.next()?;
        let seconds = second.join(&welcome, &tree)?;
        let last = others.next_back().or_else(|| Device::new(devices))?;
        Some(Self {
            founder,
            second,
            last,
            group,
            seconds,
            welcome,
            tree,
            update: vec![],
        })
    }

    /// Before [`Self::join`]: the last device is removed, if it is in, and added again. Among two, it is a third.
    pub fn prepare_join(&mut self) -> Option<()> {
        let leaf = self.group.leaf_of(self.last.certificate.body().device_id);
        let wish = Wish {
            add: vec![self.last.package(&self.founder.mls)?],
            remove: leaf.into_iter().collect::<Vec<LeafIndex>>(),
            ..Wish::default()
        };
        let commit = self.founder.commit(&mut self.group, wish)?;
        self.second.apply(&mut self.seconds, &commit.commit)?;
        self.welcome = commit.welcome?.into_vec();
        self.tree = self.group.tree().ok()?;
        Some(())
    }

    /// The last device reads its welcome and checks the whole tree.
    pub fn join(&mut self) -> Option<()> {
        self.last.join(&self.welcome, &self.tree).map(drop)
    }

    /// The founder renews its leaf: makes the commit, and takes it.
    pub fn commit(&mut self) -> Option<()> {
        self.update = self
            .founder
            .commit(&mut self.group, Wish::default())?
            .commit
            .into_vec();
        Some(())
    }

    /// The second device takes the commit of [`Self::commit`].
    pub fn apply(&mut self) -> Option<()> {
        self.second.apply(&mut self.seconds, &self.update)
    }

    /// Whether all are in the same epoch.
    pub fn agrees(&self) -> bool {
        self.group.epoch_authenticator() == self.seconds.epoch_authenticator()
    }
}

impl Device {
    fn new(number: u8) -> Option<Self> {
        let public = |key: &SigningKey| PublicKey::from_slice(key.verifying_key().as_bytes()).ok();
        let aik = SigningKey::from_bytes(&[1; 32]);
        let secret = [number.wrapping_add(2); 32];
        let body = CertificateBody {
            network_id: NetworkId::from_random([1; 16]),
            email: Email::parse("bench@example.org").ok()?,
            user_id: UserId::from_random([1; 16]),
            device_id: DeviceId::from_random([number; 16]),
            device_key: public(&SigningKey::from_bytes(&secret))?,
            aik: public(&aik)?,
            not_after: Millis(u64::MAX),
        };
        let account = Account {
            network_id: body.network_id,
            user_id: body.user_id,
            email: body.email.clone(),
            aik: body.aik,
        };
        Some(Self {
            mls: Mls::new(Random::new(secret)),
            key: DeviceKey::from_secret(&secret),
            certificate: Certificate::issue(body, |bytes| aik.sign(bytes).to_bytes()),
            account,
        })
    }

    fn circumstances(&self) -> Circumstances<'_> {
        Circumstances {
            me: &self.account,
            now: NOW,
            room: None,
            former: None,
            seen: None,
        }
    }

    fn package(&self, of: &Mls) -> Option<OthersKeyPackage> {
        let fresh = FreshKeyPackage::make(&self.mls, &self.key, &self.certificate, false).ok()?;
        OthersKeyPackage::parse(of, &fresh.bytes).ok()
    }

    fn commit(&self, group: &mut Group, wish: Wish) -> Option<Commit> {
        let commit = group
            .commit(&self.mls, &self.key, wish, self.circumstances())
            .ok()?;
        group.merge_own(&self.mls).ok()?;
        Some(commit)
    }

    fn apply(&self, group: &mut Group, commit: &[u8]) -> Option<()> {
        match group.process(&self.mls, commit, self.circumstances()).ok()? {
            Incoming::Commit(staged) => group.accept(&self.mls, *staged).ok(),
            _ => None,
        }
    }

    fn join(&self, welcome: &[u8], tree: &[u8]) -> Option<Group> {
        let joined = Group::join_by_welcome(&self.mls, name(), welcome, tree, self.circumstances()).ok()?;
        Some(joined.group)
    }
}

fn name() -> GroupName {
    GroupName {
        room_id: RoomId::from_random([1; 16]),
        call_id: None,
        generation: Generation(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_measured_group_is_one() {
        for devices in [2, 4] {
            let mut bench = MlsBench::new(devices).unwrap();
            for _ in 0..2 {
                bench.prepare_join().unwrap();
                bench.join().unwrap();
                bench.commit().unwrap();
                bench.apply().unwrap();
                assert!(bench.agrees());
            }
        }
    }
}
