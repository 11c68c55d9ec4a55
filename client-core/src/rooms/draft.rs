//! What the person began to write, sealed like everything that this device stores; other devices do not have it.

use protocol::RoomId;

use super::state::Room;
use crate::store::Store;

impl Room {
    pub(crate) fn save_draft(&mut self, store: &mut Store, draft: String) {
        if draft == self.draft {
            return;
        }
        if draft.is_empty() {
            store.delete(record(self.id));
        } else {
            store.put(record(self.id), &draft);
        }
        self.draft = draft;
    }
}

/// Name of the record of a draft.
pub(super) fn record(room_id: RoomId) -> String {
    format!("draft/{room_id}")
}
