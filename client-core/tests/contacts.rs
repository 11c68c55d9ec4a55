//! Contacts: ID videos reach them with the words of their key, and nothing passes where it is not wanted.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{Command, FileCard, Judgement, Reply, Trust};
use model::{
    Honest, World,
    contacting::{Lax, card, file, judge, plan, record, refusal, say_of, send, trust, two, words},
    meeting::try_to_join,
};

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
    let (mut world, _, alice, _) = two(Box::new(Honest));
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
        let reply = world.command(
            "alice",
            Command::ShowIdVideo {
                file: Box::new(file),
                day,
            },
        );
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
