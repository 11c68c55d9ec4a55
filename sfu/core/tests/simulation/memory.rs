//! What forwarding takes of memory.

use protocol::socket::TrackKind::Camera;

use crate::{client::Browser::Chromium, network::Conditions, scenarios::SECOND, world::World};

/// How often memory was taken for what a speaker sent in two seconds, and to how many packets that was forwarded.
fn taken_for(listeners: u8) -> (u64, usize) {
    let mut world = World::new(51, Conditions::PERFECT);
    let speaker = world.join(1, 1, Chromium, 1, 0);
    let numbers = 2..2 + listeners;
    let listeners: Vec<usize> = numbers
        .map(|number| world.join(1, number, Chromium, 3, 1))
        .collect();
    for listener in &listeners {
        world.clients[*listener].on.clear();
        world.intend(*listener, &[(speaker, Camera)]);
    }
    world.connect();
    // Estimates settle, and probes end.
    world.run(SECOND * 8);
    let received = |world: &World| {
        let of = listeners
            .iter()
            .map(|listener| world.clients[*listener].received.len());
        of.sum::<usize>()
    };
    let before = (world.allocations, received(&world));
    world.run(SECOND * 2);
    (world.allocations - before.0, received(&world) - before.1)
}

#[test]
fn a_forwarded_packet_takes_no_memory() {
    let (few, many) = (taken_for(5), taken_for(15));
    let packets = u64::try_from(many.1 - few.1).unwrap();
    let taken = many.0 - few.0;
    assert!(packets > 1_000, "{packets}");
    assert!(
        taken * 20 < packets,
        "memory was taken {taken} times for {packets} more packets"
    );
}
