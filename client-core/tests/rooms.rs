//! Rooms and messages, from the device's side, over an honest server.

mod model;

use model::World;

/// R33: a room of three; everybody gets everything, once and in order.
#[test]
fn three_people_exchange_messages_in_order() {
    let mut world = World::new(1);
    for name in ["alice", "bob", "carol"] {
        world.register(name);
    }
    let room = world.create_room("alice", "Plans", &["bob", "carol"]);
    world.send("alice", room, "one");
    world.send("bob", room, "two");
    world.send("carol", room, "three");
    for name in ["alice", "bob", "carol"] {
        assert_eq!(world.texts(name, room), ["one", "two", "three"], "{name}");
        assert_eq!(world.room(name, room).unwrap().title, "Plans", "{name}");
        assert_eq!(world.room(name, room).unwrap().members.len(), 3);
        assert_eq!(world.undelivered(name, room), 0);
    }
}
