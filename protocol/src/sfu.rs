//! The control link between signaling and an SFU: messages both ways, over whatever [`SfuLink`] stands for
//! (a channel in one process today, a message bus later).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    CallId, ParticipantId,
    socket::{LiveTrack, Side, SlotBinding, TrackKind, TrackOffer, VideoWish, WatchedTrack},
};

/// A way to an SFU.
pub trait SfuLink: Send + Sync + 'static {
    /// Hands a message over; never blocks. Fails when the SFU is gone.
    fn send(&self, message: ToSfu) -> Result<(), SfuGone>;
}

/// Where messages of an SFU go; called on the SFU's threads, so it must not block.
pub type SfuEvents = Arc<dyn Fn(FromSfu) + Send + Sync>;

/// The SFU behind a link does not answer any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the SFU is gone")]
pub struct SfuGone;

/// Names one participant's place in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The call; it lives on one shard.
    pub call_id: CallId,
    /// The participant.
    pub participant_id: ParticipantId,
}

/// What signaling asks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToSfu {
    /// An SDP offer → [`FromSfu::Answer`]. The first one of a participant makes it known.
    Offer {
        /// Comes back in the answer.
        request: u64,
        /// Whose.
        place: Place,
        /// Which connection.
        side: Side,
        /// A new connection (drops the former one), or a renegotiation.
        fresh: bool,
        /// The offer.
        sdp: String,
        /// What the m-lines of a publish connection are.
        tracks: Vec<TrackOffer>,
    },
    /// What a participant shows and publishes.
    Intent {
        /// Whose.
        place: Place,
        /// Video wanted, most important first.
        video: Vec<VideoWish>,
        /// Own tracks that are on.
        publishing: Vec<TrackKind>,
    },
    /// The participant is gone; nothing is forwarded to or from it any more.
    Leave {
        /// Who.
        place: Place,
    },
    /// The call ended.
    Close {
        /// Which.
        call_id: CallId,
    },
}

/// What an SFU says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromSfu {
    /// Answer to an offer.
    Answer {
        /// From [`ToSfu::Offer`].
        request: u64,
        /// The SDP answer, or why there is none.
        result: Result<String, OfferRefused>,
    },
    /// Which track sits in which slot of a participant; complete each time.
    Bindings {
        /// Whose slots.
        place: Place,
        /// The slots.
        slots: Vec<SlotBinding>,
        /// Tracks that are being published in the call.
        live: Vec<LiveTrack>,
        /// The participant's own videos, as the others show them.
        watched: Vec<WatchedTrack>,
    },
    /// Who speaks.
    Speaker {
        /// Where.
        call_id: CallId,
        /// The loudest; nobody when it is quiet.
        participant_id: Option<ParticipantId>,
    },
    /// A connection of a participant came up or broke.
    Connection {
        /// Whose.
        place: Place,
        /// Which.
        side: Side,
        /// Whether media can flow.
        connected: bool,
    },
}

/// Why an offer got no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum OfferRefused {
    /// The SDP is not one.
    #[error("the offer cannot be read: {0}")]
    Malformed(String),
    /// A renegotiation of a connection that does not exist.
    #[error("there is no such connection")]
    NoConnection,
    /// More m-lines than the limits allow, or directions that do not fit the side.
    #[error("the offer does not fit: {0}")]
    Unfit(String),
}
