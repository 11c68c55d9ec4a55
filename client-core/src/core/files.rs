//! Uploads that are under way, blobs that the server is to delete, and the token for both.
//!
//! ```text
//!            note                send_file: the message has it
//! (nothing) ─────► Noted ──────────────────────────────────────► (nothing)
//!                    │ drop_upload                                    │ the message is deleted, or its time is over
//!                    ▼                                                ▼
//!                  Doomed ◄───────────────────────────────────────────┘
//!                    │ the server deleted it, or has none
//!                    ▼
//!                (nothing)
//! ```

use protocol::{BlobId, Code, Millis, Problem, RoomId, blobs::UPLOAD_SECRET};

use super::{asks::HttpAsk, device::Device, entering::HttpResult, shell::Shell};
use crate::{
    api::{Failure, Reply, Secret, UploadCard},
    failure::failure,
    files::{Doomed, Noted, OwnBlob},
    limits::{MAX_ABOUT_LEN, MAX_NOTED_UPLOADS, RETRY_MS},
    sorted::SortedMap,
    store::{BadRecord, Loaded, Store, take_all},
};

/// See the module.
#[derive(Default)]
pub(super) struct Files {
    noted: SortedMap<BlobId, Noted>,
    doomed: SortedMap<BlobId, Doomed>,
    /// One deletion is on its way.
    deleting: bool,
    /// Before which the next is not begun.
    retry_at: Millis,
}

const NOTED: &str = "upload/";
const DOOMED: &str = "doomed/";

impl Files {
    pub(super) fn load(loaded: &mut Loaded) -> Result<Self, BadRecord> {
        Ok(Self {
            noted: by_id(take_all(loaded, NOTED)?),
            doomed: by_id(take_all(loaded, DOOMED)?),
            ..Self::default()
        })
    }

    fn note(&mut self, store: &mut Store, card: &UploadCard) -> Result<(), Failure> {
        let blob_id = card.blob_id;
        if self.doomed.contains_key(&blob_id) {
            return Err(failure("not_found"));
        }
        if self.noted.len() >= MAX_NOTED_UPLOADS && !self.noted.contains_key(&blob_id) {
            return Err(failure("too_many_unsent"));
        }
        if card.about.len() > MAX_ABOUT_LEN {
            return Err(failure("too_large"));
        }
        let noted = Noted::of_card(card).ok_or_else(|| failure("malformed"))?;
        store.put(format!("{NOTED}{blob_id}"), &noted);
        self.noted.insert(blob_id, noted);
        Ok(())
    }

    /// A message carries it now.
    pub(super) fn sent(&mut self, store: &mut Store, blob_id: BlobId) {
        if self.noted.remove(&blob_id).is_some() {
            store.delete(format!("{NOTED}{blob_id}"));
        }
    }

    fn drop_upload(&mut self, store: &mut Store, blob_id: BlobId) {
        if let Some(noted) = self.noted.get(&blob_id) {
            let blob = (blob_id, noted.upload_secret.clone());
            self.doom(store, [blob]);
        }
    }

    /// The room is not here any more.
    pub(super) fn drop_of_room(&mut self, store: &mut Store, room_id: RoomId) {
        let of_room = self.noted.iter().filter(|(_, noted)| noted.room_id == room_id);
        let blobs: Vec<OwnBlob> = of_room
            .map(|(id, noted)| (*id, noted.upload_secret.clone()))
            .collect();
        self.doom(store, blobs);
    }

    /// The server is to delete them.
    pub(super) fn doom(&mut self, store: &mut Store, blobs: impl IntoIterator<Item = OwnBlob>) {
        for (blob_id, upload_secret) in blobs {
            self.sent(store, blob_id);
            let doomed = Doomed { upload_secret };
            store.put(format!("{DOOMED}{blob_id}"), &doomed);
            self.doomed.insert(blob_id, doomed);
        }
    }

    /// When the next deletion may begin; nothing while there is none.
    pub(super) fn wakes(&self) -> Option<Millis> {
        (!self.deleting && !self.doomed.is_empty()).then_some(self.retry_at)
    }
}

impl Device {
    pub(super) fn note_upload(&mut self, shell: &mut Shell, upload: &UploadCard) -> Result<Reply, Failure> {
        if !self.rooms.contains_key(&upload.room_id) {
            return Err(failure("room_gone"));
        }
        self.files.note(&mut shell.store, upload)?;
        Ok(Reply::Done)
    }

    /// The session's token, to whoever sends requests of its own. One that was refused is doubted.
    pub(super) fn give_token(&mut self, shell: &Shell, stale: Option<&Secret>) -> Result<Reply, Failure> {
        let token = self.session.token().ok_or_else(|| failure("offline"))?.clone();
        if stale == Some(&token) {
            self.session.doubt_token(shell.now);
        }
        Ok(Reply::Token { token })
    }

    pub(super) fn uploads(&self) -> Reply {
        let noted = self.files.noted.iter();
        Reply::Uploads(noted.map(|(blob_id, noted)| noted.card(*blob_id)).collect())
    }

    pub(super) fn drop_upload(&mut self, shell: &mut Shell, blob_id: BlobId) -> Reply {
        self.files.drop_upload(&mut shell.store, blob_id);
        Reply::Done
    }

    /// Has the next blob deleted, where the server can be asked.
    pub(super) fn delete_blobs(&mut self, shell: &mut Shell) {
        let due = self.files.wakes().is_some_and(|at| at <= shell.now);
        let token = self.session.token().filter(|_| due && self.may_ask()).cloned();
        let Some((token, (blob_id, doomed))) = token.zip(self.files.doomed.iter().next()) else {
            return;
        };
        self.files.deleting = true;
        let headers = vec![(UPLOAD_SECRET, doomed.upload_secret.to_base64url())];
        let path = format!("/api/v1/blobs/{blob_id}");
        let ask = HttpAsk::DeleteBlob {
            blob_id: *blob_id,
            token: token.clone(),
        };
        shell.delete(ask, path, &token, headers);
    }

    pub(super) fn on_blob_deleted(
        &mut self,
        shell: &mut Shell,
        blob_id: BlobId,
        token: &Secret,
        result: HttpResult,
    ) {
        self.files.deleting = false;
        let answer = result.map(|(status, body)| (status, code_of(&body)));
        match answer {
            // Later, or with another token.
            Some((401, _)) => {
                self.files.retry_at = shell.now.plus(RETRY_MS);
                if self.session.token() == Some(token) {
                    self.session.doubt_token(shell.now);
                }
            }
            None | Some((408 | 429 | 500.., _)) => self.files.retry_at = shell.now.plus(RETRY_MS),
            // Gone, or refused for good: asking again would change nothing.
            Some((status, code)) => {
                if !(200..300).contains(&status) && code != Some(Code::NotFound) {
                    tracing::warn!(blob.id = %blob_id, status, "the server does not delete a blob");
                }
                self.files.doomed.remove(&blob_id);
                shell.store.delete(format!("{DOOMED}{blob_id}"));
            }
        }
    }
}

fn by_id<T>(records: Vec<(String, T)>) -> SortedMap<BlobId, T> {
    let with_id = |(id, value): (String, T)| Some((id.parse().ok()?, value));
    records.into_iter().filter_map(with_id).collect()
}

fn code_of(body: &[u8]) -> Option<Code> {
    let problem: Problem = serde_json::from_slice(body).ok()?;
    Some(problem.code)
}
