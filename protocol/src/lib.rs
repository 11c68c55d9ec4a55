//! What the programs say to each other: ids, limits, signed structures and messages. No IO, no state.
//!
//! JSON carries binary as unpadded base64url ([`Bytes`]), ids as UUIDs, times as milliseconds since the
//! Unix epoch ([`Millis`]). Every type here is a *checked* one: whoever holds it may rely on its shape.

pub mod accounts;
pub mod blobs;
pub mod bytes;
pub mod email;
pub mod encoding;
pub mod identity;
pub mod ids;
pub mod limits;
#[cfg(feature = "openapi")]
mod openapi;
pub mod pairing;
pub mod policies;
pub mod problem;
pub mod push;
pub mod room_settings;
pub mod sfu;
pub mod socket;

pub use bytes::Bytes;
pub use email::Email;
pub use ids::{
    BlobId, CallId, DeviceId, Epoch, Generation, GuestLinkId, LeafIndex, MessageId, Millis, NetworkId,
    ParticipantId, RoomId, Seq, UserId,
};
pub use problem::{Code, Problem};

/// Version of the messages in this crate. Clients and server refuse each other outside the other's range.
pub const PROTOCOL_VERSION: u32 = 1;
