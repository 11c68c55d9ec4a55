//! The settings of a room, as an authenticated extension of its group context (B8): server and members
//! judge commits by them alike. Title, description and avatar are not
//! here; they are encrypted.

use crate::{
    Millis, RoomId, UserId,
    encoding::{Reader, Writer},
    limits::MAX_ROOM_MEMBERS,
};

/// MLS extension type (private use range, RFC 9420 §17.3) of [`RoomSettings`] in the group context.
pub const ROOM_SETTINGS_EXTENSION: u16 = 0xF0C1;

/// What kind of place a group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RoomKind {
    /// A room with members, roles and a title.
    Room = 1,
    /// Two users; nobody is ever added.
    Direct = 2,
    /// The user's own devices.
    Own = 3,
    /// A live call in a room.
    Call = 4,
}

/// Who may add people to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum WhoMayAdd {
    /// Every member.
    Members = 1,
    /// Moderators only.
    Moderators = 2,
}

/// The extension's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomSettings {
    /// The room; binds the group to it, so that the server cannot pass one room's group off as another's.
    pub room_id: RoomId,
    /// Kind of the group.
    pub kind: RoomKind,
    /// Who may change settings and remove others; at least one in a [`RoomKind::Room`], up to
    /// [`MAX_ROOM_MEMBERS`]. A [`RoomKind::Call`] names none: there the moderators of its room are.
    pub moderators: Vec<UserId>,
    /// In a [`RoomKind::Call`] alone, at the same place of the encoding: whom a moderator removed, and who stays out
    /// of this call, up to [`MAX_ROOM_MEMBERS`].
    pub removed: Vec<UserId>,
    /// Who may add people. A call where [`WhoMayAdd::Moderators`] stands is *locked*: in come only those who have a
    /// leaf in it already, and moderators.
    pub who_may_add: WhoMayAdd,
    /// Longest time to live of a message in milliseconds; 0 = no cap below the network's.
    pub ttl_cap_ms: u64,
    /// Longest burn-on-read in milliseconds; 0 = no cap.
    pub burn_cap_ms: u64,
    /// When the room itself ends; 0 = never.
    pub ends_at: Millis,
    /// Whether voices go out at a constant bitrate, so that their packets tell nothing (B15). A call has it from its
    /// room, for its guests, who see no room.
    pub constant_bitrate: bool,
}

impl RoomSettings {
    /// Of settings without options, which devices of before know as well.
    const PLAIN: u8 = 1;
    /// Of settings that end with a byte of options, of which one is on.
    const WITH_OPTIONS: u8 = 2;
    const CONSTANT_BITRATE: u8 = 1;

    /// The users that the encoding ends with.
    fn users(&self) -> &[UserId] {
        if self.kind == RoomKind::Call {
            &self.removed
        } else {
            &self.moderators
        }
    }

    /// When the room ends (R38). A call ends with its room, and a direct room never: neither of the two may take from the
    /// other what it was told.
    pub fn end(&self) -> Option<Millis> {
        (self.kind == RoomKind::Room && self.ends_at > Millis(0)).then_some(self.ends_at)
    }

    /// Of a call: whether nobody new comes in.
    pub fn locked(&self) -> bool {
        self.kind == RoomKind::Call && self.who_may_add == WhoMayAdd::Moderators
    }

    /// Whether `new` is what each of the two people of a direct room may make of these settings: other caps, another
    /// bitrate, and nothing else.
    pub fn may_become_in_direct(&self, new: &Self) -> bool {
        let made = Self {
            ttl_cap_ms: new.ttl_cap_ms,
            burn_cap_ms: new.burn_cap_ms,
            constant_bitrate: new.constant_bitrate,
            ..self.clone()
        };
        self.kind == RoomKind::Direct && made == *new
    }

    /// The bytes of the extension.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        let version = if self.constant_bitrate {
            Self::WITH_OPTIONS
        } else {
            Self::PLAIN
        };
        writer
            .u8(version)
            .fixed(self.room_id.as_bytes())
            .u8(self.kind as u8)
            .u8(self.who_may_add as u8)
            .u64(self.ttl_cap_ms)
            .u64(self.burn_cap_ms)
            .u64(self.ends_at.0)
            .u32(u32::try_from(self.users().len()).unwrap_or(u32::MAX));
        for user in self.users() {
            writer.fixed(user.as_bytes());
        }
        if self.constant_bitrate {
            writer.u8(Self::CONSTANT_BITRATE);
        }
        writer.finish()
    }

    /// Reads the bytes of the extension; nothing if they are not one.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let version = reader.u8()?;
        let room_id = RoomId::from_slice(&reader.fixed::<16>()?)?;
        let kind = match reader.u8()? {
            1 => RoomKind::Room,
            2 => RoomKind::Direct,
            3 => RoomKind::Own,
            4 => RoomKind::Call,
            _ => return None,
        };
        let who_may_add = match reader.u8()? {
            1 => WhoMayAdd::Members,
            2 => WhoMayAdd::Moderators,
            _ => return None,
        };
        let ttl_cap_ms = reader.u64()?;
        let burn_cap_ms = reader.u64()?;
        let ends_at = Millis(reader.u64()?);
        let count = usize::try_from(reader.u32()?)
            .ok()
            .filter(|count| *count <= MAX_ROOM_MEMBERS)?;
        let users = (0..count)
            .map(|_| UserId::from_slice(&reader.fixed::<16>()?))
            .collect::<Option<_>>()?;
        // Each settings have one encoding: options that are all off are none.
        let constant_bitrate = match version {
            Self::PLAIN => false,
            Self::WITH_OPTIONS if reader.u8()? == Self::CONSTANT_BITRATE => true,
            _ => return None,
        };
        reader.end()?;
        let (moderators, removed) = match kind {
            RoomKind::Call => (vec![], users),
            RoomKind::Room | RoomKind::Direct | RoomKind::Own => (users, vec![]),
        };
        Some(Self {
            room_id,
            kind,
            moderators,
            removed,
            who_may_add,
            ttl_cap_ms,
            burn_cap_ms,
            ends_at,
            constant_bitrate,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_encoding_and_nothing_trails() {
        let settings = RoomSettings {
            room_id: RoomId::from_random([1; 16]),
            kind: RoomKind::Room,
            moderators: vec![UserId::from_random([2; 16]), UserId::from_random([3; 16])],
            removed: vec![],
            who_may_add: WhoMayAdd::Moderators,
            ttl_cap_ms: 1,
            burn_cap_ms: 2,
            ends_at: Millis(3),
            constant_bitrate: false,
        };
        let mut bytes = settings.encode();
        assert_eq!(RoomSettings::decode(&bytes), Some(settings.clone()));
        bytes.push(0);
        assert_eq!(RoomSettings::decode(&bytes), None);
        assert!(!settings.locked());

        let call = RoomSettings {
            kind: RoomKind::Call,
            removed: settings.moderators.clone(),
            moderators: vec![],
            ..settings
        };
        assert_eq!(RoomSettings::decode(&call.encode()), Some(call.clone()));
        assert!(call.locked());
    }

    #[test]
    fn settings_of_before_are_read_and_written_as_they_were() {
        let settings = RoomSettings {
            room_id: RoomId::from_random([1; 16]),
            kind: RoomKind::Room,
            moderators: vec![UserId::from_random([2; 16])],
            removed: vec![],
            who_may_add: WhoMayAdd::Members,
            ttl_cap_ms: 0,
            burn_cap_ms: 0,
            ends_at: Millis(0),
            constant_bitrate: false,
        };
        let before = settings.encode();
        assert_eq!(before.first(), Some(&1));
        assert_eq!(before.len(), 1 + 16 + 1 + 1 + 3 * 8 + 4 + 16);
        assert_eq!(RoomSettings::decode(&before), Some(settings.clone()));

        let constant = RoomSettings {
            constant_bitrate: true,
            ..settings
        };
        let bytes = constant.encode();
        assert_eq!(RoomSettings::decode(&bytes), Some(constant));
        let users = before.get(1..).unwrap();
        assert_eq!(bytes, [&[2], users, &[1]].concat());
        // No second way to say the same, and nothing that is not known.
        for other in [vec![1], vec![2], vec![2, 0], vec![2, 2], vec![2, 3], vec![3, 1]] {
            let (version, options) = other.split_first().unwrap();
            let bytes = if options.is_empty() && *version == 1 {
                [&[1], users, &[0]].concat()
            } else {
                [&[*version], users, options].concat()
            };
            assert_eq!(RoomSettings::decode(&bytes), None, "{other:?}");
        }
    }
}
