//! Prints figures of the server with native devices around it; build with `--release`:
//!
//! ```text
//! cargo build --release -p conclave-server -p conclave-tests && target/release/figures
//! ```
//!
//! Two measurements on loopback, same machine, one run: memory of the server per idle WebSocket, and the time from a
//! person's "send" to the other's screen (encrypting, storing, durable commit, delivery, opening and storing included).

#![allow(clippy::print_stdout, reason = "printing figures is what it is for")]

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result};
use client_core::api::{BodyView, Command, Event};
use conclave_tests::{
    device::{Device, Disk},
    people::{create_room, has_room, is_online, register, send},
    program::Program,
};
use tokio::time::{Instant, sleep};

/// Connections at once.
const DEVICES: usize = 100;
/// Members of a room.
const MEMBERS: usize = 10;
/// Messages measured, over all rooms.
const MESSAGES: usize = 500;
/// Between two messages: a busy office, not a load test.
const PAUSE: Duration = Duration::from_millis(20);
/// For a connection's first traffic to be over before memory is read.
const SETTLE: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> Result<()> {
    let data = tempfile::tempdir()?;
    let program = Program::start(data.path(), "127.0.0.1:0", &[]).await?;
    let mut devices = Vec::new();
    for number in 0..DEVICES {
        devices.push(register(&program, data.path(), &format!("user{number}"), number == 0).await?);
    }

    devices = idle_memory(&program, devices).await?;
    latency(&mut devices).await
}

async fn idle_memory(program: &Program, devices: Vec<Device>) -> Result<Vec<Device>> {
    let pid = program.pid().context("pid")?;
    let disks: Vec<Disk> = devices.into_iter().map(Device::kill).collect();
    sleep(SETTLE).await;
    let before = resident_kib(pid)?;
    let mut devices = Vec::new();
    for disk in disks {
        let mut device = Device::start(&program.url, disk)?;
        is_online(&mut device).await?;
        devices.push(device);
    }
    sleep(SETTLE).await;
    let after = resident_kib(pid)?;
    println!(
        "idle WebSocket: {:.1} KiB of the server's memory each ({DEVICES} connections, {before} to {after} KiB)",
        (after as f64 - before as f64) / DEVICES as f64
    );
    Ok(devices)
}

async fn latency(devices: &mut [Device]) -> Result<()> {
    let mut rooms = Vec::new();
    for (index, members) in devices.chunks_mut(MEMBERS).enumerate() {
        let names: Vec<String> = (1..members.len())
            .map(|place| format!("user{}", index * MEMBERS + place))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (first, rest) = members.split_first_mut().context("a room has members")?;
        let room_id = create_room(first, "Figures", &names).await?;
        for device in rest.iter_mut() {
            has_room(device, room_id).await?;
            device.ask(Command::OpenRoom { room_id }).await?;
        }
        rooms.push(room_id);
    }
    let mut times = Vec::new();
    for number in 0..MESSAGES {
        let room = number % rooms.len();
        let room_id = *rooms.get(room).context("room")?;
        let members = devices.chunks_mut(MEMBERS).nth(room).context("members")?;
        let (first, rest) = members.split_first_mut().context("members")?;
        let last = rest.last_mut().context("another member")?;
        let text = format!("figure {number}");
        let start = Instant::now();
        send(first, room_id, &text).await?;
        last.wait("the message", |event| match event {
            Event::Messages { messages, .. } => messages
                .iter()
                .any(|message| message.body == BodyView::Text { text: text.clone() })
                .then_some(()),
            _ => None,
        })
        .await?;
        times.push(start.elapsed());
        sleep(PAUSE).await;
    }
    times.sort();
    let at = |share: f64| {
        let index = ((times.len() - 1) as f64 * share) as usize;
        times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    };
    println!(
        "send to receive: p50 {:.2} ms, p99 {:.2} ms ({MESSAGES} messages, {DEVICES} connections)",
        at(0.5),
        at(0.99)
    );
    Ok(())
}

fn resident_kib(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status"))?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .context("VmRSS")?;
    Ok(line
        .split_whitespace()
        .nth(1)
        .context("VmRSS has a value")?
        .parse()?)
}
