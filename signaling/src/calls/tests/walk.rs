//! Random walks of four devices through the calls of two rooms.

use std::collections::HashSet;

use proptest::{prelude::*, test_runner::TestRunner};
use protocol::{
    CallId,
    limits::CALL_LINGER_MS,
    sfu::{FromSfu, Place},
};

use super::*;
use crate::calls::call::Standing;

const NAMES: [&str; 4] = [ALICE, BOB, CAROL, "dave"];

#[derive(Clone, Copy, Debug)]
enum Step {
    Join {
        second_room: bool,
    },
    Found,
    /// Does all that the members are asked to do, in one commit.
    Commit,
    External,
    /// Removes someone who is there.
    Evict {
        other: usize,
    },
    Leave,
    Lose,
    Disconnect,
    Connect,
    Pass {
        ms: u64,
    },
    LoseLeaf,
    RegainLeaf,
    Offer,
    Send,
    SfuSpeaks {
        other: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => Just(Step::Join { second_room: false }),
        1 => Just(Step::Join { second_room: true }),
        5 => Just(Step::Found),
        6 => Just(Step::Commit),
        3 => Just(Step::External),
        1 => (0..4_usize).prop_map(|other| Step::Evict { other }),
        2 => Just(Step::Leave),
        1 => Just(Step::Lose),
        2 => Just(Step::Disconnect),
        1 => Just(Step::Connect),
        2 => prop_oneof![Just(100), Just(CALL_LINGER_MS)].prop_map(|ms| Step::Pass { ms }),
        1 => Just(Step::LoseLeaf),
        1 => Just(Step::RegainLeaf),
        3 => Just(Step::Offer),
        2 => Just(Step::Send),
        2 => (0..4_usize).prop_map(|other| Step::SfuSpeaks { other }),
    ]
}

struct Walk {
    world: World,
    second: RoomForCall,
    tickets: Vec<crate::calls::MediaTicket>,
}

impl Walk {
    fn new() -> Self {
        let mut world = World::new();
        world.person("dave");
        let second = RoomForCall {
            room_id: RoomId::from_random([2; 16]),
            ..world.room.clone()
        };
        Self {
            world,
            second,
            tickets: Vec::new(),
        }
    }

    fn standing(&self, name: &str) -> Option<(CallId, Standing)> {
        let device = self.world.device(name);
        let inside = self
            .world
            .calls
            .calls
            .values()
            .filter_map(|call| Some((call.call_id, call.participants.get(&device)?.standing)));
        let mut inside: Vec<_> = inside.collect();
        assert!(inside.len() <= 1, "{name} is in two calls");
        inside.pop()
    }

    /// Devices whose leaf is in the group of a call.
    fn inside(&self) -> HashSet<(CallId, DeviceId)> {
        let calls = self.world.calls.calls.values();
        calls
            .flat_map(|call| call.members().map(|device| (call.call_id, device)))
            .collect()
    }

    fn walk(&mut self, name: &'static str, step: Step) {
        let before = self.inside();
        let standing = self.standing(name);
        self.take(name, step, standing);
        let after = self.inside();
        for (to, event) in self.world.deliver() {
            match to {
                To::Room(room_id) => {
                    assert!(matches!(event, Event::CallChanged { room_id: of, .. } if of == room_id))
                }
                To::Device(device) => {
                    let place = (call_of(&event).unwrap(), device);
                    let welcome = matches!(event, Event::CallWelcome(_));
                    assert!(
                        after.contains(&place) || (!welcome && before.contains(&place)),
                        "{event:?}"
                    );
                }
            }
        }
        for message in self.world.sent() {
            if let ToSfu::Offer { place, .. } | ToSfu::Intent { place, .. } = message {
                assert!(self.participant_in(place, &after));
            }
        }
        self.check_state();
    }

    fn participant_in(&self, place: Place, inside: &HashSet<(CallId, DeviceId)>) -> bool {
        let call = &self.world.calls.calls[&place.call_id];
        let mut participants = call.participants.values();
        let participant = participants
            .find(|who| who.who.participant_id == place.participant_id)
            .unwrap();
        inside.contains(&(place.call_id, participant.who.device_id))
    }

    fn take(&mut self, name: &'static str, step: Step, standing: Option<(CallId, Standing)>) {
        let world = &mut self.world;
        let device = world.device(name);
        let current = standing.filter(|(call_id, _)| {
            world.clients[name]
                .joined
                .as_ref()
                .is_some_and(|joined| joined.call.call_id == *call_id)
        });
        let inside = current.is_some_and(|(_, standing)| matches!(standing, Standing::In { .. }));
        match step {
            Step::Join { second_room } => {
                let room = if second_room {
                    self.second.clone()
                } else {
                    world.room.clone()
                };
                let allowed = room.leaves.contains(&device);
                match world.join_room(name, &room) {
                    Ok(_) => assert!(allowed),
                    Err(CallError::NotInRoom) => assert!(!allowed),
                    Err(error) => assert!(matches!(error, CallError::RateLimited { .. }), "{error}"),
                }
            }
            Step::Found => {
                if let Some((call_id, Standing::ToFound | Standing::AwaitsAdd)) = current {
                    let first = world.calls.calls[&call_id].group.is_none();
                    let same = world.calls.calls[&call_id].generation == world.clients[name].generation();
                    assert_eq!(world.found(name).is_ok(), first && same);
                }
            }
            Step::Commit => {
                if inside && world.clients[name].member.is_some() {
                    let wish = self.wanted(name);
                    self.world.commit(name, wish).unwrap();
                }
            }
            Step::External => {
                if let Some((call_id, Standing::AwaitsAdd)) = current
                    && world.calls.calls[&call_id].group.is_some()
                {
                    world.join_external(name).unwrap();
                }
            }
            Step::Evict { other } => {
                let other = NAMES[other];
                let member = world.clients[name].member.is_some() && inside;
                let same_call = self.standing(other).is_some_and(|(call_id, standing)| {
                    matches!(standing, Standing::In { .. }) && current.is_some_and(|at| at.0 == call_id)
                });
                if other != name && member && same_call {
                    let wish = self.world.removing(name, other);
                    assert!(self.world.commit(name, wish).is_err());
                }
            }
            Step::Leave => {
                if current.is_some() {
                    world.leave(name);
                }
            }
            Step::Lose => {
                if current.is_some() {
                    let client = &world.clients[name];
                    let lost = world.calls.lost(client.caller(), client.call(), world.now);
                    lost.unwrap();
                }
            }
            Step::Disconnect => world.calls.disconnected(device, world.now),
            Step::Connect => world.calls.connected(device),
            Step::Pass { ms } => world.pass(ms),
            Step::LoseLeaf => {
                world.room.leaves.retain(|leaf| *leaf != device);
                world.calls.room_changed(&world.room, world.now);
            }
            Step::RegainLeaf => {
                if !world.room.leaves.contains(&device) {
                    world.room.leaves.push(device);
                    world.calls.room_changed(&world.room, world.now);
                }
            }
            Step::Offer => {
                if current.is_some() {
                    match world.offer(name, Side::Publish) {
                        Ok(ticket) => self.tickets.push(ticket),
                        Err(error) => assert!(!inside || error.code() == protocol::Code::RateLimited),
                    }
                }
            }
            Step::Send => {
                if inside && world.clients[name].member.is_some() {
                    world.send(name).unwrap();
                }
            }
            Step::SfuSpeaks { other } => {
                if let Some(joined) = &world.clients[NAMES[other]].joined {
                    let place = Place {
                        call_id: joined.call.call_id,
                        participant_id: joined.participant_id,
                    };
                    world.calls.on_sfu(no_bindings(place));
                    world.calls.on_sfu(FromSfu::Speaker {
                        call_id: place.call_id,
                        participant_id: None,
                    });
                    world.calls.on_sfu(FromSfu::Connection {
                        place,
                        side: Side::Publish,
                        connected: false,
                    });
                }
            }
        }
    }

    /// All that the members of this device's call are asked to do.
    fn wanted(&self, name: &str) -> Wish {
        let call = &self.world.calls.calls[&self.world.clients[name].call_id()];
        let by_device = |device: &DeviceId| {
            *NAMES
                .iter()
                .find(|name| self.world.device(name) == *device)
                .unwrap()
        };
        let remove = call
            .gone
            .keys()
            .map(|device| self.world.leaf(name, by_device(device)))
            .collect();
        let awaits: Vec<_> = call
            .participants
            .values()
            .filter(|participant| participant.standing == Standing::AwaitsAdd)
            .map(|participant| by_device(&participant.who.device_id))
            .collect();
        Wish {
            remove,
            update: true,
            ..self.world.adding(&awaits)
        }
    }

    fn check_state(&self) {
        let calls = &self.world.calls;
        for call in calls.calls.values() {
            assert!(!call.participants.is_empty(), "a call without participants");
            assert_eq!(calls.summary(call.room_id).unwrap().call_id, call.call_id);
            let leaves = call.group.iter().flat_map(|group| group.state.leaves());
            let leaves: HashSet<_> = leaves.map(|leaf| leaf.certificate.body().device_id).collect();
            let members: HashSet<_> = call.members().collect();
            let gone: HashSet<_> = call.gone.keys().copied().collect();
            assert!(members.is_disjoint(&gone));
            assert!(
                call.group.is_none() || !members.is_empty(),
                "a group in which nobody is"
            );
            assert_eq!(
                leaves,
                members.union(&gone).copied().collect(),
                "leaves are members or gone"
            );
            assert!(
                call.participants
                    .keys()
                    .all(|device| call.room_leaves.contains(device))
            );
        }
        for name in NAMES {
            self.standing(name);
        }
    }
}

#[test]
fn no_walk_leaks_an_event_a_participant_or_a_call() {
    let config = ProptestConfig {
        // Four clients with real MLS groups: a tenth as many as of what is cheap.
        cases: (ProptestConfig::default().cases / 10).max(1),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    };
    let steps = prop::collection::vec((0..4_usize, step()), 1..60);
    TestRunner::new(config)
        .run(&steps, |steps| {
            let mut walk = Walk::new();
            for (who, step) in steps {
                walk.walk(NAMES[who], step);
            }
            for name in NAMES {
                let device = walk.world.device(name);
                walk.world.calls.disconnected(device, walk.world.now);
            }
            walk.world.pass(CALL_LINGER_MS);
            walk.world.assert_empty();
            Ok(())
        })
        .unwrap();
}
