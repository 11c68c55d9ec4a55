//! Accounts over HTTP, under `/api/v1`. OPAQUE (RFC 9807) messages are opaque bytes here.
//!
//! ```text
//! register   POST registration/start ─► POST registration/finish ─┐
//! sign in    POST login/start ─► POST login/finish ─► POST devices ┴─► POST session/challenge ─► session/open
//! connect    session/open gives a token (HTTP) and a ticket (GET ws?ticket=…)
//! ```

use serde::{Deserialize, Serialize};

use crate::{
    Bytes, DeviceId, Email, GuestLinkId, Millis, NetworkId, RoomId, UserId,
    identity::{Certificate, DeviceList, PublicKey, Signature},
};

/// `GET /api/v1/server`: what a client wants to know first.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerInfo {
    /// Oldest protocol version that the server speaks.
    pub oldest_version: u32,
    /// Newest protocol version that the server speaks.
    pub newest_version: u32,
    /// Changes when the server was restored from a backup.
    pub server_generation: Bytes,
    /// The server's time.
    pub now: Millis,
    /// Key by which the server shows push services who it is (RFC 8292), as browsers ask for it: a point of P-256,
    /// uncompressed, 65 bytes. None where it wakes nobody.
    pub push_key: Option<Bytes>,
}

/// `POST /api/v1/registration/invitation`: whose invitation is this? The code is in the body, for paths are logged.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationLookUp {
    /// The code of the link.
    pub invitation: String,
}

/// Answer to [`InvitationLookUp`]: what the invitation page shows. 410 when used or expired.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationView {
    /// Name of the network.
    pub network_name: String,
    /// The ID that the account will have.
    pub email: Email,
    /// Whether the ID is settled. Only the very first invitation of a deployment leaves it open, for nobody was
    /// there to say who it is for: then `email` is a suggestion.
    pub email_fixed: bool,
    /// The person's name, if the administrator gave one.
    pub name: Option<String>,
    /// When the invitation stops working.
    pub expires_at: Millis,
}

/// `POST /api/v1/registration/start`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistrationStart {
    /// Code of the invitation.
    pub invitation: String,
    /// The ID that the person chose, or was shown; another than the invitation's is taken only where that leaves it
    /// open (else `malformed`).
    #[serde(default)]
    pub email: Option<Email>,
    /// OPAQUE `RegistrationRequest`.
    pub opaque: Bytes,
}

/// Answer to [`RegistrationStart`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistrationStartReply {
    /// OPAQUE `RegistrationResponse`.
    pub opaque: Bytes,
    /// The user that will be: the client needs it for its certificate.
    pub user_id: UserId,
    /// The network.
    pub network_id: NetworkId,
    /// The ID that the account will have: the certificate must name it.
    pub email: Email,
}

/// `POST /api/v1/registration/finish` (201). The account, its first device and its keys in one transaction.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistrationFinish {
    /// Code of the invitation; used up by this.
    pub invitation: String,
    /// OPAQUE `RegistrationUpload`.
    pub opaque: Bytes,
    /// Name of the person; ignored where the administrator gave one.
    pub name: String,
    /// The account identity key.
    pub aik: PublicKey,
    /// The AIK's secret, sealed by the device; opaque to the server.
    pub sealed_aik: Bytes,
    /// The first device.
    pub device: NewDevice,
}

/// A device that comes into being.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewDevice {
    /// Its certificate, by the account's AIK.
    pub certificate: Certificate,
    /// The list that contains it; follows the current one.
    pub device_list: DeviceList,
    /// MLS key packages, each used once.
    pub key_packages: Vec<Bytes>,
    /// MLS key package of last resort.
    pub last_resort: Bytes,
}

/// Answer to [`RegistrationFinish`] and to `POST /api/v1/devices`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enrolled {
    /// The user.
    pub user_id: UserId,
    /// The device.
    pub device_id: DeviceId,
}

/// `POST /api/v1/login/start`. Unknown addresses get an answer of the same shape and time.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginStart {
    /// The ID.
    pub email: Email,
    /// OPAQUE `CredentialRequest`.
    pub opaque: Bytes,
}

/// Answer to [`LoginStart`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginStartReply {
    /// Names the server's half of this sign-in.
    pub login_id: Bytes,
    /// OPAQUE `CredentialResponse`.
    pub opaque: Bytes,
}

/// `POST /api/v1/login/finish`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginFinish {
    /// From [`LoginStartReply`].
    pub login_id: Bytes,
    /// OPAQUE `CredentialFinalization`.
    pub opaque: Bytes,
}

/// Answer to [`LoginFinish`]: what a new device of this user needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Grant {
    /// Bearer token for `POST /api/v1/devices`, single use.
    pub grant: Bytes,
    /// The user.
    pub user_id: UserId,
    /// The network.
    pub network_id: NetworkId,
    /// The ID in its normal form.
    pub email: Email,
    /// Name of the person.
    pub name: String,
    /// The AIK's sealed secret.
    pub sealed_aik: Bytes,
    /// The current device list.
    pub device_list: DeviceList,
}

/// `POST /api/v1/session/challenge`. Unknown devices get a challenge too.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChallengeRequest {
    /// The device that wants a session.
    pub device_id: DeviceId,
}

/// Answer to [`ChallengeRequest`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChallengeReply {
    /// 32 bytes, single use.
    pub nonce: Bytes,
}

/// `POST /api/v1/session/open`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionOpen {
    /// The device.
    pub device_id: DeviceId,
    /// From [`ChallengeReply`].
    pub nonce: Bytes,
    /// By the device key, over [`crate::identity::SessionChallenge`].
    pub signature: Signature,
}

/// `POST /api/v1/session/revoked`: a device that gets no session asks for the account's word that it is over. Answered by
/// the account's current [`DeviceList`] to whoever holds the certified key, be it enrolled or not.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RevocationAsk {
    /// The device's certificate, by the account key.
    pub certificate: Certificate,
    /// From [`ChallengeReply`].
    pub nonce: Bytes,
    /// By the device key, over [`crate::identity::SessionChallenge`].
    pub signature: Signature,
}

/// Answer to [`RevocationAsk`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RevocationReply {
    /// The current list. If it is newer than the one that the device knows and does not name it, it was revoked.
    pub device_list: DeviceList,
}

/// Answer to [`SessionOpen`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// Bearer token for HTTP.
    pub token: Bytes,
    /// When the token ends.
    pub expires_at: Millis,
    /// For `GET /api/v1/ws?ticket=…`, single use, 30 s.
    pub ticket: Bytes,
}

/// `POST /api/v1/admin/invitations` (role administrator or owner; 201).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationCreate {
    /// Whom to invite.
    pub email: Email,
    /// Name, if the administrator wants to set it.
    #[serde(default)]
    pub name: Option<String>,
}

/// Answer to [`InvitationCreate`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationCreated {
    /// The link to hand to the person.
    pub url: String,
    /// When it stops working.
    pub expires_at: Millis,
}

/// `POST /api/v1/guest/link`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GuestLinkLookUp {
    /// The link.
    pub link_id: GuestLinkId,
}

/// Answer to [`GuestLinkLookUp`]; `link_expired`, `link_revoked` or `not_found` where it lets nobody in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GuestLinkView {
    /// Network of the room.
    pub network_id: NetworkId,
    /// The room.
    pub room_id: RoomId,
    /// Name of who made the link, by the server's word.
    pub by: String,
    /// Until when it lets anybody ask.
    pub expires_at: Millis,
}

/// `POST /api/v1/guest/session`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GuestSessionOpen {
    /// A [`crate::identity::GuestPass`].
    pub pass: Bytes,
    /// From [`ChallengeReply`], for the device that the pass makes.
    pub nonce: Bytes,
    /// By the key of the pass, over [`crate::identity::SessionChallenge`].
    pub signature: Signature,
}

/// Answer to [`GuestSessionOpen`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GuestSession {
    /// For `GET /api/v1/ws?ticket=…`, single use, 30 s.
    pub ticket: Bytes,
}
