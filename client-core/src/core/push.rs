//! Where this device is woken while it is not connected (R55). The user interface says so at each start; the server is told
//! once over each connection, and again when a room is muted.

use protocol::{
    Millis, RoomId,
    limits::MAX_SILENT_ROOMS,
    push::{PushEndpoint, PushPut},
    socket::{Request, RoomKindTag},
};

use super::{
    asks::Ask,
    device::Device,
    pace::Pace,
    shell::{Answer, Shell},
};
use crate::{
    api::{self, Failure},
    failure::{failure, of_refusal},
};

/// See the module.
#[derive(Default)]
pub(super) struct Push {
    /// Nothing before the user interface said so; then an address, or that there is none.
    wanted: Option<Option<PushEndpoint>>,
    /// Who waits for the server's word on it.
    command: Option<u32>,
    /// What the server was told over this connection.
    told: Option<(PushPut, usize)>,
    pace: Pace,
}

impl Push {
    pub(super) fn disconnect(&mut self) {
        self.told = None;
        self.pace.disconnect();
    }

    pub(super) fn take_command(&mut self) -> Option<u32> {
        self.command.take()
    }
}

impl Device {
    pub(super) fn set_push(
        &mut self,
        shell: &mut Shell,
        command: u32,
        endpoint: Option<&str>,
    ) -> Result<(), Failure> {
        let endpoint = endpoint.map(PushEndpoint::parse).transpose();
        let endpoint = endpoint.map_err(|_| failure("push_refused"))?;
        if let Some(before) = self.push.command.replace(command) {
            shell.reply(before, api::Reply::Done);
        }
        self.push.wanted = Some(endpoint);
        self.push.told = None;
        Ok(())
    }

    /// Tells the server, if it knows something else and can be asked.
    pub(super) fn drive_push(&mut self, shell: &mut Shell) {
        let can = self.session.knows_rooms() && self.may_ask() && self.visit.is_none();
        // It is for all own devices: what they said meanwhile counts.
        let can = can && !self.own.getting;
        let can = can && self.push.pace.may_ask(shell.now);
        let Some(endpoint) = self.push.wanted.clone().filter(|_| can) else {
            return;
        };
        let wanted = PushPut {
            // What is muted is nobody's business where no address is given.
            silent: endpoint.as_ref().map(|_| self.silent_rooms()).unwrap_or_default(),
            endpoint,
        };
        // The server passes over rooms that a device is not in: of those it is told again once this one is.
        let silent = wanted.silent.iter().filter_map(|room_id| self.rooms.get(room_id));
        let entered = silent.filter(|room| room.is_member()).count();
        let telling = Some((wanted.clone(), entered));
        if self.push.told == telling {
            return;
        }
        self.push.pace.asks();
        self.push.told = telling;
        shell.request(Ask::PushPut, Request::PushPut(wanted));
    }

    fn silent_rooms(&self) -> Vec<RoomId> {
        let rooms = self.rooms.values();
        let muted = rooms.filter(|room| room.kind() != RoomKindTag::Own && self.own.muted(room.id));
        muted.map(|room| room.id).take(MAX_SILENT_ROOMS).collect()
    }

    pub(super) fn on_push_put(&mut self, shell: &mut Shell, answer: &Answer) {
        if !self.push.pace.is_answered(shell.now, answer) {
            self.push.told = None;
            return;
        }
        match answer {
            Ok(_) => {
                if let Some(command) = self.push.take_command() {
                    shell.reply(command, api::Reply::Done);
                }
            }
            // It would say the same again: what it was told counts as told.
            Err(refusal) => match self.push.take_command() {
                Some(command) => {
                    let refused = match of_refusal(refusal) {
                        refused if refused.code == "forbidden" => failure("push_refused"),
                        other => other,
                    };
                    shell.fail(command, refused);
                }
                None => tracing::warn!("the server does not wake this device"),
            },
        }
    }

    /// When the server is to be asked again.
    pub(super) fn push_wakes(&self) -> Option<Millis> {
        self.push.pace.wakes().filter(|_| self.may_ask())
    }
}
