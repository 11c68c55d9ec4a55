//! What must hold of everything that any client received.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use conclave_sfu_core::limits::LONGEST_WAIT;
use protocol::socket::TrackKind;

use crate::{client::Received, media::Label, network::QUEUE, world::World};

/// Time that a packet which was sent under a former binding may take to arrive.
const ON_THE_WAY: Duration = Duration::from_millis(300);

/// Checks every packet that anybody received.
pub fn check(world: &World, seed: u64) {
    // One for each connection, two for each call, and those of connections that were replaced.
    let timers = world.shard.timers();
    let most = 4 * world.clients.len() + 4;
    assert!(
        timers <= most,
        "seed {seed}: {timers} timers for {} clients",
        world.clients.len()
    );
    // In the engine, which keeps to what the way carries, and before a narrow place.
    let mut on_the_way = ON_THE_WAY + LONGEST_WAIT;
    if world.network.was_narrow {
        on_the_way += QUEUE;
    }
    for client in &world.clients {
        let mut newest: BTreeMap<String, u64> = BTreeMap::new();
        for packet in &client.received {
            // Behind what came already, it was sent again, or overtaken: it may come as late as it likes.
            let newest = newest.entry(packet.mid.to_string()).or_insert(packet.seq);
            let late = packet.seq < *newest;
            *newest = packet.seq.max(*newest);
            let Received { label, .. } = packet;
            assert!(packet.unchanged, "seed {seed}: bytes were changed: {packet:?}");
            assert_eq!(
                label.call, client.call,
                "seed {seed}: a packet crossed calls: {packet:?}"
            );
            assert_ne!(
                label.client, client.number,
                "seed {seed}: a client got its own: {packet:?}"
            );
            let bound = client.history.iter().enumerate().any(|(n, (from, slots))| {
                let until = client.history.get(n + 1).map(|(at, _)| *at + on_the_way);
                let held = packet.at >= *from && until.is_none_or(|until| late || packet.at <= until);
                let publisher = world
                    .clients
                    .iter()
                    .find(|c| c.call == label.call && c.number == label.client);
                let track = publisher.map(|publisher| (publisher.id, label.kind));
                held && slots.get(&packet.mid.to_string()).copied() == track
            });
            assert!(
                bound,
                "seed {seed}: a packet came in a slot that its track was not in, late: {late}: {packet:?}, {:?}",
                client.history
            );
        }
        for (mid, packets) in slots(&client.received) {
            check_slot(&mid, &packets, seed);
        }
    }
}

/// Packets of each slot in the order of their sequence numbers.
pub fn slots(received: &[Received]) -> BTreeMap<String, Vec<Received>> {
    let mut slots: BTreeMap<String, Vec<Received>> = BTreeMap::new();
    for packet in received {
        slots
            .entry(packet.mid.to_string())
            .or_default()
            .push(packet.clone());
    }
    for packets in slots.values_mut() {
        packets.sort_by_key(|packet| packet.seq);
    }
    slots
}

fn check_slot(mid: &str, packets: &[Received], seed: u64) {
    let numbers: HashSet<u64> = packets.iter().map(|packet| packet.seq).collect();
    assert_eq!(
        numbers.len(),
        packets.len(),
        "seed {seed}: slot {mid} used a number twice"
    );
    let sources: HashSet<u32> = packets.iter().map(|packet| packet.ssrc).collect();
    assert_eq!(sources.len(), 1, "seed {seed}: slot {mid} changed its SSRC");
    for pair in packets.windows(2) {
        let [before, after] = pair else { continue };
        let distance = after.seq - before.seq;
        let track = |label: &Label| (label.client, label.kind, label.layer);
        let same_track = track(&before.label) == track(&after.label);
        let forward = after.time.wrapping_sub(before.time) < 1 << 31;
        assert!(
            forward,
            "seed {seed}: time of slot {mid} went back: {before:?} {after:?}"
        );
        if same_track && u64::from(after.label.seq.wrapping_sub(before.label.seq)) == distance {
            continue;
        }
        // A new piece begins here, or its first packets were lost.
        assert!(
            after.label.seq > before.label.seq || !same_track,
            "seed {seed}: {before:?} {after:?}"
        );
        if after.label.kind != TrackKind::Microphone && distance == 1 {
            let starts = after.label.key && after.label.part == 0;
            assert!(
                starts,
                "seed {seed}: slot {mid} switched without a key frame: {before:?} {after:?}"
            );
            let picture = before.picture.map(|id| (id + 1) & 0x7fff);
            assert_eq!(
                after.picture, picture,
                "seed {seed}: picture ids of slot {mid} jump"
            );
        }
    }
}

/// Nothing is missing between the first and the last packet of any slot.
pub fn check_gapless(world: &World, seed: u64) {
    for client in &world.clients {
        for (mid, packets) in slots(&client.received) {
            for pair in packets.windows(2) {
                assert_eq!(
                    pair[0].seq + 1,
                    pair[1].seq,
                    "seed {seed}: gap in slot {mid}: {pair:?}"
                );
            }
        }
    }
}
