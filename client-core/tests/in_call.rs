//! What participants say to each other in a call: chat, reactions, and what they ask of each other.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use conclave_client_core::api::{
    CallPhase, Command, Delivery, Input, ParticipantAsk, ParticipantView, Reaction, Reply,
};
use model::{
    Conduct, Honest, Server, World,
    meeting::{call, direct_room, join, meet, prepare},
};
use protocol::{
    Bytes, Code, DeviceId, MessageId, Problem,
    limits::CALL_JOIN_GATHER_MS,
    socket::{Reply as ServerReply, Request},
};

/// What a server does to messages of calls, and what it saw of them.
#[derive(Default)]
struct Post {
    /// Refused so, once.
    refuse: Option<Code>,
    /// Taken, but the answer never comes.
    lose_answer: bool,
    sent: Vec<(MessageId, Bytes)>,
}

struct WithPost(Arc<Mutex<Post>>);

impl Conduct for WithPost {
    fn on_request(
        &mut self,
        server: &mut Server,
        from: DeviceId,
        request: &Request,
    ) -> Option<Result<ServerReply, Problem>> {
        let Request::CallSend(send) = request else {
            return None;
        };
        let mut post = self.0.lock().unwrap();
        post.sent.push((send.message_id, send.payload.clone()));
        if std::mem::take(&mut post.lose_answer) {
            drop(post);
            // Taken by the honest server; what comes back is that it cannot say so now.
            server.call_request(from, request.clone()).unwrap();
            return Some(Err(Problem::new(Code::Unavailable, "")));
        }
        post.refuse.take().map(|code| Err(Problem::new(code, "")))
    }
}

fn say(world: &mut World, name: &str, text: &str) -> MessageId {
    match world.command(
        name,
        Command::SayInCall {
            text: text.to_owned(),
        },
    ) {
        Reply::Message { message_id } => message_id,
        reply => panic!("{reply:?}"),
    }
}

fn failed(reply: &Reply) -> Option<&str> {
    match reply {
        Reply::Failed(failure) => Some(&failure.code),
        _ => None,
    }
}

/// What an installation shows, in order: who, what, and how far it is.
fn shown(world: &World, name: &str) -> Vec<(String, String, Delivery)> {
    let mut said: Vec<_> = world.get(name).said.values().collect();
    said.sort_by_key(|message| message.order);
    said.iter()
        .map(|message| {
            (
                message.person.name.clone(),
                message.text.clone(),
                message.delivery,
            )
        })
        .collect()
}

fn texts(world: &World, name: &str) -> Vec<String> {
    shown(world, name).into_iter().map(|(_, text, _)| text).collect()
}

fn seen_of<'a>(world: &'a World, viewer: &str, name: &str) -> &'a ParticipantView {
    let mut participants = call(world, viewer).participants.iter();
    participants
        .find(|participant| participant.person.name == name)
        .unwrap()
}

fn set_media(world: &mut World, name: &str, microphone: bool, hand: bool) {
    let media = Command::SetMedia {
        microphone,
        camera: false,
        screen: false,
        hand,
    };
    world.command(name, media);
}

fn ask(world: &mut World, name: &str, of: Option<&str>, ask: ParticipantAsk) -> Reply {
    let leaf = of.map(|of| seen_of(world, name, of).leaf);
    world.command(name, Command::AskParticipant { leaf, ask })
}

#[test]
fn what_is_said_in_a_call_comes_to_all_in_the_same_order() {
    let (mut world, _) = meet(&["alice", "bob", "carol"], Box::new(Honest));
    world.begin(
        "bob",
        Command::SayInCall {
            text: "one".to_owned(),
        },
    );
    world.begin(
        "alice",
        Command::SayInCall {
            text: "two".to_owned(),
        },
    );
    world.run();
    say(&mut world, "carol", "three");
    let (of_bob, of_carol) = (texts(&world, "bob"), texts(&world, "carol"));
    assert_eq!(of_bob, of_carol);
    assert_eq!(texts(&world, "alice"), of_carol);
    let all: BTreeSet<_> = of_bob.iter().map(String::as_str).collect();
    assert_eq!(all, ["one", "three", "two"].into());
    assert_eq!(of_bob.last().unwrap(), "three");
    let last = shown(&world, "alice").pop().unwrap();
    assert_eq!(last, ("Carol".to_owned(), "three".to_owned(), Delivery::Received));
    let own = shown(&world, "carol").pop().unwrap();
    assert_eq!(own, ("Carol".to_owned(), "three".to_owned(), Delivery::Sent));
}

#[test]
fn who_comes_later_does_not_see_what_was_said_before() {
    let (mut world, room) = prepare(&["alice", "bob", "carol"], Box::new(Honest));
    join(&mut world, "alice", room);
    join(&mut world, "bob", room);
    say(&mut world, "alice", "between us");
    join(&mut world, "carol", room);
    say(&mut world, "bob", "to all");
    assert_eq!(texts(&world, "carol"), ["to all"]);
    assert_eq!(texts(&world, "alice"), ["between us", "to all"]);
}

#[test]
fn a_stale_epoch_or_a_busy_server_delays_what_is_said_and_loses_nothing() {
    for code in [Code::StaleEpoch, Code::RateLimited, Code::Unavailable] {
        let post = Arc::new(Mutex::new(Post::default()));
        let (mut world, _) = meet(&["alice", "bob"], Box::new(WithPost(post.clone())));
        post.lock().unwrap().sent.clear();
        post.lock().unwrap().refuse = Some(code);
        let id = say(&mut world, "alice", "one");
        say(&mut world, "alice", "two");
        assert_eq!(texts(&world, "bob"), ["one", "two"], "{code:?}");
        let post = post.lock().unwrap();
        let of_id: Vec<_> = post.sent.iter().filter(|(sent, _)| *sent == id).collect();
        assert_eq!(of_id.len(), 2, "{code:?}");
        assert_ne!(of_id[0].1, of_id[1].1, "{code:?}: encrypted anew");
    }
}

/// Alice lets Carol in while Bob writes, in several orders of what happens.
#[test]
fn what_is_said_while_the_epoch_changes_comes_to_all_once_and_in_order() {
    let said: Vec<String> = (0..6).map(|number| number.to_string()).collect();
    for steps in 1..5 {
        let post = Arc::new(Mutex::new(Post::default()));
        let (mut world, room_id) = prepare(&["alice", "bob", "carol"], Box::new(WithPost(post.clone())));
        join(&mut world, "alice", room_id);
        join(&mut world, "bob", room_id);
        post.lock().unwrap().sent.clear();
        world.begin("carol", Command::JoinCall { room_id });
        while world.step() {}
        for (at, text) in said.iter().enumerate() {
            if at == 3 {
                while world.step() {}
                // Her commit is taken by the server, and not yet by Bob.
                world.now = world.now.plus(CALL_JOIN_GATHER_MS);
                world.input("alice", Input::Tick);
            }
            world.begin("bob", Command::SayInCall { text: text.clone() });
            for _ in 0..steps {
                world.step();
            }
        }
        world.run();
        for name in ["alice", "bob"] {
            assert_eq!(texts(&world, name), said, "{steps}: {name}");
        }
        let heard = texts(&world, "carol");
        assert!(!heard.is_empty() && said.ends_with(&heard), "{steps}: {heard:?}");
        let mut deliveries = shown(&world, "bob").into_iter().map(|(_, _, delivery)| delivery);
        assert!(deliveries.all(|delivery| delivery == Delivery::Sent), "{steps}");
        let post = post.lock().unwrap();
        let ids: BTreeSet<_> = post.sent.iter().map(|(id, _)| id).collect();
        assert!(ids.len() < post.sent.len(), "{steps}: nothing met the new epoch");
    }
}

#[test]
fn what_was_taken_without_an_answer_is_shown_once_and_counts_as_sent() {
    let post = Arc::new(Mutex::new(Post::default()));
    let (mut world, _) = meet(&["alice", "bob"], Box::new(WithPost(post.clone())));
    post.lock().unwrap().lose_answer = true;
    say(&mut world, "alice", "once");
    assert_eq!(texts(&world, "bob"), ["once"]);
    assert_eq!(
        shown(&world, "alice"),
        [("Alice".to_owned(), "once".to_owned(), Delivery::Sent)]
    );
}

/// As after coming in anew: the server has it, and the log that is shown begins after it.
#[test]
fn what_the_server_has_already_counts_as_sent_and_stands_before_what_follows() {
    let post = Arc::new(Mutex::new(Post::default()));
    let (mut world, _) = meet(&["alice", "bob"], Box::new(WithPost(post.clone())));
    post.lock().unwrap().refuse = Some(Code::DuplicateId);
    say(&mut world, "alice", "before");
    say(&mut world, "bob", "after");
    assert_eq!(texts(&world, "alice"), ["before", "after"]);
    assert_eq!(shown(&world, "alice")[0].2, Delivery::Sent);
    assert_eq!(texts(&world, "bob"), ["after"]);
}

#[test]
fn what_is_said_while_the_connection_is_lost_is_sent_when_it_is_back() {
    let (mut world, _) = meet(&["alice", "bob"], Box::new(Honest));
    world.go_offline("alice");
    say(&mut world, "alice", "are you there?");
    assert_eq!(shown(&world, "alice")[0].2, Delivery::Sending);
    say(&mut world, "bob", "hello?");
    world.go_online("alice");
    assert_eq!(texts(&world, "bob"), ["hello?", "are you there?"]);
    assert_eq!(texts(&world, "alice"), ["hello?", "are you there?"]);
    assert_eq!(shown(&world, "alice")[1].2, Delivery::Sent);
}

#[test]
fn what_a_server_never_takes_fails_and_keeps_nothing_back() {
    let post = Arc::new(Mutex::new(Post::default()));
    let (mut world, _) = meet(&["alice", "bob"], Box::new(WithPost(post.clone())));
    post.lock().unwrap().refuse = Some(Code::TooLarge);
    say(&mut world, "alice", "one");
    say(&mut world, "alice", "two");
    assert_eq!(texts(&world, "bob"), ["two"]);
    let deliveries: BTreeSet<_> = shown(&world, "alice")
        .into_iter()
        .map(|(_, text, delivery)| (text, format!("{delivery:?}")))
        .collect();
    let expected = [("one", "Failed"), ("two", "Sent")];
    assert_eq!(
        deliveries,
        expected.map(|(a, b)| (a.to_owned(), b.to_owned())).into()
    );
}

#[test]
fn what_was_not_sent_when_the_call_ends_is_told_as_lost() {
    let (mut world, _) = meet(&["alice", "bob"], Box::new(Honest));
    world.go_offline("alice");
    say(&mut world, "alice", "too late");
    assert_eq!(world.get("alice").notices, Vec::<String>::new());
    world.command("alice", Command::LeaveCall);
    assert_eq!(world.get("alice").notices, ["call_messages_lost"]);
}

#[test]
fn a_device_that_comes_back_to_the_same_call_has_what_it_heard_and_nothing_is_stored() {
    let (mut world, room) = meet(&["alice", "bob"], Box::new(Honest));
    let before = world.get("bob").store.clone();
    say(&mut world, "alice", "remember");
    assert_eq!(world.get("bob").store, before);
    world.command("bob", Command::LeaveCall);
    say(&mut world, "alice", "in between");
    world.installations.get_mut("bob").unwrap().said.clear();
    join(&mut world, "bob", room);
    assert_eq!(texts(&world, "bob"), ["remember"]);
    // Another call of the same room knows nothing of it.
    for name in ["alice", "bob"] {
        world.command(name, Command::LeaveCall);
    }
    join(&mut world, "bob", room);
    assert_eq!(texts(&world, "bob"), Vec::<String>::new());
}

#[test]
fn a_text_that_is_too_long_is_refused_at_once() {
    let (mut world, _) = meet(&["alice", "bob"], Box::new(Honest));
    let text = "a".repeat(protocol::limits::MAX_TEXT_LEN + 1);
    let reply = world.command("alice", Command::SayInCall { text });
    assert_eq!(failed(&reply), Some("text_too_long"));
    world.command("alice", Command::LeaveCall);
    let reply = world.command(
        "alice",
        Command::SayInCall {
            text: "hello".to_owned(),
        },
    );
    assert_eq!(failed(&reply), Some("call_gone"));
}

#[test]
fn a_reaction_shows_for_all_and_a_flood_of_them_does_not_leave() {
    let (mut world, _) = meet(&["alice", "bob"], Box::new(Honest));
    let reaction = Reaction::Celebrate;
    let mut refused = 0;
    for _ in 0..9 {
        let id = world.begin("alice", Command::React { reaction });
        let reply = world.installations.get_mut("alice").unwrap().replies.remove(&id);
        refused += usize::from(reply.as_ref().and_then(failed) == Some("rate_limited"));
    }
    world.run();
    assert_eq!(refused, 4);
    let leaf = seen_of(&world, "bob", "Alice").leaf;
    for name in ["alice", "bob"] {
        assert_eq!(world.get(name).reactions, [(leaf, reaction); 5], "{name}");
    }
    world.go_offline("alice");
    let reply = world.command("alice", Command::React { reaction });
    assert_eq!(failed(&reply), Some("offline"));
}

#[test]
fn a_moderator_mutes_one_or_all_and_nobody_else_may() {
    let (mut world, _) = meet(&["alice", "bob", "carol"], Box::new(Honest));
    assert!(call(&world, "alice").may_ask);
    assert!(!call(&world, "bob").may_ask);
    let refused = ask(&mut world, "bob", Some("Carol"), ParticipantAsk::Mute);
    assert_eq!(failed(&refused), Some("forbidden"));
    let refused = ask(&mut world, "bob", None, ParticipantAsk::Mute);
    assert_eq!(failed(&refused), Some("forbidden"));

    ask(&mut world, "alice", Some("Bob"), ParticipantAsk::Mute);
    let by_alice = ("Alice".to_owned(), ParticipantAsk::Mute);
    assert_eq!(world.get("bob").asks, std::slice::from_ref(&by_alice));
    ask(&mut world, "alice", None, ParticipantAsk::Mute);
    assert_eq!(world.get("bob").asks, [by_alice.clone(), by_alice.clone()]);
    assert_eq!(world.get("carol").asks, [by_alice]);
    ask(&mut world, "alice", Some("Carol"), ParticipantAsk::Unmute);
    assert_eq!(world.get("carol").asks[1].1, ParticipantAsk::Unmute);
    assert!(world.get("alice").asks.is_empty());
}

fn spotlight(world: &mut World, name: &str, of: Option<&str>) -> Reply {
    let leaf = of.map(|of| seen_of(world, name, of).leaf);
    world.command(name, Command::Spotlight { leaf })
}

#[test]
fn whom_a_moderator_puts_in_the_spotlight_is_in_it_for_all_and_for_who_comes_later() {
    let (mut world, room) = prepare(&["alice", "bob", "carol"], Box::new(Honest));
    join(&mut world, "alice", room);
    join(&mut world, "bob", room);
    assert!(matches!(spotlight(&mut world, "alice", Some("Bob")), Reply::Done));
    set_media(&mut world, "alice", true, false);
    join(&mut world, "carol", room);
    world.run();
    for name in ["alice", "bob", "carol"] {
        let bob = seen_of(&world, name, "Bob").leaf;
        assert_eq!(call(&world, name).spotlight, Some(bob), "{name}");
    }
    let refused = spotlight(&mut world, "bob", None);
    assert_eq!(failed(&refused), Some("forbidden"));
    spotlight(&mut world, "alice", None);
    for name in ["alice", "bob", "carol"] {
        assert_eq!(call(&world, name).spotlight, None, "{name}");
    }
}

#[test]
fn the_spotlight_goes_with_who_is_in_it_and_with_who_put_them_there() {
    let (mut world, _) = meet(&["alice", "bob", "carol"], Box::new(Honest));
    spotlight(&mut world, "alice", Some("Bob"));
    world.command("bob", Command::LeaveCall);
    world.run();
    assert_eq!(call(&world, "carol").spotlight, None);
    spotlight(&mut world, "alice", Some("Carol"));
    assert!(call(&world, "carol").spotlight.is_some());
    world.command("alice", Command::LeaveCall);
    world.run();
    assert_eq!(call(&world, "carol").spotlight, None);
}

#[test]
fn in_a_direct_room_both_may_mute_the_other() {
    let mut world = World::new(1);
    let room_id = direct_room(&mut world);
    join(&mut world, "alice", room_id);
    join(&mut world, "bob", room_id);
    for (name, other, sender) in [("alice", "bob", "Alice"), ("bob", "alice", "Bob")] {
        let of = if other == "bob" { "Bob" } else { "Alice" };
        ask(&mut world, name, Some(of), ParticipantAsk::Mute);
        assert_eq!(world.get(other).asks, [(sender.to_owned(), ParticipantAsk::Mute)]);
    }
}

#[test]
fn hands_have_places_in_the_order_in_which_they_went_up() {
    let (mut world, _) = meet(&["alice", "bob", "carol"], Box::new(Honest));
    let places = |world: &World, viewer: &str| {
        ["Alice", "Bob", "Carol"].map(|name| seen_of(world, viewer, name).hand_place)
    };
    set_media(&mut world, "carol", true, true);
    set_media(&mut world, "alice", true, true);
    set_media(&mut world, "carol", false, true);
    for viewer in ["alice", "bob", "carol"] {
        assert_eq!(places(&world, viewer), [Some(2), None, Some(1)], "{viewer}");
    }
    set_media(&mut world, "carol", false, false);
    set_media(&mut world, "bob", false, true);
    for viewer in ["alice", "bob", "carol"] {
        assert_eq!(places(&world, viewer), [Some(1), Some(2), None], "{viewer}");
    }
}

#[test]
fn a_presence_that_met_a_new_epoch_comes_all_the_same() {
    let post = Arc::new(Mutex::new(Post::default()));
    let (mut world, _) = meet(&["alice", "bob"], Box::new(WithPost(post.clone())));
    post.lock().unwrap().refuse = Some(Code::StaleEpoch);
    set_media(&mut world, "alice", true, true);
    let alice = seen_of(&world, "bob", "Alice");
    assert!(alice.microphone && alice.hand);
}

#[test]
fn who_comes_in_anew_while_the_first_in_line_is_away_is_let_in_once() {
    let (mut world, room) = meet(&["alice", "bob", "carol"], Box::new(Honest));
    // The next in line waits, and so hears that carol's former leaf is gone, and of her new request, before it commits.
    world.go_offline("alice");
    join(&mut world, "carol", room);
    world.run_for(3_000);
    assert_eq!(call(&world, "carol").phase, CallPhase::Joined);
    let carol = seen_of(&world, "bob", "Carol");
    assert!(!carol.away);
    let epoch = call(&world, "bob").epoch;
    world.run_for(5_000);
    assert_eq!(call(&world, "bob").epoch, epoch, "nothing is left to commit");
    set_media(&mut world, "carol", true, true);
    assert!(seen_of(&world, "bob", "Carol").microphone);
    say(&mut world, "carol", "Here again");
    world.run();
    assert_eq!(texts(&world, "bob"), ["Here again"]);
}
