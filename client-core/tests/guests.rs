//! Guests of a call: the link, the lobby, being let in on purpose, and what nobody else can do for them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{
    CallPhase, Command, DoorView, GuestLinkView, KnockView, MediaUpdate, Reply, Secret, SessionView,
};
use model::{
    Conduct, Honest, Server, World,
    meeting::{call, join, meet, prepare},
};
use protocol::{
    Code, DeviceId, Problem, RoomId,
    socket::{Event, Reply as ServerReply, Request},
};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn failed(reply: &Reply) -> &str {
    match reply {
        Reply::Failed(failure) => &failure.code,
        other => panic!("{other:?}"),
    }
}

fn make_link(world: &mut World, by: &str, room_id: RoomId) -> GuestLinkView {
    let life_ms = DAY_MS;
    let reply = world.command(by, Command::MakeGuestLink { room_id, life_ms });
    let Reply::GuestLink { link_id } = reply else {
        panic!("{reply:?}")
    };
    let links = &world.room(by, room_id).unwrap().guest_links;
    links.iter().find(|link| link.link_id == link_id).unwrap().clone()
}

/// Opens the link and gives a name.
fn visit(world: &mut World, guest: &str, link: &GuestLinkView, name: &str) -> Reply {
    world.install(guest);
    world.command(
        guest,
        Command::BecomeGuest {
            link_id: link.link_id.to_string(),
            secret: Secret(link.secret.clone()),
            name: name.to_owned(),
        },
    )
}

/// Asks to come in; the answer comes when somebody lets the guest in.
fn knock(world: &mut World, guest: &str, room_id: RoomId) -> u32 {
    let id = world.begin(guest, Command::JoinCall { room_id });
    world.run();
    id
}

fn lobby<'a>(world: &'a World, name: &str) -> &'a [KnockView] {
    &call(world, name).lobby
}

fn admit(world: &mut World, by: &str) -> Reply {
    let knocks = lobby(world, by)
        .iter()
        .map(|knock| knock.knock_id.clone())
        .collect();
    world.command(by, Command::AdmitGuests { knocks })
}

fn door(world: &World, guest: &str) -> DoorView {
    match &world.get(guest).session {
        Some(SessionView::SignedIn {
            guest: Some(guest), ..
        }) => guest.door,
        other => panic!("{other:?}"),
    }
}

fn roster(world: &World, viewer: &str) -> Vec<(String, bool)> {
    let participants = call(world, viewer).participants.iter();
    let mut names: Vec<_> = participants
        .map(|one| (one.person.name.clone(), one.person.guest))
        .collect();
    names.sort();
    names
}

fn keys_given(world: &World, name: &str) -> usize {
    let media = world.get(name).media.iter();
    media
        .filter(|update| matches!(update, MediaUpdate::Epoch { .. }))
        .count()
}

/// Alice and bob are in a call, and dana waits at its door.
fn dana_waits(conduct: Box<dyn Conduct>) -> (World, RoomId, u32) {
    let (mut world, room) = meet(&["alice", "bob"], conduct);
    let link = make_link(&mut world, "alice", room);
    assert!(matches!(
        visit(&mut world, "dana", &link, "Dana"),
        Reply::Room { .. }
    ));
    let asking = knock(&mut world, "dana", room);
    (world, room, asking)
}

#[test]
fn a_guest_comes_in_when_a_member_lets_it_in_and_all_see_that_it_is_one() {
    let (mut world, _room, asking) = dana_waits(Box::new(Honest));
    assert_eq!(door(&world, "dana"), DoorView::Waiting);
    for name in ["alice", "bob"] {
        let waiting = lobby(&world, name);
        assert_eq!(
            (waiting[0].name.as_str(), waiting[0].invited_by.as_str()),
            ("Dana", "Alice")
        );
        assert_eq!(roster(&world, name).len(), 2, "{name}");
    }
    assert_eq!(keys_given(&world, "dana"), 0);
    assert!(world.get("dana").replies.is_empty() && world.get("dana").call.is_none());

    // Not who made the link has to be the one.
    let before = call(&world, "alice").epoch;
    assert!(matches!(admit(&mut world, "bob"), Reply::Done));
    assert!(matches!(
        world.get("dana").replies.get(&asking),
        Some(Reply::CallEntered { .. })
    ));
    let all =
        [("Alice", false), ("Bob", false), ("Dana", true)].map(|(name, guest)| (name.to_owned(), guest));
    for name in ["alice", "bob", "dana"] {
        assert_eq!(roster(&world, name), all, "{name}");
        assert!(lobby(&world, name).is_empty(), "{name}");
        assert_eq!(call(&world, name).epoch, before + 1, "{name}");
    }
    assert_eq!(call(&world, "dana").code_words, call(&world, "alice").code_words);
    assert!(keys_given(&world, "dana") > 0);
    assert_eq!(world.get("dana").rooms[0].title, "Plans", "as a member told it");
    assert!(!call(&world, "dana").may_admit && !call(&world, "dana").may_moderate);

    // They talk.
    world.command(
        "dana",
        Command::SayInCall {
            text: "Hello".to_owned(),
        },
    );
    let said = world.get("bob").said.values().next().unwrap().clone();
    assert_eq!(
        (said.text.as_str(), said.person.name.as_str(), said.person.guest),
        ("Hello", "Dana", true)
    );
}

#[test]
fn a_guest_who_is_turned_away_or_leaves_is_gone_from_all_lobbies() {
    let (mut world, room, asking) = dana_waits(Box::new(Honest));
    let KnockView {
        device_id, knock_id, ..
    } = lobby(&world, "bob")[0].clone();
    assert!(matches!(
        world.command("bob", Command::DenyGuest { device_id }),
        Reply::Done
    ));
    assert_eq!(
        failed(world.get("dana").replies.get(&asking).unwrap()),
        "guest_denied"
    );
    assert_eq!(door(&world, "dana"), DoorView::Denied);
    for name in ["alice", "bob"] {
        assert!(lobby(&world, name).is_empty(), "{name}");
    }
    let link = world.room("alice", room).unwrap().guest_links[0].clone();
    visit(&mut world, "eve", &link, "Eve");
    knock(&mut world, "eve", room);
    assert_eq!(lobby(&world, "alice").len(), 1);
    world.command("eve", Command::LeaveCall);
    assert!(lobby(&world, "alice").is_empty());
    let knocks = vec![knock_id];
    assert_eq!(
        failed(&world.command("alice", Command::AdmitGuests { knocks })),
        "guest_gone"
    );
}

/// B4: what was shown is what comes in.
#[test]
fn who_asks_anew_does_not_come_in_by_what_was_shown_before() {
    let (mut world, room, _asking) = dana_waits(Box::new(Honest));
    let shown = lobby(&world, "alice")[0].knock_id.clone();
    world.command("dana", Command::LeaveCall);
    knock(&mut world, "dana", room);
    let knocks = vec![shown];
    assert_eq!(
        failed(&world.command("alice", Command::AdmitGuests { knocks })),
        "guest_gone"
    );
    assert_eq!(door(&world, "dana"), DoorView::Waiting);
    assert!(matches!(admit(&mut world, "alice"), Reply::Done));
    assert_eq!(roster(&world, "alice").len(), 3);
}

#[test]
fn a_guest_waits_for_the_call_and_several_come_in_at_once() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    let link = make_link(&mut world, "alice", room);
    for (guest, name) in [("dana", "Dana"), ("eve", "Eve")] {
        visit(&mut world, guest, &link, name);
        knock(&mut world, guest, room);
        assert_eq!(door(&world, guest), DoorView::NoCall);
    }
    join(&mut world, "alice", room);
    assert_eq!(lobby(&world, "alice").len(), 2);
    assert!(matches!(admit(&mut world, "alice"), Reply::Done));
    for name in ["alice", "dana", "eve"] {
        assert_eq!(roster(&world, name).len(), 3, "{name}");
    }
}

#[test]
fn a_guest_lets_nobody_in_and_moderates_nothing() {
    let (mut world, room, _asking) = dana_waits(Box::new(Honest));
    admit(&mut world, "alice");
    let link = world.room("alice", room).unwrap().guest_links[0].clone();
    visit(&mut world, "eve", &link, "Eve");
    knock(&mut world, "eve", room);
    assert!(lobby(&world, "dana").is_empty());
    let waiting = lobby(&world, "alice")[0].clone();
    for command in [
        Command::AdmitGuests {
            knocks: vec![waiting.knock_id],
        },
        Command::DenyGuest {
            device_id: waiting.device_id,
        },
        Command::MakeGuestLink {
            room_id: room,
            life_ms: DAY_MS,
        },
        Command::LockCall { locked: true },
        Command::RemoveParticipant { leaf: 0 },
        Command::EndCall,
    ] {
        assert_eq!(failed(&world.command("dana", command)), "forbidden");
    }
    assert_eq!(roster(&world, "alice").len(), 3);
}

#[test]
fn a_moderator_removes_a_guest_who_hears_by_whom() {
    let (mut world, _room, _asking) = dana_waits(Box::new(Honest));
    admit(&mut world, "alice");
    let leaf = call(&world, "alice")
        .participants
        .iter()
        .find(|one| one.person.guest)
        .unwrap()
        .leaf;
    assert_eq!(
        failed(&world.command("bob", Command::RemoveParticipant { leaf })),
        "forbidden"
    );
    let epoch = call(&world, "alice").epoch;
    assert!(matches!(
        world.command("alice", Command::RemoveParticipant { leaf }),
        Reply::Done
    ));
    let dana = call(&world, "dana");
    assert_eq!(
        (dana.phase, dana.by.as_deref()),
        (CallPhase::Removed, Some("Alice"))
    );
    assert_eq!(roster(&world, "bob").len(), 2);
    assert_eq!(call(&world, "bob").epoch, epoch + 1, "the keys are new");
}

#[test]
fn guests_go_with_the_last_member() {
    let (mut world, _room, _asking) = dana_waits(Box::new(Honest));
    admit(&mut world, "alice");
    world.command("alice", Command::LeaveCall);
    assert_eq!(roster(&world, "dana").len(), 2);
    world.command("bob", Command::LeaveCall);
    assert_eq!(call(&world, "dana").phase, CallPhase::Ended);
}

#[test]
fn a_link_that_was_taken_back_or_cut_short_leads_nowhere() {
    let (mut world, room) = meet(&["alice", "bob"], Box::new(Honest));
    let link = make_link(&mut world, "alice", room);
    // Bob sees it, too, and may take it back.
    let seen = world.room("bob", room).unwrap().guest_links[0].clone();
    assert_eq!(
        (seen.secret.as_str(), seen.by.as_str(), seen.mine),
        (link.secret.as_str(), "Alice", false)
    );
    let cut = GuestLinkView {
        secret: link.secret[..20].to_owned(),
        ..link.clone()
    };
    assert_eq!(failed(&visit(&mut world, "dana", &cut, "Dana")), "link_malformed");
    assert_eq!(
        failed(&visit(&mut world, "dana", &link, "\u{202e} ")),
        "guest_name"
    );
    let link_id = link.link_id;
    let reply = world.command(
        "bob",
        Command::RevokeGuestLink {
            room_id: room,
            link_id,
        },
    );
    assert!(matches!(reply, Reply::Done), "{reply:?}");
    for name in ["alice", "bob"] {
        assert!(world.room(name, room).unwrap().guest_links.is_empty(), "{name}");
    }
    assert_eq!(failed(&visit(&mut world, "dana", &link, "Dana")), "link_revoked");
    assert!(
        world
            .happened("alice", room)
            .ends_with(&["guest_link_made".to_owned(), "guest_link_revoked".to_owned()])
    );
}

/// Whoever was added after a link was made can judge who comes by it.
#[test]
fn who_comes_into_the_room_later_learns_the_links() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    make_link(&mut world, "alice", room);
    world.register("carol");
    let people = vec!["carol@example.org".to_owned()];
    world.command(
        "bob",
        Command::AddPeople {
            room_id: room,
            people,
        },
    );
    world.run_for(10_000);
    assert_eq!(world.room("carol", room).unwrap().guest_links.len(), 1);
}

/// B4: the server shows a guest who has the id of a link, and no more: it knows that itself.
#[test]
fn a_guest_without_the_secret_is_not_even_shown() {
    let (mut world, room) = meet(&["alice", "bob"], Box::new(Honest));
    let link = make_link(&mut world, "alice", room);
    let forged = GuestLinkView {
        secret: "A".repeat(43),
        ..link
    };
    assert!(matches!(
        visit(&mut world, "mallory", &forged, "Dana"),
        Reply::Room { .. }
    ));
    knock(&mut world, "mallory", room);
    for name in ["alice", "bob"] {
        assert!(lobby(&world, name).is_empty(), "{name}");
    }
    assert_eq!(
        door(&world, "mallory"),
        DoorView::Denied,
        "its place is free again"
    );
    assert_eq!(roster(&world, "alice").len(), 2);
}

/// Says that a guest was let in, and asks the members to add it like one of theirs.
struct LetsGuestsIn;

impl Conduct for LetsGuestsIn {
    fn on_request(
        &mut self,
        server: &mut Server,
        from: DeviceId,
        request: &Request,
    ) -> Option<Result<ServerReply, Problem>> {
        let Request::GuestKnock(knock) = request else {
            return None;
        };
        let room_id = server.accounts.visitors[&from];
        let join = protocol::socket::CallJoin {
            room_id,
            key_package: knock.key_package.clone(),
            back_to: None,
        };
        if let ServerReply::CallJoined(joined) = server.join_call(from, join) {
            server.event(from, Event::GuestAdmitted(joined));
        }
        Some(Ok(ServerReply::Done))
    }
}

/// B4: the server cannot let anyone in.
#[test]
fn members_add_no_guest_because_the_server_asks() {
    let (mut world, _room, asking) = dana_waits(Box::new(LetsGuestsIn));
    world.run_for(30_000);
    for name in ["alice", "bob"] {
        assert_eq!(roster(&world, name).len(), 2, "{name}");
        assert_eq!(call(&world, name).epoch, 1, "{name}: nothing was committed");
    }
    assert_eq!(world.get("dana").replies.get(&asking).map(|_| ()), None);
    assert_eq!(keys_given(&world, "dana"), 0);
}

/// Keeps back what members say, and so the proof that a guest was let in by one.
struct KeepsTheProof;

impl Conduct for KeepsTheProof {
    fn on_event(&mut self, server: &mut Server, to: DeviceId, event: Event) -> Vec<Event> {
        let guest = server.accounts.visitors.contains_key(&to);
        if guest && matches!(event, Event::CallEntry { .. }) {
            return vec![];
        }
        vec![event]
    }

    fn on_request(
        &mut self,
        server: &mut Server,
        from: DeviceId,
        request: &Request,
    ) -> Option<Result<ServerReply, Problem>> {
        let asks = matches!(request, Request::CallSync(_)) && server.accounts.visitors.contains_key(&from);
        asks.then(|| Err(Problem::new(Code::Unavailable, "")))
    }
}

/// A server could make up a group and somebody in it: the guest does not speak there.
#[test]
fn a_guest_says_and_seals_nothing_in_a_group_that_no_member_vouched_for() {
    let (mut world, _room, asking) = dana_waits(Box::new(KeepsTheProof));
    admit(&mut world, "alice");
    assert_eq!(call(&world, "dana").phase, CallPhase::Joining);
    assert!(call(&world, "dana").participants.is_empty());
    assert_eq!(keys_given(&world, "dana"), 0);
    assert_eq!(world.get("dana").replies.get(&asking).map(|_| ()), None);
    world.run_for(30_000);
    assert_eq!(
        failed(world.get("dana").replies.get(&asking).unwrap()),
        "server_untrusted"
    );
    assert!(world.get("dana").call.is_none());
    assert_eq!(keys_given(&world, "dana"), 0);
}

/// A guest cannot see who is of the room, so a member has to bring each newcomer in.
#[test]
fn while_a_guest_is_in_newcomers_are_let_in_by_members() {
    let (mut world, room) = prepare(&["alice", "bob", "carol"], Box::new(Honest));
    join(&mut world, "alice", room);
    let link = make_link(&mut world, "alice", room);
    visit(&mut world, "dana", &link, "Dana");
    knock(&mut world, "dana", room);
    admit(&mut world, "alice");
    join(&mut world, "bob", room);
    for name in ["alice", "bob", "dana"] {
        assert_eq!(roster(&world, name).len(), 3, "{name}");
    }
    join(&mut world, "carol", room);
    assert_eq!(roster(&world, "dana").len(), 4);
}

/// A guest's connection breaks, and comes back within the same visit.
#[test]
fn a_guest_comes_back_after_a_gap() {
    let (mut world, _room, _asking) = dana_waits(Box::new(Honest));
    admit(&mut world, "alice");
    world.go_offline("dana");
    world.command(
        "alice",
        Command::SayInCall {
            text: "Meanwhile".to_owned(),
        },
    );
    assert_eq!(call(&world, "dana").phase, CallPhase::Reconnecting);
    world.go_online("dana");
    assert_eq!(call(&world, "dana").phase, CallPhase::Joined);
    assert!(
        world
            .get("dana")
            .said
            .values()
            .any(|said| said.text == "Meanwhile")
    );
}
