//! Whether files can lie on the S3 service that is set.

use signaling::{BlobPlace, try_s3};

use super::report::Check;
use crate::s3::{BlobSettings, advice};

const NAME: &str = "s3";

/// Puts, gets, lists and deletes an object; nothing where files lie in the data folder, which has a check of its own.
pub async fn check(settings: &BlobSettings) -> Option<Check> {
    let BlobPlace::S3(place) = settings.resolve().ok()? else {
        return None;
    };
    Some(match try_s3(&place).await {
        Ok(()) => Check::ok(
            NAME,
            format!("objects can be put into {place}, read, listed and deleted"),
        ),
        Err(trouble) => Check::failed(NAME, format!("{trouble}: {}", trouble.failure), advice(&trouble)),
    })
}
