//! Who may change a group, and how: decisions without state, the same for server and members.
//!
//! Removing is not among them: any leaf that the committer has no right of its own to remove was asked for by the
//! server (who left, was revoked, or was lost), which no member can check; such a removal is taken, and shown as
//! the server's. An *external* commit, which comes from outside, may remove only a leaf of its own user.

use crate::{
    identity::LinkSecret,
    sorted::{SortedMap, SortedSet},
};
use protocol::{
    DeviceId, Email, GuestLinkId, LeafIndex, Millis, NetworkId, UserId,
    identity::{Certificate, GuestPass, PublicKey},
    room_settings::{RoomKind, RoomSettings, WhoMayAdd},
};

use super::{former::Former, state::GroupName};

/// Leaves of a group.
pub(crate) type Members = SortedMap<LeafIndex, Certificate>;

/// What a commit would change.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) committer: Committer,
    pub(crate) adds: Vec<Certificate>,
    pub(crate) removes: Vec<LeafIndex>,
    /// The committer's leaf after the commit, where it renews it.
    pub(crate) renewed: Option<Certificate>,
    /// Settings after the commit, where a proposal replaces them; nothing inside where they cannot be read.
    pub(crate) settings: Option<Option<RoomSettings>>,
    /// A leaf or key package has an encryption key at which every later commit of the others would fail.
    pub(crate) unusable_key: bool,
    /// There is a proposal that is never allowed, or one that is not in the commit itself.
    pub(crate) forbidden: bool,
}

/// Who commits.
#[derive(Clone, Debug)]
pub(crate) enum Committer {
    Member(LeafIndex),
    /// From outside, with this new leaf.
    External(Box<Certificate>),
}

/// What a judgement needs to know beside the group and the change.
#[derive(Clone, Copy)]
pub(crate) struct Circumstances<'a> {
    pub(crate) me: &'a Account,
    pub(crate) now: Millis,
    /// For calls: the room as this device sees it.
    pub(crate) room: Option<&'a CallRoom>,
    /// For who comes into a group again: what it was.
    pub(crate) former: Option<&'a Former<'a>>,
    /// Account keys of people as this user's devices saw them first: nobody comes in under another one. Nothing for
    /// calls, whose leaves are those of their room.
    pub(crate) seen: Option<&'a FirstSeen>,
}

/// The account key of each person as it was first seen, and when.
pub(crate) type FirstSeen = SortedMap<UserId, (Millis, PublicKey)>;

/// What a call's rules need to know of its room.
#[derive(Default)]
pub(crate) struct CallRoom {
    /// This device is a guest, and sees nothing of the room: what members let through is right.
    pub(crate) unseen: bool,
    /// Every member of the room may let guests in, and not its moderators alone.
    pub(crate) members_admit: bool,
    /// Links of the room that let guests in, as far as they are known.
    pub(crate) links: SortedMap<GuestLinkId, LinkSecret>,
    /// Devices with a leaf in the room's group, with their keys: who a device is, its key proves.
    pub(crate) devices: SortedMap<(UserId, DeviceId), PublicKey>,
    /// Who may remove others from the call, and lock it.
    pub(crate) moderators: Vec<UserId>,
}

impl CallRoom {
    /// Who may let guests in.
    pub(crate) fn may_admit(&self, user_id: UserId) -> bool {
        self.members_admit || self.moderators.contains(&user_id)
    }

    /// Whether a guest came by a link of the room; nothing where the link is not known here.
    pub(crate) fn vouches(&self, pass: &GuestPass) -> Option<bool> {
        self.links.get(&pass.link_id).map(|secret| secret.made(pass))
    }
}

/// The account of this device: what every leaf of its own user must fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) network_id: NetworkId,
    pub(crate) user_id: UserId,
    pub(crate) email: Email,
    pub(crate) aik: PublicKey,
}

/// The rule that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RuleError {
    #[error("a leaf carries no readable certificate")]
    NoCertificate,
    #[error("the certificate is of another key than the leaf")]
    OtherDeviceKey,
    #[error("the certificate is of another network")]
    OtherNetwork,
    #[error("the certificate of device {device_id} had expired")]
    Expired { device_id: DeviceId },
    #[error("devices of user {user_id} are certified by different account keys or addresses")]
    TwoIdentities { user_id: UserId },
    #[error("a device of this account is certified by a foreign account key")]
    ForeignOwnDevice,
    #[error("device {device_id} would be in the group twice")]
    DeviceTwice { device_id: DeviceId },
    #[error("user {user_id} does not belong here")]
    NotAllowedIn { user_id: UserId },
    #[error("the committer may not add")]
    MayNotAdd,
    #[error("only moderators change settings")]
    MayNotSet,
    #[error("the settings cannot be read, or change what never changes")]
    BadSettings,
    #[error("the group is not the one that it should be")]
    OtherGroup,
    #[error("user {user_id} was removed from the call")]
    RemovedFromCall { user_id: UserId },
    #[error("the call is locked")]
    CallLocked,
    #[error("a guest may only come in by an Add in a call, and commits nothing")]
    Guest,
    #[error("the pass of a guest is not by the link that it names")]
    FalsePass,
    #[error("while guests are in a call, nobody comes in from outside but who has a leaf in it")]
    GuestsInside,
    #[error("a leaf changed its device")]
    ChangedDevice,
    #[error("there is no such leaf")]
    NoSuchLeaf,
    #[error("an external commit may remove one leaf of its own user and nothing else")]
    ExternalRemoves,
    #[error("an external commit of a user who has no leaf")]
    ExternalStranger,
    #[error("a proposal that is not allowed")]
    Forbidden,
    #[error("the account key of user {user_id} is not the one that it was")]
    ChangedIdentity { user_id: UserId },
    #[error("nobody can encrypt to a key of the commit")]
    UnusableKey,
    #[error("nobody who was in the group vouches for it")]
    UnknownSigner,
    #[error("no moderator vouches for the new generation, or for the new settings")]
    NoModerator,
    #[error("the group is older than the one that this device was in")]
    Outdated,
}

/// Judges a whole tree, as when joining. Expiry is not judged: it was when the leaves entered.
pub(crate) fn check_tree(
    members: &Members,
    settings: &RoomSettings,
    name: GroupName,
    circumstances: Circumstances<'_>,
) -> Result<(), RuleError> {
    let call = settings.kind == RoomKind::Call;
    if settings.room_id != name.room_id || call != name.call_id.is_some() {
        return Err(RuleError::OtherGroup);
    }
    let mut seen = Seen::default();
    for certificate in members.values() {
        let body = certificate.body();
        let known = circumstances
            .former
            .and_then(|former| former.users.get(&body.user_id));
        if known.is_some_and(|aik| *aik != body.aik) {
            return Err(RuleError::ChangedIdentity {
                user_id: body.user_id,
            });
        }
        seen.take(certificate, circumstances.me)?;
        check_first_seen(certificate, circumstances)?;
        check_belongs(certificate, settings.kind, circumstances)?;
        if settings.removed.contains(&body.user_id) {
            return Err(RuleError::RemovedFromCall {
                user_id: body.user_id,
            });
        }
    }
    if settings.kind == RoomKind::Direct && seen.users.len() > 2 {
        let stranger = seen
            .users
            .keys()
            .copied()
            .find(|user| *user != circumstances.me.user_id);
        return Err(RuleError::NotAllowedIn {
            user_id: stranger.unwrap_or(circumstances.me.user_id),
        });
    }
    Ok(())
}

/// Judges a commit against the group before it.
pub(crate) fn check_change(
    members: &Members,
    settings: &RoomSettings,
    change: &Change,
    circumstances: Circumstances<'_>,
) -> Result<(), RuleError> {
    if change.forbidden {
        return Err(RuleError::Forbidden);
    }
    if change.unusable_key {
        return Err(RuleError::UnusableKey);
    }
    if change.removes.iter().any(|leaf| !members.contains_key(leaf)) {
        return Err(RuleError::NoSuchLeaf);
    }
    match &change.committer {
        Committer::Member(leaf) => check_member_change(members, settings, change, *leaf, circumstances)?,
        Committer::External(certificate) => check_external(members, settings.kind, change, certificate)?,
    }
    let mut seen = Seen::default();
    for (leaf, certificate) in members {
        if !change.removes.contains(leaf) {
            seen.take(certificate, circumstances.me)?;
        }
    }
    let external = match &change.committer {
        Committer::External(certificate) => Some(&**certificate),
        Committer::Member(_) => None,
    };
    for certificate in change.adds.iter().chain(external) {
        let body = certificate.body();
        if body.not_after <= circumstances.now {
            return Err(RuleError::Expired {
                device_id: body.device_id,
            });
        }
        seen.take(certificate, circumstances.me)?;
        check_first_seen(certificate, circumstances)?;
        check_belongs(certificate, settings.kind, circumstances)?;
        if let Some(room) = circumstances.room {
            check_admission(members, settings, room, body.user_id)?;
        }
    }
    Ok(())
}

/// Who comes into a call: never whom a moderator removed; while it is locked, who has a leaf in it, and moderators.
pub(crate) fn check_admission(
    members: &Members,
    settings: &RoomSettings,
    room: &CallRoom,
    user_id: UserId,
) -> Result<(), RuleError> {
    if settings.removed.contains(&user_id) {
        return Err(RuleError::RemovedFromCall { user_id });
    }
    let inside = || members.values().any(|member| member.body().user_id == user_id);
    if settings.locked() && !room.unseen && !inside() && !room.moderators.contains(&user_id) {
        return Err(RuleError::CallLocked);
    }
    Ok(())
}

/// Whoever comes in under another key than the one seen first is somebody whom the server made up (or a person whose
/// account was made anew, which is for people to settle): what is said in the group must not reach them.
fn check_first_seen(certificate: &Certificate, circumstances: Circumstances<'_>) -> Result<(), RuleError> {
    let body = certificate.body();
    match circumstances.seen.and_then(|seen| seen.get(&body.user_id)) {
        Some((_, aik)) if *aik != body.aik => Err(RuleError::ChangedIdentity {
            user_id: body.user_id,
        }),
        _ => Ok(()),
    }
}

fn check_member_change(
    members: &Members,
    settings: &RoomSettings,
    change: &Change,
    leaf: LeafIndex,
    circumstances: Circumstances<'_>,
) -> Result<(), RuleError> {
    let committer = members.get(&leaf).ok_or(RuleError::NoSuchLeaf)?;
    if committer.guest().is_some() {
        return Err(RuleError::Guest);
    }
    let committer = committer.body();
    if let Some(renewed) = change.renewed.as_ref().map(Certificate::body) {
        let same = renewed.user_id == committer.user_id
            && renewed.device_id == committer.device_id
            && renewed.device_key == committer.device_key
            && renewed.aik == committer.aik
            && renewed.email == committer.email;
        if !same {
            return Err(RuleError::ChangedDevice);
        }
    }
    // Those of a call are its room's, whatever its founder wrote.
    let moderators = match (settings.kind, circumstances.room) {
        (RoomKind::Call, Some(room)) => &room.moderators,
        _ => &settings.moderators,
    };
    // A guest does not see who they are; who does refuses what is not theirs to do.
    let unseen = circumstances.room.is_some_and(|room| room.unseen);
    let moderator = unseen || moderators.contains(&committer.user_id);
    if !change.adds.is_empty() && !may_add(settings, moderator, members, change) {
        return Err(RuleError::MayNotAdd);
    }
    check_guests(change, committer.user_id, circumstances)?;
    match &change.settings {
        None => Ok(()),
        Some(None) => Err(RuleError::BadSettings),
        Some(Some(new)) if new.room_id != settings.room_id || new.kind != settings.kind => {
            Err(RuleError::BadSettings)
        }
        Some(Some(new)) if moderator || settings.may_become_in_direct(new) => Ok(()),
        Some(Some(_)) => Err(RuleError::MayNotSet),
    }
}

/// Guests come into calls, by who may let them in, with a pass by a link of the room. A link that is not known here (it is
/// older than this device's place in the room) is who lets the guest in to answer for.
fn check_guests(
    change: &Change,
    committer: UserId,
    circumstances: Circumstances<'_>,
) -> Result<(), RuleError> {
    for pass in change.adds.iter().filter_map(Certificate::guest) {
        let room = circumstances.room.ok_or(RuleError::Guest)?;
        if room.unseen {
            continue;
        }
        if !room.may_admit(committer) {
            return Err(RuleError::MayNotAdd);
        }
        if room.vouches(pass) == Some(false) {
            return Err(RuleError::FalsePass);
        }
    }
    Ok(())
}

/// Whether the adds of a change are allowed to its committer by the settings. To a direct room its founder adds
/// the other one (and own devices) with the first commit, while alone.
fn may_add(settings: &RoomSettings, moderator: bool, members: &Members, change: &Change) -> bool {
    match settings.kind {
        RoomKind::Room => moderator || settings.who_may_add == WhoMayAdd::Members,
        RoomKind::Direct => {
            let mut users: SortedSet<UserId> = change.adds.iter().map(|add| add.body().user_id).collect();
            users.extend(members.values().map(|member| member.body().user_id));
            members.len() == 1 && users.len() <= 2
        }
        RoomKind::Own | RoomKind::Call => true,
    }
}

fn check_external(
    members: &Members,
    kind: RoomKind,
    change: &Change,
    new: &Certificate,
) -> Result<(), RuleError> {
    let user_id = new.body().user_id;
    if new.guest().is_some() {
        return Err(RuleError::Guest);
    }
    if !change.adds.is_empty() || change.settings.is_some() {
        return Err(RuleError::Forbidden);
    }
    let of_user = |leaf: &LeafIndex| {
        members
            .get(leaf)
            .is_some_and(|member| member.body().user_id == user_id)
    };
    if change.removes.len() > 1 || !change.removes.iter().all(of_user) {
        return Err(RuleError::ExternalRemoves);
    }
    // A guest signs its own ids, and could certify a member under them.
    if members
        .values()
        .any(|member| member.guest().is_some() && member.body().user_id == user_id)
    {
        return Err(RuleError::Guest);
    }
    let before = members
        .values()
        .map(Certificate::body)
        .filter(|member| member.user_id == user_id);
    let mut before = before.peekable();
    // Into a call comes who is in its room (judged for every new leaf); into a room, who has a leaf already.
    if kind != RoomKind::Call && before.peek().is_none() {
        return Err(RuleError::ExternalStranger);
    }
    // A guest cannot see who is in the room, and would believe anybody whom the server made up.
    if before.peek().is_none() && members.values().any(|member| member.guest().is_some()) {
        return Err(RuleError::GuestsInside);
    }
    // Also against the leaf that it replaces: else anybody could take a user's only place by naming the user.
    if before.any(|member| member.aik != new.body().aik || member.email != new.body().email) {
        return Err(RuleError::TwoIdentities { user_id });
    }
    Ok(())
}

/// Whether a leaf may be in a group of this kind at all.
fn check_belongs(
    certificate: &Certificate,
    kind: RoomKind,
    circumstances: Circumstances<'_>,
) -> Result<(), RuleError> {
    let body = certificate.body();
    let unseen = circumstances.room.is_some_and(|room| room.unseen);
    let belongs = match kind {
        RoomKind::Call if unseen || certificate.guest().is_some() => circumstances.room.is_some(),
        _ if certificate.guest().is_some() => return Err(RuleError::Guest),
        RoomKind::Own => body.user_id == circumstances.me.user_id,
        RoomKind::Call => circumstances
            .room
            .and_then(|room| room.devices.get(&(body.user_id, body.device_id)))
            .is_some_and(|key| *key == body.device_key),
        RoomKind::Room | RoomKind::Direct => true,
    };
    if belongs {
        Ok(())
    } else {
        Err(RuleError::NotAllowedIn {
            user_id: body.user_id,
        })
    }
}

/// Leaves seen so far: one identity for each user, each device once.
#[derive(Default)]
struct Seen<'a> {
    users: SortedMap<UserId, (&'a PublicKey, &'a Email)>,
    devices: SortedSet<DeviceId>,
}

impl<'a> Seen<'a> {
    fn take(&mut self, certificate: &'a Certificate, me: &Account) -> Result<(), RuleError> {
        let body = certificate.body();
        if body.network_id != me.network_id {
            return Err(RuleError::OtherNetwork);
        }
        let own = body.user_id == me.user_id;
        if own && (body.aik != me.aik || body.email != me.email) {
            return Err(RuleError::ForeignOwnDevice);
        }
        let identity = (&body.aik, &body.email);
        if *self.users.get_or_insert_with(body.user_id, || identity) != identity {
            return Err(RuleError::TwoIdentities {
                user_id: body.user_id,
            });
        }
        if !self.devices.insert(body.device_id) {
            return Err(RuleError::DeviceTwice {
                device_id: body.device_id,
            });
        }
        Ok(())
    }
}
