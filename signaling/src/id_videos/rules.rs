//! What may be an ID video.

use protocol::{Code, Millis, Problem, RoomId, limits::MAX_ID_VIDEO_LEN};

use crate::blobs::Blob;

/// How exactly the end of a video that was replaced may be known: a day. When an account re-records is nobody's business.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Whether a blob may be the ID video of a user with this own room.
pub fn check_video(blob: &Blob, own_room: RoomId) -> Result<(), Problem> {
    if blob.room_id != own_room {
        return Err(Problem::new(Code::NotFound, "there is no such blob"));
    }
    if !blob.is_complete() {
        return Err(Problem::new(Code::Conflict, "not all of it is there yet"));
    }
    if blob.size > MAX_ID_VIDEO_LEN {
        return Err(Problem::new(Code::TooLarge, "the video is too large"));
    }
    Ok(())
}

/// When a video that is replaced now counts as over: at once, and without telling when that was.
pub fn over_since(now: Millis) -> Millis {
    Millis(now.0 - now.0 % DAY_MS)
}

#[cfg(test)]
mod tests {
    use protocol::BlobId;

    use super::*;

    fn blob(size: u64, room: u8) -> Blob {
        Blob {
            blob_id: BlobId::from_random([1; 16]),
            room_id: RoomId::from_random([room; 16]),
            size,
            received: size,
            secret_hash: [0; 32],
            expires_at: Millis(1),
            unfinished_until: None,
        }
    }

    /// R28, R31: one's own, whole, and not too large.
    #[test]
    fn an_id_video_is_a_complete_blob_of_the_own_room() {
        let own = RoomId::from_random([7; 16]);
        let refused = |blob: Blob| check_video(&blob, own).map_err(|problem| problem.code);
        assert_eq!(refused(blob(MAX_ID_VIDEO_LEN, 7)), Ok(()));
        assert_eq!(refused(blob(MAX_ID_VIDEO_LEN + 1, 7)), Err(Code::TooLarge));
        assert_eq!(refused(blob(5, 8)), Err(Code::NotFound));
        let unfinished = Blob {
            unfinished_until: Some(Millis(9)),
            ..blob(5, 7)
        };
        assert_eq!(refused(unfinished), Err(Code::Conflict));
    }

    /// R57: that a video was replaced shows, by the day.
    #[test]
    fn a_replaced_video_is_over_at_once_and_tells_no_hour() {
        let now = Millis(20_000 * DAY_MS + 12_345_678);
        assert_eq!(over_since(now), Millis(20_000 * DAY_MS));
    }
}
