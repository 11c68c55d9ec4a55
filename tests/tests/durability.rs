//! What was acknowledged is there: the server is killed while messages are sent.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Result;
use client_core::api::{Command, Delivery, Event};
use conclave_tests::{
    people::{Transcript, create_room, has_room, register, send},
    program::Program,
};
use protocol::MessageId;

/// How often the server is killed, and how many messages are sent meanwhile.
const KILLS: u32 = 20;
const MESSAGES: u32 = 200;

/// Messages of the traced run.
const TRACED: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn the_server_syncs_the_disk_before_each_acknowledgement() -> Result<()> {
    let data = tempfile::tempdir()?;
    let trace = data.path().join("trace");
    let program =
        Program::start_traced(data.path(), "fsync,fdatasync,write,writev,sendto,sendmsg", &trace).await?;
    let mut alice = register(&program, data.path(), "alice", true).await?;
    let room_id = create_room(&alice, "Synced", &[]).await?;
    alice.ask(Command::OpenRoom { room_id }).await?;
    for number in 0..TRACED {
        let id = send(&alice, room_id, &format!("message {number}")).await?;
        alice
            .wait("sent", |event| match event {
                Event::Messages { messages, .. } => messages
                    .iter()
                    .any(|message| message.message_id == id && message.delivery == Delivery::Sent)
                    .then_some(()),
                _ => None,
            })
            .await?;
    }
    drop(program);

    let text = std::fs::read_to_string(&trace)?;
    let mut synced = false;
    let mut acknowledged = 0;
    for line in text.lines() {
        // A call that another thread's line cuts in two counts where it is complete.
        let sync_done = (line.contains("fsync") || line.contains("fdatasync")) && line.ends_with("= 0");
        synced |= sync_done;
        if line.contains(r#"\"type\":\"accepted\""#) {
            assert!(synced, "acknowledged without a sync before it: {line}");
            acknowledged += 1;
            synced = false;
        }
    }
    assert!(
        acknowledged >= TRACED,
        "only {acknowledged} acknowledgements in the trace"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_message_is_missing_doubled_or_out_of_order_when_the_server_is_killed() -> Result<()>
{
    let data = tempfile::tempdir()?;
    let mut program = Program::start(data.path(), "127.0.0.1:0", &[]).await?;
    let mut alice = register(&program, data.path(), "alice", true).await?;
    let mut bob = register(&program, data.path(), "bob", false).await?;
    let room_id = create_room(&alice, "Durable", &["bob"]).await?;
    has_room(&mut bob, room_id).await?;
    for device in [&alice, &bob] {
        device.ask(Command::OpenRoom { room_id }).await?;
    }
    let address = program
        .url
        .trim_start_matches("http://")
        .replace("localhost", "127.0.0.1");

    let mut delivery: BTreeMap<MessageId, Delivery> = BTreeMap::new();
    let mut seen = Transcript::default();
    for number in 0..MESSAGES {
        send(&alice, room_id, &format!("message {number}")).await?;
        if number % (MESSAGES / KILLS) == 5 {
            program.kill().await?;
            program = Program::start(data.path(), &address, &[]).await?;
            alice.nudge();
            bob.nudge();
        }
    }
    alice
        .wait("all sent", |event| {
            if let Event::Messages { messages, .. } = event {
                delivery.extend(
                    messages
                        .iter()
                        .map(|message| (message.message_id, message.delivery)),
                );
            }
            let sent = delivery
                .values()
                .filter(|state| **state == Delivery::Sent)
                .count();
            (sent == MESSAGES as usize).then_some(())
        })
        .await?;
    bob.wait("all received", |event| {
        seen.take(room_id, event);
        (seen.texts().len() >= MESSAGES as usize).then_some(())
    })
    .await?;
    let expected: Vec<String> = (0..MESSAGES).map(|number| format!("message {number}")).collect();
    assert_eq!(seen.texts(), expected);

    // Nothing comes twice later: one more message, and the list is as it was but for it.
    send(&alice, room_id, "last").await?;
    bob.wait("the last one", |event| {
        seen.take(room_id, event);
        (seen.texts().last().map(String::as_str) == Some("last")).then_some(())
    })
    .await?;
    assert_eq!(seen.texts().len(), MESSAGES as usize + 1);
    tokio::time::timeout(Duration::from_secs(10), program.kill()).await??;
    Ok(())
}
