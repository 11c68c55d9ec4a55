//! Contacts: what is said of them holds for their key, and nothing passes where it is not wanted; over an honest server, and
//! over one that swaps a key.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{
    Command, ContactCard, FileCard, IdVideoPlan, Judged, Judgement, Reply, Secret, SessionView, Trust,
};
use model::{
    Conduct, Honest, Server, World,
    forge::{Forger, Mask},
    meeting::{direct_room, try_to_join},
    text,
};
use protocol::{
    BlobId, Bytes, Code, DeviceId, RoomId, UserId,
    policies::Verify,
    socket::{ContactStanding, Reply as Answer, Request},
};

fn user(world: &World, name: &str) -> UserId {
    match world.get(name).session.as_ref() {
        Some(SessionView::SignedIn { me, .. }) => me.user_id,
        other => panic!("{name}: {other:?}"),
    }
}

fn card(world: &mut World, name: &str, of: UserId) -> ContactCard {
    match world.command(name, Command::LookAtContact { user_id: of }) {
        Reply::Contact(card) => *card,
        reply => panic!("{name}: {reply:?}"),
    }
}

fn words(world: &mut World, name: &str, of: UserId) -> Vec<String> {
    match world.command(name, Command::ContactWords { user_id: of }) {
        Reply::Words { words } => words,
        reply => panic!("{name}: {reply:?}"),
    }
}

fn plan(world: &mut World, name: &str) -> IdVideoPlan {
    match world.command(name, Command::PlanIdVideo) {
        Reply::IdVideoPlan(plan) => plan,
        reply => panic!("{name}: {reply:?}"),
    }
}

fn file(number: u8) -> FileCard {
    FileCard {
        blob_id: BlobId::from_random([number; 16]),
        name: "ID video".to_owned(),
        media_type: "video/webm".to_owned(),
        size: 1_000_000,
        key: Secret(Bytes(vec![number; 32]).to_base64url()),
        nonce_base: Bytes(vec![3; 7]),
        hash: Bytes(vec![4; 32]),
        may_save: false,
        width: None,
        height: None,
        duration_ms: Some(9_000),
        waveform: None,
        thumbnail: None,
    }
}

/// Records an ID video; answers the words that are said in it.
fn record(world: &mut World, name: &str, number: u8) -> Vec<String> {
    let plan = plan(world, name);
    let show = Command::ShowIdVideo {
        file: file(number),
        day: plan.day,
    };
    let reply = world.command(name, show);
    assert!(matches!(reply, Reply::Done), "{name}: {reply:?}");
    plan.words
}

fn judge(world: &mut World, name: &str, card: &ContactCard, judgement: Judgement) -> Result<(), String> {
    let contact = Judged {
        user_id: card.person.user_id,
        fingerprint: card.person.fingerprint.clone(),
        blob_id: card.video.as_ref().map(|video| video.file.blob_id),
    };
    match world.command(name, Command::JudgeContact { contact, judgement }) {
        Reply::Done => Ok(()),
        Reply::Failed(failure) => Err(failure.code),
        reply => panic!("{name}: {reply:?}"),
    }
}

/// What is said of a contact by its newest card.
fn say_of(world: &mut World, name: &str, of: UserId, judgement: Judgement) {
    let card = card(world, name, of);
    judge(world, name, &card, judgement).unwrap();
}

fn send(world: &mut World, name: &str, room: RoomId, what: &str) -> Result<(), String> {
    match world.command(name, text(room, what)) {
        Reply::Message { .. } => Ok(()),
        Reply::Failed(failure) => Err(failure.code),
        reply => panic!("{name}: {reply:?}"),
    }
}

fn trust(world: &World, name: &str, room: RoomId, of: UserId) -> Trust {
    let room = world.room(name, room).unwrap();
    let member = room.members.iter().find(|member| member.user_id == of);
    member.unwrap().trust
}

fn refusal(world: &World, name: &str, room: RoomId) -> Option<String> {
    world.room(name, room).unwrap().refusal.clone()
}

/// Alice and bob in their direct room.
fn two(conduct: Box<dyn Conduct>) -> (World, RoomId, UserId, UserId) {
    let mut world = World::with(1, conduct);
    let room = direct_room(&mut world);
    let (alice, bob) = (user(&world, "alice"), user(&world, "bob"));
    (world, room, alice, bob)
}

/// R27, R28, B1: who is shown a video derives the words that are said in it from the key that it holds, and can accept it.
#[test]
fn an_id_video_reaches_the_contact_with_the_words_of_its_key() {
    let (mut world, room, alice, bob) = two(Box::new(Honest));
    assert_eq!(card(&mut world, "bob", alice).video, None);
    let said = record(&mut world, "alice", 1);
    assert_eq!(said.len(), 6);
    let seen = card(&mut world, "bob", alice);
    let video = seen.video.clone().unwrap();
    assert_eq!(video.file, file(1));
    assert!(video.of_key);
    assert_eq!(words(&mut world, "bob", alice), said);
    assert_ne!(words(&mut world, "alice", bob), said);
    assert!(world.happened("bob", room).contains(&"id_video".to_owned()));

    assert_eq!(seen.person.trust, Trust::Unverified);
    judge(&mut world, "bob", &seen, Judgement::Video).unwrap();
    assert_eq!(trust(&world, "bob", room, alice), Trust::Verified);
    assert_eq!(card(&mut world, "bob", alice).verified_by, Some(Judgement::Video));
    // That bob accepted her is bob's: neither she nor the server is told.
    assert_eq!(trust(&world, "alice", room, bob), Trust::Unverified);
    assert!(world.server.contacts.standings.is_empty());
    // Another day has other words, and the video keeps those that are said in it.
    world.run_for(24 * 3_600_000);
    assert_eq!(words(&mut world, "bob", alice), said);
    assert_ne!(plan(&mut world, "alice").words, said);
}

/// R28: in rooms that are founded later too, and on devices that come later.
#[test]
fn a_video_is_shown_in_direct_rooms_alone_and_in_later_ones_too() {
    let (mut world, _, alice, bob) = two(Box::new(Honest));
    world.register("carol");
    world.create_room("alice", "Team", &["bob", "carol"]);
    record(&mut world, "alice", 1);
    let carols = |world: &mut World| card(world, "carol", alice).video.map(|video| video.file.blob_id);
    assert_eq!(carols(&mut world), None, "a room of many is no reason to show it");
    let email = "carol@example.org".to_owned();
    let opened = world.command("alice", Command::OpenDirect { email });
    assert!(matches!(opened, Reply::Room { .. }));
    assert_eq!(carols(&mut world), Some(file(1).blob_id));
    // A device that comes later knows it all from own state, and tells nobody once more.
    world.sign_in("bob's phone");
    world.sign_in("alice's phone");
    world.run_for(10_000);
    assert_eq!(
        card(&mut world, "bob's phone", alice).video.unwrap().file,
        file(1)
    );
    let sent = world
        .server
        .rooms
        .values()
        .map(|room| room.log.len())
        .sum::<usize>();
    world.run_for(10_000);
    world.go_offline("alice's phone");
    world.go_online("alice's phone");
    assert_eq!(
        world
            .server
            .rooms
            .values()
            .map(|room| room.log.len())
            .sum::<usize>(),
        sent
    );

    // R31: a newer one takes its place with everybody.
    record(&mut world, "alice", 2);
    for name in ["bob", "bob's phone", "carol"] {
        assert_eq!(
            card(&mut world, name, alice).video.unwrap().file,
            file(2),
            "{name}"
        );
    }
    assert_eq!(world.server.contacts.videos[&alice], file(2).blob_id);
    // Who watched the old one while the new one came accepts neither.
    let mut old = card(&mut world, "bob", alice);
    old.video.as_mut().unwrap().file = file(1);
    assert_eq!(
        judge(&mut world, "bob", &old, Judgement::Video),
        Err("id_video_old".to_owned())
    );
    let _ = bob;
}

/// What is no short video is no ID video, and one of another day is not shown.
#[test]
fn only_a_short_video_of_today_is_shown() {
    let (mut world, _, alice, _) = two(Box::new(Honest));
    let day = plan(&mut world, "alice").day;
    let long = FileCard {
        duration_ms: Some(20_001),
        ..file(1)
    };
    let picture = FileCard {
        media_type: "image/png".to_owned(),
        ..file(1)
    };
    let large = FileCard {
        size: 100 << 20,
        ..file(1)
    };
    for (file, day) in [
        (long, day),
        (picture, day),
        (large, day),
        (file(1), day - 2),
        (file(1), day + 1),
    ] {
        let reply = world.command("alice", Command::ShowIdVideo { file, day });
        assert!(
            matches!(&reply, Reply::Failed(failure) if failure.code == "id_video_refused"),
            "{reply:?}"
        );
    }
    assert_eq!(card(&mut world, "bob", alice).video, None);
}

/// R29: neither messages nor rings pass either way, on any device, until it is taken back.
#[test]
fn between_who_declined_and_who_was_declined_nothing_passes() {
    for judgement in [Judgement::Declined, Judgement::Blocked] {
        let (mut world, room, alice, bob) = two(Box::new(Honest));
        world.sign_in("bob's phone");
        world.run_for(10_000);
        record(&mut world, "alice", 1);
        assert!(matches!(
            try_to_join(&mut world, "bob", room),
            Reply::CallEntered { .. }
        ));
        say_of(&mut world, "bob", alice, judgement);
        world.run_for(10_000);
        assert!(
            world.get("bob").call.is_none(),
            "who declines is in a call with the contact no more"
        );
        for name in ["bob", "bob's phone"] {
            assert_eq!(refusal(&world, name, room).unwrap(), "contact_declined", "{name}");
            assert_eq!(
                send(&mut world, name, room, "hi"),
                Err("contact_declined".to_owned())
            );
        }
        // She learns no more than that she is not verified.
        assert_eq!(refusal(&world, "alice", room).unwrap(), "not_verified");
        assert_eq!(
            send(&mut world, "alice", room, "hi"),
            Err("not_verified".to_owned())
        );
        assert_eq!(trust(&world, "alice", room, bob), Trust::Unverified);
        assert!(matches!(try_to_join(&mut world, "alice", room), Reply::Failed(_)));
        assert!(world.room("bob", room).unwrap().call.is_none());
        // A newer video does not pass either.
        record(&mut world, "alice", 2);
        assert_eq!(card(&mut world, "bob", alice).video.unwrap().file, file(1));

        say_of(&mut world, "bob's phone", alice, Judgement::Open);
        world.run_for(10_000);
        assert_eq!(refusal(&world, "alice", room), None);
        assert_eq!(send(&mut world, "alice", room, "hi again"), Ok(()));
        assert_eq!(world.texts("bob", room), ["hi again"]);
        assert_eq!(
            card(&mut world, "bob", alice).video.unwrap().file,
            file(2),
            "it comes now"
        );
        assert!(world.server.contacts.standings.is_empty());
    }
}

/// R29: a server that does not enforce it changes nothing for who declined.
#[test]
fn who_declined_hears_nothing_though_the_server_lets_it_pass() {
    struct Lax;

    impl Conduct for Lax {
        fn on_request(
            &mut self,
            _: &mut Server,
            _: DeviceId,
            request: &Request,
        ) -> Option<Result<Answer, protocol::Problem>> {
            matches!(request, Request::ContactPut(_)).then_some(Ok(Answer::Done))
        }
    }

    let (mut world, room, alice, _) = two(Box::new(Lax));
    say_of(&mut world, "bob", alice, Judgement::Declined);
    assert_eq!(send(&mut world, "alice", room, "hi"), Ok(()));
    assert!(matches!(
        try_to_join(&mut world, "alice", room),
        Reply::CallEntered { .. }
    ));
    assert!(world.texts("bob", room).is_empty());
    assert!(!world.happened("bob", room).contains(&"call_started".to_owned()));
    assert!(world.room("bob", room).unwrap().call.is_none(), "nothing rings");
    record(&mut world, "alice", 1);
    assert_eq!(card(&mut world, "bob", alice).video, None);
}

/// R29: it concerns the direct room; of a room of many both stay members.
#[test]
fn in_rooms_of_many_both_stay() {
    let (mut world, _, alice, _) = two(Box::new(Honest));
    world.register("carol");
    let team = world.create_room("carol", "Team", &["alice", "bob"]);
    say_of(&mut world, "bob", alice, Judgement::Blocked);
    assert_eq!(send(&mut world, "alice", team, "hi all"), Ok(()));
    assert_eq!(world.texts("bob", team), ["hi all"]);
    assert_eq!(trust(&world, "bob", team, alice), Trust::Blocked);
    assert!(matches!(
        try_to_join(&mut world, "alice", team),
        Reply::CallEntered { .. }
    ));
    assert!(matches!(
        try_to_join(&mut world, "bob", team),
        Reply::CallEntered { .. }
    ));
}

/// R26: with `required`, all but ID videos waits until each has verified the other; the server is told for as long as the
/// policy says so, and no longer.
#[test]
fn what_the_policy_requires_is_refused_until_both_verified() {
    let (mut world, room, alice, bob) = two(Box::new(Honest));
    assert_eq!(send(&mut world, "alice", room, "before"), Ok(()));
    world.server.set_policy(Verify::Required);
    world.deliver();
    world.run();
    for name in ["alice", "bob"] {
        assert_eq!(refusal(&world, name, room).unwrap(), "verify_first");
        assert_eq!(send(&mut world, name, room, "no"), Err("verify_first".to_owned()));
        assert!(
            matches!(try_to_join(&mut world, name, room), Reply::Failed(failure) if failure.code == "verify_first")
        );
    }
    record(&mut world, "alice", 1);
    record(&mut world, "bob", 2);
    say_of(&mut world, "bob", alice, Judgement::Video);
    assert_eq!(refusal(&world, "bob", room).unwrap(), "not_verified");
    assert_eq!(refusal(&world, "alice", room).unwrap(), "verify_first");
    say_of(&mut world, "alice", bob, Judgement::InPerson);
    assert_eq!(world.server.contacts.standings.len(), 2);
    assert_eq!(send(&mut world, "alice", room, "yes"), Ok(()));
    assert!(matches!(
        try_to_join(&mut world, "bob", room),
        Reply::CallEntered { .. }
    ));
    assert_eq!(world.texts("bob", room), ["before", "yes"]);
    // Taken back, it is as before; and with another policy, the server forgets.
    say_of(&mut world, "bob", alice, Judgement::Open);
    assert_eq!(
        send(&mut world, "alice", room, "no"),
        Err("not_verified".to_owned())
    );
    say_of(&mut world, "bob", alice, Judgement::InPerson);
    assert_eq!(send(&mut world, "alice", room, "yes again"), Ok(()));
    world.server.set_policy(Verify::Optional);
    world.deliver();
    world.run();
    assert!(world.server.contacts.standings.is_empty());
}

/// R26: a server that lets everything pass does not make a client take it.
#[test]
fn a_lax_server_does_not_end_the_policy() {
    struct Lax;

    impl Conduct for Lax {
        fn on_request(
            &mut self,
            _: &mut Server,
            _: DeviceId,
            request: &Request,
        ) -> Option<Result<Answer, protocol::Problem>> {
            matches!(request, Request::ContactPut(_)).then_some(Ok(Answer::Done))
        }
    }

    let (mut world, room, alice, bob) = two(Box::new(Lax));
    world.server.set_policy(Verify::Required);
    world.deliver();
    world.run();
    // Alice's program knows of no policy, and the server takes what she sends.
    say_of(&mut world, "alice", bob, Judgement::InPerson);
    let users = [alice, bob];
    for one in users {
        for other in users {
            world
                .server
                .contacts
                .standings
                .insert((one, other), ContactStanding::Accepted);
        }
    }
    world.go_offline("alice");
    world.go_online("alice");
    assert_eq!(send(&mut world, "alice", room, "hi"), Ok(()));
    assert!(world.texts("bob", room).is_empty());
    record(&mut world, "alice", 1);
    assert!(
        card(&mut world, "bob", alice).video.is_some(),
        "who she is comes through"
    );
}

/// Shows another key of alice to bob than hers.
struct Swapped {
    forger: Forger,
    mask: Option<Mask>,
}

impl Conduct for Swapped {
    fn on_reply(&mut self, server: &mut Server, to: DeviceId, _: &Request, reply: Answer) -> Answer {
        let Answer::People(mut people) = reply else {
            return reply;
        };
        let alice = server
            .accounts
            .by_email(&protocol::Email::parse("alice@example.org").unwrap());
        let Some(alice) = alice.map(|user| user.user_id) else {
            return Answer::People(people);
        };
        if let Some(mask) = self.mask.as_ref().filter(|_| server.user_of(to) != alice) {
            for person in people.iter_mut().filter(|person| person.user_id == alice) {
                person.aik = self.forger.aik();
                person.device_list = self.forger.device_list(mask, 1);
            }
        }
        Answer::People(people)
    }
}

/// R32, B1: under another key the contact is verified no more, the words are others, and nobody can accept it by the video
/// that came by the true one; what was accepted was accepted of what was seen.
#[test]
fn a_swapped_key_has_other_words_and_cannot_be_accepted() {
    let (mut world, room, alice, _) = two(Box::new(Swapped {
        forger: Forger::new(9),
        mask: None,
    }));
    let said = record(&mut world, "alice", 1);
    let before = card(&mut world, "bob", alice);
    judge(&mut world, "bob", &before, Judgement::Video).unwrap();
    assert_eq!(trust(&world, "bob", room, alice), Trust::Verified);
    assert_eq!(words(&mut world, "bob", alice), said);

    let network_id = world.server.accounts.person(alice).unwrap().network_id;
    let mask = Mask {
        network_id,
        user_id: alice,
        email: protocol::Email::parse("alice@example.org").unwrap(),
        device_id: None,
    };
    world.server.conduct = Some(Box::new(Swapped {
        forger: Forger::new(9),
        mask: Some(mask),
    }));
    let bob = world.get("bob").device.unwrap();
    world
        .server
        .event(bob, protocol::socket::Event::PersonChanged { user_id: alice });
    world.deliver();
    world.run();

    let now = card(&mut world, "bob", alice);
    assert_eq!(now.person.trust, Trust::Changed);
    assert_ne!(now.person.fingerprint, before.person.fingerprint);
    assert_eq!(now.verified_by, None);
    assert!(!now.video.as_ref().unwrap().of_key);
    assert_ne!(words(&mut world, "bob", alice), said);
    assert_eq!(
        judge(&mut world, "bob", &now, Judgement::Video),
        Err("identity_changed".to_owned())
    );
    assert_eq!(
        judge(&mut world, "bob", &before, Judgement::InPerson),
        Err("identity_changed".to_owned())
    );
    assert_eq!(trust(&world, "bob", room, alice), Trust::Changed);
    // It interrupts: nothing is sent before the person has decided.
    assert_eq!(refusal(&world, "bob", room).unwrap(), "identity_changed");
    assert_eq!(
        send(&mut world, "bob", room, "hi"),
        Err("identity_changed".to_owned())
    );
}

/// R32: another name is another contact than the one that was accepted, and drops what the server was told.
#[test]
fn another_name_drops_what_was_said() {
    let (mut world, room, alice, bob) = two(Box::new(Honest));
    world.server.set_policy(Verify::Required);
    world.deliver();
    world.run();
    say_of(&mut world, "bob", alice, Judgement::InPerson);
    say_of(&mut world, "alice", bob, Judgement::InPerson);
    assert_eq!(send(&mut world, "bob", room, "hi"), Ok(()));
    world.server.accounts.users.get_mut(&alice).unwrap().name = "Mallory".to_owned();
    let device = world.get("bob").device.unwrap();
    world
        .server
        .event(device, protocol::socket::Event::PersonChanged { user_id: alice });
    world.deliver();
    world.run();
    assert_eq!(trust(&world, "bob", room, alice), Trust::Changed);
    assert!(!world.server.contacts.standings.contains_key(&(bob, alice)));
    assert_eq!(world.server.refusal(room, alice, false), Some(Code::NotVerified));
    // Taken as it is, it is a contact like any other that is not verified.
    say_of(&mut world, "bob", alice, Judgement::Open);
    assert_eq!(trust(&world, "bob", room, alice), Trust::Unverified);
    say_of(&mut world, "bob", alice, Judgement::InPerson);
    assert_eq!(trust(&world, "bob", room, alice), Trust::Verified);
    assert_eq!(send(&mut world, "bob", room, "Mallory?"), Ok(()));
}

/// What was said is said for all own devices, also for one that comes later, and survives a start.
#[test]
fn what_was_said_of_a_contact_holds_on_all_own_devices() {
    let (mut world, room, alice, _) = two(Box::new(Honest));
    world.sign_in("bob's phone");
    world.run_for(10_000);
    say_of(&mut world, "bob", alice, Judgement::InPerson);
    world.run_for(10_000);
    assert_eq!(trust(&world, "bob's phone", room, alice), Trust::Verified);
    world.sign_in("bob's tablet");
    world.run_for(10_000);
    assert_eq!(trust(&world, "bob's tablet", room, alice), Trust::Verified);
    world.kill("bob");
    world.start("bob");
    assert_eq!(
        trust(&world, "bob", room, alice),
        Trust::Verified,
        "before anything is heard of the server"
    );
    let Reply::Contacts(said) = world.command("bob's phone", Command::ListContacts) else {
        panic!("no contacts")
    };
    assert_eq!(
        said.iter()
            .map(|card| (card.user_id, card.trust))
            .collect::<Vec<_>>(),
        [(alice, Trust::Verified)]
    );
}
