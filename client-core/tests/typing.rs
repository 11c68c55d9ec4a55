//! Who is typing: shown for a moment to who looks, stored by nobody.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{Command, Input, Judgement, Reply};
use model::{
    Honest, World,
    contacting::{card, judge, two},
    meeting::{direct_room, prepare},
};
use protocol::{
    Epoch, Generation, RoomId,
    socket::{Event, RoomSign, ServerFrame},
};

const SECOND: u64 = 1_000;

/// Enough for a sign to be there.
const SOON: u64 = 100;

/// How often one who types is told of, and how long one is shown.
const AGAIN: u64 = 4 * SECOND;
const SHOWN: u64 = 6 * SECOND;

fn key(world: &mut World, name: &str, room_id: RoomId, on: bool) {
    let id = world.begin(name, Command::SetTyping { room_id, on });
    world.run_for(SOON);
    let reply = world.installations.get_mut(name).unwrap().replies.remove(&id);
    assert!(matches!(reply, Some(Reply::Done)), "{reply:?}");
}

fn open(world: &mut World, name: &str, room_id: RoomId) {
    world.begin(name, Command::OpenRoom { room_id });
    world.run_for(SOON);
}

/// Who is typing, as an installation shows it.
fn shown(world: &World, name: &str, room_id: RoomId) -> Vec<String> {
    world.get(name).typing.get(&room_id).cloned().unwrap_or_default()
}

const NOBODY: [String; 0] = [];

/// Alice and bob, who both look at their room.
fn looking() -> (World, RoomId) {
    let mut world = World::new(1);
    let room = direct_room(&mut world);
    world.run_for(60 * SECOND);
    open(&mut world, "alice", room);
    open(&mut world, "bob", room);
    (world, room)
}

/// A sign comes from the server.
fn hand(world: &mut World, name: &str, sign: &RoomSign) {
    let frame = ServerFrame::Event(Box::new(Event::RoomSign(sign.clone())));
    let text = serde_json::to_string(&frame).unwrap();
    world.input(name, Input::SocketText(text));
    world.run_for(SOON);
}

#[test]
fn who_types_is_shown_until_a_while_after_the_last_sign() {
    let (mut world, room) = looking();
    assert_eq!(shown(&world, "bob", room), NOBODY);
    key(&mut world, "alice", room, true);
    assert_eq!(shown(&world, "bob", room), ["Alice"]);
    assert_eq!(shown(&world, "alice", room), NOBODY);
    world.run_for(SHOWN - 2 * SOON);
    assert_eq!(shown(&world, "bob", room), ["Alice"]);
    world.run_for(2 * SOON);
    assert_eq!(shown(&world, "bob", room), NOBODY);
}

#[test]
fn who_goes_on_typing_says_so_once_in_a_while() {
    let (mut world, room) = looking();
    let began = world.now;
    while world.now < began.plus(5 * AGAIN) {
        key(&mut world, "alice", room, true);
        assert_eq!(shown(&world, "bob", room), ["Alice"]);
    }
    assert_eq!(world.server.signs.len(), 5);
}

#[test]
fn who_stops_or_sends_is_shown_no_more_at_once() {
    let (mut world, room) = looking();
    key(&mut world, "alice", room, true);
    key(&mut world, "alice", room, false);
    assert_eq!(shown(&world, "bob", room), NOBODY);
    key(&mut world, "alice", room, false);
    assert_eq!(world.server.signs.len(), 2, "there was nothing more to stop");
    world.run_for(AGAIN);
    key(&mut world, "alice", room, true);
    assert_eq!(shown(&world, "bob", room), ["Alice"]);
    world.begin("alice", model::text(room, "hello"));
    world.run_for(SOON);
    assert_eq!(shown(&world, "bob", room), NOBODY);
    assert_eq!(world.server.signs.len(), 4);
}

/// Also where the sign that one stopped got lost.
#[test]
fn a_message_ends_the_sign_of_who_wrote_it_and_of_nobody_else() {
    let (mut world, room) = prepare(&["alice", "bob", "carol"], Box::new(Honest));
    world.run_for(60 * SECOND);
    open(&mut world, "bob", room);
    for name in ["carol", "alice"] {
        key(&mut world, name, room, true);
    }
    assert_eq!(shown(&world, "bob", room), ["Carol", "Alice"]);
    // Carol's second device sends what she typed on the first.
    world.sign_in("carol's phone");
    world.run_for(60 * SECOND);
    for name in ["carol", "alice"] {
        key(&mut world, name, room, true);
    }
    assert_eq!(shown(&world, "bob", room), ["Carol", "Alice"]);
    world.begin("carol's phone", model::text(room, "hello"));
    world.run_for(SOON);
    assert_eq!(shown(&world, "bob", room), ["Alice"]);
}

#[test]
fn who_is_removed_is_shown_no_more() {
    let (mut world, room) = prepare(&["alice", "bob", "carol"], Box::new(Honest));
    world.run_for(60 * SECOND);
    open(&mut world, "bob", room);
    key(&mut world, "carol", room, true);
    assert_eq!(shown(&world, "bob", room), ["Carol"]);
    let members = &world.room("alice", room).unwrap().members;
    let carol = members.iter().find(|one| one.email.starts_with("carol"));
    let user_id = carol.unwrap().user_id;
    world.begin(
        "alice",
        Command::RemovePerson {
            room_id: room,
            user_id,
        },
    );
    world.run_for(SECOND);
    assert_eq!(shown(&world, "bob", room), NOBODY);
    // What she gave before opens no more, and she gives no more.
    let (_, old) = world.server.signs[0].clone();
    hand(&mut world, "bob", &old);
    let reply = world.command(
        "carol",
        Command::SetTyping {
            room_id: room,
            on: true,
        },
    );
    assert!(matches!(reply, Reply::Failed(failure) if failure.code == "room_gone"));
    assert_eq!(shown(&world, "bob", room), NOBODY);
}

#[test]
fn it_shows_in_a_room_that_is_open_alone() {
    let (mut world, room) = looking();
    key(&mut world, "alice", room, true);
    assert_eq!(shown(&world, "bob", room), ["Alice"]);
    world.begin("bob", Command::CloseRoom { room_id: room });
    world.run_for(SOON);
    assert_eq!(shown(&world, "bob", room), NOBODY);
    world.run_for(AGAIN);
    key(&mut world, "alice", room, true);
    assert_eq!(shown(&world, "bob", room), NOBODY);
    open(&mut world, "bob", room);
    world.run_for(AGAIN);
    key(&mut world, "alice", room, true);
    assert_eq!(shown(&world, "bob", room), ["Alice"]);
    // Whoever opens it once more, in another window, is told too.
    world.installations.get_mut("bob").unwrap().typing.clear();
    open(&mut world, "bob", room);
    assert_eq!(shown(&world, "bob", room), ["Alice"]);
}

#[test]
fn ones_own_other_devices_see_nothing_of_it() {
    let (mut world, room) = looking();
    world.sign_in("alice's phone");
    world.sign_in("bob's phone");
    world.run_for(60 * SECOND);
    for name in ["alice's phone", "bob's phone"] {
        open(&mut world, name, room);
    }
    key(&mut world, "alice", room, true);
    assert_eq!(shown(&world, "alice's phone", room), NOBODY);
    assert_eq!(shown(&world, "bob's phone", room), ["Alice"]);
    // Nor where the server hands them what is not for them.
    let (_, sign) = world.server.signs[0].clone();
    hand(&mut world, "alice's phone", &sign);
    assert_eq!(shown(&world, "alice's phone", room), NOBODY);
    // Of two devices each has a sign of its own, of which one person is shown.
    key(&mut world, "alice's phone", room, true);
    assert_eq!(shown(&world, "bob", room), ["Alice"]);
    key(&mut world, "alice", room, false);
    assert_eq!(shown(&world, "bob", room), ["Alice"]);
    key(&mut world, "alice's phone", room, false);
    assert_eq!(shown(&world, "bob", room), NOBODY);
}

#[test]
fn nothing_waits_for_a_connection() {
    let (mut world, room) = looking();
    world.go_offline("alice");
    key(&mut world, "alice", room, true);
    world.go_online("alice");
    world.run_for(60 * SECOND);
    assert!(world.server.signs.is_empty());
    // Who loses the connection shows nobody any more, and it goes by itself for the others.
    key(&mut world, "alice", room, true);
    assert_eq!(shown(&world, "bob", room), ["Alice"]);
    world.go_offline("bob");
    world.run_for(SOON);
    assert_eq!(shown(&world, "bob", room), NOBODY);
}

#[test]
fn who_switched_it_off_says_nothing_and_sees_nothing_on_all_devices() {
    let (mut world, room) = looking();
    world.sign_in("bob's phone");
    world.run_for(60 * SECOND);
    open(&mut world, "bob's phone", room);
    key(&mut world, "bob", room, true);
    key(&mut world, "alice", room, true);
    assert_eq!(shown(&world, "alice", room), ["Bob"]);
    world.begin("bob", Command::SetTypingSigns { on: false });
    world.run_for(SOON);
    assert_eq!(shown(&world, "bob", room), NOBODY);
    assert_eq!(
        shown(&world, "alice", room),
        NOBODY,
        "what he had said is taken back"
    );
    world.run_for(30 * SECOND);
    let before = world.server.signs.len();
    for name in ["bob", "bob's phone"] {
        key(&mut world, name, room, true);
    }
    assert_eq!(world.server.signs.len(), before);
    key(&mut world, "alice", room, true);
    for name in ["bob", "bob's phone"] {
        assert_eq!(shown(&world, name, room), NOBODY);
    }
    world.command("bob's phone", Command::SetTypingSigns { on: true });
    world.run_for(30 * SECOND);
    key(&mut world, "bob", room, true);
    key(&mut world, "alice", room, true);
    assert_eq!(shown(&world, "alice", room), ["Bob"]);
    assert_eq!(shown(&world, "bob", room), ["Alice"]);
}

/// R26, R29: no sign passes where no message does.
#[test]
fn between_who_declined_and_who_was_declined_no_sign_passes() {
    let (mut world, room, alice, _) = two(Box::new(Honest));
    world.run_for(60 * SECOND);
    for name in ["alice", "bob"] {
        open(&mut world, name, room);
    }
    key(&mut world, "alice", room, true);
    assert_eq!(shown(&world, "bob", room), ["Alice"]);
    // One that bob did not see.
    world.begin("bob", Command::CloseRoom { room_id: room });
    world.run_for(AGAIN);
    key(&mut world, "alice", room, true);
    let (_, unseen) = world.server.signs.last().unwrap().clone();
    open(&mut world, "bob", room);
    world.run_for(AGAIN);
    key(&mut world, "alice", room, true);
    assert_eq!(shown(&world, "bob", room), ["Alice"]);
    let seen = card(&mut world, "bob", alice);
    judge(&mut world, "bob", &seen, Judgement::Declined).unwrap();
    assert_eq!(shown(&world, "bob", room), NOBODY);
    world.run_for(10 * SECOND);
    let before = world.server.signs.len();
    for name in ["alice", "bob"] {
        key(&mut world, name, room, true);
    }
    assert_eq!(world.server.signs.len(), before);
    // Nor does one that a server hands on nevertheless, to a device that was started anew and has seen none.
    world.kill("bob");
    world.start("bob");
    world.run();
    open(&mut world, "bob", room);
    hand(&mut world, "bob", &unseen);
    assert_eq!(shown(&world, "bob", room), NOBODY);
}

/// The server has all signs that were ever given, and hands on what it likes, as often as it likes.
#[test]
fn a_server_that_plays_with_signs_shows_nothing() {
    let (mut world, room) = looking();
    let other = world.create_room("alice", "Plans", &["bob"]);
    world.run_for(60 * SECOND);
    open(&mut world, "bob", other);
    key(&mut world, "alice", room, true);
    key(&mut world, "alice", room, false);
    key(&mut world, "alice", other, true);
    key(&mut world, "alice", other, false);
    world.run_for(10 * SECOND);
    let signs: Vec<RoomSign> = world.server.signs.iter().map(|(_, sign)| sign.clone()).collect();
    assert_eq!(signs.len(), 4);
    for sign in &signs {
        let changed = [
            sign.clone(),
            RoomSign {
                room_id: if sign.room_id == room { other } else { room },
                ..sign.clone()
            },
            RoomSign {
                epoch: Epoch(sign.epoch.0 + 1),
                ..sign.clone()
            },
            RoomSign {
                epoch: Epoch(sign.epoch.0 - 1),
                ..sign.clone()
            },
            RoomSign {
                generation: Generation(2),
                ..sign.clone()
            },
            RoomSign {
                room_id: RoomId::from_random([9; 16]),
                ..sign.clone()
            },
        ];
        for sign in &changed {
            hand(&mut world, "bob", sign);
        }
        // One that is too short is no event at all.
        let frame = ServerFrame::Event(Box::new(Event::RoomSign(sign.clone())));
        let mut frame = serde_json::to_value(&frame).unwrap();
        let sealed = &mut frame["event"]["room_sign"]["sealed"];
        let short = &sealed.as_str().unwrap()[..sealed.as_str().unwrap().len() - 4];
        *sealed = short.into();
        world.input("bob", Input::SocketText(frame.to_string()));
        world.run_for(SOON);
        assert_eq!(shown(&world, "bob", room), NOBODY);
        assert_eq!(shown(&world, "bob", other), NOBODY);
    }
    assert!(world.get("bob").notices.is_empty(), "it is said to nobody");
    // The next one that alice gives shows as ever.
    key(&mut world, "alice", room, true);
    assert_eq!(shown(&world, "bob", room), ["Alice"]);
}

/// A device that was started anew knows of none that it saw: what keeps an old one from showing is its time.
#[test]
fn a_sign_that_was_kept_back_for_long_does_not_show() {
    let (mut world, room) = looking();
    key(&mut world, "alice", room, true);
    let (_, sign) = world.server.signs[0].clone();
    world.kill("bob");
    world.run_for(3 * 60 * SECOND);
    world.start("bob");
    world.run();
    open(&mut world, "bob", room);
    hand(&mut world, "bob", &sign);
    assert_eq!(shown(&world, "bob", room), NOBODY);
    key(&mut world, "alice", room, true);
    assert_eq!(shown(&world, "bob", room), ["Alice"]);
}

/// R57: neither device writes anything for it, nor does it stand in the log.
#[test]
fn nothing_of_it_is_stored() {
    let (mut world, room) = looking();
    world.run_for(60 * SECOND);
    let state = |world: &World| {
        let records = ["alice", "bob"].map(|name| (world.records(name), world.get(name).batches));
        (records, world.server.rooms[&room].log.len())
    };
    let before = state(&world);
    for _ in 0..3 {
        key(&mut world, "alice", room, true);
        key(&mut world, "bob", room, true);
        assert_eq!(shown(&world, "bob", room), ["Alice"]);
        assert_eq!(shown(&world, "alice", room), ["Bob"]);
        key(&mut world, "bob", room, false);
        world.run_for(SHOWN);
    }
    assert_eq!(world.server.signs.len(), 9);
    assert!(state(&world) == before, "something was written");
}

#[test]
fn in_a_room_of_many_nobody_is_shown() {
    let names: Vec<String> = (0..21).map(|n| format!("person{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (mut world, room) = prepare(&names, Box::new(Honest));
    world.run_for(60 * SECOND);
    open(&mut world, names[1], room);
    key(&mut world, names[0], room, true);
    assert!(world.server.signs.is_empty());
    let members = &world.room(names[0], room).unwrap().members;
    let last = members.iter().find(|one| one.email.starts_with("person20@"));
    let user_id = last.unwrap().user_id;
    world.command(
        names[0],
        Command::RemovePerson {
            room_id: room,
            user_id,
        },
    );
    world.run_for(60 * SECOND);
    key(&mut world, names[0], room, true);
    assert_eq!(shown(&world, names[1], room), ["Person0"]);
}

/// Who comes to know of a commit later than another opens nothing that was given behind it, and shows nothing wrong.
#[test]
fn a_sign_of_another_epoch_is_dropped_and_the_next_one_shows() {
    let (mut world, room) = looking();
    key(&mut world, "alice", room, true);
    let (_, early) = world.server.signs[0].clone();
    world.run_for(SHOWN);
    let on = world.begin(
        "alice",
        Command::SetConstantBitrate {
            room_id: room,
            on: true,
        },
    );
    world.run_for(SECOND);
    assert!(matches!(
        world.installations.get_mut("alice").unwrap().replies.remove(&on),
        Some(Reply::Done)
    ));
    hand(&mut world, "bob", &early);
    assert_eq!(shown(&world, "bob", room), NOBODY);
    key(&mut world, "alice", room, true);
    assert_eq!(shown(&world, "bob", room), ["Alice"]);
}
