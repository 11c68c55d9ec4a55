//! Uploads that are under way: one writes at a time, the newest; and how many a user has that are not finished. In memory
//! alone: who made a blob is not stored.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use protocol::{BlobId, UserId};
use tokio::sync::{Mutex as Turn, OwnedMutexGuard, watch};

use super::types::{Blob, BlobLimits};
use crate::limits::{MAX_UNFINISHED_FILES, MAX_UNFINISHED_KNOWN, MAX_UNFINISHED_PER_USER};

/// See the module.
#[derive(Clone, Default)]
pub struct Uploads(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    lines: HashMap<BlobId, Arc<Line>>,
    /// Whose each is, and how much of its room's space it holds.
    unfinished: HashMap<BlobId, (UserId, u64)>,
}

/// Those who want the same upload.
#[derive(Default)]
struct Line {
    claims: AtomicU64,
    newest: watch::Sender<u64>,
    turn: Arc<Turn<()>>,
}

/// The right to change an upload. Who waits for it makes the one before stop.
pub struct Claim {
    _turn: OwnedMutexGuard<()>,
    number: u64,
    newest: watch::Receiver<u64>,
    _place: Place,
}

/// A place in a line; with the last one, the line goes.
struct Place {
    blob_id: BlobId,
    line: Option<Arc<Line>>,
    uploads: Uploads,
}

/// Whether an upload counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    Now,
    /// It is counted already.
    Before,
    TooMany,
}

impl Uploads {
    /// Waits until whoever works on the upload has stopped. A client asks again only when it takes the request before
    /// for lost, so that one need not be waited for any longer.
    pub async fn claim(&self, blob_id: BlobId) -> Claim {
        let line = Arc::clone(self.state().lines.entry(blob_id).or_default());
        let place = Place {
            blob_id,
            line: Some(Arc::clone(&line)),
            uploads: self.clone(),
        };
        let number = line.claims.fetch_add(1, Ordering::Relaxed) + 1;
        line.newest.send_if_modified(|newest| {
            let newer = number > *newest;
            *newest = number.max(*newest);
            newer
        });
        let (turn, newest) = (Arc::clone(&line.turn), line.newest.subscribe());
        drop(line);
        Claim {
            _turn: turn.lock_owned().await,
            number,
            newest,
            _place: place,
        }
    }

    /// Counts an upload as the user's, unless the user has too many, or too much, that is not finished.
    pub fn begin(&self, blob: &Blob, user_id: UserId, limits: BlobLimits) -> Begun {
        let mut state = self.state();
        if state.unfinished.contains_key(&blob.blob_id) {
            return Begun::Before;
        }
        let own = state.unfinished.values().filter(|(of, _)| *of == user_id);
        let (count, held) = own.fold((0, blob.size), |(count, held), (_, size)| {
            (count + 1, held.saturating_add(*size))
        });
        let most = limits.max_len.saturating_mul(MAX_UNFINISHED_FILES);
        if count >= MAX_UNFINISHED_PER_USER || held > most || state.unfinished.len() >= MAX_UNFINISHED_KNOWN {
            return Begun::TooMany;
        }
        state.unfinished.insert(blob.blob_id, (user_id, blob.size));
        Begun::Now
    }

    /// It is finished, or given up.
    pub fn end(&self, blob_id: BlobId) {
        self.state().unfinished.remove(&blob_id);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claim {
    /// Comes when somebody else wants the upload.
    pub async fn superseded(&mut self) {
        let number = self.number;
        // The sender lives as long as the line, and the line as long as the claim.
        let _ = self.newest.wait_for(|newest| *newest > number).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.uploads.state();
        drop(self.line.take());
        // Nobody else waits where the map's is the last one.
        if state
            .lines
            .get(&self.blob_id)
            .is_some_and(|line| Arc::strong_count(line) == 1)
        {
            state.lines.remove(&self.blob_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Millis, RoomId};

    use super::*;

    fn blob(number: u8) -> BlobId {
        BlobId::from_random([number; 16])
    }

    fn of_size(number: u8, size: u64) -> Blob {
        Blob {
            blob_id: blob(number),
            room_id: RoomId::from_random([1; 16]),
            size,
            received: 0,
            secret_hash: [0; 32],
            expires_at: Millis(1),
            unfinished_until: Some(Millis(1)),
        }
    }

    const LIMITS: BlobLimits = BlobLimits {
        max_len: 1_000,
        room_quota: 10_000,
        disk_reserve: 0,
    };

    #[tokio::test]
    async fn the_newest_claim_stops_the_one_before_and_waits_for_it() {
        let uploads = Uploads::default();
        let mut first = uploads.claim(blob(1)).await;
        let elsewhere = uploads.claim(blob(2)).await;
        let second = tokio::spawn({
            let uploads = uploads.clone();
            async move { uploads.claim(blob(1)).await }
        });
        first.superseded().await;
        assert!(!second.is_finished());
        drop(first);
        let second = second.await.unwrap();
        assert_eq!(uploads.state().lines.len(), 2);
        drop((second, elsewhere));
        assert!(uploads.state().lines.is_empty(), "nothing is kept of who is done");
    }

    #[test]
    fn a_user_has_so_many_unfinished_uploads() {
        let uploads = Uploads::default();
        let (alice, bob) = (UserId::from_random([1; 16]), UserId::from_random([2; 16]));
        for number in 0..MAX_UNFINISHED_PER_USER {
            let begun = uploads.begin(&of_size(u8::try_from(number).unwrap(), 1), alice, LIMITS);
            assert_eq!(begun, Begun::Now);
        }
        assert_eq!(uploads.begin(&of_size(200, 1), alice, LIMITS), Begun::TooMany);
        assert_eq!(uploads.begin(&of_size(0, 1), alice, LIMITS), Begun::Before);
        assert_eq!(uploads.begin(&of_size(201, 1), bob, LIMITS), Begun::Now);
        uploads.end(blob(0));
        assert_eq!(uploads.begin(&of_size(200, 1), alice, LIMITS), Begun::Now);
    }
    /// Who begins large uploads and sends nothing keeps nobody from the room's space.
    #[test]
    fn a_user_holds_only_so_much_with_what_is_unfinished() {
        let uploads = Uploads::default();
        let (alice, bob) = (UserId::from_random([1; 16]), UserId::from_random([2; 16]));
        assert_eq!(uploads.begin(&of_size(1, 1_000), alice, LIMITS), Begun::Now);
        assert_eq!(uploads.begin(&of_size(2, 900), alice, LIMITS), Begun::Now);
        assert_eq!(uploads.begin(&of_size(3, 101), alice, LIMITS), Begun::TooMany);
        assert_eq!(uploads.begin(&of_size(3, 100), alice, LIMITS), Begun::Now);
        assert_eq!(uploads.begin(&of_size(4, 1_000), bob, LIMITS), Begun::Now);
        uploads.end(blob(1));
        assert_eq!(uploads.begin(&of_size(5, 1_000), alice, LIMITS), Begun::Now);
    }
}
