//! Files on an S3 service, where that makes a difference.

use super::{blobs::Upload, *};
use crate::{OpenError, blobs, limits::ORPHAN_GRACE_MS, testing::Mood};

/// Nothing is lost, nothing hangs, and clients go on when it is back.
pub async fn away(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let whole = Upload::whole(&world, &room, &alice, 1_000).await;
    whole.age(&world, 0);
    let upload = Upload::new(&world, &room, 1_000);
    upload.begin(&world, &alice).await.unwrap();
    upload.part(&world, &alice, 0..400).await;

    let s3 = world.s3.clone().unwrap();
    s3.is(Mood::Failing);
    let part = upload.part(&world, &alice, 400..1_000).await;
    assert_eq!(part.problem().code, Code::Unavailable);
    assert_eq!(upload.offset(&world, &alice).await, Ok(400));
    assert_eq!(
        whole.get(&world, &bob, None).await.problem().code,
        Code::Unavailable
    );
    // Its row is gone; what lies there is swept away later.
    assert_eq!(
        whole.delete(&world, &alice).await,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert!(blobs::sweep(world.app()).await.is_err());
    // A restart does not wait for it.
    let world = world.restart().await;
    assert_eq!(upload.offset(&world, &alice).await, Ok(400));

    s3.is(Mood::Well);
    let part = upload.part(&world, &alice, 400..1_000).await;
    assert_eq!(part.headers["upload-complete"], "?1");
    assert_eq!(upload.get(&world, &bob, None).await.bytes, upload.bytes);
    assert_eq!(whole.get(&world, &bob, None).await.problem().code, Code::NotFound);
    assert!(whole.lies(&world).await);
    whole.age(&world, ORPHAN_GRACE_MS);
    blobs::sweep(world.app()).await.unwrap();
    assert!(!whole.lies(&world).await && upload.lies(&world).await);
}

/// Uploaded in parts, one cut, gone on with after a restart, read in ranges, deleted: with an object for each part.
pub async fn many_objects(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let upload = Upload::new(&world, &room, 300_000);
    upload.begin(&world, &alice).await.unwrap();
    upload.part(&world, &alice, 0..70_000).await;
    let cut = upload.cut_part(&world, &alice, 70_000..90_000).await;
    assert_eq!(cut.problem().code, Code::Unavailable);
    let world = world.restart().await;
    assert_eq!(upload.offset(&world, &alice).await, Ok(90_000));
    for at in (90_000..300_000).step_by(70_000) {
        upload.part(&world, &alice, at..at + 70_000).await;
    }
    let objects = std::fs::read_dir(upload.path(&world)).unwrap().count();
    assert_eq!(objects, 5);
    for (range, from, to) in [
        ("bytes=0-", 0, 300_000),
        ("bytes=69999-90000", 69_999, 90_001),
        ("bytes=60000-239999", 60_000, 240_000),
        ("bytes=-1", 299_999, 300_000),
    ] {
        let got = upload.get(&world, &bob, Some(range)).await;
        assert_eq!(got.bytes, upload.bytes[from..to], "{range}");
    }
    assert_eq!(upload.delete(&world, &alice).await, StatusCode::NO_CONTENT);
    assert!(!upload.lies(&world).await);
    assert_eq!(std::fs::read_dir(upload.path(&world)).unwrap().count(), 0);
}

/// Another data folder with the same settings: a typing error, an empty volume, a copied environment.
pub async fn of_another_database(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let upload = Upload::whole(&world, &room, &alice, 1_000).await;
    upload.age(&world, 10 * ORPHAN_GRACE_MS);
    let opened = world.open_elsewhere().await;
    assert!(matches!(opened.err(), Some(OpenError::NotOurs(_))));
    // Likewise where there is no mark.
    let mark = world.s3.as_ref().unwrap().objects().join("deployment");
    std::fs::remove_file(&mark).unwrap();
    let opened = world.open_elsewhere().await;
    assert!(matches!(opened.err(), Some(OpenError::NotOurs(_))));
    assert_eq!(upload.get(&world, &bob, None).await.bytes, upload.bytes);
}

/// One that cannot be deleted keeps no other from it.
pub async fn that_keeps_some(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let kept = Upload::whole(&world, &room, &alice, 100).await;
    let orphans: Vec<Upload> = (0..40).map(|_| Upload::new(&world, &room, 100)).collect();
    let s3 = world.s3.clone().unwrap();
    let stuck = &orphans[17];
    s3.is(Mood::Keeping(stuck.create.blob_id));
    for orphan in &orphans {
        super::blob_ends::leave(&world, orphan, ORPHAN_GRACE_MS);
    }
    assert!(blobs::sweep(world.app()).await.is_err());
    s3.is(Mood::Well);
    for (at, orphan) in orphans.iter().enumerate() {
        assert_eq!(orphan.lies(&world).await, at == 17, "{at}");
    }
    blobs::sweep(world.app()).await.unwrap();
    assert!(!stuck.lies(&world).await && kept.lies(&world).await);
}
