//! Blobs as files of a folder: `blobs/3f/3f0c….`, by the first byte of the id, so that no folder grows endless.

use std::{
    io,
    ops::Range,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use axum::body::Bytes;
use futures_util::stream;
use protocol::{BlobId, Millis};
use tokio::{
    fs::{self, File, OpenOptions},
    io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _},
};

use super::{
    keep::{Doing, Extending, Free, Keep, Pieces},
    mark::{MARK_NAME, MAX_MARK_LEN},
};
use crate::limits::BLOB_READ_LEN;

/// Only the server's user may look in.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// A mark that is being written.
const NEW_MARK: &str = "deployment.new";

/// A folder of blobs.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes it where it is missing.
    pub async fn open(path: PathBuf) -> io::Result<Self> {
        make_folder(&path).await?;
        Ok(Self(path))
    }

    fn shelf(&self, first: u8) -> PathBuf {
        self.0.join(format!("{first:02x}"))
    }

    fn file(&self, blob_id: BlobId) -> PathBuf {
        let [first, ..] = *blob_id.as_bytes();
        self.shelf(first).join(blob_id.to_string())
    }
}

impl Keep for Folder {
    fn extend(&self, blob_id: BlobId, at: u64) -> Doing<'_, Box<dyn Extending>> {
        Box::pin(async move {
            let path = self.file(blob_id);
            let mut file = open_for_more(&path).await?;
            let len = file.metadata().await?.len();
            if len < at {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if len > at {
                file.set_len(at).await?;
            }
            file.seek(io::SeekFrom::Start(at)).await?;
            Ok(Box::new(Growing(file)) as _)
        })
    }

    fn read(&self, blob_id: BlobId, range: Range<u64>) -> Doing<'_, Option<Pieces>> {
        Box::pin(async move {
            let Some(mut file) = found(File::open(self.file(blob_id)).await)? else {
                return Ok(None);
            };
            if file.metadata().await?.len() < range.end {
                return Ok(None);
            }
            file.seek(io::SeekFrom::Start(range.start)).await?;
            let left = range.end - range.start;
            let pieces = stream::try_unfold((file, left), |(mut file, left)| async move {
                if left == 0 {
                    return Ok(None);
                }
                let mut piece = vec![0; usize::try_from(left).unwrap_or(usize::MAX).min(BLOB_READ_LEN)];
                let len = file.read(&mut piece).await?;
                if len == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                piece.truncate(len);
                Ok(Some((Bytes::from(piece), (file, left - len as u64))))
            });
            Ok(Some(Box::pin(pieces) as _))
        })
    }

    fn delete(&self, blob_id: BlobId) -> Doing<'_, ()> {
        Box::pin(async move {
            let path = self.file(blob_id);
            match found(fs::remove_file(&path).await)? {
                Some(()) => sync_folder_of(&path).await,
                None => Ok(()),
            }
        })
    }

    fn free(&self) -> Doing<'_, Free> {
        let path = self.0.clone();
        Box::pin(async move {
            // A disk that hangs must not hold up connections.
            let disk = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&path));
            let disk = disk.await.map_err(io::Error::other)??;
            Ok(Free::Bytes(disk.f_bavail.saturating_mul(disk.f_frsize)))
        })
    }

    fn list(&self, first: u8) -> Doing<'_, Vec<BlobId>> {
        Box::pin(async move {
            let Some(mut entries) = found(fs::read_dir(self.shelf(first)).await)? else {
                return Ok(Vec::new());
            };
            let mut found = Vec::new();
            while let Some(entry) = entries.next_entry().await? {
                // Whatever else somebody put there is theirs.
                found.extend(
                    entry
                        .file_name()
                        .to_str()
                        .and_then(|name| name.parse::<BlobId>().ok()),
                );
            }
            Ok(found)
        })
    }

    fn modified(&self, blob_id: BlobId) -> Doing<'_, Option<Millis>> {
        Box::pin(async move {
            let Some(metadata) = found(fs::metadata(self.file(blob_id)).await)? else {
                return Ok(None);
            };
            let since = metadata
                .modified()?
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            Ok(Some(Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))))
        })
    }

    fn is_empty(&self) -> Doing<'_, bool> {
        Box::pin(async move {
            for first in 0..=u8::MAX {
                if !self.list(first).await?.is_empty() {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }

    fn mark(&self) -> Doing<'_, Option<Vec<u8>>> {
        Box::pin(async move {
            let Some(file) = found(File::open(self.0.join(MARK_NAME)).await)? else {
                return Ok(None);
            };
            let mut mark = Vec::new();
            file.take(MAX_MARK_LEN as u64).read_to_end(&mut mark).await?;
            Ok(Some(mark))
        })
    }

    fn set_mark(&self, mark: String) -> Doing<'_, ()> {
        Box::pin(async move {
            // Under its name it is whole, or not there.
            let (new, path) = (self.0.join(NEW_MARK), self.0.join(MARK_NAME));
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(FILE_MODE);
            let mut file = options.open(&new).await?;
            file.write_all(mark.as_bytes()).await?;
            file.flush().await?;
            file.sync_all().await?;
            fs::rename(new, &path).await?;
            sync_folder_of(&path).await
        })
    }
}

struct Growing(File);

impl Extending for Growing {
    fn write(&mut self, bytes: Bytes) -> Doing<'_, ()> {
        Box::pin(async move { self.0.write_all(&bytes).await })
    }

    fn sync(mut self: Box<Self>) -> Doing<'static, ()> {
        Box::pin(async move {
            // Flushing tells of writes that failed after they were taken.
            self.0.flush().await?;
            self.0.sync_all().await
        })
    }
}

/// Opens a file to write, or makes it so that its name is durable before anything is in it.
async fn open_for_more(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    if let Some(file) = found(options.open(path).await)? {
        return Ok(file);
    }
    if let Some(shelf) = path.parent() {
        make_folder(shelf).await?;
    }
    let file = options.create(true).mode(FILE_MODE).open(path).await?;
    sync_folder_of(path).await?;
    Ok(file)
}

async fn make_folder(path: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().mode(FOLDER_MODE).create(path).await {
        Ok(()) => sync_folder_of(path).await,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes durable what became of a name.
async fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder).await?.sync_all().await,
        None => Ok(()),
    }
}

/// Nothing where there is no such file.
fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_server_looks_into_its_blobs() {
        use std::os::unix::fs::PermissionsExt as _;

        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path().join("blobs")).await.unwrap();
        let blob_id = BlobId::from_random([7; 16]);
        folder.extend(blob_id, 0).await.unwrap().sync().await.unwrap();
        let file = folder.file(blob_id);
        for (path, mode) in [(folder.shelf(7), FOLDER_MODE), (file, FILE_MODE)] {
            let found = std::fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(found & 0o777, mode);
        }
    }
}
