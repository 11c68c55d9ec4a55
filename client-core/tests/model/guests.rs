//! Guests of the honest server: links, sessions, who waits.

use std::collections::BTreeMap;

use protocol::{
    Bytes, Code, DeviceId, Generation, GuestLinkId, ParticipantId, Problem, RoomId, UserId,
    accounts::{GuestLinkLookUp, GuestLinkView, GuestSession, GuestSessionOpen},
    identity::{GuestPass, SessionChallenge},
    socket::{CallJoined, CallParticipant, Event, GuestDoor, GuestLobby, Reply, Request, WaitingGuest},
};

use super::{Server, accounts::Accounts};

/// A link as the server knows it.
pub struct Link {
    pub room_id: RoomId,
    pub maker: UserId,
    pub refused: Option<Code>,
}

/// Who waits, in the order of coming.
#[derive(Default)]
pub struct Lobby(pub Vec<(DeviceId, RoomId, Bytes)>);

fn no(code: Code) -> Problem {
    Problem::new(code, "")
}

fn ok(reply: &impl serde::Serialize) -> Result<Vec<u8>, Problem> {
    Ok(serde_json::to_vec(reply).unwrap())
}

impl Accounts {
    fn link(&self, link_id: GuestLinkId) -> Result<&Link, Problem> {
        let link = self.links.get(&link_id).ok_or_else(|| no(Code::NotFound))?;
        link.refused.map_or(Ok(link), |code| Err(no(code)))
    }

    pub fn guest_link(&mut self, body: &[u8]) -> Result<Vec<u8>, Problem> {
        let look_up: GuestLinkLookUp = serde_json::from_slice(body).unwrap();
        let link = self.link(look_up.link_id)?;
        ok(&GuestLinkView {
            network_id: self.network_id,
            room_id: link.room_id,
            by: self.users[&link.maker].name.clone(),
            expires_at: protocol::Millis(u64::MAX / 2),
        })
    }

    pub fn guest_session(&mut self, body: &[u8]) -> Result<Vec<u8>, Problem> {
        let open: GuestSessionOpen = serde_json::from_slice(body).unwrap();
        let pass = GuestPass::decode(&open.pass.0).unwrap();
        let device_id = pass.device_id();
        let nonce = self
            .take_nonce(device_id)
            .ok_or_else(|| no(Code::Unauthenticated))?;
        SessionChallenge { device_id, nonce }
            .check_signature(&pass.key, &open.signature)
            .unwrap();
        let room_id = self.link(pass.link_id)?.room_id;
        self.visitors.insert(device_id, room_id);
        let record = self.devices.entry(device_id).or_default();
        record.user_id = Some(pass.user_id());
        let ticket = self.new_ticket(device_id);
        ok(&GuestSession { ticket })
    }
}

impl Server {
    /// Requests of guests, and about them.
    pub fn guest_request(&mut self, from: DeviceId, request: Request) -> Result<Reply, Problem> {
        match request {
            Request::GuestLinkPut(put) => {
                let link = Link {
                    room_id: put.room_id,
                    maker: self.user_of(from),
                    refused: None,
                };
                self.accounts.links.insert(put.link_id, link);
            }
            Request::GuestLinkRevoke(link) => {
                let link = self.accounts.links.get_mut(&link.link_id);
                link.ok_or_else(|| no(Code::NotFound))?.refused = Some(Code::LinkRevoked);
            }
            Request::GuestKnock(knock) => {
                let room_id = self.accounts.visitors[&from];
                self.calls.lobby.0.retain(|(device, ..)| *device != from);
                self.calls.lobby.0.push((from, room_id, knock.key_package));
                let call = self.calls.by_room.contains_key(&room_id);
                let door = if call {
                    GuestDoor::Waiting
                } else {
                    GuestDoor::NoCall
                };
                self.event(from, Event::GuestDoor(door));
                self.tell_lobby(room_id);
            }
            Request::GuestLeave => self.leave_lobby(from),
            Request::GuestDeny(deny) => {
                self.leave_lobby(deny.device_id);
                self.event(deny.device_id, Event::GuestDoor(GuestDoor::Denied));
            }
            _ => return Err(no(Code::NotFound)),
        }
        Ok(Reply::Done)
    }

    fn leave_lobby(&mut self, device: DeviceId) {
        let Some(room_id) = self.accounts.visitors.get(&device).copied() else {
            return;
        };
        self.calls.lobby.0.retain(|(other, ..)| *other != device);
        self.tell_lobby(room_id);
    }

    /// Who is in the room's call is told who waits.
    pub fn tell_lobby(&mut self, room_id: RoomId) {
        let Some(call_id) = self.summary_of_call(room_id).map(|call| call.call_id) else {
            return;
        };
        let waiting = self.calls.lobby.0.iter().filter(|(_, room, _)| *room == room_id);
        let guests = waiting.map(|(device_id, _, key_package)| WaitingGuest {
            device_id: *device_id,
            key_package: key_package.clone(),
        });
        let lobby = GuestLobby {
            call_id,
            guests: guests.collect(),
        };
        for device in self.hosts(room_id) {
            self.event(device, Event::GuestLobby(lobby.clone()));
        }
    }

    /// Guests whom a commit let in.
    pub fn admit(&mut self, room_id: RoomId, added: &[DeviceId]) {
        for device_id in added {
            let Some(at) = self
                .calls
                .lobby
                .0
                .iter()
                .position(|(device, ..)| device == device_id)
            else {
                continue;
            };
            self.calls.lobby.0.remove(at);
            let participant = CallParticipant {
                participant_id: ParticipantId::from_random([200; 16]),
                device_id: *device_id,
                user_id: self.user_of(*device_id),
            };
            let call = self.add_participant(room_id, participant);
            let joined = CallJoined {
                call,
                participant_id: participant.participant_id,
                generation: Generation(1),
                group: None,
                ice_servers: vec![],
            };
            self.event(*device_id, Event::GuestAdmitted(Box::new(joined)));
            self.tell_lobby(room_id);
        }
    }
}

/// What links and guests the accounts know of.
pub type Links = BTreeMap<GuestLinkId, Link>;
