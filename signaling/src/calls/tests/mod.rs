//! Calls in virtual time, with real members, and an outbox and an SFU link that only note.

mod abandoned;
mod entering;
mod group;
mod guests;
mod leaving;
mod media;
mod moderation;
mod trial;
mod walk;

use std::{
    collections::{HashMap, VecDeque},
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use openmls::prelude::KeyPackage;
use protocol::{
    Bytes, DeviceId, Generation, LeafIndex, MessageId, Millis, NetworkId, RoomId, Seq, UserId,
    room_settings::{RoomKind, RoomSettings},
    sfu::{FromSfu, Place, SfuGone, SfuLink, ToSfu},
    socket::{
        Accepted, CallCommit, CallFound, CallJoin, CallJoined, CallRef, CallSend, CallWelcome, CommitBundle,
        Event, MediaOffer, Side,
    },
};

use super::{CallError, Caller, Calls, Outbox, People, RoomForCall};
use crate::groups::{
    GroupName,
    testing::{Device, Member, NOW, Person, Wish, key_package_bytes, settings},
};

/// Where an event went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum To {
    Device(DeviceId),
    Room(RoomId),
}

#[derive(Default)]
struct NotingOutbox(Mutex<VecDeque<(To, Event)>>);

impl Outbox for NotingOutbox {
    fn to_device(&self, device: DeviceId, event: Event) {
        self.0.lock().unwrap().push_back((To::Device(device), event));
    }

    fn to_room(&self, room: RoomId, event: Event) {
        self.0.lock().unwrap().push_back((To::Room(room), event));
    }
}

#[derive(Default)]
struct NotingSfu {
    sent: Mutex<Vec<ToSfu>>,
    gone: AtomicBool,
}

impl SfuLink for NotingSfu {
    fn send(&self, message: ToSfu) -> Result<(), SfuGone> {
        if self.gone.load(Ordering::Relaxed) {
            return Err(SfuGone);
        }
        self.sent.lock().unwrap().push(message);
        Ok(())
    }
}

/// A device that takes part, with its view of the call.
struct Client {
    device: Rc<Device>,
    user_id: UserId,
    joined: Option<CallJoined>,
    key_package: Option<KeyPackage>,
    member: Option<Member>,
    /// The welcome with which it came in.
    welcome: Option<Vec<u8>>,
}

impl Client {
    fn caller(&self) -> Caller {
        Caller {
            device_id: self.device.device_id,
            user_id: self.user_id,
        }
    }

    fn call_id(&self) -> protocol::CallId {
        self.joined.as_ref().unwrap().call.call_id
    }

    fn generation(&self) -> Generation {
        self.joined.as_ref().unwrap().generation
    }

    fn call(&self) -> CallRef {
        CallRef {
            call_id: self.call_id(),
        }
    }
}

/// Alice, bob and carol with a device each, all members of one room.
struct World {
    calls: Calls,
    out: Arc<NotingOutbox>,
    sfu: Arc<NotingSfu>,
    now: Millis,
    room: RoomForCall,
    people: People,
    clients: HashMap<&'static str, Client>,
    last_id: u8,
}

const ALICE: &str = "alice";
const BOB: &str = "bob";
const CAROL: &str = "carol";

impl World {
    fn new() -> Self {
        let (out, sfu) = (Arc::<NotingOutbox>::default(), Arc::<NotingSfu>::default());
        let mut last = 0_u64;
        let random = Box::new(move || {
            last += 1;
            let mut id = [7; 16];
            id[..8].copy_from_slice(&last.to_be_bytes());
            id
        });
        let mut world = Self {
            calls: Calls::new(
                Arc::clone(&sfu) as Arc<dyn SfuLink>,
                Arc::clone(&out) as Arc<dyn Outbox>,
                random,
            ),
            out,
            sfu,
            now: NOW,
            room: room_for_call(1),
            people: People::new(),
            clients: HashMap::new(),
            last_id: 0,
        };
        for name in [ALICE, BOB, CAROL] {
            world.person(name);
        }
        world
    }

    /// One more member of the room.
    fn person(&mut self, name: &'static str) {
        let person = Person::new(name);
        let device = person.device();
        self.people.insert(person.user_id, person.known(&[&device]));
        self.room.members.push(person.user_id);
        self.room.leaves.push(device.device_id);
        let client = Client {
            device,
            user_id: person.user_id,
            joined: None,
            key_package: None,
            member: None,
            welcome: None,
        };
        self.clients.insert(name, client);
    }

    fn device(&self, name: &str) -> DeviceId {
        self.clients[name].device.device_id
    }

    fn message_id(&mut self) -> MessageId {
        self.last_id += 1;
        MessageId::from_random([self.last_id; 16])
    }

    fn join(&mut self, name: &str) -> Result<CallJoined, CallError> {
        let room = self.room.clone();
        self.join_room(name, &room)
    }

    fn join_room(&mut self, name: &str, room: &RoomForCall) -> Result<CallJoined, CallError> {
        let client = self.clients.get_mut(name).unwrap();
        let key_package = client.device.key_package();
        let request = CallJoin {
            room_id: room.room_id,
            key_package: key_package_bytes(&key_package),
            back_to: None,
        };
        let joined = self.calls.join(client.caller(), request, room, self.now)?;
        client.joined = Some(joined.clone());
        client.key_package = Some(key_package);
        client.member = None;
        Ok(joined)
    }

    /// Makes a group as a client does that was told to found one, and hands it over.
    fn found(&mut self, name: &str) -> Result<Accepted, CallError> {
        let mut settings = settings(self.group_name(name), RoomKind::Call, &[]);
        settings.room_id = self.calls.calls[&self.clients[name].call_id()].room_id;
        self.found_with(name, settings)
    }

    fn found_with(&mut self, name: &str, settings: RoomSettings) -> Result<Accepted, CallError> {
        let group = self.group_name(name);
        let client = self.clients.get_mut(name).unwrap();
        let (member, founding) = client.device.found(group, &settings);
        let request = CallFound {
            call_id: client.call_id(),
            generation: client.generation(),
            group_info: founding.group_info.into(),
            tree: founding.tree.into(),
        };
        let accepted = self
            .calls
            .found(client.caller(), &request, &self.people, self.now)?;
        client.member = Some(member);
        Ok(accepted)
    }

    fn group_name(&self, name: &str) -> GroupName {
        let client = &self.clients[name];
        GroupName::Call(client.call_id(), client.generation())
    }

    /// A commit by a member; merged on both sides if it was taken.
    fn commit(&mut self, name: &str, wish: Wish) -> Result<Accepted, CallError> {
        let bundle = self
            .clients
            .get_mut(name)
            .unwrap()
            .member
            .as_mut()
            .unwrap()
            .commit(wish);
        let result = self.hand_over(name, bundle);
        let member = self.clients.get_mut(name).unwrap().member.as_mut().unwrap();
        if result.is_ok() {
            member.merge()
        } else {
            member.give_up()
        }
        result
    }

    fn hand_over(&mut self, name: &str, bundle: CommitBundle) -> Result<Accepted, CallError> {
        let message_id = self.message_id();
        let client = &self.clients[name];
        let (call_id, generation) = (client.call_id(), client.generation());
        let request = CallCommit {
            call_id,
            generation,
            message_id,
            bundle,
        };
        self.calls
            .commit(client.caller(), &request, &self.people, self.now)
    }

    /// The wish to add someone with the key package that it asked with.
    fn adding(&self, names: &[&str]) -> Wish {
        let add = names.iter().map(|name| {
            let client = &self.clients[name];
            (client.device.device_id, client.key_package.clone().unwrap())
        });
        Wish {
            add: add.collect(),
            ..Wish::default()
        }
    }

    fn removing(&self, by: &str, name: &str) -> Wish {
        Wish::remove(&[self.leaf(by, name)])
    }

    fn leaf(&self, by: &str, name: &str) -> LeafIndex {
        self.clients[by]
            .member
            .as_ref()
            .unwrap()
            .leaf_of(&self.clients[name].device)
    }

    /// What the server would tell a device that joins by an external commit.
    fn join_external(&mut self, name: &str) -> Result<Accepted, CallError> {
        let client = &self.clients[name];
        let info = self.calls.group_info(client.caller(), client.call())?;
        let (member, bundle) = client.device.join_external(&info.group_info.0, &info.tree.0);
        self.clients.get_mut(name).unwrap().go_to(info.generation);
        let result = self.hand_over(name, bundle)?;
        self.clients.get_mut(name).unwrap().member = Some(member);
        Ok(result)
    }

    fn leave(&mut self, name: &str) {
        let client = &self.clients[name];
        self.calls
            .leave(client.caller(), client.call(), self.now)
            .unwrap();
    }

    fn send(&mut self, name: &str) -> Result<Accepted, CallError> {
        let message_id = self.message_id();
        let request = self.message(name, message_id);
        self.calls.send(self.clients[name].caller(), request, self.now)
    }

    fn message(&mut self, name: &str, message_id: MessageId) -> CallSend {
        let client = self.clients.get_mut(name).unwrap();
        let (call_id, generation) = (client.call_id(), client.generation());
        let member = client.member.as_mut().unwrap();
        let epoch = protocol::Epoch(member.group.epoch().as_u64());
        CallSend {
            call_id,
            generation,
            epoch,
            message_id,
            payload: Bytes(member.message(b"hello")),
        }
    }

    fn offer(&mut self, name: &str, side: Side) -> Result<super::MediaTicket, CallError> {
        let client = &self.clients[name];
        let (call_id, sdp) = (client.call_id(), "v=0".to_owned());
        let offer = MediaOffer {
            call_id,
            side,
            fresh: true,
            sdp,
            tracks: Vec::new(),
        };
        self.calls.offer(client.caller(), offer)
    }

    fn pass(&mut self, ms: u64) {
        self.now = self.now.plus(ms);
        self.calls.tick(self.now);
    }

    fn events(&self) -> Vec<(To, Event)> {
        std::mem::take(&mut *self.out.0.lock().unwrap()).into()
    }

    /// Events to one device since the last look.
    fn events_to(&self, name: &str) -> Vec<Event> {
        let device = To::Device(self.device(name));
        self.events()
            .into_iter()
            .filter(|(to, _)| *to == device)
            .map(|(_, event)| event)
            .collect()
    }

    fn sent(&self) -> Vec<ToSfu> {
        std::mem::take(&mut *self.sfu.sent.lock().unwrap())
    }

    /// Lets members take the events that they got: commits of others and welcomes.
    fn deliver(&mut self) -> Vec<(To, Event)> {
        let events = self.events();
        for (to, event) in &events {
            let client = self
                .clients
                .values_mut()
                .find(|client| *to == To::Device(client.device.device_id));
            if let Some(client) = client {
                client.take(event);
            }
        }
        events
    }

    /// Alice founds, and adds bob and carol.
    fn all_in(&mut self) {
        self.join(ALICE).unwrap();
        self.found(ALICE).unwrap();
        self.join(BOB).unwrap();
        self.join(CAROL).unwrap();
        self.commit(ALICE, self.adding(&[BOB, CAROL])).unwrap();
        self.deliver();
        self.sent();
    }

    fn keys(&self, name: &str) -> Vec<u8> {
        self.clients[name].member.as_ref().unwrap().export()
    }

    /// Nothing of any call is kept.
    fn assert_empty(&self) {
        assert!(self.calls.calls.is_empty());
        assert!(self.calls.summary(self.room.room_id).is_none());
        assert_eq!(self.calls.kept(), 0);
    }
}

impl Client {
    /// The group that it comes into may be of a later generation than the one that it asked to join.
    fn go_to(&mut self, generation: Generation) {
        self.joined.as_mut().unwrap().generation = generation;
    }

    fn is_in(&self, welcome: &CallWelcome) -> bool {
        let name = GroupName::Call(welcome.call_id, welcome.generation).encode();
        self.member
            .as_ref()
            .is_some_and(|member| member.group.group_id().as_slice() == name)
    }

    fn take(&mut self, event: &Event) {
        if let Some(call_id) = call_of(event) {
            assert_eq!(call_id, self.call_id(), "an event of another call");
        }
        match event {
            Event::CallEntry { entry, .. } if entry.kind == protocol::socket::EntryKind::Commit => {
                let Some(member) = &mut self.member else { return };
                // One's own commit is merged already, and who was removed cannot go on.
                if protocol::Epoch(member.group.epoch().as_u64()) == entry.epoch && member.group.is_active() {
                    member.process(&entry.payload.0);
                }
            }
            // A welcome comes again with each connection until the member asks for something; who is in has no use for it.
            Event::CallWelcome(welcome) if self.is_in(welcome) => {
                assert_eq!(
                    self.welcome.as_ref(),
                    Some(&welcome.welcome.0),
                    "another welcome for who is in"
                );
            }
            Event::CallWelcome(welcome) => {
                self.go_to(welcome.generation);
                self.member = Some(self.device.join(&welcome.welcome.0, &welcome.tree.0));
                self.welcome = Some(welcome.welcome.0.clone());
            }
            _ => {}
        }
    }
}

/// A participant's slots, of which none is used.
fn no_bindings(place: Place) -> FromSfu {
    FromSfu::Bindings {
        place,
        slots: Vec::new(),
        live: Vec::new(),
        watched: Vec::new(),
    }
}

fn room_for_call(number: u8) -> RoomForCall {
    RoomForCall {
        room_id: RoomId::from_random([number; 16]),
        network_id: NetworkId::from_random([1; 16]),
        members: Vec::new(),
        leaves: Vec::new(),
        moderators: Vec::new(),
        direct: false,
        members_admit: true,
    }
}

/// The call that an event to a device belongs to.
fn call_of(event: &Event) -> Option<protocol::CallId> {
    match event {
        Event::CallEntry { call_id, .. } => Some(*call_id),
        Event::CallWelcome(welcome) => Some(welcome.call_id),
        Event::CallJoinRequest(request) => Some(request.call_id),
        Event::CallGone(gone) => Some(gone.call_id),
        Event::MediaBindings(bindings) => Some(bindings.call_id),
        Event::MediaSpeaker(speaker) => Some(speaker.call_id),
        Event::MediaLost(lost) => Some(lost.call_id),
        _ => None,
    }
}

/// Short names of events, in order.
fn kinds(events: &[Event]) -> Vec<&'static str> {
    events
        .iter()
        .map(|event| match event {
            Event::CallEntry { .. } => "entry",
            Event::CallWelcome(_) => "welcome",
            Event::CallJoinRequest(_) => "join request",
            Event::CallGone(_) => "gone",
            Event::MediaBindings(_) => "bindings",
            Event::MediaSpeaker(_) => "speaker",
            Event::MediaLost(_) => "lost",
            _ => "other",
        })
        .collect()
}

fn seq(accepted: Accepted) -> Seq {
    accepted.seq
}
