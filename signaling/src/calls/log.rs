//! The log of one generation of a call's group: bounded, in memory, numbered from 1.

use std::collections::VecDeque;

use protocol::{
    Bytes, Epoch, Generation, MessageId, Millis, Seq,
    limits::{MAX_CALL_LOG, MAX_SYNC_ENTRIES},
    socket::{Accepted, Entry, EntryKind},
};

use super::limits::MAX_CALL_LOG_LEN;

pub(super) struct Log {
    generation: Generation,
    entries: VecDeque<Entry>,
    last: Seq,
    len: usize,
}

/// What is written.
pub(super) struct Draft {
    pub kind: EntryKind,
    pub epoch: Epoch,
    pub message_id: MessageId,
    pub payload: Bytes,
}

impl Log {
    pub fn new(generation: Generation) -> Self {
        Self {
            generation,
            entries: VecDeque::new(),
            last: Seq(0),
            len: 0,
        }
    }

    /// Place of the newest entry.
    pub fn last(&self) -> Seq {
        self.last
    }

    /// Writes an entry; the oldest go when there are too many.
    pub fn push(&mut self, draft: Draft, now: Millis) -> Entry {
        self.last = self.last.next();
        let entry = Entry {
            seq: self.last,
            generation: self.generation,
            epoch: draft.epoch,
            kind: draft.kind,
            payload: draft.payload,
            message_id: draft.message_id,
            sent_at: now,
            expires_at: None,
        };
        self.len = self.len.saturating_add(entry.payload.0.len());
        self.entries.push_back(entry.clone());
        while self.entries.len() > MAX_CALL_LOG || self.len > MAX_CALL_LOG_LEN {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.len = self.len.saturating_sub(oldest.payload.0.len());
        }
        entry
    }

    /// The entry with this message id.
    pub fn find(&self, message_id: MessageId) -> Option<&Entry> {
        self.entries
            .iter()
            .rev()
            .find(|entry| entry.message_id == message_id)
    }

    /// Entries after `after`, and whether there are more; nothing if some of them are gone already.
    pub fn after(&self, after: Seq) -> Option<(Vec<Entry>, bool)> {
        if after >= self.last {
            return Some((Vec::new(), false));
        }
        let first = self.entries.front()?.seq;
        let skip = usize::try_from(after.next().0.checked_sub(first.0)?).ok()?;
        let limit = usize::try_from(MAX_SYNC_ENTRIES).unwrap_or(usize::MAX);
        let entries: Vec<_> = self.entries.iter().skip(skip).take(limit).cloned().collect();
        let more = self.entries.len() > skip.saturating_add(limit);
        Some((entries, more))
    }
}

/// The answer to who wrote an entry.
pub(super) fn accepted(entry: &Entry) -> Accepted {
    Accepted {
        seq: entry.seq,
        sent_at: entry.sent_at,
    }
}
