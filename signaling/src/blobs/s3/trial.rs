//! Whether a service can be used for blobs, said before anybody depends on it.

use axum::body::Bytes;

use super::{
    S3,
    failure::S3Failure,
    service::{Enough, Listing},
    settings::S3Settings,
};

/// What the object of a trial holds; a part of it is asked for.
const WORDS: &[u8] = b"conclave was here";

/// What is done with objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum S3Step {
    /// `s3:PutObject`
    Put,
    /// `s3:GetObject`
    Get,
    /// `s3:ListBucket`
    List,
    /// `s3:DeleteObject`
    Delete,
}

impl S3Step {
    /// What has to be allowed for it.
    pub fn permission(self) -> &'static str {
        match self {
            Self::Put => "s3:PutObject",
            Self::Get => "s3:GetObject",
            Self::List => "s3:ListBucket",
            Self::Delete => "s3:DeleteObject",
        }
    }
}

impl std::fmt::Display for S3Step {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Put => "put an object into",
            Self::Get => "get an object from",
            Self::List => "list the objects of",
            Self::Delete => "delete an object of",
        })
    }
}

/// Why a service cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {step} {place}")]
pub struct S3Trouble {
    /// What failed.
    pub step: S3Step,
    /// Where, without any key.
    pub place: String,
    /// Why.
    #[source]
    pub failure: S3Failure,
}

impl S3 {
    /// Puts, gets, lists and deletes a small object.
    pub async fn try_out(&self) -> Result<(), S3Trouble> {
        let Self {
            service, keys, place, ..
        } = self;
        let at = |step| {
            move |failure| S3Trouble {
                step,
                place: place.clone(),
                failure,
            }
        };
        let key = keys.trial();
        service
            .put(&key, Bytes::from_static(WORDS).into())
            .await
            .map_err(at(S3Step::Put))?;
        let used = async {
            let part = service.get(&key, 9..12).await.map_err(at(S3Step::Get))?;
            if part.as_ref() != b"was" {
                return Err(at(S3Step::Get)(S3Failure::Missing));
            }
            let mut found = false;
            let listing = Listing {
                prefix: key.to_string(),
                ..Listing::default()
            };
            let listed = service.list(listing, |page| {
                found |= page.objects.iter().any(|object| object.location == key);
                Enough::No
            });
            listed.await.map_err(at(S3Step::List))?;
            found
                .then_some(())
                .ok_or_else(|| at(S3Step::List)(S3Failure::Missing))
        };
        let used = used.await;
        let deleted = service
            .delete(vec![key.clone()])
            .await
            .map_err(at(S3Step::Delete));
        used.and(deleted)
    }
}

/// Whether blobs can lie there.
pub async fn try_s3(settings: &S3Settings) -> Result<(), S3Trouble> {
    S3::open(settings)?.try_out().await
}
