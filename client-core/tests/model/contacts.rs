//! How users stand with each other, policies and ID videos, as the honest server has them.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    BlobId, Code, DeviceId, Problem, RoomId, UserId,
    policies::{Policies, Verify},
    push::PushPut,
    room_settings::RoomKind,
    socket::{ContactPut, ContactStanding, Event, Reply, Request},
};

use super::Server;

#[derive(Default)]
pub struct Contacts {
    pub standings: BTreeMap<(UserId, UserId), ContactStanding>,
    pub policies: Policies,
    pub videos: BTreeMap<UserId, BlobId>,
    /// Videos that were replaced.
    pub over: BTreeSet<BlobId>,
    /// How devices are to be woken, as they said it.
    pub pushes: Vec<(DeviceId, PushPut)>,
}

impl Contacts {
    fn stands(&self, user: UserId, with: UserId) -> ContactStanding {
        let standing = self.standings.get(&(user, with)).copied();
        standing.unwrap_or(ContactStanding::Open)
    }

    /// What the server knows of how a user stands with others.
    pub fn known_of(&self, user: UserId) -> Vec<ContactPut> {
        let own = self.standings.iter().filter(|((of, _), _)| *of == user);
        own.map(|((_, user_id), standing)| ContactPut {
            user_id: *user_id,
            standing: *standing,
        })
        .collect()
    }

    fn refusal(&self, me: UserId, other: UserId, introduces: bool) -> Option<Code> {
        use ContactStanding::{Accepted, Declined};
        let required = self.policies.verify_inside == Verify::Required && !introduces;
        match (self.stands(me, other), self.stands(other, me)) {
            (Declined, _) => Some(Code::ContactDeclined),
            (_, Declined) => Some(Code::NotVerified),
            (Accepted, Accepted) => None,
            (Accepted, _) if required => Some(Code::NotVerified),
            _ if required => Some(Code::VerifyFirst),
            _ => None,
        }
    }
}

impl Server {
    /// Why nothing passes in a direct room, seen by a user.
    pub fn refusal(&self, room_id: RoomId, me: UserId, introduces: bool) -> Option<Code> {
        let room = self.rooms.get(&room_id)?;
        let users = room.group.users();
        let other = users.into_iter().find(|user| *user != me);
        let other = other.filter(|_| room.group.settings().kind == RoomKind::Direct)?;
        self.contacts.refusal(me, other, introduces)
    }

    pub fn set_policy(&mut self, verify: Verify) {
        self.contacts.policies.verify_inside = verify;
        self.tell_policies();
    }

    pub fn set_forwarding(&mut self, on: bool) {
        self.contacts.policies.forwarding = on;
        self.tell_policies();
    }

    fn tell_policies(&mut self) {
        for device in self.online.clone() {
            self.event(device, Event::PoliciesChanged);
        }
    }

    pub fn contact_request(&mut self, from: DeviceId, request: &Request) -> Option<Result<Reply, Problem>> {
        let me = self.user_of(from);
        match request {
            Request::ContactPut(put) => {
                let pair = (me, put.user_id);
                match put.standing {
                    ContactStanding::Open => drop(self.contacts.standings.remove(&pair)),
                    standing => drop(self.contacts.standings.insert(pair, standing)),
                }
                for device in self.online.clone() {
                    let user = self.accounts.devices[&device].user_id;
                    if user == Some(me) || user == Some(put.user_id) {
                        self.event(device, Event::RoomsChanged);
                    }
                }
                Some(Ok(Reply::Done))
            }
            Request::IdVideoPut(put) => {
                if put
                    .blob_id
                    .is_some_and(|blob_id| self.contacts.over.contains(&blob_id))
                {
                    return Some(Err(Problem::new(Code::FileExpired, "its time is over")));
                }
                let before = match put.blob_id {
                    Some(blob_id) => self.contacts.videos.insert(me, blob_id),
                    None => self.contacts.videos.remove(&me),
                };
                let replaced = before.filter(|before| Some(*before) != put.blob_id);
                self.contacts.over.extend(replaced);
                Some(Ok(Reply::IdVideo { kept_at: self.now }))
            }
            Request::PushPut(put) => Some(match &put.endpoint {
                Some(endpoint) if endpoint.as_str().contains("unknown") => {
                    Err(Problem::new(Code::Forbidden, "no push service"))
                }
                _ => {
                    self.contacts.pushes.push((from, put.clone()));
                    Ok(Reply::Done)
                }
            }),
            Request::PoliciesGet => Some(Ok(Reply::Policies(self.contacts.policies))),
            Request::RoomSend(send) => self
                .refusal(send.room_id, me, send.introduces)
                .map(|code| Err(Problem::new(code, ""))),
            Request::RoomSign(sign) => self
                .refusal(sign.room_id, me, false)
                .map(|code| Err(Problem::new(code, ""))),
            Request::CallJoin(join) => self
                .refusal(join.room_id, me, false)
                .map(|code| Err(Problem::new(code, ""))),
            _ => None,
        }
    }
}
