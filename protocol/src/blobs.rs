//! Blobs over HTTP, under `/api/v1`: sealed files of rooms, as the server sees them.
//!
//! ```text
//! upload     POST blobs ─► PATCH blobs/ID/upload (a part) … until all of it is there
//! resume     HEAD blobs/ID/upload says how much is durable ─► PATCH from there
//! download   GET blobs/ID, with Range
//! delete     DELETE blobs/ID, also in the middle of an upload
//! ```
//!
//! The names of the headers and what they mean are those of Resumable Uploads for HTTP
//! (draft-ietf-httpbis-resumable-upload). Parts have the media type [`PART_MEDIA_TYPE`]. Every request carries the
//! session's token; those about an upload carry its secret too, by which alone the server knows who made it.

use serde::{Deserialize, Serialize};

use crate::{BlobId, Bytes, Millis, RoomId};

/// Where a part begins, and how much of an upload is durable, in bytes.
pub const UPLOAD_OFFSET: &str = "upload-offset";

/// Whether all is there: `?1` or `?0` (a boolean of RFC 9651).
pub const UPLOAD_COMPLETE: &str = "upload-complete";

/// Length of the whole, in bytes.
pub const UPLOAD_LENGTH: &str = "upload-length";

/// What the server takes: `max-size=…, max-append-size=…`.
pub const UPLOAD_LIMIT: &str = "upload-limit";

/// Unpadded base64url of the upload's secret. Ours, in no draft.
pub const UPLOAD_SECRET: &str = "upload-secret";

/// Media type of a part.
pub const PART_MEDIA_TYPE: &str = "application/partial-upload";

/// `POST /api/v1/blobs`: a member of the room begins an upload. Asking again with the same values is the same upload.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BlobCreate {
    /// Drawn by the client.
    pub blob_id: BlobId,
    /// Whose members may get it.
    pub room_id: RoomId,
    /// Length of the sealed and padded file in bytes.
    pub size: u64,
    /// When the server forgets it; a later time than the server allows is cut.
    pub expires_at: Millis,
    /// 32 random bytes, by which this upload is gone on with and deleted. The server keeps their hash.
    pub secret: Bytes,
}

/// Answer to [`BlobCreate`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BlobCreated {
    /// How much is durable; more than nothing where it was begun before.
    pub offset: u64,
    /// Whether all of it is there.
    pub complete: bool,
    /// Longest part that the server takes.
    pub max_part_len: u64,
    /// When the server forgets it.
    pub expires_at: Millis,
}
