//! What was acknowledged is there: the server is killed while messages are sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::Result;
use client_core::api::{Command, Delivery, Event};
use conclave_tests::{
    people::{Transcript, create_room, has_room, register, send},
    program::Program,
};
use protocol::MessageId;

/// How often the server is killed.
const KILLS: u32 = 20;

/// Messages sent around each kill; the long runs ask for 200 by `CONCLAVE_MESSAGES_PER_KILL`.
const MESSAGES_PER_KILL: u32 = 10;

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
                    .any(|message| message.message_id == id && message.delivery.is_sent())
                    .then_some(()),
                _ => None,
            })
            .await?;
    }
    drop(program);

    let text = std::fs::read_to_string(&trace)?;
    let mut synced = false;
    let mut acknowledged = 0;
    let mut begun = BTreeSet::new();
    for line in text.lines() {
        // A call during which another thread made one is written in two lines, the file's name in the first.
        let thread = line.split_whitespace().next().unwrap_or_default();
        let of_log = (line.contains("fsync(") || line.contains("fdatasync(")) && line.contains("-wal>");
        if of_log && line.ends_with("<unfinished ...>") {
            begun.insert(thread);
        }
        let resumed = line.contains("sync resumed>") && begun.remove(thread);
        synced |= (of_log || resumed) && line.ends_with("= 0");
        if line.contains(r#"\"reply\":{\"accepted\":"#) {
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

    let per_kill = match std::env::var("CONCLAVE_MESSAGES_PER_KILL") {
        Ok(number) => number.parse()?,
        Err(_) => MESSAGES_PER_KILL,
    };
    let messages = KILLS * per_kill;
    let mut delivery = Deliveries::default();
    let mut seen = Transcript::default();
    for round in 0..KILLS {
        for number in 0..per_kill {
            send(&alice, room_id, &format!("message {}", round * per_kill + number)).await?;
            alice.drain(|event| delivery.take(event))?;
            bob.drain(|event| seen.take(room_id, event))?;
            // Each time at another place among the messages of its round.
            if number == round * 7 % per_kill {
                program.kill().await?;
                program = Program::start(data.path(), &address, &[]).await?;
                alice.nudge();
                bob.nudge();
            }
        }
        let so_far = ((round + 1) * per_kill) as usize;
        alice
            .wait("all sent", |event| {
                delivery.take(event);
                (delivery.sent() == so_far).then_some(())
            })
            .await?;
        bob.wait("all received", |event| {
            seen.take(room_id, event);
            (seen.count() >= so_far).then_some(())
        })
        .await?;
    }
    let expected: Vec<String> = (0..messages).map(|number| format!("message {number}")).collect();
    assert_eq!(seen.texts(), expected);

    // Nothing comes twice later: one more message, and the list is as it was but for it.
    send(&alice, room_id, "last").await?;
    bob.wait("the last one", |event| {
        seen.take(room_id, event);
        (seen.texts().last().map(String::as_str) == Some("last")).then_some(())
    })
    .await?;
    assert_eq!(seen.texts().len(), messages as usize + 1);
    tokio::time::timeout(Duration::from_secs(10), program.kill()).await??;
    Ok(())
}

/// How far the messages of a device are, by its events.
#[derive(Default)]
struct Deliveries(BTreeMap<MessageId, Delivery>);

impl Deliveries {
    fn take(&mut self, event: &Event) {
        if let Event::Messages { messages, .. } = event {
            self.0.extend(
                messages
                    .iter()
                    .map(|message| (message.message_id, message.delivery)),
            );
        }
    }

    fn sent(&self) -> usize {
        self.0.values().filter(|state| state.is_sent()).count()
    }
}
