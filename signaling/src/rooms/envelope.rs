//! What the server can see of an application message: the clear front of an MLS PrivateMessage (RFC 9420 §6.3).

use protocol::{Epoch, Generation, RoomId};

use crate::groups::GroupName;

const MLS_10: u16 = 1;
const WIRE_PRIVATE_MESSAGE: u16 = 2;
const CONTENT_APPLICATION: u8 = 1;

/// Whether the bytes begin like an application message of this group and epoch:
/// `version(2) ‖ wire_format(2) ‖ group_id<V> ‖ epoch(8) ‖ content_type(1) ‖ …`.
pub fn is_application(payload: &[u8], room_id: RoomId, generation: Generation, epoch: Epoch) -> bool {
    let group_id = GroupName::Room(room_id, generation).encode();
    let Ok(id_len) = u8::try_from(group_id.len()) else {
        return false;
    };
    let mut front = Vec::with_capacity(group_id.len() + 14);
    front.extend_from_slice(&MLS_10.to_be_bytes());
    front.extend_from_slice(&WIRE_PRIVATE_MESSAGE.to_be_bytes());
    // A length below 64 is one byte (RFC 9420 §2.1.2).
    front.push(id_len);
    front.extend_from_slice(&group_id);
    front.extend_from_slice(&epoch.0.to_be_bytes());
    front.push(CONTENT_APPLICATION);
    payload.starts_with(&front) && payload.len() > front.len()
}

#[cfg(test)]
pub fn fake_application(room_id: RoomId, generation: Generation, epoch: Epoch, body: &[u8]) -> Vec<u8> {
    let group_id = GroupName::Room(room_id, generation).encode();
    [
        &[0, 1, 0, 2, 24],
        group_id.as_slice(),
        &epoch.0.to_be_bytes(),
        &[1],
        body,
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_application_message_of_the_group_and_epoch_is_taken() {
        let room = RoomId::from_random([7; 16]);
        let good = fake_application(room, Generation(1), Epoch(3), b"x");
        assert!(is_application(&good, room, Generation(1), Epoch(3)));
        assert!(!is_application(&good, room, Generation(1), Epoch(4)));
        assert!(!is_application(&good, room, Generation(2), Epoch(3)));
        assert!(!is_application(
            &good,
            RoomId::from_random([8; 16]),
            Generation(1),
            Epoch(3)
        ));
        for cut in 0..good.len() {
            assert!(
                !is_application(&good[..cut], room, Generation(1), Epoch(3)),
                "{cut} bytes"
            );
        }
        let mut proposal = good;
        proposal[37] = 2;
        assert!(!is_application(&proposal, room, Generation(1), Epoch(3)));
    }
}
