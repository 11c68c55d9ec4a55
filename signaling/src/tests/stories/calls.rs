//! What entering a call gives.

use protocol::socket::CallJoin;

use super::*;
use crate::groups::testing::key_package_bytes;

pub async fn relays(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let mut names = Vec::new();
    for account in [&alice, &bob] {
        let request = Request::CallJoin(CallJoin {
            room_id: room.id,
            key_package: key_package_bytes(&account.device.key_package()),
            back_to: None,
        });
        let Ok(Reply::CallJoined(joined)) = account.ask(&world, request).await else {
            panic!("nobody entered")
        };
        let [server] = joined.ice_servers.as_slice() else {
            panic!("{:?}", joined.ice_servers)
        };
        assert_eq!(server.urls, [World::TURN]);
        names.push(server.username.clone());
    }
    assert_ne!(names[0], names[1]);
}
