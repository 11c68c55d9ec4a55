//! Parts of files that cost more than they bring.

use super::{blobs::Upload, *};
use crate::{
    limits::{FULL_PART_LEN, HOUR_MS, MAX_SHORT_PARTS_PER_HOUR},
    testing::open_session,
};

/// Each part may become an object, which is listed with each part after it.
pub async fn tiny(world: World) {
    let (mut alice, bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let upload = Upload::new(&world, &room, 1_000 + FULL_PART_LEN as usize);
    upload.begin(&world, &alice).await.unwrap();
    let most = MAX_SHORT_PARTS_PER_HOUR as usize;
    for at in 0..most {
        let taken = if at % 2 == 0 {
            upload.part(&world, &alice, at..at + 1).await
        } else {
            upload.cut_part(&world, &alice, at..at + 1).await
        };
        assert_eq!(taken.headers["upload-offset"], (at + 1).to_string().as_str());
    }
    let tiny = upload.part(&world, &alice, most..most + 1).await;
    assert_eq!(tiny.problem().code, Code::RateLimited);
    assert!(tiny.problem().retry_after_ms.unwrap() <= HOUR_MS);
    let cut = upload.cut_part(&world, &alice, most..most + 1).await;
    assert_eq!(cut.problem().code, Code::RateLimited);
    assert_eq!(upload.offset(&world, &alice).await, Ok(most as u64));
    // Others go on, and so does whoever sends whole parts, with a last one as short as it is.
    let other = Upload::new(&world, &room, 1_000);
    other.begin(&world, &alice).await.unwrap();
    let part = other.part(&world, &alice, 0..1).await;
    assert_eq!(part.status, StatusCode::NO_CONTENT);
    let end = most + FULL_PART_LEN as usize;
    let part = upload.part(&world, &alice, most..end).await;
    assert_eq!(part.status, StatusCode::NO_CONTENT);
    // Later there may be some more.
    world.advance(HOUR_MS);
    alice.session = open_session(&world, &alice.device).await.read();
    let part = upload.part(&world, &alice, end..end + 1).await;
    assert_eq!(part.status, StatusCode::NO_CONTENT);
    let last = upload.part(&world, &alice, end + 1..upload.bytes.len()).await;
    assert_eq!(last.headers["upload-complete"], "?1");
    assert_eq!(upload.get(&world, &alice, None).await.bytes, upload.bytes);
}
