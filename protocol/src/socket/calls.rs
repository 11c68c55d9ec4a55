//! Calls: who is in, the call group's log (in memory), and the media connections.

use serde::{Deserialize, Serialize};

use super::{CommitBundle, GroupInfoReply};
use crate::{
    Bytes, CallId, DeviceId, Epoch, Generation, MessageId, Millis, ParticipantId, RoomId, Seq, UserId,
};

/// Names a call.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct CallRef {
    /// The call.
    pub call_id: CallId,
}

/// A call as the members of its room see it from outside.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallSummary {
    /// The call.
    pub call_id: CallId,
    /// When it began.
    pub started_at: Millis,
    /// Who is in, by the server's word; clients draw the roster from the key tree.
    pub participants: Vec<CallParticipant>,
}

/// One participant, by the server's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallParticipant {
    /// The participant.
    pub participant_id: ParticipantId,
    /// Its device.
    pub device_id: DeviceId,
    /// Its user.
    pub user_id: UserId,
}

/// Enters a room's call; starts it where there is none. A device that is in already enters anew: its former
/// participant is gone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallJoin {
    /// The room.
    pub room_id: RoomId,
    /// A key package made for this call, for the members to add.
    pub key_package: Bytes,
    /// The call that the device was in until now, if it comes back by itself: where that was ended for everybody, no
    /// other one is begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_to: Option<CallId>,
}

/// Answer to [`CallJoin`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallJoined {
    /// The call.
    pub call: CallSummary,
    /// Who the asker is in it.
    pub participant_id: ParticipantId,
    /// Generation of the call's group (that is, or that is to be founded).
    pub generation: Generation,
    /// The group, if it exists: wait to be added ([`super::Event::CallWelcome`]), or after
    /// [`crate::limits::CALL_JOIN_PATIENCE_MS`] join by an external commit. Without one: found it.
    pub group: Option<GroupInfoReply>,
    /// Where the SFU's ICE-lite candidates and SDP come from: always the answer to a media offer. STUN or TURN
    /// servers beside it.
    pub ice_servers: Vec<IceServer>,
}

/// A TURN server for the client, with credentials for a limited time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IceServer {
    /// `turn:` or `turns:` addresses.
    pub urls: Vec<String>,
    /// User name.
    pub username: String,
    /// Password.
    pub credential: String,
}

/// Founds the call's group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallFound {
    /// The call.
    pub call_id: CallId,
    /// From [`CallJoined`].
    pub generation: Generation,
    /// MLSMessage(GroupInfo) of epoch 0, without the tree.
    pub group_info: Bytes,
    /// TLS-encoded ratchet tree of epoch 0.
    pub tree: Bytes,
}

/// A commit in the call's group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallCommit {
    /// The call.
    pub call_id: CallId,
    /// Generation of the group.
    pub generation: Generation,
    /// Names this commit.
    pub message_id: MessageId,
    /// The commit.
    pub bundle: CommitBundle,
}

/// An application message in the call's group; never stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallSend {
    /// The call.
    pub call_id: CallId,
    /// Generation of the group.
    pub generation: Generation,
    /// Epoch.
    pub epoch: Epoch,
    /// Names the message.
    pub message_id: MessageId,
    /// MLSMessage(PrivateMessage).
    pub payload: Bytes,
}

/// Asks for entries of the call's log.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct CallSync {
    /// The call.
    pub call_id: CallId,
    /// Entries with a higher place.
    pub after: Seq,
}

/// For a participant that was added.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallWelcome {
    /// The call.
    pub call_id: CallId,
    /// Generation of the group.
    pub generation: Generation,
    /// Epoch that the welcome leads into.
    pub epoch: Epoch,
    /// Place of the commit that added it.
    pub seq: Seq,
    /// MLSMessage(Welcome).
    pub welcome: Bytes,
    /// TLS-encoded ratchet tree.
    pub tree: Bytes,
}

/// Someone waits to be added.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallJoinRequest {
    /// The call.
    pub call_id: CallId,
    /// Who.
    pub participant: CallParticipant,
    /// From [`CallJoin`].
    pub key_package: Bytes,
}

/// A participant that is no more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallGone {
    /// The call.
    pub call_id: CallId,
    /// Who. Its leaf is the one with this device in the tree, unless the device has entered anew since.
    pub participant: CallParticipant,
}

/// Which of a client's two PeerConnections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Client sends, SFU receives.
    Publish,
    /// SFU sends, client receives.
    Subscribe,
}

/// What a track is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackKind {
    /// Audio of a person.
    Microphone,
    /// Video of a person.
    Camera,
    /// Video of a screen.
    Screen,
}

/// What a published m-line carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackOffer {
    /// The m-line's `a=mid`.
    pub mid: String,
    /// What it is.
    pub kind: TrackKind,
}

/// SDP offer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MediaOffer {
    /// The call.
    pub call_id: CallId,
    /// Which connection.
    pub side: Side,
    /// The first offer of a new PeerConnection; false = renegotiation of the current one.
    pub fresh: bool,
    /// SDP, at most [`crate::limits::MAX_SDP_LEN`].
    pub sdp: String,
    /// [`Side::Publish`]: what each m-line is. [`Side::Subscribe`]: empty.
    pub tracks: Vec<TrackOffer>,
}

/// SDP answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MediaAnswer {
    /// SDP, with all candidates.
    pub sdp: String,
}

/// Tries the network before joining: an offer as of [`Side::Publish`], without tracks. The connection ends by itself after
/// [`crate::limits::MEDIA_TRIAL_LIFE_MS`], or with the next one of the device.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MediaTrial {
    /// SDP, at most [`crate::limits::MAX_TRIAL_SDP_LEN`].
    pub sdp: String,
}

/// Answer to [`MediaTrial`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MediaTried {
    /// SDP, with all candidates.
    pub sdp: String,
    /// As in [`CallJoined`].
    pub ice_servers: Vec<IceServer>,
}

/// What the client shows, most important first. Audio needs no wish: the loudest are heard.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MediaIntent {
    /// The call.
    pub call_id: CallId,
    /// Video wanted, at most [`crate::limits::MAX_VIDEO_SLOTS`]; what is not named is not sent.
    pub video: Vec<VideoWish>,
    /// Of the own tracks, which are on (a muted microphone is not "on").
    pub publishing: Vec<TrackKind>,
}

/// One video that the client wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoWish {
    /// Whose.
    pub participant_id: ParticipantId,
    /// Camera or screen.
    pub kind: TrackKind,
    /// Height in pixels at which it is shown.
    pub height: u16,
}

/// Which track sits in which slot. Complete each time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MediaBindings {
    /// The call.
    pub call_id: CallId,
    /// The bindings; a slot that is not named is empty.
    pub slots: Vec<SlotBinding>,
    /// Tracks that are being published in the call, by the SFU's word.
    pub live: Vec<LiveTrack>,
    /// The client's own videos, as the others show them.
    pub watched: Vec<WatchedTrack>,
}

/// One slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotBinding {
    /// `a=mid` of the slot in the subscribe connection.
    pub mid: String,
    /// Whose track.
    pub participant_id: ParticipantId,
    /// What it is.
    pub kind: TrackKind,
    /// Video is held back, for the way to the client does not carry it.
    pub paused: bool,
}

/// How large the others show a video. What is larger, or what nobody shows, need not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchedTrack {
    /// Which of the client's own.
    pub kind: TrackKind,
    /// The largest height in pixels at which anybody shows it; 0 where nobody does.
    pub height: u16,
    /// What its smallest encoding may take at most, in kbit a second with all headers, so that nobody has to go without;
    /// nothing where there is room for it.
    pub most: Option<u16>,
}

/// A track that is being published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveTrack {
    /// Whose.
    pub participant_id: ParticipantId,
    /// What.
    pub kind: TrackKind,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct MediaSpeaker {
    /// The call.
    pub call_id: CallId,
    /// The loudest; nobody when it is quiet.
    pub participant_id: Option<ParticipantId>,
}
