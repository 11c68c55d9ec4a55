//! What the media needs of the call: keys for the frame worker, slots checked against the key tree, offers.

use protocol::{
    Epoch, LeafIndex,
    limits::MAX_SDP_LEN,
    room_settings::RoomSettings,
    socket::{
        MediaBindings, MediaIntent, MediaOffer, MediaSpeaker, Reply, Request, Side, TrackKind, TrackOffer,
        VideoWish,
    },
};

use super::{Act, Call, CallEnv, Presence, may_moderate};
use crate::{
    api::{self, BaseKey, Event, ExpectedSlot, MediaUpdate, SlotView, TrackCard, VideoCard, WatchedView},
    core::{asks::CallAsk, shell::Answer},
    failure::{failure, of_refusal},
    group::Group,
    limits::{CALL_RETIRE_MS, CALL_RETIRE_REMOVED_MS, CALL_SWITCH_MS},
};

/// Label of the exporter that gives an epoch's base key (RFC 9605 §5.2).
const BASE_KEY_LABEL: &str = "SFrame 1.0 Base Key";

impl Call {
    /// Keys of a new epoch. Senders switch at once after a removal, for who is gone must open nothing more, and when
    /// they have just come in; else a moment later, when the others have the key too.
    pub(super) fn give_keys(&mut self, env: &mut CallEnv<'_>, removal: bool, joined: bool) {
        // Nothing is sealed for a group that nobody vouched for.
        let (Some(group), Some(place), None) = (&self.group, self.place, &self.unvouched) else {
            return;
        };
        let key = match group.export(env.mls, BASE_KEY_LABEL, b"") {
            Ok(key) => BaseKey(*key),
            Err(error) => {
                tracing::error!(%error, "no key for the media");
                return;
            }
        };
        let epoch = group.epoch();
        env.shell.media(MediaUpdate::Epoch {
            call_id: place.call_id,
            generation: place.generation.0,
            epoch: epoch.0,
            own_leaf: group.own_leaf().0,
            members: group.members().keys().map(|leaf| leaf.0).collect(),
            base_key: key,
            retire_after_ms: if removal {
                CALL_RETIRE_REMOVED_MS
            } else {
                CALL_RETIRE_MS
            },
        });
        let wait = if removal || joined { 0 } else { CALL_SWITCH_MS };
        self.send_with = Some((epoch, env.now().plus(wait)));
        self.switch_sending(env);
    }

    pub(super) fn switch_sending(&mut self, env: &mut CallEnv<'_>) {
        if let Some((Epoch(epoch), at)) = self.send_with
            && !self.strangers.are_held()
            && at <= env.now()
        {
            self.send_with = None;
            env.shell.media(MediaUpdate::SendWith { epoch });
        }
    }

    pub(crate) fn offer(
        &mut self,
        env: &mut CallEnv<'_>,
        command: u32,
        side: Side,
        fresh: bool,
        sdp: String,
        tracks: Vec<TrackCard>,
    ) {
        let Some(place) = self
            .place
            .filter(|_| self.is_member() && self.unvouched.is_none())
        else {
            return env.shell.fail(command, failure("not_ready"));
        };
        if sdp.len() > MAX_SDP_LEN {
            return env.shell.fail(command, failure("too_large"));
        }
        let tracks = tracks
            .into_iter()
            .map(|track| TrackOffer {
                mid: track.mid,
                kind: track.kind,
            })
            .collect();
        let offer = MediaOffer {
            call_id: place.call_id,
            side,
            fresh,
            sdp,
            tracks,
        };
        self.intent_due = true;
        self.ask(env, CallAsk::Offer { command }, Request::MediaOffer(offer));
    }

    pub(super) fn on_offered(&mut self, env: &mut CallEnv<'_>, command: u32, answer: Answer) {
        let reply = match answer {
            Ok(Reply::MediaAnswer(answer)) => api::Reply::SdpAnswer { sdp: answer.sdp },
            Ok(_) => api::Reply::Failed(failure("internal")),
            Err(refusal) => api::Reply::Failed(of_refusal(&refusal)),
        };
        env.shell.reply(command, reply);
        // The SFU takes wishes of a connection that it knows only.
        self.intent_due = true;
        self.on_time(env);
    }

    pub(crate) fn show_video(&mut self, env: &mut CallEnv<'_>, video: Vec<VideoCard>) {
        self.wishes = video;
        self.intent_due = true;
        self.on_time(env);
    }

    /// The spotlight is not among what `presence` changes.
    pub(crate) fn set_presence(&mut self, env: &mut CallEnv<'_>, presence: Presence) {
        let presence = Presence {
            spotlight: self.own_presence.spotlight,
            ..presence
        };
        if self.own_presence != presence {
            self.own_presence = presence;
            self.speaking.raise(env.identity.device_id, presence.hand);
            self.speaking.outbox.tell_presence(env.now());
            self.intent_due = true;
        }
        self.on_time(env);
    }

    /// Whether voices go out at a constant bitrate: where the call says so, which guests go by, or the room as this
    /// device sees it, whatever who founded the call wrote. It stays so until the call is over: nobody's voice comes to tell
    /// more while they speak.
    pub(super) fn is_constant(&self, room: Option<&RoomSettings>) -> bool {
        let call = self.group.as_ref().map(Group::settings);
        self.constant
            || room
                .into_iter()
                .chain(call)
                .any(|settings| settings.constant_bitrate)
    }

    /// The room's settings may have changed. What holds for it now, a moderator puts into the call too, once.
    pub(super) fn follow_room(&mut self, env: &mut CallEnv<'_>) {
        let constant = self.is_constant(env.settings);
        if constant != self.constant {
            self.constant = constant;
            self.intent_due = true;
        }
        let said = self
            .group
            .as_ref()
            .is_some_and(|group| group.settings().constant_bitrate);
        if constant && !said && !self.said_constant && may_moderate(env.settings, env.account.user_id) {
            self.said_constant = true;
            self.act(env, Act::ConstantBitrate);
        }
    }

    pub(super) fn send_intent_if_due(&mut self, env: &mut CallEnv<'_>) {
        let Some(place) = self.place else { return };
        if !std::mem::take(&mut self.intent_due) {
            return;
        }
        let wish = |card: &VideoCard| {
            let participant_id = self.participant_of(LeafIndex(card.leaf))?;
            Some(VideoWish {
                participant_id,
                kind: card.kind,
                height: card.height,
            })
        };
        let Presence {
            microphone,
            camera,
            screen,
            ..
        } = self.own_presence;
        let on = [
            // A voice that is muted goes on as silence, and the server is not told.
            (TrackKind::Microphone, microphone || self.constant),
            (TrackKind::Camera, camera),
            (TrackKind::Screen, screen),
        ];
        let intent = MediaIntent {
            call_id: place.call_id,
            video: self.wishes.iter().filter_map(wish).collect(),
            publishing: on
                .into_iter()
                .filter(|(_, on)| *on)
                .map(|(kind, _)| kind)
                .collect(),
        };
        self.ask(
            env,
            CallAsk::Intent { command: None },
            Request::MediaIntent(intent),
        );
    }

    pub(crate) fn on_bindings(&mut self, env: &mut CallEnv<'_>, bindings: MediaBindings) {
        if self.call_id() == Some(bindings.call_id) {
            self.bindings = bindings.slots;
            self.watched = bindings
                .watched
                .iter()
                .map(|track| WatchedView {
                    kind: track.kind,
                    height: track.height,
                    most: track.most,
                })
                .collect();
            self.tell_slots(env);
        }
    }

    pub(crate) fn on_speaker(&mut self, speaker: MediaSpeaker) {
        if self.call_id() == Some(speaker.call_id) {
            self.speaker = speaker.participant_id;
        }
    }

    /// Slots by leaf: a binding that names nobody in the key tree is none.
    pub(super) fn tell_slots(&mut self, env: &mut CallEnv<'_>) {
        let slot = |binding: &super::SlotBinding| {
            let leaf = self.leaf_of(binding.participant_id)?;
            Some(SlotView {
                mid: binding.mid.clone(),
                leaf: leaf.0,
                kind: binding.kind,
                paused: binding.paused,
            })
        };
        let slots: Vec<SlotView> = self.bindings.iter().filter_map(slot).collect();
        let told = (slots, self.watched.clone());
        if self.slots_told.as_ref() == Some(&told) || !self.is_member() {
            return;
        }
        let (slots, watched) = told.clone();
        let expected = slots
            .iter()
            .map(|slot| ExpectedSlot {
                mid: slot.mid.clone(),
                leaf: slot.leaf,
                kind: slot.kind,
            })
            .collect();
        env.shell.media(MediaUpdate::Expect { slots: expected });
        env.shell.event(Event::Slots { slots, watched });
        self.slots_told = Some(told);
    }
}
