//! Who may do what with a commit. Pure: a plain description in, a refusal out.
//!
//! | kind   | may add                                     | may join by an external commit       |
//! | ------ | ------------------------------------------- | ------------------------------------ |
//! | room   | members or moderators, as the settings say  | a user who has a leaf                |
//! | direct | the founder, in the first commit, one user  | a user who has a leaf                |
//! | own    | the user, own devices                       | the user                             |
//! | call   | anyone, devices that asked to join;         | a device that asked to join; while   |
//! |        | who may add to the room, guests who knocked | guests are in, only of a user inside |
//!
//! Removing: moderators anyone, everyone their own user's devices, and anyone the devices that the server wants
//! removed. Settings: moderators. Room and kind never change. Moderators of a call are those of its room; into a locked
//! call comes nobody but them and who has a leaf in it, and never whom they removed. Guests commit nothing.

use std::collections::HashSet;

use protocol::{
    DeviceId, Epoch, Millis, UserId,
    identity::Certificate,
    limits::{MAX_CALL_PARTICIPANTS, MAX_ROOM_MEMBERS},
    room_settings::{ROOM_SETTINGS_EXTENSION, RoomKind, RoomSettings, WhoMayAdd},
};

use super::{GroupLeaf, GroupName, Judge, Refusal, outline::RawExtensions};

/// MLS extension type of required_capabilities (RFC 9420 §17.3).
const REQUIRED_CAPABILITIES: u16 = 3;

/// The only required_capabilities there are (RFC 9420 §11.1): extension types, here the settings', then proposal and
/// credential types, here none. Without it MLS would not let settings change; another one could shut members out.
const ONLY_SETTINGS_REQUIRED: &[u8] = {
    let [high, low] = ROOM_SETTINGS_EXTENSION.to_be_bytes();
    &[2, high, low, 0, 0]
};

/// A commit in plain words.
#[derive(Clone, Debug)]
pub(super) struct Description<'a> {
    /// The epoch that it leaves.
    pub epoch: Epoch,
    /// The group's settings before it.
    pub settings: &'a RoomSettings,
    /// The leaves before it.
    pub members: &'a [GroupLeaf],
    pub committer: Committer,
    pub adds: Vec<Certificate>,
    pub removes: Vec<GroupLeaf>,
    pub new_settings: Option<RoomSettings>,
}

#[derive(Clone, Debug)]
pub(super) enum Committer {
    /// A member; with the certificate of its new leaf if the commit has a path.
    Member {
        leaf: GroupLeaf,
        update: Option<Box<Certificate>>,
    },
    /// Who comes in by the commit.
    External(Certificate),
}

impl Committer {
    pub fn certificate(&self) -> &Certificate {
        match self {
            Self::Member { leaf, .. } => &leaf.certificate,
            Self::External(certificate) => certificate,
        }
    }
}

/// Judges a commit.
pub(super) fn judge_commit(commit: &Description<'_>, judge: &dyn Judge, now: Millis) -> Result<(), Refusal> {
    if device(commit.committer.certificate()) != judge.sender() {
        return Err(Refusal::OtherSender);
    }
    if commit.committer.certificate().guest().is_some() {
        return Err(Refusal::Guest);
    }
    match &commit.committer {
        Committer::Member { leaf, update } => {
            if let Some(update) = update {
                judge_update(&leaf.certificate, update, judge, now)?;
            }
            judge_adds(commit, judge, now)?;
            judge_removes(commit, judge)?;
            judge_new_settings(commit, judge)?;
        }
        Committer::External(joiner) => judge_external(commit, joiner, judge, now)?,
    }
    judge_members_after(commit)
}

/// Judges the founder of a group and its settings.
pub(super) fn judge_founding(
    group: GroupName,
    settings: &RoomSettings,
    founder: &Certificate,
    judge: &dyn Judge,
    now: Millis,
) -> Result<(), Refusal> {
    if device(founder) != judge.sender() {
        return Err(Refusal::OtherSender);
    }
    if founder.guest().is_some() {
        return Err(Refusal::Guest);
    }
    judge_entering(founder, judge, now)?;
    let fits = match group {
        GroupName::Room(room_id, _) => settings.kind != RoomKind::Call && settings.room_id == room_id,
        // Which room a call is in, the group's name does not say: who holds the call compares it.
        GroupName::Call(..) => settings.kind == RoomKind::Call,
    };
    if !fits {
        return Err(Refusal::SettingsOfOther);
    }
    if settings.kind == RoomKind::Room && !settings.moderators.contains(&user(founder)) {
        return Err(Refusal::NoModerator);
    }
    // Who is in it decides that later.
    if settings.locked() || !settings.removed.is_empty() {
        return Err(Refusal::BadSettings);
    }
    Ok(())
}

/// Settings from a group context's extensions, which hold nothing else but that clients must know the settings: when
/// a group is founded, and after every commit.
pub(super) fn settings_in(extensions: &RawExtensions<'_>) -> Result<RoomSettings, Refusal> {
    let mut found = None;
    let mut required = false;
    for (extension_type, data) in extensions {
        match *extension_type {
            ROOM_SETTINGS_EXTENSION if found.is_none() => found = RoomSettings::decode(data),
            REQUIRED_CAPABILITIES if !required && *data == ONLY_SETTINGS_REQUIRED => required = true,
            _ => return Err(Refusal::BadSettings),
        }
    }
    let settings = found.filter(|_| required).ok_or(Refusal::BadSettings)?;
    let distinct: HashSet<_> = settings.moderators.iter().chain(&settings.removed).collect();
    if distinct.len() != settings.moderators.len().max(settings.removed.len()) {
        return Err(Refusal::BadSettings);
    }
    Ok(settings)
}

/// A leaf that enters: its certificate is the user's, of a live device, and has not expired. Later expiry is a
/// warning for people, so that an old leaf never blocks a group.
fn judge_entering(certificate: &Certificate, judge: &dyn Judge, now: Millis) -> Result<(), Refusal> {
    let body = certificate.body();
    let known = judge.user(body.user_id).ok_or(Refusal::UnknownUser)?;
    if known.aik != body.aik || known.email != body.email || known.network_id != body.network_id {
        return Err(Refusal::CertificateUser);
    }
    if !known.live_devices.contains(&(body.device_id, body.device_key)) {
        return Err(Refusal::DeviceNotListed);
    }
    if body.not_after <= now {
        return Err(Refusal::CertificateExpired);
    }
    Ok(())
}

/// The same certificate again is no entry: it may have expired since. A renewed one is judged like an entry.
fn judge_update(
    before: &Certificate,
    after: &Certificate,
    judge: &dyn Judge,
    now: Millis,
) -> Result<(), Refusal> {
    if before == after {
        return Ok(());
    }
    if user(before) != user(after) || device(before) != device(after) {
        return Err(Refusal::IdentityChanged);
    }
    judge_entering(after, judge, now)
}

fn judge_adds(commit: &Description<'_>, judge: &dyn Judge, now: Millis) -> Result<(), Refusal> {
    if commit.adds.is_empty() {
        return Ok(());
    }
    let committer = user(commit.committer.certificate());
    match commit.settings.kind {
        RoomKind::Room => {
            if commit.settings.who_may_add == WhoMayAdd::Moderators && !is_moderator(commit, judge, committer)
            {
                return Err(Refusal::AddByNonModerator);
            }
        }
        RoomKind::Direct => {
            let users: HashSet<_> = commit.adds.iter().map(user).chain([committer]).collect();
            if commit.epoch != Epoch(0) || users.len() > 2 {
                return Err(Refusal::AddToDirect);
            }
        }
        RoomKind::Own => {
            if commit.adds.iter().any(|added| user(added) != committer) {
                return Err(Refusal::AddToOwn);
            }
        }
        RoomKind::Call => {
            if guests(commit).next().is_some() && !judge.admits_guests(committer) {
                return Err(Refusal::AdmitByOther);
            }
            let asked = |added: &Certificate| match added.guest() {
                Some(_) => judge.knocked(device(added)),
                None => judge.asked_to_join(device(added)),
            };
            if !commit.adds.iter().all(asked) {
                return Err(Refusal::AddUnasked);
            }
            commit
                .adds
                .iter()
                .try_for_each(|added| judge_admission(commit, judge, user(added)))?;
        }
    }
    if commit.settings.kind != RoomKind::Call && guests(commit).next().is_some() {
        return Err(Refusal::Guest);
    }
    // What stands behind a guest's pass, members alone can judge.
    commit
        .adds
        .iter()
        .filter(|added| added.guest().is_none())
        .try_for_each(|added| judge_entering(added, judge, now))
}

/// Guests whom the commit lets in.
fn guests<'a>(commit: &'a Description<'_>) -> impl Iterator<Item = &'a Certificate> {
    commit.adds.iter().filter(|added| added.guest().is_some())
}

fn judge_removes(commit: &Description<'_>, judge: &dyn Judge) -> Result<(), Refusal> {
    let committer = user(commit.committer.certificate());
    let allowed = |removed: &Certificate| {
        is_moderator(commit, judge, committer)
            || user(removed) == committer
            || judge.removal_wanted(device(removed))
    };
    if commit.removes.iter().all(|leaf| allowed(&leaf.certificate)) {
        Ok(())
    } else {
        Err(Refusal::RemoveByNonModerator)
    }
}

fn judge_new_settings(commit: &Description<'_>, judge: &dyn Judge) -> Result<(), Refusal> {
    let Some(new) = &commit.new_settings else {
        return Ok(());
    };
    if new.room_id != commit.settings.room_id || new.kind != commit.settings.kind {
        return Err(Refusal::SettingsOfOther);
    }
    let moderator = is_moderator(commit, judge, user(commit.committer.certificate()));
    if !moderator && !commit.settings.may_become_in_direct(new) {
        return Err(Refusal::SettingsByNonModerator);
    }
    if new.kind == RoomKind::Room && new.moderators.is_empty() {
        return Err(Refusal::NoModerator);
    }
    Ok(())
}

fn judge_external(
    commit: &Description<'_>,
    joiner: &Certificate,
    judge: &dyn Judge,
    now: Millis,
) -> Result<(), Refusal> {
    let joiner_user = user(joiner);
    let only_own = commit
        .removes
        .iter()
        .all(|leaf| user(&leaf.certificate) == joiner_user);
    if !commit.adds.is_empty() || commit.new_settings.is_some() || commit.removes.len() > 1 || !only_own {
        return Err(Refusal::ExternalProposals);
    }
    judge_entering(joiner, judge, now)?;
    if commit.settings.kind == RoomKind::Call {
        judge_admission(commit, judge, joiner_user)?;
    }
    let has_leaf = commit
        .members
        .iter()
        .any(|leaf| user(&leaf.certificate) == joiner_user);
    let guests_inside = commit
        .members
        .iter()
        .any(|leaf| leaf.certificate.guest().is_some());
    if guests_inside && !has_leaf {
        return Err(Refusal::ExternalBesideGuests);
    }
    let invited = has_leaf || commit.settings.kind == RoomKind::Call;
    if !invited || !judge.may_join_external(device(joiner), joiner_user) {
        return Err(Refusal::ExternalUninvited);
    }
    Ok(())
}

/// One leaf a device, one network, and no more than fit.
fn judge_members_after(commit: &Description<'_>) -> Result<(), Refusal> {
    let joiner = match &commit.committer {
        Committer::External(certificate) => Some(certificate),
        Committer::Member { .. } => None,
    };
    let removed: HashSet<_> = commit.removes.iter().map(|leaf| leaf.leaf).collect();
    let stay = commit.members.iter().filter(|leaf| !removed.contains(&leaf.leaf));
    let network = commit
        .members
        .first()
        .map(|leaf| leaf.certificate.body().network_id);

    let mut devices = HashSet::new();
    let mut users = HashSet::new();
    for certificate in stay
        .map(|leaf| &leaf.certificate)
        .chain(&commit.adds)
        .chain(joiner)
    {
        if !devices.insert(device(certificate)) {
            return Err(Refusal::DeviceTwice);
        }
        users.insert(user(certificate));
        if network.is_some_and(|network| network != certificate.body().network_id) {
            return Err(Refusal::OtherNetwork);
        }
    }
    let full = match commit.settings.kind {
        RoomKind::Call => devices.len() > MAX_CALL_PARTICIPANTS,
        RoomKind::Room | RoomKind::Direct | RoomKind::Own => users.len() > MAX_ROOM_MEMBERS,
    };
    if full { Err(Refusal::Full) } else { Ok(()) }
}

/// Who comes into a call: never whom a moderator removed; while it is locked, who has a leaf in it, and moderators.
fn judge_admission(commit: &Description<'_>, judge: &dyn Judge, newcomer: UserId) -> Result<(), Refusal> {
    let has_leaf = || {
        commit
            .members
            .iter()
            .any(|leaf| user(&leaf.certificate) == newcomer)
    };
    if commit.settings.removed.contains(&newcomer) {
        return Err(Refusal::CallRemoved);
    }
    if commit.settings.locked() && !has_leaf() && !judge.moderates_room(newcomer) {
        return Err(Refusal::CallLocked);
    }
    Ok(())
}

fn is_moderator(commit: &Description<'_>, judge: &dyn Judge, user: UserId) -> bool {
    match commit.settings.kind {
        RoomKind::Call => judge.moderates_room(user),
        RoomKind::Room | RoomKind::Direct | RoomKind::Own => commit.settings.moderators.contains(&user),
    }
}

fn user(certificate: &Certificate) -> UserId {
    certificate.body().user_id
}

fn device(certificate: &Certificate) -> DeviceId {
    certificate.body().device_id
}
