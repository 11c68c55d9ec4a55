//! Offers: judged, accepted, and turned into tracks and slots.

use std::{collections::BTreeMap, time::Instant};

use protocol::{
    ParticipantId,
    limits::{MAX_CALL_PARTICIPANTS, MAX_CONSTANT_AUDIO_SLOTS, MAX_SDP_LEN, MAX_VIDEO_SLOTS},
    sfu::OfferRefused,
    socket::{Side, TrackKind, TrackOffer},
};
use str0m::{
    Rtc,
    change::SdpOffer,
    format::Codec,
    media::{MediaKind, Mid, Pt},
    rtp::Extension,
};

use super::{
    Call,
    participant::{Publish, Subscribe},
    slot::Slot,
    track::Track,
};
use crate::{
    egress::{ExtensionIds, MAX_EXTENSION_ID, StreamSetup},
    limits::{MAX_PUBLISH_LINES, MAX_SUBSCRIBE_LINES},
    peer::{Outbox, Peer, PeerId},
    sdp::{self, Line, LineDirection, LineMedia},
    setup::PeerSetup,
};

/// Longest `a=mid` that `str0m` tells apart.
const MAX_MID_LEN: usize = 16;

/// What a client offers.
pub(crate) struct Offer {
    pub(crate) participant: ParticipantId,
    pub(crate) side: Side,
    pub(crate) fresh: bool,
    pub(crate) sdp: String,
    pub(crate) tracks: Vec<TrackOffer>,
}

/// An offer that was accepted.
pub(crate) struct Accepted {
    pub(crate) answer: String,
    pub(crate) peer: PeerId,
    /// The peer's fragment; an offer with an ICE restart changes it.
    pub(crate) ufrag: String,
    /// The peer that this one replaced.
    pub(crate) replaced: Option<PeerId>,
}

impl Call {
    /// Judges an offer and carries it out. A refused one changes nothing.
    pub(crate) fn accept(
        &mut self,
        now: Instant,
        setup: &PeerSetup,
        offer: Offer,
        out: &mut Outbox,
    ) -> Result<Accepted, OfferRefused> {
        let Offer {
            participant,
            side,
            fresh,
            sdp,
            tracks,
        } = offer;
        if sdp.len() > MAX_SDP_LEN {
            return Err(OfferRefused::Unfit(format!("more than {MAX_SDP_LEN} bytes")));
        }
        let lines = sdp::lines(&sdp);
        match side {
            Side::Publish => judge_publish(&lines, &tracks)?,
            Side::Subscribe => judge_subscribe(&lines)?,
        }
        let offer = SdpOffer::from_sdp_string(&sdp::without_candidates(&sdp))
            .map_err(|error| OfferRefused::Malformed(error.to_string()))?;
        if !self.participants.contains_key(&participant) && self.participants.len() >= MAX_CALL_PARTICIPANTS {
            return Err(OfferRefused::Unfit(format!(
                "the call is full with {MAX_CALL_PARTICIPANTS}"
            )));
        }
        match (side, fresh) {
            (Side::Publish, true) => {
                let mut peer = Peer::new(now, side, setup, out);
                let answer = answer(now, &mut peer, offer, out)?;
                let publish = Publish {
                    peer,
                    tracks: BTreeMap::new(),
                    sources: Vec::new(),
                    codecs: Vec::new(),
                };
                let place = self.participants.entry(participant).or_default();
                let former = place.publish.replace(publish).map(|former| former.peer);
                self.finish_publish(now, participant, &lines, &tracks, out);
                self.adopt(now, participant, side, answer, former, out)
            }
            (Side::Subscribe, true) => {
                let mut peer = Peer::new(now, side, setup, out);
                let answer = answer(now, &mut peer, offer, out)?;
                let subscribe = Subscribe::new(peer);
                let place = self.participants.entry(participant).or_default();
                let former = place.subscribe.replace(subscribe).map(|former| former.peer);
                self.finish_subscribe(now, participant, &lines, out);
                self.adopt(now, participant, side, answer, former, out)
            }
            (Side::Publish, false) => {
                let publish = self.publish_mut(participant).ok_or(OfferRefused::NoConnection)?;
                let answer = answer(now, &mut publish.peer, offer, out)?;
                self.finish_publish(now, participant, &lines, &tracks, out);
                self.adopt(now, participant, side, answer, None, out)
            }
            (Side::Subscribe, false) => {
                let subscribe = self
                    .subscribe_mut(participant)
                    .ok_or(OfferRefused::NoConnection)?;
                let answer = answer(now, &mut subscribe.peer, offer, out)?;
                self.finish_subscribe(now, participant, &lines, out);
                self.adopt(now, participant, side, answer, None, out)
            }
        }
    }

    /// Enters a peer into the call's books, and closes the one it replaced.
    fn adopt(
        &mut self,
        now: Instant,
        participant: ParticipantId,
        side: Side,
        answer: String,
        former: Option<Peer>,
        out: &mut Outbox,
    ) -> Result<Accepted, OfferRefused> {
        let replaced = former.map(|former| {
            let id = former.id();
            self.peers.remove(&id);
            former.close(now, out);
            id
        });
        let place = self
            .participants
            .get_mut(&participant)
            .ok_or(OfferRefused::NoConnection)?;
        let peer = match side {
            Side::Publish => place.publish.as_mut().map(|publish| &mut publish.peer),
            Side::Subscribe => place.subscribe.as_mut().map(|subscribe| &mut subscribe.peer),
        };
        let peer = peer.ok_or(OfferRefused::NoConnection)?;
        let id = peer.id();
        let ufrag = peer.ufrag().ok_or_else(broken)?;
        self.peers.insert(id, (participant, side));
        Ok(Accepted {
            answer,
            peer: id,
            ufrag,
            replaced,
        })
    }

    /// Makes tracks of the m-lines that send. A track that stays keeps what is known of it.
    fn finish_publish(
        &mut self,
        now: Instant,
        participant: ParticipantId,
        lines: &[Line<'_>],
        offered: &[TrackOffer],
        out: &mut Outbox,
    ) {
        let Some(publish) = self.publish_mut(participant) else {
            return;
        };
        if let Some(codecs) = publish.peer.with(now, out, |rtc| codecs(rtc)) {
            publish.codecs = codecs.into_iter().map(|(codec, pt)| (pt, codec)).collect();
        }
        let sends = |mid: &str| {
            lines
                .iter()
                .any(|line| line.mid == mid && line.direction == LineDirection::SendOnly)
        };
        let mut former = std::mem::take(&mut publish.tracks);
        for TrackOffer { mid, kind } in offered.iter().filter(|track| sends(&track.mid)) {
            let mid = Mid::from(mid.as_str());
            let track = former.remove(kind).filter(|track| track.mid == mid);
            publish
                .tracks
                .insert(*kind, track.unwrap_or_else(|| Track::new(mid)));
        }
        publish.sources.clear();
    }

    /// Makes slots of the m-lines that receive. A slot that stays keeps its track; one that is stopped keeps its numbers,
    /// for none may be used twice if it starts again.
    fn finish_subscribe(
        &mut self,
        now: Instant,
        participant: ParticipantId,
        lines: &[Line<'_>],
        out: &mut Outbox,
    ) {
        let Some(subscribe) = self.subscribe_mut(participant) else {
            return;
        };
        let mut former = std::mem::take(&mut subscribe.slots);
        former.append(&mut subscribe.parked);
        for line in lines
            .iter()
            .filter(|line| line.direction == LineDirection::RecvOnly)
        {
            let mid = Mid::from(line.mid);
            let kind = match line.media {
                LineMedia::Audio => MediaKind::Audio,
                _ => MediaKind::Video,
            };
            let agreed = subscribe.peer.with(now, out, |rtc| agreed(rtc, mid)).flatten();
            let Some((payload_types, setup)) = agreed else {
                continue;
            };
            // The numbers go on as long as the SSRC does.
            let stays = subscribe.peer.has_stream(mid, setup.ssrc);
            match former.iter().position(|slot| slot.mid == mid) {
                Some(place) if stays => subscribe.slots.push(former.swap_remove(place)),
                _ if subscribe.peer.add_stream(setup, out) => {
                    subscribe.slots.push(Slot::new(mid, kind, payload_types));
                }
                _ => {}
            }
        }
        // Lines that are there and do not receive may do so again; of those that are not, nothing comes back.
        former.retain(|slot| lines.iter().any(|line| Mid::from(line.mid) == slot.mid));
        for slot in &mut former {
            slot.bind(now, None);
        }
        let kept = subscribe.slots.iter().map(|slot| slot.mid);
        subscribe.peer.keep_streams(
            &kept.collect::<Vec<_>>(),
            &former.iter().map(|slot| slot.mid).collect::<Vec<_>>(),
            out,
        );
        subscribe.parked = former;
    }
}

fn judge_publish(lines: &[Line<'_>], tracks: &[TrackOffer]) -> Result<(), OfferRefused> {
    let unfit = |what: String| Err(OfferRefused::Unfit(what));
    if lines.len() > MAX_PUBLISH_LINES || tracks.len() > MAX_PUBLISH_LINES {
        return unfit(format!("more than {MAX_PUBLISH_LINES} m-lines"));
    }
    judge_lines(lines, LineDirection::SendOnly)?;
    for (place, TrackOffer { mid, kind }) in tracks.iter().enumerate() {
        let needs = if *kind == TrackKind::Microphone {
            LineMedia::Audio
        } else {
            LineMedia::Video
        };
        if !lines.iter().any(|line| line.mid == mid && line.media == needs) {
            return unfit(format!("track {mid:?} has no m-line of its kind"));
        }
        if tracks
            .iter()
            .take(place)
            .any(|other| other.kind == *kind || other.mid == *mid)
        {
            return unfit(format!("track {mid:?} is named twice"));
        }
    }
    Ok(())
}

fn judge_subscribe(lines: &[Line<'_>]) -> Result<(), OfferRefused> {
    let unfit = |what: String| Err(OfferRefused::Unfit(what));
    if lines.len() > MAX_SUBSCRIBE_LINES {
        return unfit(format!("more than {MAX_SUBSCRIBE_LINES} m-lines"));
    }
    judge_lines(lines, LineDirection::RecvOnly)?;
    let slots = |media| {
        lines
            .iter()
            .filter(|line| line.media == media && line.direction == LineDirection::RecvOnly)
            .count()
    };
    if slots(LineMedia::Audio) > MAX_CONSTANT_AUDIO_SLOTS {
        return unfit(format!("more than {MAX_CONSTANT_AUDIO_SLOTS} audio slots"));
    }
    if slots(LineMedia::Video) > MAX_VIDEO_SLOTS {
        return unfit(format!("more than {MAX_VIDEO_SLOTS} video slots"));
    }
    Ok(())
}

fn judge_lines(lines: &[Line<'_>], allowed: LineDirection) -> Result<(), OfferRefused> {
    for (place, line) in lines.iter().enumerate() {
        if line.media == LineMedia::Other {
            return Err(OfferRefused::Unfit("only audio and video m-lines".to_owned()));
        }
        if line.direction != allowed && line.direction != LineDirection::Inactive {
            return Err(OfferRefused::Unfit(format!(
                "m-line {:?} has the wrong direction",
                line.mid
            )));
        }
        // As `str0m` tells them apart.
        let mid = Mid::from(line.mid);
        let twice = lines.iter().take(place).any(|other| Mid::from(other.mid) == mid);
        if line.mid.is_empty() || line.mid.len() > MAX_MID_LEN || twice {
            return Err(OfferRefused::Unfit(format!(
                "m-line {place} needs an a=mid of its own"
            )));
        }
    }
    Ok(())
}

fn answer(now: Instant, peer: &mut Peer, offer: SdpOffer, out: &mut Outbox) -> Result<String, OfferRefused> {
    let answer = peer.with(now, out, |rtc| rtc.sdp_api().accept_offer(offer));
    match answer {
        Some(Ok(answer)) => Ok(answer.to_sdp_string()),
        Some(Err(error)) => Err(OfferRefused::Malformed(error.to_string())),
        None => Err(broken()),
    }
}

fn broken() -> OfferRefused {
    OfferRefused::Malformed("the connection could not be made from it".to_owned())
}

/// What the payload types mean that were agreed on.
fn codecs(rtc: &Rtc) -> Vec<(Codec, Pt)> {
    let params = rtc.codec_config().params().iter();
    params
        .flat_map(|params| {
            let redundant = params.red().map(|red| (Codec::Red, red));
            [Some((params.spec().codec, params.pt())), redundant]
        })
        .flatten()
        .collect()
}

/// What was agreed on for a new slot: its payload types, in the client's order of preference, and its stream.
fn agreed(rtc: &mut Rtc, mid: Mid) -> Option<(Vec<(Codec, Pt)>, StreamSetup)> {
    let known = codecs(rtc);
    let resends: Vec<(Pt, Option<Pt>)> = rtc
        .codec_config()
        .params()
        .iter()
        .map(|params| (params.pt(), params.resend()))
        .collect();
    let media = rtc.media(mid)?;
    let agreed: Vec<Pt> = media.remote_pts().to_vec();
    let id_of = |extension| {
        media
            .remote_extmap()
            .id_of(extension)
            .filter(|id| *id <= MAX_EXTENSION_ID)
    };
    let ids = ExtensionIds {
        audio_level: id_of(Extension::AudioLevel),
        orientation: id_of(Extension::VideoOrientation),
        transport: id_of(Extension::TransportSequenceNumber),
    };
    let (video, cname) = (media.kind() == MediaKind::Video, media.cname().to_owned());
    let mut api = rtc.direct_api();
    let stream = api.stream_tx_by_mid(mid, None)?;
    let setup = StreamSetup {
        mid,
        video,
        ssrc: *stream.ssrc(),
        rtx: stream.rtx().map(|ssrc| *ssrc),
        resends: resends
            .into_iter()
            .filter(|(pt, _)| agreed.contains(pt))
            .filter_map(|(pt, resend)| Some((*pt, *resend?)))
            .collect(),
        ids,
        cname,
    };
    let mut payload_types: Vec<(Codec, Pt)> = agreed
        .into_iter()
        .filter_map(|pt| known.iter().copied().find(|(_, known)| *known == pt))
        .collect();
    // `str0m` counts redundancy to the codec that it repeats.
    if payload_types.iter().all(|(codec, _)| *codec != Codec::Red) && !video {
        payload_types.extend(known.iter().find(|(codec, _)| *codec == Codec::Red));
    }
    Some((payload_types, setup))
}
