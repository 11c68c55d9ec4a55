//! Who may found what, and how large things may be.

use protocol::{
    Code, Problem, RoomId, UserId,
    limits::{MAX_HANDSHAKE_LEN, MAX_ROOM_MEMBERS},
    room_settings::{RoomKind, RoomSettings},
    socket::CommitBundle,
};

/// Checks the sizes of a commit and of what travels with it.
pub fn check_bundle(bundle: &CommitBundle) -> Result<(), Problem> {
    let welcome = bundle.welcome.as_ref().map_or(0, |welcome| welcome.0.len());
    check_handshake(bundle.commit.0.len())?;
    check_handshake(bundle.group_info.0.len())?;
    check_handshake(welcome)
}

/// Checks the size of a part of a handshake.
pub fn check_handshake(len: usize) -> Result<(), Problem> {
    if len > MAX_HANDSHAKE_LEN {
        return Err(Problem::new(
            Code::TooLarge,
            "a part of the handshake is too large",
        ));
    }
    Ok(())
}

/// A founding, as far as the rules ask.
pub struct Founding<'a> {
    pub room_id: RoomId,
    pub founder: UserId,
    pub settings: &'a RoomSettings,
    /// Users with a leaf after the first commit.
    pub users: &'a [UserId],
    /// The generation before, where there is one.
    pub before: Option<Before<'a>>,
}

/// The generation that a re-founding replaces.
pub struct Before<'a> {
    pub settings: &'a RoomSettings,
    /// Members who did not leave.
    pub members: &'a [UserId],
}

/// Checks a founding.
pub fn check_founding(founding: &Founding<'_>) -> Result<(), Problem> {
    let refuse = |detail: &str| Err(Problem::new(Code::CommitRefused, detail));
    let settings = founding.settings;
    if settings.room_id != founding.room_id {
        return refuse("the group's settings name another room");
    }
    if founding.users.len() > MAX_ROOM_MEMBERS {
        return Err(Problem::new(Code::Full, "too many members"));
    }
    if !founding.users.contains(&founding.founder) {
        return refuse("the founder is no member");
    }
    match settings.kind {
        RoomKind::Call => return refuse("a call is no room"),
        RoomKind::Own if founding.users.len() != 1 => return refuse("one's own room has no other members"),
        RoomKind::Direct if founding.before.is_none() && founding.users.len() != 2 => {
            return refuse("a direct room has two members");
        }
        RoomKind::Direct if !settings.moderators.is_empty() => {
            return refuse("a direct room has no moderators");
        }
        RoomKind::Room if !settings.moderators.contains(&founding.founder) => {
            return refuse("the founder is no moderator");
        }
        _ => {}
    }
    let Some(before) = &founding.before else {
        return Ok(());
    };
    if before.settings.kind != settings.kind {
        return refuse("a room's kind never changes");
    }
    let may = before.members.contains(&founding.founder)
        && (settings.kind != RoomKind::Room || before.settings.moderators.contains(&founding.founder));
    if !may {
        return Err(Problem::new(
            Code::Forbidden,
            "only a moderator may found the next generation",
        ));
    }
    // Members would refuse it, and the room would be dead. Settings change by a commit, before or after.
    if settings != before.settings {
        return refuse("the next generation has other settings");
    }
    if founding.users.iter().any(|user| !before.members.contains(user)) {
        return refuse("the next generation has new members");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use protocol::{Millis, room_settings::WhoMayAdd};

    use super::*;

    fn user(n: u8) -> UserId {
        UserId::from_random([n; 16])
    }

    fn settings(kind: RoomKind, moderators: &[UserId]) -> RoomSettings {
        RoomSettings {
            room_id: RoomId::from_random([9; 16]),
            kind,
            moderators: moderators.to_vec(),
            who_may_add: WhoMayAdd::Members,
            ttl_cap_ms: 0,
            burn_cap_ms: 0,
            removed: vec![],
            ends_at: Millis(0),
            constant_bitrate: false,
        }
    }

    fn check(settings: &RoomSettings, users: &[UserId], before: Option<Before<'_>>) -> Result<(), Code> {
        let room_id = RoomId::from_random([9; 16]);
        check_founding(&Founding {
            room_id,
            founder: user(1),
            settings,
            users,
            before,
        })
        .map_err(|problem| problem.code)
    }

    #[test]
    fn each_kind_has_its_members() {
        let (alice, bob) = (user(1), user(2));
        assert_eq!(
            check(&settings(RoomKind::Room, &[alice]), &[alice, bob], None),
            Ok(())
        );
        assert_eq!(
            check(&settings(RoomKind::Room, &[bob]), &[alice, bob], None),
            Err(Code::CommitRefused)
        );
        assert_eq!(
            check(&settings(RoomKind::Direct, &[]), &[alice, bob], None),
            Ok(())
        );
        assert_eq!(
            check(&settings(RoomKind::Direct, &[]), &[alice], None),
            Err(Code::CommitRefused)
        );
        assert_eq!(check(&settings(RoomKind::Own, &[]), &[alice], None), Ok(()));
        assert_eq!(
            check(&settings(RoomKind::Own, &[]), &[alice, bob], None),
            Err(Code::CommitRefused)
        );
        assert_eq!(
            check(&settings(RoomKind::Call, &[alice]), &[alice], None),
            Err(Code::CommitRefused)
        );
        assert_eq!(
            check(&settings(RoomKind::Room, &[bob]), &[bob], None),
            Err(Code::CommitRefused)
        );
    }

    #[test]
    fn only_a_moderator_founds_the_next_generation_and_brings_nobody_new() {
        let (alice, bob, carol) = (user(1), user(2), user(3));
        let new = settings(RoomKind::Room, &[alice]);
        let members = [alice, bob];
        let by_alice = settings(RoomKind::Room, &[alice]);
        let by_bob = settings(RoomKind::Room, &[bob]);
        let before = |settings| {
            Some(Before {
                settings,
                members: &members,
            })
        };
        assert_eq!(check(&new, &[alice], before(&by_alice)), Ok(()));
        assert_eq!(check(&new, &[alice, bob], before(&by_alice)), Ok(()));
        assert_eq!(
            check(&new, &[alice, carol], before(&by_alice)),
            Err(Code::CommitRefused)
        );
        assert_eq!(check(&new, &[alice], before(&by_bob)), Err(Code::Forbidden));
        let direct = settings(RoomKind::Direct, &[]);
        assert_eq!(check(&new, &[alice], before(&direct)), Err(Code::CommitRefused));
    }

    /// Members take the next generation with the same moderators alone.
    #[test]
    fn the_next_generation_has_the_settings_of_the_one_before() {
        let (alice, bob) = (user(1), user(2));
        let members = [alice, bob];
        let before = settings(RoomKind::Room, &[alice, bob]);
        let outcome = |new: &RoomSettings| {
            let before = Before {
                settings: &before,
                members: &members,
            };
            check(new, &members, Some(before))
        };
        assert_eq!(outcome(&before), Ok(()));
        let fewer = settings(RoomKind::Room, &[alice]);
        assert_eq!(outcome(&fewer), Err(Code::CommitRefused));
        let others = settings(RoomKind::Room, &[alice, user(3)]);
        assert_eq!(outcome(&others), Err(Code::CommitRefused));
        let open = RoomSettings {
            who_may_add: WhoMayAdd::Moderators,
            ..before.clone()
        };
        assert_eq!(outcome(&open), Err(Code::CommitRefused));
    }
}
