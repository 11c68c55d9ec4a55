//! client-core's door to the browser's frame-transform worker: [`FrameEngine`] is
//! `client_core::media::MediaEngine` with JavaScript at both ends. A module of its own, for it needs a small part
//! of client-core.

use client_core::{
    api::MediaUpdate,
    media::{AttachError, Codec, MediaEngine, OpenError, SealError, SealerId},
};
use protocol::{Millis, socket::TrackKind};
use wasm_bindgen::prelude::*;
use zeroize::Zeroize;

/// Codec of a track.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum FrameCodec {
    /// Opus.
    Opus = 0,
    /// VP8.
    Vp8 = 1,
    /// VP9.
    Vp9 = 2,
}

/// What a track is.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum FrameKind {
    /// Audio of a person.
    Microphone = 0,
    /// Video of a person.
    Camera = 1,
    /// Video of a screen.
    Screen = 2,
}

/// Seals and opens the media of one call. Times are milliseconds of one clock that never goes back.
#[wasm_bindgen]
#[derive(Default)]
pub struct FrameEngine {
    engine: MediaEngine,
    refusal: Option<&'static str>,
    may_open_later: bool,
    leaf: u32,
}

#[wasm_bindgen]
impl FrameEngine {
    /// Without keys: refuses every frame.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// An encoded `MediaUpdate`, wiped here; the caller wipes its own. Throws `unreadable_update` where it is none, and
    /// other errors where it does not follow what came before.
    pub fn update(&mut self, now: f64, mut update: Vec<u8>) -> Result<(), JsError> {
        let decoded = MediaUpdate::decode(&update);
        update.zeroize();
        let update = decoded.ok_or_else(|| JsError::new("unreadable_update"))?;
        Ok(self.engine.apply(millis(now), &update)?)
    }

    /// A sending transform begins; names it. Throws `instances_exhausted` or `too_many_transforms`.
    pub fn attach(&mut self, kind: FrameKind) -> Result<u32, JsError> {
        match self.engine.attach(track_kind(kind)) {
            Ok(id) => Ok(id.0),
            Err(AttachError::InstancesExhausted { .. }) => Err(JsError::new("instances_exhausted")),
            Err(AttachError::TooMany) => Err(JsError::new("too_many_transforms")),
        }
    }

    /// A sending transform ended.
    pub fn detach(&mut self, sealer: u32) {
        self.engine.detach(SealerId(sealer));
    }

    /// The frame for the wire; nothing where it must be dropped (see [`Self::refusal`]).
    pub fn seal(
        &mut self,
        now: f64,
        sealer: u32,
        codec: FrameCodec,
        key_frame: bool,
        frame: &[u8],
    ) -> Option<Vec<u8>> {
        let sealed = self.engine.seal(
            millis(now),
            SealerId(sealer),
            self::codec(codec),
            key_frame,
            frame,
        );
        self.refusal = sealed.as_ref().err().map(seal_code);
        sealed.ok()
    }

    /// The plain frame; nothing where it must not be played (see [`Self::refusal`]).
    pub fn open(&mut self, now: f64, mid: &str, codec: FrameCodec, frame: &[u8]) -> Option<Vec<u8>> {
        match self.engine.open(millis(now), mid, self::codec(codec), frame) {
            Ok(opened) => {
                self.refusal = None;
                self.leaf = opened.leaf.0;
                Some(opened.frame)
            }
            Err(error) => {
                self.refusal = Some(open_code(&error));
                self.may_open_later = error.may_open_later();
                None
            }
        }
    }

    /// Wipes keys whose time is over.
    pub fn expire(&mut self, now: f64) {
        self.engine.expire(millis(now));
    }

    /// Why the last frame was refused, as a stable code; nothing where it was not.
    #[wasm_bindgen(getter)]
    pub fn refusal(&self) -> Option<String> {
        self.refusal.map(str::to_owned)
    }

    /// Whether the last frame that [`Self::open`] refused may open after the next update.
    #[wasm_bindgen(getter)]
    pub fn may_open_later(&self) -> bool {
        self.refusal.is_some() && self.may_open_later
    }

    /// Who sent the last frame that was opened.
    #[wasm_bindgen(getter)]
    pub fn leaf(&self) -> u32 {
        self.leaf
    }
}

fn millis(now: f64) -> Millis {
    Millis(now as u64)
}

fn track_kind(kind: FrameKind) -> TrackKind {
    match kind {
        FrameKind::Microphone => TrackKind::Microphone,
        FrameKind::Camera => TrackKind::Camera,
        FrameKind::Screen => TrackKind::Screen,
    }
}

fn codec(codec: FrameCodec) -> Codec {
    match codec {
        FrameCodec::Opus => Codec::Opus,
        FrameCodec::Vp8 => Codec::Vp8,
        FrameCodec::Vp9 => Codec::Vp9,
    }
}

fn seal_code(error: &SealError) -> &'static str {
    match error {
        SealError::NoKey => "no_key",
        SealError::NotAttached => "not_attached",
        SealError::KeyUsedUp { .. } => "key_used_up",
        SealError::FrameTooLong { .. } => "frame_too_long",
        SealError::FrameTooShort(_) => "frame_too_short",
        SealError::KeyId(_) => "key_id",
        SealError::Cipher(_) => "cipher",
    }
}

fn open_code(error: &OpenError) -> &'static str {
    match error {
        OpenError::UnknownEpoch { .. } => "unknown_epoch",
        OpenError::NotExpected { .. } => "not_expected",
        OpenError::NotMember { .. } => "not_member",
        OpenError::OwnFrame => "own_frame",
        OpenError::Replayed { .. } => "replayed",
        OpenError::FrameTooLong { .. } => "frame_too_long",
        OpenError::FrameTooShort(_) => "frame_too_short",
        OpenError::Header(_) => "header",
        OpenError::KeyId(_) => "key_id",
        OpenError::NotAuthentic(_) => "not_authentic",
    }
}
