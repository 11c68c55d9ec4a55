//! One upload: reads the file, seals it, sends it part by part, goes on where the server is, and puts it into a message.
//!
//! ```text
//! noted ─► created ─► sealed part, its end and hash noted ─► sent … ─► all of it is there ─► message in the outbox
//!   ▲                                                        │ interrupted: the same file is sent again
//!   └───── sealed again up to where it was, and compared ◄───┘
//! ```
//!
//! Under one key and nonce nothing but the same bytes may ever leave. So what was sealed is noted before it is sent, and who
//! goes on, or has to send something again, seals from the file's beginning and compares.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use client_core::api::{Command, FileCard, FileMessage, Reply, SealedPart, Secret, UploadCard};
use file_sealing::{BASE_LEN, CHUNK_LEN, FileDigest, FileKey, KEY_LEN, Layout, NonceBase, Sealer, TAG_LEN};
use protocol::{BlobId, Bytes, MessageId, RoomId, limits::UPLOAD_SECRET_LEN};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    FileError, Progress, TransferState,
    blobs::{Blobs, Trouble},
    media_type_of,
    patience::Patience,
};
use crate::{
    Client, ClientError,
    clock::Clock,
    limits::{BLOB_LIFE_MS, FIRST_PART_CHUNKS, LONGEST_PART_CHUNKS, PART_TIME},
};

const SEALED_CHUNK_LEN: u64 = CHUNK_LEN + TAG_LEN;

/// A file that is to be sent, and what is said with it.
#[derive(Clone, Debug)]
pub struct FileWish {
    /// The room.
    pub room_id: RoomId,
    /// Where the file is.
    pub path: PathBuf,
    /// What it is called for the others.
    pub name: String,
    /// What is written with it; may be empty.
    pub text: String,
    /// Whether the others may keep it outside.
    pub may_save: bool,
    /// How long without anything coming through before it gives up.
    pub patience: Duration,
}

/// A file that is in a message.
#[derive(Clone, Copy, Debug)]
pub struct Uploaded {
    /// The message, in the outbox.
    pub message_id: MessageId,
    /// Length of the file.
    pub size: u64,
    /// Whether it went on with an upload that had been interrupted.
    pub resumed: bool,
}

/// What is noted with an upload, to know it again.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct About {
    /// Tells uploads of this client from others'.
    native: u8,
    path: PathBuf,
    name: String,
    size: u64,
}

/// Uploads a file and sends it, or goes on with an upload of the same file that was interrupted.
pub async fn upload(
    client: &Client,
    wish: FileWish,
    mut tell: impl FnMut(Progress),
) -> Result<Uploaded, FileError> {
    let source = Source::open(&wish.path)?;
    let layout = Layout::new(source.size).map_err(|_| FileError::TooLong)?;
    let about = About {
        native: 1,
        path: source.path.clone(),
        name: wish.name.clone(),
        size: source.size,
    };
    let (noted, resumed) = match find(client, wish.room_id, &about).await? {
        Some(card) => (card, true),
        None => (new_card(&wish, &about)?, false),
    };
    let size = source.size;
    let upload = Upload::new(client, source, layout, noted, wish.patience)?;
    let card = upload.card.clone();
    let hash = match upload.run(&mut tell).await {
        Ok(hash) => hash,
        Err(error) => {
            // With these what was uploaded is of no use: the next try begins anew.
            if is_final(&error) {
                let blob_id = card.blob_id;
                client.ask(Command::DropUpload { blob_id }).await?;
            }
            return Err(error);
        }
    };
    let message_id = send(client, &wish, &card, size, hash).await?;
    Ok(Uploaded {
        message_id,
        size,
        resumed,
    })
}

async fn send(
    client: &Client,
    wish: &FileWish,
    card: &UploadCard,
    size: u64,
    hash: [u8; 32],
) -> Result<MessageId, FileError> {
    let file = FileCard {
        blob_id: card.blob_id,
        name: wish.name.clone(),
        media_type: media_type_of(&wish.name).to_owned(),
        size,
        key: card.key.clone(),
        nonce_base: card.nonce_base.clone(),
        hash: Bytes(hash.to_vec()),
        may_save: wish.may_save,
        width: None,
        height: None,
        duration_ms: None,
        waveform: None,
        thumbnail: None,
    };
    let message = FileMessage {
        room_id: wish.room_id,
        file,
        upload_secret: card.upload_secret.clone(),
        text: wish.text.clone(),
        reply_to: None,
        mentions: vec![],
        ends_at: None,
        burn_ms: None,
        forwarded: false,
        message_id: None,
    };
    match client.ask(Command::SendFile(Box::new(message))).await? {
        Reply::Message { message_id } => Ok(message_id),
        _ => Err(ClientError::Confused.into()),
    }
}

/// An upload of the same file into the same room that was interrupted.
async fn find(client: &Client, room_id: RoomId, about: &About) -> Result<Option<UploadCard>, FileError> {
    let Reply::Uploads(cards) = client.ask(Command::ListUploads).await? else {
        return Err(ClientError::Confused.into());
    };
    let is_it = |card: &UploadCard| {
        card.room_id == room_id
            && serde_json::from_str::<About>(&card.about).is_ok_and(|noted| noted == *about)
    };
    Ok(cards.into_iter().find(is_it))
}

fn new_card(wish: &FileWish, about: &About) -> Result<UploadCard, FileError> {
    Ok(UploadCard {
        blob_id: BlobId::from_random(*random::<16>()?),
        room_id: wish.room_id,
        key: secret::<KEY_LEN>()?,
        nonce_base: Bytes(random::<BASE_LEN>()?.to_vec()),
        upload_secret: secret::<UPLOAD_SECRET_LEN>()?,
        sealed: None,
        expires_at: Clock::start().now().plus(BLOB_LIFE_MS),
        about: serde_json::to_string(about).unwrap_or_default(),
    })
}

fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, FileError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut *bytes).map_err(|_| FileError::NoRandomness)?;
    Ok(bytes)
}

fn secret<const N: usize>() -> Result<Secret, FileError> {
    Ok(Secret(Bytes(random::<N>()?.to_vec()).to_base64url()))
}

fn is_final(error: &FileError) -> bool {
    let refused = |code: &str| matches!(code, "file_expired" | "duplicate_id" | "not_found");
    matches!(error, FileError::Changed | FileError::Damaged)
        || matches!(error, FileError::Refused { code } if refused(code))
}

/// The file.
struct Source {
    path: PathBuf,
    file: File,
    size: u64,
}

impl Source {
    fn open(path: &Path) -> Result<Self, FileError> {
        let unreadable = |source| FileError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let whole = path.canonicalize().map_err(unreadable)?;
        // Looked at before it is opened, which a pipe would wait in.
        if !whole.metadata().map_err(unreadable)?.is_file() {
            return Err(FileError::NotAFile {
                path: path.to_owned(),
            });
        }
        let file = File::open(&whole).map_err(unreadable)?;
        let size = file.metadata().map_err(unreadable)?.len();
        Ok(Self {
            path: whole,
            file,
            size,
        })
    }

    /// Exactly these bytes; a file that became shorter has changed.
    fn read(&mut self, start: u64, into: &mut [u8]) -> Result<(), FileError> {
        let read = self
            .file
            .seek(SeekFrom::Start(start))
            .and_then(|_| self.file.read_exact(into));
        read.map_err(|source| match source.kind() {
            io::ErrorKind::UnexpectedEof => FileError::Changed,
            _ => FileError::Unreadable {
                path: self.path.clone(),
                source,
            },
        })
    }

    fn has_grown(&self) -> bool {
        self.file
            .metadata()
            .is_ok_and(|metadata| metadata.len() != self.size)
    }
}

/// The blob as it is made: sealed from the beginning, chunk by chunk.
struct Sealing {
    sealer: Sealer,
    digest: FileDigest,
    layout: Layout,
    next: u32,
    /// The part in hand: sealed bytes, and where they begin in the blob.
    start: u64,
    part: Vec<u8>,
}

impl Sealing {
    fn new(card: &UploadCard, layout: Layout) -> Result<Self, FileError> {
        let key = Bytes::from_base64url(&card.key.0).map(|bytes| Zeroizing::new(bytes.0));
        let key = key.and_then(|key| FileKey::from_slice(&key));
        let base: Option<[u8; BASE_LEN]> = card.nonce_base.0.as_slice().try_into().ok();
        let (key, base) = key.zip(base.map(NonceBase)).ok_or(FileError::Damaged)?;
        Ok(Self {
            sealer: Sealer::new(&key, base, layout.len()).map_err(|_| FileError::TooLong)?,
            digest: FileDigest::new(),
            layout,
            next: 0,
            start: 0,
            part: vec![],
        })
    }

    /// Where what is sealed ends.
    fn end(&self) -> u64 {
        self.start + self.part.len() as u64
    }

    /// Reads and seals so many chunks, which take the place of the part in hand.
    fn read(&mut self, source: &mut Source, chunks: u64) -> Result<(), FileError> {
        self.start = self.end();
        self.part.clear();
        let mut plain = Zeroizing::new(vec![]);
        for _ in 0..chunks {
            let Some(range) = self.layout.plain_range(self.next) else {
                break;
            };
            // A chunk is 64 KiB at most.
            plain.resize((range.end - range.start) as usize, 0);
            source.read(range.start, &mut plain)?;
            let before = self.part.len();
            self.sealer
                .seal_into(self.next, &plain, &mut self.part)
                .map_err(|_| FileError::Changed)?;
            self.digest.add(self.part.get(before..).unwrap_or_default());
            self.next += 1;
        }
        Ok(())
    }
}

/// The end of a part in the blob, and the hash of all up to there.
struct Mark {
    end: u64,
    hash: [u8; 32],
}

struct Upload<'a> {
    client: &'a Client,
    blobs: Blobs<'a>,
    patience: Patience,
    source: Source,
    layout: Layout,
    card: UploadCard,
    sealing: Sealing,
    /// The durable end, as far as known.
    offset: u64,
    /// Up to where it is noted what is sealed.
    noted: u64,
    marks: Vec<Mark>,
    part_chunks: u32,
}

impl<'a> Upload<'a> {
    fn new(
        client: &'a Client,
        source: Source,
        layout: Layout,
        card: UploadCard,
        patience: Duration,
    ) -> Result<Self, FileError> {
        Ok(Self {
            client,
            blobs: Blobs::new(client),
            patience: Patience::new(patience),
            sealing: Sealing::new(&card, layout)?,
            source,
            layout,
            card,
            offset: 0,
            noted: 0,
            marks: vec![],
            part_chunks: FIRST_PART_CHUNKS,
        })
    }

    /// Answers with the hash of the blob once all of it is durable on the server.
    async fn run(mut self, tell: &mut impl FnMut(Progress)) -> Result<[u8; 32], FileError> {
        if self.card.sealed.is_none() {
            self.note(None).await?;
        }
        self.create(tell).await?;
        self.begin(tell)?;
        let total = self.layout.sealed_len();
        while self.offset < total {
            // The server may have less than the part in hand: it was restored from a backup, say.
            if self.offset < self.sealing.start {
                self.rewind()?;
            }
            if self.offset >= self.sealing.end() {
                self.read(u64::from(self.part_chunks))?;
            } else {
                self.send_part(tell).await?;
            }
        }
        while self.sealing.end() < total {
            self.read(u64::from(LONGEST_PART_CHUNKS))?;
        }
        if self.source.has_grown() {
            return Err(FileError::Changed);
        }
        Ok(self.sealing.digest.so_far())
    }

    async fn create(&mut self, tell: &mut impl FnMut(Progress)) -> Result<(), FileError> {
        loop {
            let card = &self.card;
            let created = self.blobs.create(
                card.blob_id,
                card.room_id,
                self.layout.sealed_len(),
                card.expires_at,
                &card.upload_secret,
            );
            match created.await {
                Ok(offset) => {
                    self.offset = offset;
                    self.patience.calm();
                    return Ok(());
                }
                Err(trouble) => {
                    tell(self.progress(TransferState::Waiting));
                    self.patience.bear(trouble).await?;
                }
            }
        }
    }

    /// From the file's beginning, up to where it was sealed before. Nothing is sent until that has proved to be the same.
    fn begin(&mut self, tell: &mut impl FnMut(Progress)) -> Result<(), FileError> {
        let sealed = self.card.sealed.clone();
        let len = sealed.as_ref().map_or(0, |sealed| sealed.len);
        if self.offset > len {
            return Err(FileError::Changed);
        }
        while self.sealing.end() < len {
            let left = (len - self.sealing.end()).div_ceil(SEALED_CHUNK_LEN);
            let longest = u64::from(LONGEST_PART_CHUNKS);
            // The odd ones first, so that what comes last is as long as any part that may not have arrived.
            let odd = left % longest;
            self.read(if odd == 0 { longest } else { odd })?;
            tell(Progress {
                done: self.plain(self.sealing.end()),
                ..self.progress(TransferState::Checking)
            });
        }
        let same = sealed.is_none_or(|sealed| sealed.hash.0 == self.sealing.digest.so_far());
        if self.sealing.end() != len || !same {
            return Err(FileError::Changed);
        }
        self.noted = len;
        Ok(())
    }

    /// Seals again from the file's beginning, up to the part that the server lacks.
    fn rewind(&mut self) -> Result<(), FileError> {
        self.sealing = Sealing::new(&self.card, self.layout)?;
        while self.sealing.end() <= self.offset {
            self.read(u64::from(LONGEST_PART_CHUNKS))?;
        }
        Ok(())
    }

    /// The next chunks. What was sealed before comes in the parts of then, and must be the same: under one nonce nothing else
    /// may ever leave, whatever the server says it lacks.
    fn read(&mut self, chunks: u64) -> Result<(), FileError> {
        let start = self.sealing.end();
        let before = self.marks.iter().find(|mark| mark.end > start);
        let chunks = before.map_or(chunks, |mark| (mark.end - start).div_ceil(SEALED_CHUNK_LEN));
        self.sealing.read(&mut self.source, chunks)?;
        let hash = self.sealing.digest.so_far();
        match before {
            Some(mark) if mark.hash != hash => return Err(FileError::Changed),
            Some(_) => {}
            None => self.marks.push(Mark {
                end: self.sealing.end(),
                hash,
            }),
        }
        Ok(())
    }

    /// Has the part in hand noted, and sends it.
    async fn send_part(&mut self, tell: &mut impl FnMut(Progress)) -> Result<(), FileError> {
        let (start, end) = (self.sealing.start, self.sealing.end());
        if end > self.noted {
            let hash = Bytes(self.sealing.digest.so_far().to_vec());
            self.note(Some(SealedPart { len: end, hash })).await?;
            self.noted = end;
        }
        let mut lost = false;
        loop {
            match self.try_part(start, end, lost).await {
                Ok(offset) => self.offset = offset,
                Err(trouble) => {
                    lost = true;
                    tell(self.progress(TransferState::Waiting));
                    self.patience.bear(trouble).await?;
                    continue;
                }
            }
            self.patience.calm();
            if self.offset > end {
                return Err(FileError::Changed);
            }
            tell(self.progress(TransferState::Running));
            return Ok(());
        }
    }

    async fn try_part(&mut self, start: u64, end: u64, lost: bool) -> Result<u64, Trouble> {
        let (blob_id, secret) = (self.card.blob_id, &self.card.upload_secret);
        if lost {
            self.offset = self.blobs.progress(blob_id, secret).await?;
        }
        // It came although the answer was lost, or less is there than before.
        if self.offset >= end || self.offset < start {
            return Ok(self.offset);
        }
        // The part is 4 MiB at most.
        let from = (self.offset - start) as usize;
        let rest = self.sealing.part.get(from..).unwrap_or_default().to_vec();
        let (began, len) = (Instant::now(), rest.len() as u64);
        let offset = self.blobs.part(blob_id, secret, self.offset, rest).await?;
        self.pace(began.elapsed(), len);
        Ok(offset)
    }

    /// How long the next part is, by how long this one took.
    fn pace(&mut self, took: Duration, len: u64) {
        let chunks = len
            .div_ceil(SEALED_CHUNK_LEN)
            .saturating_mul(PART_TIME.as_millis() as u64);
        let fitting = chunks / u64::try_from(took.as_millis().max(1)).unwrap_or(u64::MAX);
        let most = u64::from((self.part_chunks * 2).min(LONGEST_PART_CHUNKS));
        self.part_chunks = u32::try_from(fitting.clamp(1, most)).unwrap_or(FIRST_PART_CHUNKS);
    }

    /// Durable when it returns.
    async fn note(&mut self, sealed: Option<SealedPart>) -> Result<(), FileError> {
        self.card.sealed = sealed;
        let upload = Box::new(self.card.clone());
        self.client.ask(Command::NoteUpload { upload }).await?;
        Ok(())
    }

    fn progress(&self, state: TransferState) -> Progress {
        Progress {
            done: self.plain(self.offset),
            total: self.layout.len(),
            state,
        }
    }

    /// So many bytes of the file are in so many of the blob, as nearly as a person sees.
    fn plain(&self, sealed: u64) -> u64 {
        let chunks = sealed / SEALED_CHUNK_LEN;
        let rest = (sealed % SEALED_CHUNK_LEN).min(CHUNK_LEN);
        (chunks * CHUNK_LEN + rest).min(self.layout.len())
    }
}
