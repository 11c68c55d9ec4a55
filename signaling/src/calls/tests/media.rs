use protocol::{
    Code, ParticipantId,
    limits::{MAX_SDP_LEN, MAX_VIDEO_SLOTS},
    sfu::{FromSfu, OfferRefused, Place},
    socket::{MediaIntent, TrackKind, TrackOffer, VideoWish},
};

use super::*;
use crate::calls::limits::{MAX_MID_LEN, MAX_TRACKS, MAX_WAITING_OFFERS};

impl World {
    fn participant(&self, name: &str) -> ParticipantId {
        self.clients[name].joined.as_ref().unwrap().participant_id
    }

    fn place(&self, name: &str) -> Place {
        Place {
            call_id: self.clients[name].call_id(),
            participant_id: self.participant(name),
        }
    }

    fn intent(&mut self, name: &str, wishes: &[ParticipantId]) -> Result<(), CallError> {
        let wish = |participant_id| VideoWish {
            participant_id,
            kind: TrackKind::Camera,
            height: 360,
        };
        let intent = MediaIntent {
            call_id: self.clients[name].call_id(),
            video: wishes.iter().copied().map(wish).collect(),
            publishing: vec![TrackKind::Camera, TrackKind::Microphone, TrackKind::Camera],
        };
        self.calls.intent(self.clients[name].caller(), intent)
    }
}

#[test]
fn an_offer_gets_the_sfus_answer() {
    let mut world = World::new();
    world.all_in();
    let mut first = world.offer(BOB, Side::Publish).unwrap();
    let mut second = world.offer(BOB, Side::Subscribe).unwrap();
    let numbers: Vec<_> = world
        .sent()
        .iter()
        .map(|message| match message {
            ToSfu::Offer { request, place, .. } => {
                assert_eq!(*place, world.place(BOB));
                *request
            }
            _ => panic!("offers"),
        })
        .collect();
    let refused = OfferRefused::NoConnection;
    world.calls.on_sfu(FromSfu::Answer {
        request: numbers[1],
        result: Err(refused.clone()),
    });
    world.calls.on_sfu(FromSfu::Answer {
        request: numbers[0],
        result: Ok("answer".to_owned()),
    });
    world.calls.on_sfu(FromSfu::Answer {
        request: 77,
        result: Ok("of nobody".to_owned()),
    });
    assert_eq!(first.try_recv().unwrap().unwrap(), "answer");
    assert_eq!(second.try_recv().unwrap().unwrap_err(), refused);
}

/// R52: nothing is forwarded to or from who has no leaf in the group.
#[test]
fn who_was_not_added_has_no_media() {
    let mut world = World::new();
    world.join(ALICE).unwrap();
    assert_eq!(
        world.offer(ALICE, Side::Publish).unwrap_err(),
        CallError::NotAdded
    );
    world.found(ALICE).unwrap();
    world.join(BOB).unwrap();
    assert_eq!(
        world.offer(BOB, Side::Subscribe).unwrap_err(),
        CallError::NotAdded
    );
    assert_eq!(world.intent(BOB, &[]).unwrap_err(), CallError::NotAdded);
    assert!(world.sent().is_empty());
    world.events();
    let bindings = no_bindings(world.place(BOB));
    world.calls.on_sfu(bindings);
    world.calls.on_sfu(FromSfu::Speaker {
        call_id: world.clients[BOB].call_id(),
        participant_id: None,
    });
    assert!(
        world
            .events()
            .iter()
            .all(|(to, _)| *to == To::Device(world.device(ALICE)))
    );
}

#[test]
fn offers_have_limits() {
    let mut world = World::new();
    world.all_in();
    let caller = world.clients[BOB].caller();
    let good = MediaOffer {
        call_id: world.clients[BOB].call_id(),
        side: Side::Publish,
        fresh: true,
        sdp: String::new(),
        tracks: Vec::new(),
    };
    let track = |len: usize| TrackOffer {
        mid: "m".repeat(len),
        kind: TrackKind::Camera,
    };
    let bad = [
        (
            MediaOffer {
                sdp: "x".repeat(MAX_SDP_LEN + 1),
                ..good.clone()
            },
            Code::TooLarge,
        ),
        (
            MediaOffer {
                tracks: vec![track(1); MAX_TRACKS + 1],
                ..good.clone()
            },
            Code::Malformed,
        ),
        (
            MediaOffer {
                tracks: vec![track(MAX_MID_LEN + 1)],
                ..good.clone()
            },
            Code::Malformed,
        ),
        (
            MediaOffer {
                side: Side::Subscribe,
                tracks: vec![track(1)],
                ..good.clone()
            },
            Code::Malformed,
        ),
    ];
    for (offer, code) in bad {
        assert_eq!(world.calls.offer(caller, offer).unwrap_err().code(), code);
    }
    let tickets: Vec<_> = (0..MAX_WAITING_OFFERS)
        .map(|_| world.calls.offer(caller, good.clone()).unwrap())
        .collect();
    assert_eq!(
        world.calls.offer(caller, good.clone()).unwrap_err().code(),
        Code::RateLimited
    );
    assert!(
        world.offer(ALICE, Side::Publish).is_ok(),
        "others are not held up"
    );
    drop(tickets);
    assert!(
        world.calls.offer(caller, good).is_ok(),
        "who waits no more is not counted"
    );
}

#[test]
fn an_sfu_that_is_gone_is_said_at_once() {
    let mut world = World::new();
    world.all_in();
    world.sfu.gone.store(true, Ordering::Relaxed);
    assert_eq!(
        world.offer(BOB, Side::Publish).unwrap_err().code(),
        Code::Unavailable
    );
    assert_eq!(world.calls.kept_offers(), 0);
    world.leave(BOB);
    world.sfu.gone.store(false, Ordering::Relaxed);
    assert!(world.offer(ALICE, Side::Publish).is_ok());
}

#[test]
fn an_intent_waits_for_the_first_offer_and_follows_each_new_connection() {
    let mut world = World::new();
    world.all_in();
    let (carol, bob) = (world.participant(CAROL), world.participant(BOB));
    let stranger = ParticipantId::from_random([4; 16]);
    world.intent(BOB, &[stranger, carol, bob]).unwrap();
    assert!(world.sent().is_empty(), "the SFU does not know bob yet");

    for _ in 0..2 {
        let _ticket = world.offer(BOB, Side::Subscribe).unwrap();
        let sent = world.sent();
        let [
            ToSfu::Offer { .. },
            ToSfu::Intent {
                place,
                video,
                publishing,
            },
        ] = &sent[..]
        else {
            panic!("{sent:?}")
        };
        assert_eq!(*place, world.place(BOB));
        let wished: Vec<_> = video.iter().map(|wish| wish.participant_id).collect();
        assert_eq!(wished, [carol], "neither strangers nor oneself");
        assert_eq!(publishing[..], [TrackKind::Microphone, TrackKind::Camera]);
    }
    world.intent(BOB, &[]).unwrap();
    assert!(matches!(&world.sent()[..], [ToSfu::Intent { video, .. }] if video.is_empty()));

    let too_many = vec![carol; MAX_VIDEO_SLOTS + 1];
    assert_eq!(world.intent(BOB, &too_many).unwrap_err().code(), Code::Malformed);
}

#[test]
fn what_the_sfu_says_goes_to_whom_it_concerns() {
    let mut world = World::new();
    world.all_in();
    let call_id = world.clients[BOB].call_id();
    world.calls.on_sfu(no_bindings(world.place(BOB)));
    let events = world.events();
    assert!(matches!(events[..], [(to, Event::MediaBindings(_))] if to == To::Device(world.device(BOB))));

    let loudest = Some(world.participant(CAROL));
    world.calls.on_sfu(FromSfu::Speaker {
        call_id,
        participant_id: loudest,
    });
    let events = world.events();
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|(to, event)| {
        matches!(to, To::Device(_))
            && matches!(event, Event::MediaSpeaker(speaker) if speaker.participant_id == loudest)
    }));

    for connected in [true, false] {
        let place = world.place(BOB);
        world.calls.on_sfu(FromSfu::Connection {
            place,
            side: Side::Publish,
            connected,
        });
    }
    assert!(world.events().is_empty(), "the browser notices that itself");
}

#[test]
fn who_renegotiates_with_an_sfu_that_started_anew_is_told_to_offer_again() {
    let mut world = World::new();
    world.all_in();
    let _ticket = world.offer(BOB, Side::Publish).unwrap();
    let [ToSfu::Offer { request, .. }] = world.sent()[..] else {
        panic!()
    };
    world.calls.on_sfu(FromSfu::Answer {
        request,
        result: Err(OfferRefused::NoConnection),
    });
    let events = world.events();
    assert!(matches!(events[..], [(to, Event::MediaLost(_))] if to == To::Device(world.device(BOB))));
}

#[test]
fn what_the_sfu_says_of_who_left_goes_nowhere() {
    let mut world = World::new();
    world.all_in();
    let place = world.place(BOB);
    world.leave(BOB);
    world.events();
    world.calls.on_sfu(no_bindings(place));
    world.calls.on_sfu(FromSfu::Connection {
        place,
        side: Side::Publish,
        connected: false,
    });
    let nowhere = protocol::CallId::from_random([5; 16]);
    world.calls.on_sfu(FromSfu::Speaker {
        call_id: nowhere,
        participant_id: None,
    });
    assert!(world.events().is_empty());
}

#[test]
fn who_connects_again_hears_its_bindings() {
    let mut world = World::new();
    world.all_in();
    world.send(BOB).unwrap();
    world.calls.on_sfu(no_bindings(world.place(BOB)));
    world.events();
    let bob = world.device(BOB);
    world.calls.connected(bob);
    assert_eq!(kinds(&world.events_to(BOB)), ["bindings"]);
}

/// The SFU speaks of it when it changes: who comes while somebody speaks on has to be told, and who comes again, too.
#[test]
fn who_comes_later_hears_who_speaks() {
    let mut world = World::new();
    world.all_in();
    let call_id = world.clients[BOB].call_id();
    let alice = Some(world.participant(ALICE));
    let said = |events: Vec<Event>| {
        let speakers = events.into_iter().filter_map(|event| match event {
            Event::MediaSpeaker(speaker) => Some(speaker.participant_id),
            _ => None,
        });
        speakers.collect::<Vec<_>>()
    };
    world.calls.on_sfu(FromSfu::Speaker {
        call_id,
        participant_id: alice,
    });
    world.events();
    world.calls.on_sfu(no_bindings(world.place(BOB)));
    assert_eq!(said(world.events_to(BOB)), [alice]);
    world.calls.on_sfu(no_bindings(world.place(BOB)));
    assert_eq!(said(world.events_to(BOB)), [], "once is enough");
    let bob = world.device(BOB);
    world.calls.connected(bob);
    assert_eq!(said(world.events_to(BOB)), [alice]);
    world.calls.on_sfu(FromSfu::Speaker {
        call_id,
        participant_id: None,
    });
    world.events();
    world.calls.connected(bob);
    assert_eq!(said(world.events_to(BOB)), []);
}
