//! Where blobs lie, as the administrator decides.

use std::path::Path;

use super::{
    folder::Folder,
    keep::Keep,
    s3::{S3, S3Settings, S3Trouble},
};
use crate::failure::causes;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobPlace {
    /// In the data folder.
    Folder,
    /// On an S3 service.
    S3(S3Settings),
}

/// Why it cannot be used.
#[derive(Debug)]
pub enum PlaceError {
    Folder(std::io::Error),
    S3(S3Trouble),
}

impl BlobPlace {
    /// Opens it; `folder` is where blobs lie in the data folder. A service that does not answer now may do so later, and
    /// all that is not files works without; what it refuses it will refuse tomorrow.
    pub async fn open(&self, folder: &Path) -> Result<Box<dyn Keep>, PlaceError> {
        let settings = match self {
            Self::Folder => {
                let folder = Folder::open(folder.to_owned())
                    .await
                    .map_err(PlaceError::Folder)?;
                return Ok(Box::new(folder));
            }
            Self::S3(settings) => settings,
        };
        let s3 = S3::open(settings).map_err(PlaceError::S3)?;
        match s3.try_out().await {
            Ok(()) => {}
            Err(trouble) if trouble.failure.may_pass() => tracing::error!(
                error = causes(&trouble),
                "files can be neither sent nor opened until the S3 service works"
            ),
            Err(trouble) => return Err(PlaceError::S3(trouble)),
        }
        if has_files(folder) {
            tracing::warn!(
                blobs.folder = %folder.display(),
                "there are files in the data folder, which are not looked for while files lie on an S3 service"
            );
        }
        Ok(Box::new(s3))
    }
}

/// Whether any of its shelves has something.
fn has_files(folder: &Path) -> bool {
    let entries = |path: &Path| std::fs::read_dir(path).into_iter().flatten().flatten();
    entries(folder).any(|shelf| entries(&shelf.path()).next().is_some())
}
