//! A member whose client cheats, against the real server: a commit that only members can find bad ends in a working room.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use client_core::api::Command;
use conclave_tests::{
    device::{Cheat, Device, Disk},
    people::{Transcript, create_room, has_room, register, register_on, send},
    program::Program,
};
use protocol::{
    RoomId,
    socket::{ClientFrame, Request},
};
use tokio::time::timeout;

/// How often everybody says something before the room counts as broken; the second round arrives as a rule.
const ROUNDS: u32 = 10;

/// How long one round may take to arrive: far above what loopback takes.
const ROUND: Duration = Duration::from_secs(5);

/// Spoils the membership tag of the next commit, once armed. It is the last of the bytes, and the one part of a commit by
/// a member that nobody but members can check and that no signature covers (RFC 9420 §6.2).
fn spoils_a_commit(armed: Arc<AtomicBool>) -> Cheat {
    Box::new(move |frame| {
        let ClientFrame { id, batch, request } = frame;
        let Request::RoomCommit(mut commit) = request else {
            return None;
        };
        if !armed.swap(false, Ordering::SeqCst) {
            return None;
        }
        *commit.bundle.commit.0.last_mut()? ^= 1;
        let request = Request::RoomCommit(commit);
        Some(ClientFrame { id, batch, request })
    })
}

/// Waits until the room shows all of these texts, each once, in whatever order.
async fn reads(device: &mut Device, room_id: RoomId, seen: &mut Transcript, texts: &[String]) -> Result<()> {
    device
        .wait("all that was said", |event| {
            seen.take(room_id, event);
            let shown = seen.texts();
            texts.iter().all(|text| shown.contains(text)).then_some(())
        })
        .await?;
    for text in texts {
        assert_eq!(
            seen.texts().iter().filter(|shown| *shown == text).count(),
            1,
            "{text}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_only_members_find_bad_ends_in_a_working_room() -> Result<()> {
    let data = tempfile::tempdir()?;
    let program = Program::start(data.path(), "127.0.0.1:0", &[]).await?;
    let mut alice = register(&program, data.path(), "alice", true).await?;
    let armed = Arc::new(AtomicBool::new(false));
    let cheating =
        Device::start_cheating(&program.url, Disk::default(), spoils_a_commit(Arc::clone(&armed)))?;
    let mut bob = register_on(cheating, &program, data.path(), "bob", false).await?;
    let mut carol = register(&program, data.path(), "carol", false).await?;
    let mut dave = register(&program, data.path(), "dave", false).await?;
    let room_id = create_room(&alice, "Plans", &["bob", "carol"]).await?;
    let mut seen = [(); 3].map(|()| Transcript::default());
    for device in [&mut bob, &mut carol] {
        has_room(device, room_id).await?;
    }
    for device in [&alice, &bob, &carol] {
        device.ask(Command::OpenRoom { room_id }).await?;
    }
    let before = vec!["before".to_owned()];
    send(&carol, room_id, "before").await?;
    for (device, seen) in [&mut alice, &mut bob, &mut carol].into_iter().zip(&mut seen) {
        reads(device, room_id, seen, &before).await?;
    }

    armed.store(true, Ordering::SeqCst);
    let people = vec!["dave@example.org".to_owned()];
    bob.ask(Command::AddPeople { room_id, people }).await?;
    assert!(!armed.load(Ordering::SeqCst), "bob has cheated");
    has_room(&mut dave, room_id).await?;

    // Who comes in again cannot open what the others say in the epochs before: when all are in, a whole round arrives.
    let mut works = false;
    for round in 0..ROUNDS {
        let mut said = Vec::new();
        for (device, name) in [(&alice, "alice"), (&bob, "bob"), (&carol, "carol")] {
            let text = format!("{name} after {round}");
            send(device, room_id, &text).await?;
            said.push(text);
        }
        let mut all = true;
        for (device, seen) in [&mut alice, &mut bob, &mut carol].into_iter().zip(&mut seen) {
            let arrived = timeout(ROUND, reads(device, room_id, seen, &said)).await;
            all &= arrived.is_ok_and(|arrived| arrived.is_ok());
        }
        if all {
            works = true;
            break;
        }
    }
    assert!(works, "the room does not work again");
    // The server had taken the commit, and was told by the members what became of it.
    let log = std::fs::read_to_string(data.path().join("server.log"))?;
    let told = log
        .lines()
        .filter(|line| line.contains("a member cannot process a commit"));
    assert!(
        told.filter(|line| line.contains("payload.same=true")).count() >= 2,
        "{log}"
    );
    Ok(())
}
