//! One download: each chunk is opened as it comes, into a file beside the place, which gets its name only when the hash of
//! the whole has proved right.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use client_core::api::FileCard;
use file_sealing::{BASE_LEN, FileDigest, FileKey, NonceBase, Opener};
use futures_util::StreamExt as _;
use protocol::Bytes;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{
    FileError, Progress, TransferState,
    blobs::{Blobs, Trouble, passing},
    names::safe_name,
    patience::Patience,
};
use crate::{Client, limits::SILENCE};

/// Where a download goes.
#[derive(Clone, Debug)]
pub enum Target {
    /// Into a folder, under the name that its sender gave it, if that is safe.
    Folder(PathBuf),
    /// To this place.
    File(PathBuf),
}

/// A file that was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Where.
    pub path: PathBuf,
    /// Its length.
    pub size: u64,
}

/// Gets a file and saves it. What is at the place already stays, unless `overwrite` says otherwise.
pub async fn download(
    client: &Client,
    card: &FileCard,
    target: &Target,
    overwrite: bool,
    patience: Duration,
    mut tell: impl FnMut(Progress),
) -> Result<Saved, FileError> {
    if !card.may_save {
        return Err(FileError::MayNotSave);
    }
    let path = place(card, target)?;
    if !overwrite && path.symlink_metadata().is_ok() {
        return Err(FileError::Exists { path });
    }
    let mut beside = Beside::create(&path)?;
    let opening = Opening::new(card)?;
    Download {
        blobs: Blobs::new(client),
        patience: Patience::new(patience),
        card,
        opening,
        written: 0,
    }
    .run(&mut beside, &mut tell)
    .await?;
    beside.put_in_place(overwrite)?;
    Ok(Saved {
        path,
        size: card.size,
    })
}

fn place(card: &FileCard, target: &Target) -> Result<PathBuf, FileError> {
    match target {
        Target::File(path) => Ok(path.clone()),
        Target::Folder(folder) => {
            let unsafe_name = || FileError::UnsafeName {
                name: card.name.clone(),
            };
            safe_name(&card.name)
                .map(|name| folder.join(name))
                .ok_or_else(unsafe_name)
        }
    }
}

/// The blob, opened from its beginning.
struct Opening {
    opener: Opener,
    digest: FileDigest,
    next: u32,
    /// Sealed bytes that are opened, always whole chunks.
    opened: u64,
}

impl Opening {
    fn new(card: &FileCard) -> Result<Self, FileError> {
        let key = Bytes::from_base64url(&card.key.0).map(|bytes| Zeroizing::new(bytes.0));
        let key = key.and_then(|key| FileKey::from_slice(&key));
        let base: Option<[u8; BASE_LEN]> = card.nonce_base.0.as_slice().try_into().ok();
        let (key, base) = key.zip(base.map(NonceBase)).ok_or(FileError::Damaged)?;
        Ok(Self {
            opener: Opener::new(&key, base, card.size).map_err(|_| FileError::TooLong)?,
            digest: FileDigest::new(),
            next: 0,
            opened: 0,
        })
    }

    fn total(&self) -> u64 {
        self.opener.layout().sealed_len()
    }

    /// Sealed length of the next chunk; nothing behind the last.
    fn wanted(&self) -> Option<usize> {
        let range = self.opener.layout().sealed_range(self.next)?;
        usize::try_from(range.end - range.start).ok()
    }

    fn open(&mut self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, FileError> {
        let plain = self
            .opener
            .open(self.next, sealed)
            .map_err(|_| FileError::Damaged)?;
        self.digest.add(sealed);
        self.next += 1;
        self.opened += sealed.len() as u64;
        Ok(Zeroizing::new(plain))
    }
}

struct Download<'a> {
    blobs: Blobs<'a>,
    patience: Patience,
    card: &'a FileCard,
    opening: Opening,
    written: u64,
}

impl Download<'_> {
    async fn run(mut self, beside: &mut Beside, tell: &mut impl FnMut(Progress)) -> Result<(), FileError> {
        while self.opening.opened < self.opening.total() {
            let before = self.opening.opened;
            let Err(trouble) = self.fetch(beside, tell).await else {
                continue;
            };
            // The connection broke in the middle, but some came: patience begins anew.
            if self.opening.opened > before {
                self.patience.calm();
            }
            tell(self.progress(TransferState::Waiting));
            self.patience.bear(trouble).await?;
        }
        if self.card.hash.0 != self.opening.digest.so_far() {
            return Err(FileError::Damaged);
        }
        Ok(())
    }

    /// Opens what comes from where it is, until the stream ends or breaks.
    async fn fetch(&mut self, beside: &mut Beside, tell: &mut impl FnMut(Progress)) -> Result<(), Trouble> {
        let answer = self.blobs.get(self.card.blob_id, self.opening.opened).await?;
        let mut pieces = answer.bytes_stream();
        let mut held: Vec<u8> = vec![];
        while self.opening.opened < self.opening.total() {
            let piece = timeout(SILENCE, pieces.next()).await;
            let piece = piece.ok().flatten().and_then(Result::ok).ok_or_else(passing)?;
            let mut rest: &[u8] = &piece;
            while !rest.is_empty() {
                let wanted = self.opening.wanted().ok_or(Trouble::Final(FileError::Damaged))?;
                let (taken, left) = rest.split_at(rest.len().min(wanted - held.len()));
                held.extend_from_slice(taken);
                rest = left;
                if held.len() == wanted {
                    let plain = self.opening.open(&held).map_err(Trouble::Final)?;
                    beside.write(&plain).map_err(Trouble::Final)?;
                    self.written += plain.len() as u64;
                    held.clear();
                }
            }
            tell(self.progress(TransferState::Running));
        }
        Ok(())
    }

    fn progress(&self, state: TransferState) -> Progress {
        Progress {
            done: self.written,
            total: self.card.size,
            state,
        }
    }
}

/// The file beside its place; removed unless it was put there.
struct Beside {
    path: PathBuf,
    beside: PathBuf,
    file: File,
}

impl Beside {
    fn create(path: &Path) -> Result<Self, FileError> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|_| FileError::NoRandomness)?;
        let random: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let beside = path.with_file_name(format!(".conclave-{random}.part"));
        let file = private()
            .open(&beside)
            .map_err(|source| unwritable(path, source))?;
        Ok(Self {
            path: path.to_owned(),
            beside,
            file,
        })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        let written = self.file.write_all(bytes);
        written.map_err(|source| unwritable(&self.path, source))
    }

    fn put_in_place(self, overwrite: bool) -> Result<(), FileError> {
        self.file
            .sync_all()
            .map_err(|source| unwritable(&self.path, source))?;
        let put = if overwrite {
            fs::rename(&self.beside, &self.path)
        } else {
            put_where_nothing_is(&self.beside, &self.path)
        };
        put.map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => FileError::Exists {
                path: self.path.clone(),
            },
            _ => unwritable(&self.path, source),
        })
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // It may have been put in its place.
        let _ = fs::remove_file(&self.beside);
    }
}

/// A second name fails where there is something, which a renaming would replace.
fn put_where_nothing_is(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            // A file system without second names.
            OpenOptions::new().write(true).create_new(true).open(to)?;
            fs::rename(from, to)
        }
        other => other,
    }
}

#[cfg(unix)]
fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
}

#[cfg(not(unix))]
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    options
}

fn unwritable(path: &Path, source: io::Error) -> FileError {
    FileError::Unwritable {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sender_calls_its_file_never_leads_out_of_the_folder() {
        let folder = Target::Folder(PathBuf::from("/folder"));
        let card = |name: &str| FileCard {
            blob_id: protocol::BlobId::from_random([1; 16]),
            name: name.to_owned(),
            media_type: "text/plain".to_owned(),
            size: 1,
            key: client_core::api::Secret(String::new()),
            nonce_base: Bytes(vec![]),
            hash: Bytes(vec![]),
            may_save: true,
            width: None,
            height: None,
            duration_ms: None,
            waveform: None,
            thumbnail: None,
        };
        assert_eq!(
            place(&card("plan.txt"), &folder).unwrap(),
            Path::new("/folder/plan.txt")
        );
        for name in ["../plan.txt", "/etc/passwd", "..", "", "a/b", ".profile"] {
            let refused = place(&card(name), &folder);
            assert!(matches!(refused, Err(FileError::UnsafeName { .. })), "{name}");
            let elsewhere = Target::File(PathBuf::from("/else/where"));
            assert_eq!(place(&card(name), &elsewhere).unwrap(), Path::new("/else/where"));
        }
    }

    #[test]
    fn what_is_there_is_never_overwritten_silently() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.txt");
        let save = |text: &[u8], overwrite| {
            let mut beside = Beside::create(&path).unwrap();
            beside.write(text).unwrap();
            beside.put_in_place(overwrite)
        };
        save(b"first", false).unwrap();
        assert!(matches!(save(b"second", false), Err(FileError::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"first");
        save(b"third", true).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"third");
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing stays beside it"
        );
    }
}
