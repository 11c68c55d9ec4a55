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

use protocol::{BlobId, Code, MessageId, Millis, Problem, RoomId, blobs::UPLOAD_SECRET, socket::RoomKindTag};

use super::{asks::HttpAsk, commands::check_text, device::Device, entering::HttpResult, shell::Shell};
use crate::{
    api::{Command, Failure, FileMessage, Reply, Secret, UploadCard},
    failure::failure,
    files::{Doomed, FileDescriptor, Noted, OwnBlob, SaidFile, UploadSecret},
    limits::{MAX_ABOUT_LEN, MAX_NOTED_UPLOADS, RETRY_MS},
    messages::{Body, Content, Timers},
    rooms::Room,
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

    /// What would have ended by now is not sent any more, and nothing of it stays here.
    pub(super) fn purge(&mut self, store: &mut Store, now: Millis) {
        let over = self.noted.iter().filter(|(_, noted)| noted.expires_at <= now);
        let blobs: Vec<OwnBlob> = over
            .map(|(id, noted)| (*id, noted.upload_secret.clone()))
            .collect();
        self.doom(store, blobs);
    }

    /// When the next of what is noted ends.
    pub(super) fn next_end(&self) -> Option<Millis> {
        self.noted.values().map(|noted| noted.expires_at).min()
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
    /// Puts a file that was uploaded into a message. What was noted of the upload goes in the same batch.
    pub(super) fn send_file(&mut self, shell: &mut Shell, said: FileMessage) -> Result<MessageId, Failure> {
        check_text(&said.text)?;
        if said.forwarded && !self.people.policies().forwarding {
            return Err(failure("forbidden"));
        }
        let (room_id, blob_id) = (said.room_id, said.file.blob_id);
        let timers = Timers {
            ttl: said.ends_at.map(|at| left_of(shell, at)).transpose()?,
            burn: said.burn_ms,
        };
        let file = FileDescriptor::try_from(said.file).map_err(|_| failure("malformed"))?;
        let upload_secret = UploadSecret::from_base64url(&said.upload_secret.0);
        let upload_secret = upload_secret.ok_or_else(|| failure("malformed"))?;
        let burns = self.burns_between_two(room_id, timers);
        let content = Content::File {
            file: Box::new(file.clone()),
            text: said.text.clone(),
            re: said.reply_to,
            mentions: said.mentions,
            secret: burns.then(|| upload_secret.clone()),
            fwd: said.forwarded,
        };
        let body = Body::File(Box::new(SaidFile {
            file,
            text: said.text,
            upload_secret: Some(upload_secret),
        }));
        let message_id = self.say(shell, room_id, said.message_id, timers, content, body)?;
        self.files.sent(&mut shell.store, blob_id);
        Ok(message_id)
    }

    /// Of two people, who read something that burns is the last to have it.
    fn burns_between_two(&self, room_id: RoomId, timers: Timers) -> bool {
        let burns = |room: &Room| room.kind() == RoomKindTag::Direct && room.clamp(timers).burn.is_some();
        self.room(room_id).is_ok_and(burns)
    }

    pub(super) fn on_files_command(&mut self, shell: &mut Shell, command: Command) -> Result<Reply, Failure> {
        match command {
            Command::GiveToken { stale } => self.give_token(shell, stale.as_ref()),
            Command::NoteUpload { upload } => self.note_upload(shell, &upload),
            Command::ListUploads => Ok(self.uploads()),
            Command::DropUpload { blob_id } => {
                self.files.drop_upload(&mut shell.store, blob_id);
                Ok(Reply::Done)
            }
            _ => Err(failure("internal")),
        }
    }

    fn note_upload(&mut self, shell: &mut Shell, upload: &UploadCard) -> Result<Reply, Failure> {
        if !self.rooms.contains_key(&upload.room_id) {
            return Err(failure("room_gone"));
        }
        self.files.note(&mut shell.store, upload)?;
        Ok(Reply::Done)
    }

    /// The session's token, to whoever sends requests of its own. One that was refused is doubted.
    fn give_token(&mut self, shell: &Shell, stale: Option<&Secret>) -> Result<Reply, Failure> {
        let token = self.session.token().ok_or_else(|| failure("offline"))?.clone();
        if stale == Some(&token) {
            self.session.doubt_token(shell.now);
        }
        Ok(Reply::Token { token })
    }

    fn uploads(&self) -> Reply {
        let noted = self.files.noted.iter();
        Reply::Uploads(noted.map(|(blob_id, noted)| noted.card(*blob_id)).collect())
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

/// How long something lives from now on that ends then.
fn left_of(shell: &Shell, ends_at: Millis) -> Result<u64, Failure> {
    let left = ends_at.since(shell.now);
    if left == 0 {
        return Err(failure("file_expired"));
    }
    Ok(left)
}

fn by_id<T>(records: Vec<(String, T)>) -> SortedMap<BlobId, T> {
    let with_id = |(id, value): (String, T)| Some((id.parse().ok()?, value));
    records.into_iter().filter_map(with_id).collect()
}

fn code_of(body: &[u8]) -> Option<Code> {
    let problem: Problem = serde_json::from_slice(body).ok()?;
    Some(problem.code)
}
