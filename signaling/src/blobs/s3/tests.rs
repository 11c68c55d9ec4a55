//! What is of the service alone: who refuses, who is away, memory that is taken.

use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};

use super::{extents::Extent, *};
use crate::{
    blobs::tests::{blob, noise, read, write},
    failure::causes,
    limits::{BLOB_READ_LEN, MAX_S3_PUT_BLOCKS, S3_BLOCK_LEN},
    secret::Secret,
    testing::S3Server,
};

/// How long a service has that never answers.
const SHORT: Duration = Duration::from_millis(50);

fn object(start: u64, len: usize) -> Object {
    Object::new(Extent::new(start, len).unwrap())
}

fn names(server: &S3Server, blob_id: BlobId) -> Vec<String> {
    let id = blob_id.to_string();
    let entries = std::fs::read_dir(server.objects().join(&id[..2]).join(&id)).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_service_that_works_is_tried_and_left_as_it_was() {
    let server = S3Server::start().await;
    try_s3(&server.settings()).await.unwrap();
    let trials = std::fs::read_dir(server.objects().join("trial")).unwrap();
    assert_eq!(trials.count(), 0);
}

/// Each with what somebody has to change, and nothing of the secret.
#[tokio::test]
async fn a_service_that_refuses_is_told_from_one_that_is_away() {
    let server = S3Server::start().await;
    let well = server.settings();
    let another_secret = S3Settings {
        secret: Secret::new("guessed").unwrap(),
        ..well.clone()
    };
    let another_key = S3Settings {
        access_key: "AKIDNOBODY".to_owned(),
        ..well.clone()
    };
    for (settings, code) in [
        (another_secret, "SignatureDoesNotMatch"),
        (another_key, "NotSignedUp"),
    ] {
        let trouble = try_s3(&settings).await.unwrap_err();
        assert!(!trouble.failure.may_pass(), "{trouble:?}");
        let said = causes(&trouble);
        assert!(said.contains(code) && said.contains("s3://"), "{said}");
        for secret in ["guessed", S3Server::SECRET, "AKID"] {
            assert!(
                !said.contains(secret) && !format!("{trouble:?}").contains(secret),
                "{said}"
            );
        }
        let keep = S3::open(&settings).unwrap();
        let error = keep.extend(blob(7, 7), 3).await.err().unwrap();
        assert_ne!(error.kind(), io::ErrorKind::UnexpectedEof, "{error}");
    }
    assert!(!format!("{well:?}").contains(S3Server::SECRET));

    // This service makes a bucket for what is put; it is asked for something else.
    let no_bucket = S3Settings {
        bucket: "nowhere".to_owned(),
        ..well
    };
    let keep = S3::open(&no_bucket).unwrap();
    for error in [
        keep.extend(blob(7, 7), 3).await.err(),
        keep.list(7).await.err(),
        keep.delete(blob(7, 7)).await.err(),
    ] {
        assert_eq!(error.unwrap().to_string(), S3Failure::NoBucket.to_string());
    }
}

#[tokio::test]
async fn nobody_waits_long_for_a_service_that_is_away() {
    // The port is taken, and nobody listens at it.
    let deaf = TcpSocket::new_v4().unwrap();
    deaf.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let settings = S3Server::settings_at(deaf.local_addr().unwrap());
    let trouble = try_s3(&settings).await.unwrap_err();
    assert!(
        matches!(trouble.failure, S3Failure::Unreachable { .. }),
        "{trouble:?}"
    );
    assert!(trouble.failure.may_pass() && trouble.failure.to_string().contains("refused"));

    // Here somebody listens, and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = S3Server::settings_at(listener.local_addr().unwrap());
    let service = Service::new(&settings).unwrap().with_patience(SHORT);
    let keep = S3::on(service, &settings);
    let kinds = [
        keep.extend(blob(7, 7), 0).await.err().unwrap().kind(),
        keep.read(blob(7, 7), 0..1).await.err().unwrap().kind(),
        keep.delete(blob(7, 7)).await.unwrap_err().kind(),
        keep.list(7).await.unwrap_err().kind(),
    ];
    assert_eq!(kinds, [io::ErrorKind::TimedOut; 4]);
    assert_eq!(keep.try_out().await.unwrap_err().failure, S3Failure::Silent);
}

#[tokio::test]
async fn each_sync_is_an_object_and_a_late_put_harms_nothing() {
    let server = S3Server::start().await;
    let keep = S3::open(&server.settings()).unwrap();
    let (blob_id, bytes) = (blob(7, 7), noise(100));
    write(&keep, blob_id, 0, &bytes[..40]).await;
    write(&keep, blob_id, 40, &bytes[40..]).await;
    let two = [
        "0000000000000000-0000000000000028-",
        "0000000000000028-0000000000000064-",
    ];
    let names = names(&server, blob_id);
    assert!(
        names.len() == 2 && names.iter().zip(two).all(|(name, begin)| name.starts_with(begin)),
        "{names:?}"
    );
    // Parts that were given up, and carried out after others were noted.
    for (start, end) in [(0, 10), (0, 40), (40, 70), (30, 100), (40, 100)] {
        let key = keep.keys.object(blob_id, object(start as u64, end - start));
        keep.service
            .put(&key, bytes[start..end].to_vec().into())
            .await
            .unwrap();
    }
    assert_eq!(read(&keep, blob_id, 0..100).await.unwrap(), bytes);
    assert_eq!(read(&keep, blob_id, 0..101).await, None);
    // What is behind the end goes with the next part.
    let key = keep.keys.object(blob_id, object(100, 50));
    keep.service.put(&key, vec![0; 50].into()).await.unwrap();
    write(&keep, blob_id, 100, &bytes[..7]).await;
    assert_eq!(
        read(&keep, blob_id, 0..107).await.unwrap(),
        [&bytes[..], &bytes[..7]].concat()
    );
    assert_eq!(read(&keep, blob_id, 0..108).await, None);
}

/// A put that was not noted, a deletion of it that was given up, the same bytes put again and noted; and then the service
/// carries out the deletion.
#[tokio::test]
async fn a_late_deletion_finds_nothing_that_was_put_since() {
    let server = S3Server::start().await;
    let keep = S3::open(&server.settings()).unwrap();
    let (blob_id, bytes) = (blob(7, 7), noise(80));
    write(&keep, blob_id, 0, &bytes[..40]).await;
    write(&keep, blob_id, 40, &bytes[40..]).await;
    let not_noted = keep.objects(blob_id, 40, 80).await.unwrap();
    let late: Vec<Path> = not_noted
        .into_iter()
        .filter(|object| object.end() > 40)
        .map(|object| keep.keys.object(blob_id, object))
        .collect();
    assert_eq!(late.len(), 1);
    write(&keep, blob_id, 40, &bytes[40..]).await;
    keep.service.delete(late).await.unwrap();
    assert_eq!(read(&keep, blob_id, 0..80).await.unwrap(), bytes);
}

#[tokio::test]
async fn a_gap_is_found_and_what_is_no_object_of_ours_is_left_alone() {
    let server = S3Server::start().await;
    let keep = S3::open(&server.settings()).unwrap();
    let (blob_id, bytes) = (blob(7, 7), noise(90));
    for at in [0, 30, 60] {
        write(&keep, blob_id, at as u64, &bytes[at..at + 30]).await;
    }
    let id = blob_id.to_string();
    let folder = server.objects().join(&id[..2]).join(&id);
    std::fs::write(folder.join("notes.txt"), "not ours").unwrap();
    assert_eq!(read(&keep, blob_id, 0..90).await.unwrap(), bytes);
    let names = names(&server, blob_id);
    std::fs::remove_file(folder.join(&names[1])).unwrap();
    assert_eq!(read(&keep, blob_id, 0..90).await, None);
    assert_eq!(read(&keep, blob_id, 60..90).await.unwrap(), bytes[60..]);
    assert!(keep.extend(blob_id, 60).await.is_err());
    // One that is shorter than its key says is no answer.
    std::fs::write(folder.join(&names[2]), "short").unwrap();
    let pieces = keep.read(blob_id, 60..90).await.unwrap().unwrap();
    assert!(
        futures_util::TryStreamExt::try_collect::<Vec<_>>(pieces)
            .await
            .is_err()
    );
}

/// Nobody waits for memory that strangers hold: parts become more objects, and downloads go in smaller steps.
#[tokio::test]
async fn without_memory_parts_and_downloads_go_on_in_smaller_pieces() {
    let server = S3Server::start().await;
    let keep = S3::open(&server.settings()).unwrap();
    let (blob_id, bytes) = (blob(7, 7), noise(4 * S3_BLOCK_LEN + 1));
    let len = bytes.len() as u64;
    write(&keep, blob_id, 0, &bytes).await;
    assert_eq!(names(&server, blob_id).len(), 1);
    assert_eq!(keep.blocks.available_permits(), MAX_S3_BLOCKS, "it is given back");

    let all = keep
        .blocks
        .clone()
        .try_acquire_many_owned(MAX_S3_BLOCKS as u32 - 1)
        .unwrap();
    let other = blob(7, 8);
    write(&keep, other, 0, &bytes).await;
    assert_eq!(names(&server, other).len(), 3, "two blocks at a time");
    assert_eq!(read(&keep, other, 0..len).await.unwrap(), bytes);
    drop(all);

    let all = keep
        .fetches
        .clone()
        .try_acquire_many_owned(MAX_S3_FETCHES as u32)
        .unwrap();
    let pieces = keep.read(blob_id, 0..len).await.unwrap().unwrap();
    let pieces: Vec<_> = futures_util::TryStreamExt::try_collect(pieces).await.unwrap();
    assert!(pieces.iter().all(|piece| piece.len() <= BLOB_READ_LEN));
    assert_eq!(pieces.concat(), bytes);
    drop(all);
}

#[tokio::test]
async fn only_so_many_parts_are_taken_at_once() {
    let server = S3Server::start().await;
    let keep = S3::open(&server.settings()).unwrap();
    let first = keep.extend(blob(7, 7), 0).await.unwrap();
    let others = keep
        .parts
        .clone()
        .try_acquire_many_owned(MAX_S3_PARTS as u32 - 1)
        .unwrap();
    let error = keep.extend(blob(7, 8), 0).await.err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::ResourceBusy);
    drop(first);
    write(&keep, blob(7, 8), 0, b"one").await;
    write(&keep, blob(7, 9), 0, b"two").await;
    assert_eq!(keep.parts.available_permits(), 1, "it is given back");
    drop(others);
}

/// Puts wait for as many bytes as they have; what is short passes them.
#[tokio::test]
async fn puts_wait_for_each_others_bytes() {
    let server = S3Server::start().await;
    let settings = server.settings();
    let service = Service::new(&settings).unwrap().with_patience(SHORT);
    let keep = S3::on(service, &settings);
    write(&keep, blob(7, 7), 0, b"one").await;
    let under_way = keep.service.hold_puts(MAX_S3_PUT_BLOCKS - 1).await;
    let two_blocks = vec![7; S3_BLOCK_LEN + 1];
    let key = keep.keys.object(blob(7, 8), object(0, two_blocks.len()));
    let late = keep.service.put(&key, two_blocks.into()).await;
    assert_eq!(late, Err(S3Failure::Silent));
    drop(under_way);
    assert_eq!(keep.list(7).await.unwrap(), [blob(7, 7)]);
}

/// More objects than one page of a list has, and than one request deletes.
#[tokio::test]
async fn a_blob_of_very_many_objects_is_read_and_deleted() {
    let server = S3Server::start().await;
    let keep = S3::open(&server.settings()).unwrap();
    let blob_id = blob(7, 7);
    let id = blob_id.to_string();
    let folder = server.objects().join(&id[..2]).join(&id);
    std::fs::create_dir_all(&folder).unwrap();
    for at in 0..1_203_u64 {
        let name = object(at, 1).to_string();
        std::fs::write(folder.join(name), [(at % 251) as u8]).unwrap();
    }
    assert_eq!(keep.objects(blob_id, 0, 1_203).await.unwrap().len(), 1_203);
    assert!(cover(keep.objects(blob_id, 0, 1_203).await.unwrap(), &(0..1_203)).is_some());
    assert_eq!(
        read(&keep, blob_id, 1_195..1_203).await.unwrap(),
        noise(1_203)[1_195..]
    );
    assert!(keep.extend(blob_id, 1_203).await.is_ok());
    keep.delete(blob_id).await.unwrap();
    assert!(keep.list(7).await.unwrap().is_empty());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}
