//! Trying the network before joining.

use protocol::{
    limits::{MAX_TRIAL_SDP_LEN, MEDIA_TRIAL_LIFE_MS},
    sfu::FromSfu,
    socket::MediaTrial,
};

use super::*;
use crate::calls::limits::MAX_TRIALS_PER_MINUTE;

impl World {
    fn trial(&mut self, name: &str, len: usize) -> Result<super::super::MediaTicket, CallError> {
        let trial = MediaTrial { sdp: "v".repeat(len) };
        self.calls.trial(self.clients[name].caller(), trial, self.now)
    }

    /// Calls that the SFU was told of, and those that it was told to close.
    fn told(&self) -> (Vec<(u64, protocol::CallId)>, Vec<protocol::CallId>) {
        let (mut opened, mut closed) = (Vec::new(), Vec::new());
        for message in self.sent() {
            match message {
                ToSfu::Offer {
                    request,
                    place,
                    tracks,
                    ..
                } => {
                    assert!(tracks.is_empty());
                    opened.push((request, place.call_id));
                }
                ToSfu::Close { call_id } => closed.push(call_id),
                other => panic!("{other:?}"),
            }
        }
        (opened, closed)
    }
}

#[test]
fn a_try_is_answered_and_ends_by_itself_in_a_call_that_nobody_hears_of() {
    let mut world = World::new();
    let kept = world.calls.kept();
    let mut ticket = world.trial(ALICE, 10).unwrap();
    let (opened, _) = world.told();
    let [(request, call_id)] = opened[..] else {
        panic!("{opened:?}")
    };
    world.calls.on_sfu(FromSfu::Answer {
        request,
        result: Ok("answer".to_owned()),
    });
    assert_eq!(ticket.try_recv().unwrap().unwrap(), "answer");
    world.pass(MEDIA_TRIAL_LIFE_MS - 1);
    assert_eq!(world.told().1, []);
    world.pass(1);
    assert_eq!(world.told().1, [call_id]);
    assert_eq!(world.calls.kept(), kept);
    assert!(world.events().is_empty());
}

#[test]
fn a_device_tries_once_at_a_time_and_not_when_it_is_gone() {
    let mut world = World::new();
    let mut first = world.trial(ALICE, 10).unwrap();
    let _second = world.trial(ALICE, 10).unwrap();
    let (opened, closed) = world.told();
    assert_eq!(closed, [opened[0].1]);
    assert!(first.try_recv().is_err(), "nobody answers it any more");
    world.calls.disconnected(world.device(ALICE), world.now);
    assert_eq!(world.told().1, [opened[1].1]);
}

#[test]
fn tries_have_a_size_and_are_counted() {
    let mut world = World::new();
    let large = world.trial(ALICE, MAX_TRIAL_SDP_LEN + 1);
    assert!(matches!(large, Err(CallError::TooLarge { .. })));
    for _ in 1..MAX_TRIALS_PER_MINUTE {
        drop(world.trial(ALICE, 10).unwrap());
    }
    assert!(matches!(
        world.trial(ALICE, 10),
        Err(CallError::RateLimited { .. })
    ));
    drop(world.trial(BOB, 10).unwrap());
}
