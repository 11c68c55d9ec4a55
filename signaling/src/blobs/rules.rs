//! Which blobs are begun, and what may be done with one.

use protocol::{
    Code, Millis, Problem,
    blobs::BlobCreate,
    limits::{MAX_PART_LEN, MAX_RETENTION_MS, UPLOAD_SECRET_LEN},
};

use super::{
    keep::Free,
    types::{Blob, BlobLimits},
};
use crate::{
    limits::{FULL_PART_LEN, UNFINISHED_LIFE_MS},
    tokens::hash_token,
};

/// The row of a new blob, as far as it can be judged without the database.
pub fn check_new(create: &BlobCreate, limits: BlobLimits, now: Millis) -> Result<Blob, Problem> {
    if create.secret.0.len() != UPLOAD_SECRET_LEN {
        return Err(Problem::new(Code::Malformed, "the secret must have 32 bytes"));
    }
    if create.size == 0 {
        return Err(Problem::new(Code::Malformed, "an empty blob is none"));
    }
    if create.size > limits.max_len {
        return Err(Problem::new(
            Code::TooLarge,
            "the file is larger than this server takes",
        ));
    }
    if create.expires_at <= now {
        return Err(Problem::new(Code::FileExpired, "the file's time is over already"));
    }
    Ok(Blob {
        blob_id: create.blob_id,
        room_id: create.room_id,
        size: create.size,
        received: 0,
        secret_hash: hash_token(&create.secret.0),
        expires_at: create.expires_at.min(now.plus(MAX_RETENTION_MS)),
        unfinished_until: Some(now.plus(UNFINISHED_LIFE_MS)),
    })
}

/// Whether a blob may begin in a room whose blobs already have `used` bytes.
pub fn check_quota(blob: &Blob, limits: BlobLimits, used: u64) -> Result<(), Problem> {
    if used.saturating_add(blob.size) > limits.room_quota {
        return Err(Problem::new(
            Code::QuotaExceeded,
            "the files of this room fill the space that it has",
        ));
    }
    Ok(())
}

/// Whether a place with so much room takes more. What is not on our disk takes nothing of what that keeps free.
pub fn check_room(limits: BlobLimits, free: Free) -> Result<(), Problem> {
    match free {
        Free::Bytes(free) if free < limits.disk_reserve => {
            Err(Problem::new(Code::StorageFull, "the disk is nearly full"))
        }
        Free::Bytes(_) | Free::Unmeasured => Ok(()),
    }
}

/// What is there under the id of a new blob: the same one, begun before, or somebody else's.
pub fn check_known(known: Blob, new: &Blob) -> Result<Blob, Problem> {
    let same = known.room_id == new.room_id && known.size == new.size && known.is_made_with(&new.secret_hash);
    if same {
        Ok(known)
    } else {
        Err(Problem::new(
            Code::DuplicateId,
            "there is another blob of this id",
        ))
    }
}

/// Whether a blob is still kept.
pub fn check_kept(blob: &Blob, now: Millis) -> Result<(), Problem> {
    if blob.expires_at <= now {
        return Err(Problem::new(Code::FileExpired, "the file's time is over"));
    }
    Ok(())
}

/// Whether a part may begin at `offset`, and, where its length is said, be so long.
pub fn check_part(blob: &Blob, offset: u64, len: Option<u64>) -> Result<(), Problem> {
    if offset != blob.received {
        return Err(Problem::new(
            Code::WrongOffset,
            "the upload does not end where the part begins",
        ));
    }
    let room = (blob.size - blob.received).min(MAX_PART_LEN);
    if len.is_some_and(|len| len > room) {
        return Err(Problem::new(Code::TooLarge, "the part is too long"));
    }
    Ok(())
}

/// Whether a part, or what came of it, is shorter than clients send one but for a blob's last.
pub fn is_short(blob: &Blob, len: u64) -> bool {
    len < FULL_PART_LEN && len < blob.size - blob.received
}

#[cfg(test)]
mod tests {
    use protocol::{BlobId, Bytes, RoomId};

    use super::*;

    const NOW: Millis = Millis(1_000_000_000);

    const LIMITS: BlobLimits = BlobLimits {
        max_len: 100,
        room_quota: 250,
        disk_reserve: 1_000,
    };

    fn create() -> BlobCreate {
        BlobCreate {
            blob_id: BlobId::from_random([1; 16]),
            room_id: RoomId::from_random([1; 16]),
            size: 100,
            expires_at: NOW.plus(1),
            secret: Bytes(vec![7; UPLOAD_SECRET_LEN]),
        }
    }

    fn code<T>(result: Result<T, Problem>) -> Option<Code> {
        result.err().map(|problem| problem.code)
    }

    #[test]
    fn a_blob_is_as_large_and_lives_as_long_as_the_server_lets_it() {
        let check = |change: &dyn Fn(&mut BlobCreate)| {
            let mut create = create();
            change(&mut create);
            check_new(&create, LIMITS, NOW)
        };
        assert_eq!(code(check(&|_| {})), None);
        assert_eq!(code(check(&|create| create.size = 101)), Some(Code::TooLarge));
        assert_eq!(code(check(&|create| create.size = 0)), Some(Code::Malformed));
        assert_eq!(
            code(check(&|create| create.secret = Bytes(vec![7; 31]))),
            Some(Code::Malformed)
        );
        assert_eq!(
            code(check(&|create| create.expires_at = NOW)),
            Some(Code::FileExpired)
        );
        let long = check(&|create| create.expires_at = Millis(u64::MAX)).unwrap();
        assert_eq!(long.expires_at, NOW.plus(MAX_RETENTION_MS));
    }

    #[test]
    fn a_room_takes_blobs_until_its_space_is_full() {
        let blob = check_new(&create(), LIMITS, NOW).unwrap();
        assert_eq!(code(check_quota(&blob, LIMITS, 150)), None);
        assert_eq!(code(check_quota(&blob, LIMITS, 151)), Some(Code::QuotaExceeded));
        assert_eq!(
            code(check_quota(&blob, LIMITS, u64::MAX)),
            Some(Code::QuotaExceeded)
        );
    }

    #[test]
    fn a_disk_that_is_nearly_full_takes_no_files() {
        assert_eq!(code(check_room(LIMITS, Free::Bytes(1_000))), None);
        assert_eq!(
            code(check_room(LIMITS, Free::Bytes(999))),
            Some(Code::StorageFull)
        );
        assert_eq!(code(check_room(LIMITS, Free::Unmeasured)), None);
    }

    #[test]
    fn the_same_id_is_the_same_blob_or_none() {
        let blob = check_new(&create(), LIMITS, NOW).unwrap();
        let begun = Blob { received: 50, ..blob };
        assert_eq!(check_known(begun, &blob), Ok(begun));
        for other in [
            Blob { size: 99, ..blob },
            Blob {
                room_id: RoomId::from_random([2; 16]),
                ..blob
            },
            Blob {
                secret_hash: [0; 32],
                ..blob
            },
        ] {
            assert_eq!(code(check_known(begun, &other)), Some(Code::DuplicateId));
        }
    }

    #[test]
    fn a_part_is_short_that_is_no_chunk_and_not_the_last() {
        let blob = Blob {
            size: 10 * FULL_PART_LEN,
            received: 9 * FULL_PART_LEN - 10,
            ..check_new(&create(), LIMITS, NOW).unwrap()
        };
        assert!(is_short(&blob, 0) && is_short(&blob, 1) && is_short(&blob, FULL_PART_LEN - 1));
        assert!(!is_short(&blob, FULL_PART_LEN));
        let last = Blob {
            received: blob.size - 10,
            ..blob
        };
        assert!(is_short(&last, 9) && !is_short(&last, 10));
    }

    #[test]
    fn a_part_begins_where_the_upload_ends_and_fits() {
        let blob = Blob {
            received: 60,
            ..check_new(&create(), LIMITS, NOW).unwrap()
        };
        assert_eq!(code(check_part(&blob, 60, Some(40))), None);
        assert_eq!(code(check_part(&blob, 60, None)), None);
        assert_eq!(code(check_part(&blob, 60, Some(41))), Some(Code::TooLarge));
        for offset in [0, 59, 61, u64::MAX] {
            assert_eq!(code(check_part(&blob, offset, None)), Some(Code::WrongOffset));
        }
    }
}
