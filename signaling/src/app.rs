//! Everything that requests share.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
};

use protocol::{
    BlobId, Bytes, DeviceId, GuestLinkId, RoomId,
    limits::{
        GRANT_LIFE_MS, HANDSHAKE_LIFE_MS, MAX_CLAIMS_PER_HOUR, MAX_COMMITS_PER_MINUTE, PAIRING_LIFE_MS,
        TICKET_LIFE_MS,
    },
    sfu::SfuLink,
};

use crate::{
    Clock,
    accounts::{Grantee, Opaque, SignInGuard},
    blobs::Blobs,
    calls::Calls,
    client::Block,
    limits::{
        HOUR_MS, MAX_CONTACT_CHANGES_PER_HOUR, MAX_FOUNDINGS_PER_HOUR, MAX_GUEST_SESSIONS_PER_LINK,
        MAX_GUEST_TRIES_PER_BLOCK, MAX_INVITATIONS_PER_HOUR, MAX_LOOK_UPS_PER_HOUR,
        MAX_PAIRING_TRIES_PER_BLOCK, MAX_PAIRING_TURNS_PER_MINUTE, MAX_PAIRINGS_PER_HOUR,
        MAX_PUSH_CHANGES_PER_HOUR, MAX_SESSION_OPENS_PER_BLOCK, MAX_SESSION_OPENS_PER_DEVICE,
        MAX_SHORT_PARTS_PER_HOUR, MAX_SIGNS_PER_MINUTE, MAX_UPLOADS_PER_HOUR, MINUTE_MS,
    },
    pairing::Mailbox,
    policies,
    push::Waker,
    random::random,
    rate::RateLimiter,
    rooms::{DirtyRooms, RoomCache},
    sealed::Sealer,
    sessions::Visitor,
    socket::{CallOutbox, Hub},
    store::Store,
    tokens::{TokenHash, Tokens},
    turn::Turn,
};

/// The service's parts. Each owns its own state; none reaches into another's.
pub struct App {
    pub clock: Clock,
    pub public_url: String,
    /// Reverse proxies that are believed who asked them.
    pub proxies: Vec<IpAddr>,
    /// TURN servers that clients may use in calls.
    pub turn: Option<Turn>,
    pub server_generation: Bytes,
    pub store: Store,
    pub opaque: Opaque,
    pub blobs: Blobs,
    /// Half-done sign-ins and session challenges.
    pub handshakes: Sealer,
    /// Who proved the password.
    pub grants: Tokens<Grantee>,
    /// Who may open a WebSocket.
    pub tickets: Tokens<Visitor>,
    /// Devices that are being paired.
    pub pairings: Mailbox,
    pub rates: Rates,
    pub hub: Arc<Hub>,
    pub calls: Mutex<Calls>,
    pub call_outbox: Arc<CallOutbox>,
    pub room_cache: RoomCache,
    pub dirty_rooms: DirtyRooms,
    pub policies: policies::Watch,
    pub waker: Waker,
}

/// How often someone may do what costs others something.
pub struct Rates {
    pub sign_ins: SignInGuard,
    pub sessions: RateLimiter<DeviceId>,
    pub session_blocks: RateLimiter<Block>,
    pub look_ups: RateLimiter<DeviceId>,
    pub claims: RateLimiter<DeviceId>,
    pub commits: RateLimiter<(DeviceId, RoomId)>,
    pub foundings: RateLimiter<DeviceId>,
    pub invitations: RateLimiter<DeviceId>,
    pub guest_blocks: RateLimiter<Block>,
    pub guest_links: RateLimiter<GuestLinkId>,
    pub uploads: RateLimiter<DeviceId>,
    pub short_parts: RateLimiter<BlobId>,
    pub contacts: RateLimiter<DeviceId>,
    pub pushes: RateLimiter<DeviceId>,
    pub signs: RateLimiter<DeviceId>,
    pub pairings: RateLimiter<DeviceId>,
    pub pairing_blocks: RateLimiter<Block>,
    pub pairing_turns: RateLimiter<TokenHash>,
}

/// What lasts: the database, and what lies in the data folder.
pub struct Lasting {
    pub server_generation: Bytes,
    pub store: Store,
    pub opaque: Opaque,
    pub blobs: Blobs,
}

impl App {
    pub fn new(
        clock: Clock,
        public_url: String,
        proxies: Vec<IpAddr>,
        lasting: Lasting,
        sfu: Arc<dyn SfuLink>,
    ) -> Self {
        let Lasting {
            server_generation,
            store,
            opaque,
            blobs,
        } = lasting;
        let hub = Arc::new(Hub::default());
        let call_outbox = Arc::new(CallOutbox::new(Arc::clone(&hub)));
        let calls = Calls::new(sfu, Arc::clone(&call_outbox) as _, Box::new(random::<16>));
        Self {
            clock,
            public_url,
            proxies,
            turn: None,
            server_generation,
            store,
            opaque,
            blobs,
            handshakes: Sealer::new(HANDSHAKE_LIFE_MS),
            grants: Tokens::new(GRANT_LIFE_MS),
            tickets: Tokens::new(TICKET_LIFE_MS),
            pairings: Mailbox::default(),
            rates: Rates {
                sign_ins: SignInGuard::new(),
                sessions: RateLimiter::new(MAX_SESSION_OPENS_PER_DEVICE, HANDSHAKE_LIFE_MS),
                session_blocks: RateLimiter::new(MAX_SESSION_OPENS_PER_BLOCK, HANDSHAKE_LIFE_MS),
                look_ups: RateLimiter::new(MAX_LOOK_UPS_PER_HOUR, HOUR_MS),
                claims: RateLimiter::new(MAX_CLAIMS_PER_HOUR, HOUR_MS),
                commits: RateLimiter::new(MAX_COMMITS_PER_MINUTE, MINUTE_MS),
                foundings: RateLimiter::new(MAX_FOUNDINGS_PER_HOUR, HOUR_MS),
                invitations: RateLimiter::new(MAX_INVITATIONS_PER_HOUR, HOUR_MS),
                guest_blocks: RateLimiter::new(MAX_GUEST_TRIES_PER_BLOCK, HANDSHAKE_LIFE_MS),
                guest_links: RateLimiter::new(MAX_GUEST_SESSIONS_PER_LINK, HANDSHAKE_LIFE_MS),
                uploads: RateLimiter::new(MAX_UPLOADS_PER_HOUR, HOUR_MS),
                short_parts: RateLimiter::new(MAX_SHORT_PARTS_PER_HOUR, HOUR_MS),
                contacts: RateLimiter::new(MAX_CONTACT_CHANGES_PER_HOUR, HOUR_MS),
                pushes: RateLimiter::new(MAX_PUSH_CHANGES_PER_HOUR, HOUR_MS),
                signs: RateLimiter::new(MAX_SIGNS_PER_MINUTE, MINUTE_MS),
                pairings: RateLimiter::new(MAX_PAIRINGS_PER_HOUR, HOUR_MS),
                pairing_blocks: RateLimiter::new(MAX_PAIRING_TRIES_PER_BLOCK, PAIRING_LIFE_MS),
                pairing_turns: RateLimiter::new(MAX_PAIRING_TURNS_PER_MINUTE, MINUTE_MS),
            },
            hub,
            calls: Mutex::new(calls),
            call_outbox,
            room_cache: RoomCache::default(),
            dirty_rooms: DirtyRooms::default(),
            policies: policies::Watch::default(),
            waker: Waker::new(None),
        }
    }
}
