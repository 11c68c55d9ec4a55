//! Signs, as the honest server hands them on; it remembers them here alone, for tests to look at.

use std::collections::BTreeSet;

use protocol::{
    Code, DeviceId, Problem,
    room_settings::RoomKind,
    socket::{Event, Reply, RoomSign},
};

use super::Server;

impl Server {
    pub fn sign(&mut self, from: DeviceId, sign: RoomSign) -> Result<Reply, Problem> {
        let refuse = |code| Err(Problem::new(code, ""));
        let me = self.user_of(from);
        let Some(room) = self.rooms.get(&sign.room_id).filter(|room| room.group.has(from)) else {
            return refuse(Code::NotFound);
        };
        if room.group.settings().kind == RoomKind::Own {
            return refuse(Code::Forbidden);
        }
        if (sign.generation, sign.epoch) != (room.generation, room.group.epoch()) {
            return refuse(Code::StaleEpoch);
        }
        let leaves = room.group.leaves().into_iter();
        let others: BTreeSet<DeviceId> = leaves
            .filter(|(user, _)| *user != me)
            .map(|(_, device)| device)
            .collect();
        self.signs.push((from, sign.clone()));
        for device in others {
            self.event(device, Event::RoomSign(sign.clone()));
        }
        Ok(Reply::Done)
    }
}
