//! Where blobs lie, as the administrator decides.

use std::path::Path;

use super::{
    folder::Folder,
    keep::Keep,
    mark::DeploymentId,
    owned::{NotOurs, Owned, Unmarked},
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
    NotOurs(NotOurs),
}

impl BlobPlace {
    /// Opens it for the database of a deployment; `folder` is where blobs lie in the data folder. A service that does not
    /// answer now may do so later, and all that is not files works without; what it refuses it will refuse tomorrow.
    pub async fn open(&self, folder: &Path, ours: DeploymentId) -> Result<Box<dyn Keep>, PlaceError> {
        let settings = match self {
            Self::Folder => {
                let keep = Folder::open(folder.to_owned())
                    .await
                    .map_err(PlaceError::Folder)?;
                let place = folder.display().to_string();
                let owned = Owned::new(Box::new(keep), ours, Unmarked::Ours, place);
                owned.confirm().await.map_err(|error| {
                    why_not_ours(&error).map_or(PlaceError::Folder(error), PlaceError::NotOurs)
                })?;
                return Ok(Box::new(owned));
            }
            Self::S3(settings) => settings,
        };
        let s3 = S3::open(settings).map_err(PlaceError::S3)?;
        let tried = s3.try_out().await;
        let owned = Owned::new(Box::new(s3), ours, Unmarked::Unknown, settings.to_string());
        match tried {
            // What fails here for another reason is asked again before anything is done there.
            Ok(()) => {
                if let Err(error) = owned.confirm().await {
                    if let Some(why) = why_not_ours(&error) {
                        return Err(PlaceError::NotOurs(why));
                    }
                    tracing::error!(
                        error = causes(&error),
                        "it is not known yet whether the files are ours"
                    );
                }
            }
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
        Ok(Box::new(owned))
    }
}

fn why_not_ours(error: &std::io::Error) -> Option<NotOurs> {
    error.get_ref()?.downcast_ref().cloned()
}

/// Whether any of its shelves has something.
fn has_files(folder: &Path) -> bool {
    let entries = |path: &Path| std::fs::read_dir(path).into_iter().flatten().flatten();
    entries(folder).any(|shelf| entries(&shelf.path()).next().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        blobs::tests::{blob, read, write},
        testing::{Mood, S3Server},
    };

    /// A folder, and the two places that may belong to a database.
    async fn places() -> (tempfile::TempDir, S3Server, [BlobPlace; 2]) {
        let server = S3Server::start().await;
        let places = [BlobPlace::Folder, BlobPlace::S3(server.settings())];
        (tempfile::tempdir().unwrap(), server, places)
    }

    fn not_ours(opened: Result<Box<dyn Keep>, PlaceError>) -> NotOurs {
        match opened {
            Err(PlaceError::NotOurs(why)) => why,
            Err(error) => panic!("another error: {error:?}"),
            Ok(_) => panic!("it was opened"),
        }
    }

    #[tokio::test]
    async fn a_place_belongs_to_the_database_that_came_first_and_to_its_copies() {
        let (folder, _server, places) = places().await;
        let (ours, theirs) = (DeploymentId::generate(), DeploymentId::generate());
        for place in places {
            let keep = place.open(folder.path(), ours).await.unwrap();
            assert_eq!(
                keep.mark().await.unwrap().unwrap(),
                ours.to_string().as_bytes(),
                "marked while it was empty"
            );
            write(keep.as_ref(), blob(7, 7), 0, b"one").await;
            for _ in 0..2 {
                let why = not_ours(place.open(folder.path(), theirs).await).to_string();
                assert!(
                    why.contains(&ours.to_string()) && why.contains(&theirs.to_string()),
                    "{why}"
                );
            }
            let keep = place.open(folder.path(), ours).await.unwrap();
            assert_eq!(read(keep.as_ref(), blob(7, 7), 0..3).await.unwrap(), b"one");
            // Nor where it is empty again.
            keep.delete(blob(7, 7)).await.unwrap();
            not_ours(place.open(folder.path(), theirs).await);
            // What cannot be read was made by nobody we know.
            keep.set_mark("something else".to_owned()).await.unwrap();
            not_ours(place.open(folder.path(), ours).await);
        }
    }

    #[tokio::test]
    async fn blobs_without_a_mark_are_ours_in_the_data_folder_alone() {
        let (folder, server, [in_folder, on_s3]) = places().await;
        let ours = DeploymentId::generate();
        let bare = Folder::open(folder.path().to_owned()).await.unwrap();
        write(&bare, blob(7, 7), 0, b"one").await;
        let keep = in_folder.open(folder.path(), ours).await.unwrap();
        assert_eq!(read(keep.as_ref(), blob(7, 7), 0..3).await.unwrap(), b"one");
        assert!(keep.mark().await.unwrap().is_some());

        let bare = S3::open(&server.settings()).unwrap();
        write(&bare, blob(7, 7), 0, b"one").await;
        let why = not_ours(on_s3.open(folder.path(), ours).await);
        assert!(matches!(&why, NotOurs::Unknown { ours: said, .. } if *said == ours.to_string()));
        assert_eq!(bare.mark().await.unwrap(), None);
        assert_eq!(bare.list(7).await.unwrap(), [blob(7, 7)], "nothing is touched");
        // As the advice says; an editor ends lines.
        bare.set_mark(format!("{ours}\n")).await.unwrap();
        on_s3.open(folder.path(), ours).await.unwrap();
    }

    /// Where it does not answer at the start, nothing is done there before it is known whose it is.
    #[tokio::test]
    async fn a_service_that_comes_back_is_asked_whose_it_is() {
        let (folder, server, [_, on_s3]) = places().await;
        let (ours, theirs) = (DeploymentId::generate(), DeploymentId::generate());
        server.is(Mood::Failing);
        let early = on_s3.open(folder.path(), ours).await.unwrap();
        let other = on_s3.open(folder.path(), theirs).await.unwrap();
        server.is(Mood::Well);
        write(early.as_ref(), blob(7, 7), 0, b"one").await;

        let (keep, blob_id) = (other.as_ref(), blob(7, 7));
        for error in [
            keep.list(7).await.err(),
            keep.delete(blob_id).await.err(),
            keep.extend(blob(7, 8), 0).await.err(),
            keep.read(blob_id, 0..1).await.err(),
            keep.modified(blob_id).await.err(),
        ] {
            assert!(why_not_ours(&error.unwrap()).is_some());
        }
        assert_eq!(read(early.as_ref(), blob_id, 0..3).await.unwrap(), b"one");
    }
}
