//! What the person began to write, sealed like everything that this device stores; other devices do not have it.

use protocol::RoomId;

use super::{env::Env, state::Room};
use crate::store::{BadRecord, Loaded, Store, take_all};

/// What names of the records begin with.
const RECORDS: &str = "draft/";

impl Room {
    pub(crate) fn save_draft(&mut self, env: &mut Env<'_>, draft: String) {
        self.keep_draft(&mut env.shell.store, draft);
    }

    pub(super) fn keep_draft(&mut self, store: &mut Store, draft: String) {
        if draft == self.draft {
            return;
        }
        let record = format!("{RECORDS}{}", self.id);
        if draft.is_empty() {
            store.delete(record);
        } else {
            store.put(record, &draft);
        }
        self.draft = draft;
    }

    pub(crate) fn restore_draft(&mut self, draft: String) {
        self.draft = draft;
    }
}

/// The stored drafts.
pub(crate) fn load_drafts(loaded: &mut Loaded) -> Result<Vec<(RoomId, String)>, BadRecord> {
    let drafts = take_all::<String>(loaded, RECORDS)?;
    let of_room = |(id, draft): (String, String)| Some((id.parse().ok()?, draft));
    Ok(drafts.into_iter().filter_map(of_room).collect())
}
