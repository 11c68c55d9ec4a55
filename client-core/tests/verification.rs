//! What is said of contacts holds for their key, on all own devices, and is what a policy asks for; over an honest server, one
//! that lets everything pass, and one that swaps a key.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{Command, Judgement, Reply, Trust};
use model::{
    Conduct, Honest, Server,
    contacting::{Lax, card, judge, record, refusal, say_of, send, trust, two, words},
    forge::{Forger, Mask},
    meeting::try_to_join,
};
use protocol::{
    Code, DeviceId,
    policies::Verify,
    socket::{ContactStanding, Reply as Answer, Request},
};

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
