//! Contacts, as the user interface has them.

use protocol::{BlobId, Millis, RoomId, UserId, policies::Verify};
use serde::{Deserialize, Serialize};

use super::{FileCard, PersonCard};

/// What the user says of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// The person in the ID video is who they say, and says the words.
    Video,
    /// The fingerprints are the same, compared in person.
    InPerson,
    /// Not who they say, or not wanted: neither messages nor calls.
    Declined,
    /// Not wanted: neither messages nor calls.
    Blocked,
    /// Nothing: takes back what was said before, and takes the contact as it is now.
    Open,
}

/// All that is known of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ContactCard {
    /// Who.
    pub person: PersonCard,
    /// How it was verified, if it is.
    #[cfg_attr(test, ts(type = "\"video\" | \"in_person\" | null"))]
    pub verified_by: Option<Judgement>,
    /// When that was said last which holds of it.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub said_at: Option<Millis>,
    /// Its ID video, as far as it showed one.
    pub video: Option<IdVideoCard>,
}

/// An ID video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct IdVideoCard {
    /// The file.
    pub file: FileCard,
    /// The beginning of the day whose words are said in it.
    #[cfg_attr(test, ts(type = "number"))]
    pub recorded_on: Millis,
    /// Whether it came by the very key that the contact has now. If not, it says nothing of that key, and nobody is verified
    /// by it.
    pub of_key: bool,
}

/// What it takes to record an ID video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct IdVideoPlan {
    /// The words to say.
    pub words: Vec<String>,
    /// Their day, which goes with the video.
    pub day: u32,
    /// The room to upload it into.
    #[cfg_attr(test, ts(type = "string"))]
    pub room_id: RoomId,
    /// Longest recording in milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub max_ms: u64,
    /// Largest file in bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub max_len: u64,
}

/// What the network asks in dealing with contacts, and what one shows oneself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ContactsView {
    /// Verifying contacts of the own network.
    #[cfg_attr(test, ts(type = "\"off\" | \"optional\" | \"required\""))]
    pub verify_inside: Verify,
    /// Verifying contacts of other networks.
    #[cfg_attr(test, ts(type = "\"off\" | \"optional\" | \"required\""))]
    pub verify_outside: Verify,
    /// Whether there may be contacts of other networks.
    pub outside_contacts: bool,
    /// The day of one's own ID video, if one shows one.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub own_video: Option<Millis>,
}

/// Which contact a judgement is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Judged {
    /// Who.
    #[cfg_attr(test, ts(type = "string"))]
    pub user_id: UserId,
    /// The fingerprint that the person saw.
    pub fingerprint: String,
    /// Of a judgement by video: which.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, type = "string"))]
    pub blob_id: Option<BlobId>,
}
