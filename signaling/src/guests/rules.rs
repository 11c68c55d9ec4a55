//! Which links are taken, and which let somebody ask.

use protocol::{
    Code, Millis, Problem, UserId,
    limits::{MAX_GUEST_LINK_LIFE_MS, MAX_GUEST_LINKS},
};

use super::store::Link;
use crate::{calls::RoomForCall, limits::GUEST_LINK_SKEW_MS};

/// A new link, as far as the rules ask.
pub struct NewLink<'a> {
    pub maker: UserId,
    pub expires_at: Millis,
    pub room: &'a RoomForCall,
    /// Links of the room that are good now.
    pub good: usize,
}

/// Whether a link is taken.
pub fn check_new(link: &NewLink<'_>, now: Millis) -> Result<(), Problem> {
    if !may_admit(link.room, link.maker) {
        return Err(Problem::new(
            Code::Forbidden,
            "only who may let people into the room invites guests",
        ));
    }
    if link.expires_at <= now || link.expires_at > now.plus(MAX_GUEST_LINK_LIFE_MS + GUEST_LINK_SKEW_MS) {
        return Err(Problem::new(
            Code::Malformed,
            "a guest link is good for a week at most",
        ));
    }
    if link.good >= MAX_GUEST_LINKS {
        return Err(Problem::new(
            Code::Full,
            "the room has the most guest links allowed",
        ));
    }
    Ok(())
}

/// Whether a user may make links of a room and take them back.
pub fn may_admit(room: &RoomForCall, user: UserId) -> bool {
    room.members.contains(&user) && (room.members_admit || room.moderators.contains(&user))
}

/// Whether a link lets somebody ask now. Who made it may have left since: then it is nobody's.
pub fn check_good(link: Option<Link>, room: Option<&RoomForCall>, now: Millis) -> Result<Link, Problem> {
    let unknown = || Problem::new(Code::NotFound, "there is no such link");
    let (link, room) = (link.ok_or_else(unknown)?, room.ok_or_else(unknown)?);
    if link.revoked || !may_admit(room, link.user_id) {
        return Err(Problem::new(Code::LinkRevoked, "the link was taken back"));
    }
    if link.expires_at <= now {
        return Err(Problem::new(Code::LinkExpired, "the link's time is over"));
    }
    Ok(link)
}

#[cfg(test)]
mod tests {
    use protocol::{DeviceId, GuestLinkId, NetworkId, RoomId};

    use super::*;

    const NOW: Millis = Millis(1_000_000_000);

    fn user(number: u8) -> UserId {
        UserId::from_random([number; 16])
    }

    /// A room of users 1 and 2, moderated by 1.
    fn room(members_admit: bool) -> RoomForCall {
        RoomForCall {
            room_id: RoomId::from_random([1; 16]),
            network_id: NetworkId::from_random([1; 16]),
            members: vec![user(1), user(2)],
            leaves: vec![],
            moderators: vec![user(1)],
            direct: false,
            members_admit,
        }
    }

    fn link(maker: UserId) -> Link {
        Link {
            link_id: GuestLinkId::from_random([1; 16]),
            room_id: RoomId::from_random([1; 16]),
            user_id: maker,
            device_id: DeviceId::from_random([1; 16]),
            expires_at: NOW.plus(1),
            revoked: false,
        }
    }

    #[test]
    fn links_are_made_by_who_may_let_people_in_for_a_week_at_most() {
        let check = |members_admit, maker, life, good| {
            let room = room(members_admit);
            let new = NewLink {
                maker: user(maker),
                expires_at: NOW.plus(life),
                room: &room,
                good,
            };
            check_new(&new, NOW).map_err(|problem| problem.code)
        };
        assert_eq!(check(true, 2, 1, 0), Ok(()));
        assert_eq!(check(false, 2, 1, 0), Err(Code::Forbidden));
        assert_eq!(check(false, 1, MAX_GUEST_LINK_LIFE_MS, 0), Ok(()));
        assert_eq!(check(true, 3, 1, 0), Err(Code::Forbidden), "no member");
        assert_eq!(check(true, 1, 0, 0), Err(Code::Malformed));
        assert_eq!(
            check(true, 1, 2 * MAX_GUEST_LINK_LIFE_MS, 0),
            Err(Code::Malformed)
        );
        assert_eq!(check(true, 1, 1, MAX_GUEST_LINKS), Err(Code::Full));
    }

    #[test]
    fn a_link_is_good_in_its_time_until_it_is_taken_back_or_its_maker_may_no_more() {
        let check = |link, members_admit, now| {
            let room = room(members_admit);
            check_good(link, Some(&room), now)
                .map(|_| ())
                .map_err(|problem| problem.code)
        };
        assert_eq!(check(Some(link(user(2))), true, NOW), Ok(()));
        assert_eq!(
            check(Some(link(user(2))), true, NOW.plus(1)),
            Err(Code::LinkExpired)
        );
        assert_eq!(check(Some(link(user(2))), false, NOW), Err(Code::LinkRevoked));
        assert_eq!(check(Some(link(user(3))), true, NOW), Err(Code::LinkRevoked));
        let revoked = Link {
            revoked: true,
            ..link(user(1))
        };
        assert_eq!(check(Some(revoked), true, NOW), Err(Code::LinkRevoked));
        assert_eq!(check(None, true, NOW), Err(Code::NotFound));
        assert_eq!(
            check_good(Some(link(user(1))), None, NOW)
                .map(|_| ())
                .map_err(|problem| problem.code),
            Err(Code::NotFound)
        );
    }
}
