//! Files of rooms, as the server sees them: bytes.

use std::path::PathBuf;

use axum::{
    body::Body as Sent,
    http::{Method, Request as HttpRequest, header},
};
use futures_util::{StreamExt as _, stream};
use protocol::{
    BlobId,
    blobs::{BlobCreate, BlobCreated, PART_MEDIA_TYPE},
    limits::{MAX_PART_LEN, MAX_RETENTION_MS},
};

use super::*;
use crate::{BlobLimits, limits::MAX_UNFINISHED_PER_USER, testing::Body};

/// A file that somebody uploads.
pub(super) struct Upload {
    pub(super) create: BlobCreate,
    pub(super) bytes: Vec<u8>,
}

impl Upload {
    pub(super) fn new(world: &World, room: &Room, len: usize) -> Self {
        let create = BlobCreate {
            blob_id: BlobId::from_random(random()),
            room_id: room.id,
            size: len as u64,
            expires_at: world.now().plus(MAX_RETENTION_MS),
            secret: random::<32>().to_vec().into(),
        };
        // No two bytes that are near each other are alike.
        let bytes = (0..len).map(|at| (at % 251) as u8).collect();
        Self { create, bytes }
    }

    pub(super) async fn begin(&self, world: &World, by: &Account) -> Result<BlobCreated, Code> {
        let answer = world
            .post_as("blobs", Some(&by.session.token), &self.create)
            .await;
        if answer.status != StatusCode::CREATED {
            return Err(answer.problem().code);
        }
        let place = format!("/api/v1/blobs/{}/upload", self.create.blob_id);
        assert_eq!(answer.headers[header::LOCATION], place.as_str());
        Ok(answer.read())
    }

    /// Sends what lies in `range`.
    pub(super) async fn part(&self, world: &World, by: &Account, range: std::ops::Range<usize>) -> Body {
        let body = Sent::from(self.bytes[range.clone()].to_vec());
        self.send(world, by, range.start, body).await
    }

    /// Sends what lies in `range`, and then breaks off.
    pub(super) async fn cut_part(&self, world: &World, by: &Account, range: std::ops::Range<usize>) -> Body {
        let start = range.start;
        let pieces = [
            Ok(self.bytes[range].to_vec()),
            Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
        ];
        let body = Sent::from_stream(stream::iter(pieces));
        self.send(world, by, start, body).await
    }

    async fn send(&self, world: &World, by: &Account, offset: usize, body: Sent) -> Body {
        let request = self
            .about(Method::PATCH, "/upload", by)
            .header("upload-offset", offset)
            .header(header::CONTENT_TYPE, PART_MEDIA_TYPE);
        world.http(request.body(body).unwrap()).await
    }

    pub(super) async fn offset(&self, world: &World, by: &Account) -> Result<u64, StatusCode> {
        let request = self.about(Method::HEAD, "/upload", by);
        let answer = world.http(request.body(Sent::empty()).unwrap()).await;
        match answer.status {
            StatusCode::NO_CONTENT => Ok(number(&answer, "upload-offset")),
            status => Err(status),
        }
    }

    pub(super) async fn delete(&self, world: &World, by: &Account) -> StatusCode {
        let request = self.about(Method::DELETE, "", by);
        world.http(request.body(Sent::empty()).unwrap()).await.status
    }

    pub(super) async fn get(&self, world: &World, by: &Account, range: Option<&str>) -> Body {
        let mut request = self.about(Method::GET, "", by);
        if let Some(range) = range {
            request = request.header(header::RANGE, range);
        }
        world.http(request.body(Sent::empty()).unwrap()).await
    }

    fn about(&self, method: Method, rest: &str, by: &Account) -> axum::http::request::Builder {
        HttpRequest::builder()
            .method(method)
            .uri(format!("/api/v1/blobs/{}{rest}", self.create.blob_id))
            .header(
                header::AUTHORIZATION,
                format!("Bearer {}", by.session.token.to_base64url()),
            )
            .header("upload-secret", self.create.secret.to_base64url())
    }

    pub(super) async fn whole(world: &World, room: &Room, by: &Account, len: usize) -> Self {
        let upload = Self::new(world, room, len);
        upload.begin(world, by).await.unwrap();
        let answer = upload.part(world, by, 0..len).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        assert_eq!(answer.headers["upload-complete"], "?1");
        upload
    }

    /// Whether there is anything of it.
    pub(super) async fn lies(&self, world: &World) -> bool {
        world.app().blobs.lies(self.create.blob_id).await
    }

    /// As if it had been written so long ago.
    pub(super) fn age(&self, world: &World, ms: u64) {
        let path = self.path(world);
        let files: Vec<PathBuf> = if path.is_dir() {
            let entries = std::fs::read_dir(&path).unwrap();
            entries.map(|entry| entry.unwrap().path()).collect()
        } else {
            vec![path]
        };
        for file in files {
            set_age(world, &file, ms);
        }
    }

    /// Where it lies on the disk: a file, or a folder of objects.
    pub(super) fn path(&self, world: &World) -> PathBuf {
        let id = self.create.blob_id.to_string();
        let blobs = match &world.s3 {
            Some(s3) => s3.objects(),
            None => world.folder.path().join("blobs"),
        };
        blobs.join(&id[..2]).join(&id)
    }
}

/// As if a file had been written so long ago.
pub(super) fn set_age(world: &World, file: &std::path::Path, ms: u64) {
    let then = std::time::UNIX_EPOCH + std::time::Duration::from_millis(world.now().0 - ms);
    let file = std::fs::File::options().write(true).open(file).unwrap();
    file.set_modified(then).unwrap();
}

fn number(answer: &Body, name: &str) -> u64 {
    answer.headers[name].to_str().unwrap().parse().unwrap()
}

pub async fn parts(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let upload = Upload::new(&world, &room, 300_000);
    let begun = upload.begin(&world, &alice).await.unwrap();
    assert_eq!((begun.offset, begun.complete), (0, false));
    assert_eq!(begun.max_part_len, MAX_PART_LEN);
    let answer = upload.part(&world, &alice, 0..200_000).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(number(&answer, "upload-offset"), 200_000);
    assert_eq!(number(&answer, "upload-length"), 300_000);
    assert_eq!(answer.headers["upload-complete"], "?0");
    assert_eq!(
        upload.get(&world, &bob, None).await.problem().code,
        Code::NotFound
    );

    // A page that was loaded anew asks again, and so does one after a restart of the service.
    assert_eq!(upload.begin(&world, &alice).await.unwrap().offset, 200_000);
    let world = world.restart().await;
    assert_eq!(upload.offset(&world, &alice).await, Ok(200_000));
    let answer = upload.part(&world, &alice, 200_000..300_000).await;
    assert_eq!(answer.headers["upload-complete"], "?1");
    assert!(upload.begin(&world, &alice).await.unwrap().complete);

    let got = upload.get(&world, &bob, None).await;
    assert_eq!(got.status, StatusCode::OK);
    assert_eq!(got.bytes, upload.bytes);
    assert_eq!(got.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(number(&got, "content-length"), 300_000);
}

pub async fn ranges(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let upload = Upload::whole(&world, &room, &alice, 300_000).await;
    for (range, content_range, from, to) in [
        ("bytes=0-0", "bytes 0-0/300000", 0, 1),
        ("bytes=65552-131103", "bytes 65552-131103/300000", 65_552, 131_104),
        ("bytes=299999-", "bytes 299999-299999/300000", 299_999, 300_000),
        ("bytes=-5", "bytes 299995-299999/300000", 299_995, 300_000),
        (
            "bytes=299990-900000",
            "bytes 299990-299999/300000",
            299_990,
            300_000,
        ),
    ] {
        let got = upload.get(&world, &bob, Some(range)).await;
        assert_eq!(got.status, StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(got.headers[header::CONTENT_RANGE], content_range);
        assert_eq!(got.bytes, upload.bytes[from..to], "{range}");
    }
    for range in ["bytes=300000-", "bytes=-0"] {
        let beyond = upload.get(&world, &bob, Some(range)).await;
        assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(beyond.headers[header::CONTENT_RANGE], "bytes */300000");
        assert_eq!(beyond.problem().code, Code::Malformed);
    }
    for nonsense in ["bytes=9-3", "bytes=0-1,5-6", "pages=1-2"] {
        let got = upload.get(&world, &bob, Some(nonsense)).await;
        assert_eq!(
            (got.status, got.bytes.len()),
            (StatusCode::OK, 300_000),
            "{nonsense}"
        );
    }
    // A part of another version than what the client has would be of no use.
    let request = upload
        .about(Method::GET, "", &bob)
        .header(header::RANGE, "bytes=0-0")
        .header(header::IF_RANGE, "\"another\"");
    let got = world.http(request.body(Sent::empty()).unwrap()).await;
    assert_eq!((got.status, got.bytes.len()), (StatusCode::OK, 300_000));
}

pub async fn foreign_rooms(world: World) {
    let (alice, bob, carol) = trio(&world).await;
    let admin = Admin::open(world.folder.path().to_owned(), world.database(), world.clock())
        .await
        .unwrap();
    let network = admin.create_network("Another").await.unwrap();
    let invite = Invite {
        network: Some(network),
        email: Email::parse("eve@example.org").unwrap(),
        name: None,
        role: Role::Member,
    };
    let link = admin.invite(invite).await.unwrap().url;
    admin.close().await;
    let eve = Account::register(&world, &link, None).await;

    let room = Room::found(&world, &alice, &[&bob]).await;
    let upload = Upload::whole(&world, &room, &alice, 1_000).await;
    let begun = Upload::new(&world, &room, 1_000);
    begun.begin(&world, &alice).await.unwrap();
    // Strangers do not get it, nor do they learn that it is there, not even with the secret.
    for stranger in [&carol, &eve] {
        let own = Upload::new(&world, &room, 10);
        assert_eq!(own.begin(&world, stranger).await, Err(Code::NotFound));
        let theirs = upload.get(&world, stranger, None).await.problem();
        let unknown = own.get(&world, stranger, None).await.problem();
        assert_eq!(theirs, unknown);
        let part = begun.part(&world, stranger, 0..1_000).await;
        assert_eq!(part.problem().code, Code::NotFound);
        assert_eq!(begun.offset(&world, stranger).await, Err(StatusCode::NOT_FOUND));
    }
    let nobody = HttpRequest::builder().uri(format!("/api/v1/blobs/{}", upload.create.blob_id));
    let nobody = world.http(nobody.body(Sent::empty()).unwrap()).await;
    assert_eq!(nobody.problem().code, Code::Unauthenticated);

    // Who is in the room, but did not make it, gets it and can do nothing else with it.
    let guessed = Upload {
        create: BlobCreate {
            secret: vec![0; 32].into(),
            ..begun.create.clone()
        },
        bytes: vec![6; 1_000],
    };
    assert_eq!(guessed.begin(&world, &bob).await, Err(Code::DuplicateId));
    assert_eq!(
        guessed.part(&world, &bob, 0..10).await.problem().code,
        Code::NotFound
    );
    assert_eq!(guessed.offset(&world, &bob).await, Err(StatusCode::NOT_FOUND));
    assert_eq!(guessed.delete(&world, &bob).await, StatusCode::NOT_FOUND);
    assert_eq!(begun.offset(&world, &alice).await, Ok(0));
    assert_eq!(upload.get(&world, &bob, None).await.bytes, upload.bytes);
}

pub async fn who_is_gone(world: World) {
    let (alice, bob, carol) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob, &carol]).await;
    let of_bob = Upload::whole(&world, &room, &bob, 1_000).await;
    let begun = Upload::new(&world, &room, 1_000);
    begun.begin(&world, &bob).await.unwrap();
    begun.part(&world, &bob, 0..500).await;

    let leave = Request::RoomLeave(RoomRef { room_id: room.id });
    bob.ask(&world, leave).await.unwrap();
    assert_eq!(
        of_bob.get(&world, &bob, None).await.problem().code,
        Code::NotFound
    );
    assert_eq!(
        begun.part(&world, &bob, 500..1_000).await.problem().code,
        Code::NotFound
    );
    assert_eq!(of_bob.get(&world, &carol, None).await.bytes, of_bob.bytes);
    let removal = room.commit(Wish::remove(&[room.member.leaf_of(&carol.device)]));
    accepted(alice.ask(&world, Request::RoomCommit(removal)).await);
    assert_eq!(
        of_bob.get(&world, &carol, None).await.problem().code,
        Code::NotFound
    );
    // What is one's own can still be deleted.
    assert_eq!(of_bob.delete(&world, &bob).await, StatusCode::NO_CONTENT);
    assert_eq!(begun.delete(&world, &bob).await, StatusCode::NO_CONTENT);
    assert_eq!(
        of_bob.get(&world, &alice, None).await.problem().code,
        Code::NotFound
    );
    assert!(!of_bob.lies(&world).await && !begun.lies(&world).await);
    assert_eq!(count(&world, "blobs").await, 0);
}

/// A connection that breaks in the middle of a part, requests that overtake each other, and parts that do not fit.
pub async fn broken_parts(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let upload = Upload::new(&world, &room, 1_000);
    upload.begin(&world, &alice).await.unwrap();
    let pieces = vec![
        Ok(upload.bytes[..300].to_vec()),
        Ok(upload.bytes[300..400].to_vec()),
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
    ];
    let broken = upload
        .send(&world, &alice, 0, Sent::from_stream(stream::iter(pieces)))
        .await;
    assert_eq!(broken.problem().code, Code::Unavailable);
    assert_eq!(number(&broken, "upload-offset"), 400);
    assert_eq!(upload.offset(&world, &alice).await, Ok(400));

    // The same part again is none that can be taken; the answer says where to go on.
    for offset in [0, 399, 401] {
        let wrong = upload.part(&world, &alice, offset..1_000).await;
        assert_eq!(wrong.status, StatusCode::CONFLICT);
        assert_eq!(number(&wrong, "upload-offset"), 400);
        assert_eq!(wrong.problem().code, Code::WrongOffset);
    }
    let said_too_long = upload.send(&world, &alice, 400, vec![0; 601].into()).await;
    assert_eq!(said_too_long.problem().code, Code::TooLarge);
    let found_too_long = stream::iter([Ok::<_, std::io::Error>(vec![0; 500]), Ok(vec![0; 101])]);
    let found_too_long = Sent::from_stream(found_too_long);
    let found_too_long = upload.send(&world, &alice, 400, found_too_long).await;
    assert_eq!(found_too_long.problem().code, Code::TooLarge);
    assert_eq!(
        upload.offset(&world, &alice).await,
        Ok(400),
        "nothing of it stays"
    );

    // A part whose client is gone without a word holds nothing up: who asks anew has the upload.
    let (heard, hear) = tokio::sync::oneshot::channel();
    let some = upload.bytes[400..450].to_vec();
    let silent = stream::iter([Ok::<_, std::io::Error>(some)]).chain(stream::once(async move {
        // Asked for more, so what came before was taken.
        heard.send(()).unwrap();
        std::future::pending().await
    }));
    let silent = upload.send(&world, &alice, 400, Sent::from_stream(silent));
    let asked = async {
        hear.await.unwrap();
        upload.offset(&world, &alice).await
    };
    let (silent, offset) = tokio::join!(silent, asked);
    assert_eq!(silent.problem().code, Code::Unavailable);
    assert_eq!(offset, Ok(450));
    let from = 450;
    let last = upload.part(&world, &alice, from..1_000).await;
    assert_eq!(last.headers["upload-complete"], "?1");
    assert_eq!(upload.get(&world, &bob, None).await.bytes, upload.bytes);
    let after = upload.send(&world, &alice, 1_000, vec![0; 1].into()).await;
    assert_eq!(after.problem().code, Code::TooLarge);

    let request = upload
        .about(Method::PATCH, "/upload", &alice)
        .header("upload-offset", 0);
    let of_no_type = world.http(request.body(Sent::empty()).unwrap()).await;
    assert_eq!(of_no_type.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

pub async fn space(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let world = world
        .restart_with(BlobLimits {
            max_len: 1_000,
            room_quota: 2_500,
            disk_reserve: 0,
        })
        .await;
    let large = Upload::new(&world, &room, 1_001);
    assert_eq!(large.begin(&world, &alice).await, Err(Code::TooLarge));
    let first = Upload::whole(&world, &room, &alice, 1_000).await;
    // What is begun counts as what it will be.
    let second = Upload::new(&world, &room, 1_000);
    second.begin(&world, &bob).await.unwrap();
    second.begin(&world, &bob).await.unwrap();
    let third = Upload::new(&world, &room, 501);
    assert_eq!(third.begin(&world, &alice).await, Err(Code::QuotaExceeded));
    // Each room has its own space.
    let other = Room::found(&world, &alice, &[&bob]).await;
    Upload::whole(&world, &other, &alice, 1_000).await;
    assert_eq!(first.delete(&world, &alice).await, StatusCode::NO_CONTENT);
    third.begin(&world, &alice).await.unwrap();

    // A user has so many unfinished ones, whichever room they are in.
    let mut begun = vec![];
    let small = loop {
        let upload = Upload::new(&world, &other, 1);
        match upload.begin(&world, &alice).await {
            Ok(_) => begun.push(upload),
            Err(code) => {
                assert_eq!(code, Code::RateLimited);
                break upload;
            }
        }
    };
    assert_eq!(begun.len(), MAX_UNFINISHED_PER_USER - 1);
    Upload::new(&world, &other, 1).begin(&world, &bob).await.unwrap();
    begun[0].part(&world, &alice, 0..1).await;
    small.begin(&world, &alice).await.unwrap();

    // A disk that is nearly full takes nothing more, neither of what is new nor of what was begun. What lies elsewhere
    // takes nothing of it.
    let world = world
        .restart_with(BlobLimits {
            disk_reserve: u64::MAX,
            ..BlobLimits::default()
        })
        .await;
    let new = Upload::new(&world, &other, 1);
    if world.s3.is_some() {
        new.begin(&world, &alice).await.unwrap();
        small.part(&world, &alice, 0..1).await;
        assert_eq!(small.get(&world, &bob, None).await.bytes, small.bytes);
        return;
    }
    assert_eq!(new.begin(&world, &alice).await, Err(Code::StorageFull));
    let part = small.send(&world, &alice, 0, vec![0; 1].into()).await;
    assert_eq!(part.problem().code, Code::StorageFull);
}

/// Over a real connection, which breaks in the middle of a part: what came counts, though nobody waits for the answer.
pub async fn broken_connection(world: World) {
    use tokio::io::AsyncWriteExt as _;

    let (alice, bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let upload = Upload::new(&world, &room, 1_000);
    upload.begin(&world, &alice).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = world.service.router();
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });

    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "PATCH /api/v1/blobs/{}/upload HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\nupload-secret: {}\r\n\
         upload-offset: 0\r\ncontent-type: {PART_MEDIA_TYPE}\r\ncontent-length: 1000\r\n\r\n",
        upload.create.blob_id,
        alice.session.token.to_base64url(),
        upload.create.secret.to_base64url(),
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(&upload.bytes[..300]).await.unwrap();
    drop(connection);
    let received = async {
        loop {
            let mut reader = world.app().store.read().await.unwrap();
            let row = sqlx::query("SELECT received FROM blobs")
                .fetch_one(&mut *reader)
                .await
                .unwrap();
            if row.get::<i64, _>("received") == 300 {
                return;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), received)
        .await
        .expect("what came is kept");
    assert_eq!(upload.offset(&world, &alice).await, Ok(300));
    upload.part(&world, &alice, 300..1_000).await;
    assert_eq!(upload.get(&world, &bob, None).await.bytes, upload.bytes);
    serving.abort();
}
