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

use crate::limits::{MAX_UNFINISHED_KNOWN, MAX_UNFINISHED_PER_USER};

/// See the module.
#[derive(Clone, Default)]
pub struct Uploads(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    lines: HashMap<BlobId, Arc<Line>>,
    unfinished: HashMap<BlobId, UserId>,
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

    /// Counts an upload as the user's, unless the user has too many that are not finished.
    pub fn begin(&self, blob_id: BlobId, user_id: UserId) -> Begun {
        let mut state = self.state();
        if state.unfinished.contains_key(&blob_id) {
            return Begun::Before;
        }
        let begun = state.unfinished.values().filter(|of| **of == user_id).count();
        if begun >= MAX_UNFINISHED_PER_USER || state.unfinished.len() >= MAX_UNFINISHED_KNOWN {
            return Begun::TooMany;
        }
        state.unfinished.insert(blob_id, user_id);
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
    use super::*;

    fn blob(number: u8) -> BlobId {
        BlobId::from_random([number; 16])
    }

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
            let begun = uploads.begin(blob(u8::try_from(number).unwrap()), alice);
            assert_eq!(begun, Begun::Now);
        }
        assert_eq!(uploads.begin(blob(200), alice), Begun::TooMany);
        assert_eq!(uploads.begin(blob(0), alice), Begun::Before);
        assert_eq!(uploads.begin(blob(201), bob), Begun::Now);
        uploads.end(blob(0));
        assert_eq!(uploads.begin(blob(200), alice), Begun::Now);
    }
}
