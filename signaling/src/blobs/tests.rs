//! What holds wherever blobs lie: the same on the disk and on an S3 service.

use std::ops::Range;

use axum::body::Bytes;
use futures_util::TryStreamExt as _;
use protocol::{BlobId, Millis};

use super::{
    folder::Folder,
    keep::{Free, Keep},
    mark::MAX_MARK_LEN,
    s3::S3,
};
use crate::{Clock, limits::BLOB_READ_LEN, testing::S3Server};

/// A place, and what it needs as long as it is used.
pub struct Place {
    pub keep: Box<dyn Keep>,
    _needs: Box<dyn std::any::Any>,
}

async fn folder() -> Place {
    let folder = tempfile::tempdir().unwrap();
    Place {
        keep: Box::new(Folder::open(folder.path().join("blobs")).await.unwrap()),
        _needs: Box::new(folder),
    }
}

async fn s3() -> Place {
    let server = S3Server::start().await;
    Place {
        keep: Box::new(S3::open(&server.settings()).unwrap()),
        _needs: Box::new(server),
    }
}

/// Each as a test on the disk, and as one on an S3 service.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod on_disk {
            $(#[tokio::test] async fn $name() { super::$name(super::folder().await.keep.as_ref()).await; })*
        }
        mod on_s3 {
            $(#[tokio::test] async fn $name() {
                let place = super::s3().await;
                super::$name(place.keep.as_ref()).await;
            })*
        }
    };
}

on_both! {
    a_blob_grows_from_where_it_is_durable
    what_was_synced_and_not_noted_is_thrown_away
    what_was_not_synced_is_not_there
    a_blob_of_which_less_is_durable_does_not_grow
    a_part_of_a_blob_is_read_across_syncs
    a_blob_is_deleted_once_and_again
    blobs_are_listed_by_their_first_byte
    a_large_part_comes_back_as_it_went
    a_place_is_empty_until_a_blob_lies_there
    a_mark_is_as_it_was_set
    when_a_blob_was_written_last_is_known
}

pub fn blob(first: u8, rest: u8) -> BlobId {
    let mut bytes = [rest; 16];
    bytes[0] = first;
    BlobId::from_random(bytes)
}

/// Bytes of which no two near each other are alike.
pub fn noise(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8).collect()
}

pub async fn write(keep: &dyn Keep, blob_id: BlobId, at: u64, bytes: &[u8]) {
    let mut growing = keep.extend(blob_id, at).await.unwrap();
    for piece in bytes.chunks(50_000) {
        growing.write(Bytes::copy_from_slice(piece)).await.unwrap();
    }
    growing.sync().await.unwrap();
}

pub async fn read(keep: &dyn Keep, blob_id: BlobId, range: Range<u64>) -> Option<Vec<u8>> {
    let pieces = keep.read(blob_id, range).await.unwrap()?;
    Some(pieces.try_collect::<Vec<_>>().await.unwrap().concat())
}

async fn a_blob_grows_from_where_it_is_durable(keep: &dyn Keep) {
    let blob_id = blob(7, 7);
    assert!(keep.read(blob_id, 0..1).await.unwrap().is_none());
    write(keep, blob_id, 0, b"one").await;
    write(keep, blob_id, 3, b" two").await;
    assert_eq!(read(keep, blob_id, 0..7).await.unwrap(), b"one two");
    assert_eq!(read(keep, blob_id, 4..6).await.unwrap(), b"tw");
    assert_eq!(read(keep, blob_id, 0..8).await, None, "it is shorter");
    // Another one has nothing of it.
    assert_eq!(read(keep, blob(7, 8), 0..1).await, None);
    assert_ne!(keep.free().await.unwrap(), Free::Bytes(0));
}

/// A crash between the two, or a database that did not take the note.
async fn what_was_synced_and_not_noted_is_thrown_away(keep: &dyn Keep) {
    let blob_id = blob(7, 7);
    write(keep, blob_id, 0, b"one").await;
    write(keep, blob_id, 3, b" of many").await;
    write(keep, blob_id, 11, b" more").await;
    write(keep, blob_id, 3, b" two").await;
    assert_eq!(read(keep, blob_id, 0..7).await.unwrap(), b"one two");
    assert_eq!(read(keep, blob_id, 0..8).await, None);
    write(keep, blob_id, 0, b"1").await;
    assert_eq!(read(keep, blob_id, 0..1).await.unwrap(), b"1");
    assert_eq!(read(keep, blob_id, 0..2).await, None);
}

async fn what_was_not_synced_is_not_there(keep: &dyn Keep) {
    let blob_id = blob(7, 7);
    write(keep, blob_id, 0, b"one").await;
    let mut growing = keep.extend(blob_id, 3).await.unwrap();
    growing.write(Bytes::from_static(b" and a half")).await.unwrap();
    drop(growing);
    write(keep, blob_id, 3, b" two").await;
    assert_eq!(read(keep, blob_id, 0..7).await.unwrap(), b"one two");
    assert_eq!(read(keep, blob_id, 0..8).await, None);
    // Nothing more is no fault.
    keep.extend(blob_id, 7).await.unwrap().sync().await.unwrap();
    assert_eq!(read(keep, blob_id, 0..7).await.unwrap(), b"one two");
}

async fn a_blob_of_which_less_is_durable_does_not_grow(keep: &dyn Keep) {
    let blob_id = blob(7, 7);
    for at in [1, 8, u64::MAX >> 1] {
        let error = keep.extend(blob_id, at).await.err().unwrap();
        assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof, "{at}");
    }
    write(keep, blob_id, 0, b"one two").await;
    let error = keep.extend(blob_id, 8).await.err().unwrap();
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
    assert_eq!(
        read(keep, blob_id, 0..7).await.unwrap(),
        b"one two",
        "nothing of it is lost"
    );
}

async fn a_part_of_a_blob_is_read_across_syncs(keep: &dyn Keep) {
    let (blob_id, bytes) = (blob(7, 7), noise(1_000));
    let mut at = 0;
    for len in [1, 99, 400, 250, 250] {
        write(keep, blob_id, at as u64, &bytes[at..at + len]).await;
        at += len;
    }
    for range in [
        0..1_000,
        0..1,
        1..2,
        0..100,
        99..101,
        100..500,
        50..800,
        749..751,
        999..1_000,
    ] {
        let (start, end) = (range.start as u64, range.end as u64);
        assert_eq!(
            read(keep, blob_id, start..end).await.unwrap(),
            bytes[range.clone()],
            "{range:?}"
        );
    }
    assert_eq!(read(keep, blob_id, 999..1_001).await, None);
    assert_eq!(read(keep, blob_id, 1_000..1_001).await, None);
}

async fn a_blob_is_deleted_once_and_again(keep: &dyn Keep) {
    let (blob_id, other) = (blob(7, 7), blob(7, 8));
    write(keep, other, 0, b"stays").await;
    write(keep, blob_id, 0, b"one").await;
    write(keep, blob_id, 3, b" two").await;
    for _ in 0..2 {
        keep.delete(blob_id).await.unwrap();
        assert_eq!(read(keep, blob_id, 0..1).await, None);
        assert_eq!(keep.list(7).await.unwrap(), [other]);
    }
    assert_eq!(read(keep, other, 0..5).await.unwrap(), b"stays");
    assert!(keep.extend(blob_id, 3).await.is_err());
    write(keep, blob_id, 0, b"anew").await;
    assert_eq!(read(keep, blob_id, 0..4).await.unwrap(), b"anew");
}

async fn blobs_are_listed_by_their_first_byte(keep: &dyn Keep) {
    assert!(keep.list(0x70).await.unwrap().is_empty());
    let some: Vec<BlobId> = (0..5).map(|rest| blob(0x70, rest)).collect();
    for blob_id in &some {
        write(keep, *blob_id, 0, b"one").await;
        write(keep, *blob_id, 3, b" two").await;
    }
    write(keep, blob(0x07, 0), 0, b"another").await;
    write(keep, blob(0x71, 0), 0, b"another").await;
    let mut found = keep.list(0x70).await.unwrap();
    found.sort_unstable_by_key(|blob_id| *blob_id.as_bytes());
    assert_eq!(found, some);
    assert_eq!(keep.list(0x07).await.unwrap(), [blob(0x07, 0)]);
    assert!(keep.list(0xff).await.unwrap().is_empty());
}

async fn a_large_part_comes_back_as_it_went(keep: &dyn Keep) {
    let (blob_id, bytes) = (blob(7, 7), noise(3 * 1024 * 1024 + 17));
    write(keep, blob_id, 0, &bytes).await;
    let len = bytes.len() as u64;
    assert_eq!(read(keep, blob_id, 0..len).await.unwrap(), bytes);
    let (start, end) = (BLOB_READ_LEN - 1, len as usize - 1);
    assert_eq!(
        read(keep, blob_id, start as u64..end as u64).await.unwrap(),
        bytes[start..end]
    );
}

async fn a_place_is_empty_until_a_blob_lies_there(keep: &dyn Keep) {
    assert!(keep.is_empty().await.unwrap());
    keep.set_mark("a mark".to_owned()).await.unwrap();
    assert!(keep.is_empty().await.unwrap(), "a mark is no blob");
    write(keep, blob(0xa7, 7), 0, b"one").await;
    assert!(!keep.is_empty().await.unwrap());
    keep.delete(blob(0xa7, 7)).await.unwrap();
    assert!(keep.is_empty().await.unwrap());
}

async fn a_mark_is_as_it_was_set(keep: &dyn Keep) {
    assert_eq!(keep.mark().await.unwrap(), None);
    for mark in ["a mark", "a longer mark", "one"] {
        keep.set_mark(mark.to_owned()).await.unwrap();
        assert_eq!(keep.mark().await.unwrap().unwrap(), mark.as_bytes());
    }
    let long = "long".repeat(MAX_MARK_LEN);
    keep.set_mark(long.clone()).await.unwrap();
    assert_eq!(
        keep.mark().await.unwrap().unwrap(),
        &long.as_bytes()[..MAX_MARK_LEN],
        "no more of it is read"
    );
}

async fn when_a_blob_was_written_last_is_known(keep: &dyn Keep) {
    let blob_id = blob(7, 7);
    assert_eq!(keep.modified(blob_id).await.unwrap(), None);
    // The places of these tests keep whole seconds at least.
    let begun = Clock::system().now().0 / 1_000 * 1_000;
    write(keep, blob_id, 0, b"one").await;
    write(keep, blob_id, 3, b" two").await;
    let modified = keep.modified(blob_id).await.unwrap().unwrap();
    assert!(modified >= Millis(begun) && modified <= Clock::system().now());
    assert_eq!(keep.modified(blob(7, 8)).await.unwrap(), None);
}
