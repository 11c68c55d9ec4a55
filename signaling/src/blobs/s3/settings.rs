//! Where blobs lie on an S3 service, and who we are there.

use std::fmt;

use crate::secret::Secret;

/// A part of a bucket, and the key to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Settings {
    /// Address of the service: `https://HOST[:PORT]`; nothing for Amazon's of the region.
    pub endpoint: Option<String>,
    /// The bucket's region.
    pub region: String,
    /// The bucket, which must be there.
    pub bucket: String,
    /// What the keys of all objects begin with, without a slash at either end; may be empty.
    pub prefix: String,
    /// Id of the access key.
    pub access_key: String,
    /// Its secret.
    pub secret: Secret,
}

impl fmt::Display for S3Settings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            bucket,
            prefix,
            endpoint,
            ..
        } = self;
        write!(out, "s3://{bucket}")?;
        if !prefix.is_empty() {
            write!(out, "/{prefix}")?;
        }
        match endpoint {
            Some(endpoint) => write!(out, " at {endpoint}"),
            None => Ok(()),
        }
    }
}
