//! How files of rooms end.

use protocol::limits::MAX_RETENTION_MS;

use super::{
    blobs::{Upload, set_age},
    *,
};
use crate::{
    blobs,
    limits::{BLOB_MEMORY_MS, HOUR_MS, MAX_BLOBS_STEP, ORPHAN_GRACE_MS, UNFINISHED_LIFE_MS},
    testing::open_session,
};

/// A session of the same device: the one before ended.
async fn renew(world: &World, account: &mut Account) {
    account.session = open_session(world, &account.device).await.read();
}

pub async fn expiry(world: World) {
    let (mut alice, mut bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let mut short = Upload::new(&world, &room, 1_000);
    short.create.expires_at = world.now().plus(1_000);
    short.begin(&world, &alice).await.unwrap();
    short.part(&world, &alice, 0..1_000).await;
    let mut long = Upload::new(&world, &room, 1_000);
    long.create.expires_at = world.now().plus(10 * MAX_RETENTION_MS);
    let begun = long.begin(&world, &alice).await.unwrap();
    assert_eq!(begun.expires_at, world.now().plus(MAX_RETENTION_MS));
    long.part(&world, &alice, 0..1_000).await;

    world.advance(999);
    trim_once(world.app()).await.unwrap();
    assert_eq!(short.get(&world, &bob, None).await.bytes, short.bytes);
    world.advance(1);
    // Its time is over before the job comes.
    assert_eq!(short.get(&world, &bob, None).await.status, StatusCode::GONE);
    for _ in 0..2 {
        trim_once(world.app()).await.unwrap();
        assert_eq!(
            short.get(&world, &bob, None).await.problem().code,
            Code::FileExpired
        );
        assert!(!short.lies(&world).await);
    }
    assert_eq!(short.begin(&world, &alice).await, Err(Code::FileExpired));
    assert_eq!(long.get(&world, &bob, None).await.bytes, long.bytes);

    world.advance(BLOB_MEMORY_MS);
    trim_once(world.app()).await.unwrap();
    renew(&world, &mut alice).await;
    renew(&world, &mut bob).await;
    assert_eq!(short.get(&world, &bob, None).await.problem().code, Code::NotFound);
    assert_eq!(
        long.get(&world, &bob, None).await.problem().code,
        Code::FileExpired
    );
    assert!(!long.lies(&world).await);
    assert_eq!(count(&world, "blobs").await, 1);
}

/// Bytes of which the database knows nothing, from so long ago. They come at once with their age, for the server sweeps by
/// itself when it starts.
pub(super) fn leave(world: &World, orphan: &Upload, age_ms: u64) {
    let path = orphan.path(world);
    let file = if world.s3.is_some() {
        path.join("0000000000000000-000000000000000f-0123456789abcdef")
    } else {
        path
    };
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let new = tempfile::NamedTempFile::new_in(world.folder.path()).unwrap();
    std::fs::write(new.path(), "left by a crash").unwrap();
    set_age(world, new.path(), age_ms);
    new.persist(file).unwrap();
}

fn remove(path: &std::path::Path) {
    if path.is_dir() {
        std::fs::remove_dir_all(path).unwrap();
    } else {
        std::fs::remove_file(path).unwrap();
    }
}

/// What a client began and left, what a crash left, and what a room left.
pub async fn leftovers(world: World) {
    let (mut alice, bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let alone = Room::found(&world, &alice, &[]).await;
    let left = Upload::new(&world, &room, 1_000);
    left.begin(&world, &alice).await.unwrap();
    left.part(&world, &alice, 0..400).await;
    world.advance(UNFINISHED_LIFE_MS - HOUR_MS);
    left.part(&world, &alice, 400..800).await;
    world.advance(UNFINISHED_LIFE_MS - 1);
    trim_once(world.app()).await.unwrap();
    assert!(left.lies(&world).await, "somebody went on with it");
    world.advance(1);
    trim_once(world.app()).await.unwrap();
    assert!(!left.lies(&world).await);
    renew(&world, &mut alice).await;
    assert_eq!(left.offset(&world, &alice).await, Err(StatusCode::NOT_FOUND));

    // A file without a row; one of a stranger to us; rows without a file.
    let (kept, lost) = (
        Upload::whole(&world, &room, &alice, 100).await,
        Upload::whole(&world, &room, &alice, 100).await,
    );
    let orphan = Upload::new(&world, &room, 100);
    let of_somebody = orphan.path(&world).with_file_name("notes.txt");
    std::fs::create_dir_all(of_somebody.parent().unwrap()).unwrap();
    // The newest may be known to a database of which ours is an older copy.
    leave(&world, &orphan, ORPHAN_GRACE_MS - 2_000);
    std::fs::write(&of_somebody, "not ours").unwrap();
    remove(&lost.path(&world));
    assert_eq!(
        lost.get(&world, &alice, None).await.problem().code,
        Code::NotFound
    );
    blobs::sweep(world.app()).await.unwrap();
    assert!(orphan.lies(&world).await);
    orphan.age(&world, ORPHAN_GRACE_MS);
    for _ in 0..2 {
        blobs::sweep(world.app()).await.unwrap();
        assert!(!orphan.lies(&world).await && of_somebody.exists());
        assert_eq!(kept.get(&world, &alice, None).await.bytes, kept.bytes);
        assert_eq!(count(&world, "blobs").await, 1);
    }
    // Where nothing at all is there, it is the wrong folder, and nothing is forgotten.
    let (there, away) = (kept.path(&world), world.folder.path().join("away"));
    std::fs::rename(&there, &away).unwrap();
    blobs::sweep(world.app()).await.unwrap();
    std::fs::rename(&away, &there).unwrap();
    assert_eq!(kept.get(&world, &alice, None).await.bytes, kept.bytes);

    // With its last member, a room goes, and its files with it.
    let of_alone = Upload::whole(&world, &alone, &alice, 100).await;
    let leave = Request::RoomLeave(RoomRef { room_id: alone.id });
    alice.ask(&world, leave).await.unwrap();
    assert_eq!(
        of_alone.get(&world, &alice, None).await.problem().code,
        Code::NotFound
    );
    super::room_ends::gone(&world, &of_alone).await;
    assert!(kept.lies(&world).await);
}

/// An empty database at a full place is more likely the wrong one than a place of which all has to go.
pub async fn without_rows(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let orphan = Upload::new(&world, &room, 100);
    std::fs::create_dir_all(orphan.path(&world).parent().unwrap()).unwrap();
    leave(&world, &orphan, 10 * ORPHAN_GRACE_MS);
    blobs::sweep(world.app()).await.unwrap();
    assert!(orphan.lies(&world).await);
    let kept = Upload::whole(&world, &room, &alice, 100).await;
    blobs::sweep(world.app()).await.unwrap();
    assert!(!orphan.lies(&world).await && kept.lies(&world).await);
}

/// Those that cannot be deleted now hide no others, however many they are.
pub async fn many_expired(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let template = Upload::whole(&world, &room, &alice, 100).await;
    let (from, many) = (template.create.blob_id, MAX_BLOBS_STEP + 50);
    world
        .app()
        .store
        .write(move |connection| {
            Box::pin(async move {
                let known = blobs::blob(connection, from).await?.unwrap();
                for _ in 0..many {
                    let blob_id = protocol::BlobId::from_random(random());
                    let expires_at = known.expires_at;
                    blobs::insert(
                        connection,
                        &blobs::Blob {
                            blob_id,
                            expires_at,
                            ..known
                        },
                    )
                    .await?;
                }
                Ok(crate::store::Written::answer(()))
            })
        })
        .await
        .unwrap();
    let now = template.create.expires_at;
    let mut connection = world.app().store.read().await.unwrap();
    let first = blobs::expired(&mut connection, now, from).await.unwrap();
    assert_eq!(first[0], from, "from there on");
    let last = *first.last().unwrap();
    let second = blobs::expired(&mut connection, now, last).await.unwrap();
    let all: std::collections::HashSet<_> = first.iter().chain(&second).collect();
    assert_eq!(first.len() as i64, MAX_BLOBS_STEP);
    assert_eq!(all.len() as i64, many + 1);
}
