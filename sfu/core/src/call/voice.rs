//! Who is loud, and who is marked as the speaker.

use std::time::{Duration, Instant};

use protocol::ParticipantId;

use crate::limits::{SPEAKER_HOLD, SPEAKER_QUIET, SPEAKER_TAKEOVER_DB, SPEECH_DB};

/// A track that sends no packets for this long is silent: discontinuous transmission.
const SILENT_AFTER: Duration = Duration::from_millis(250);

/// Weight of a packet that is louder than the mean. Higher follows coughs, lower cuts first words.
const RISE: f32 = 0.3;
/// Weight of a packet that is quieter, so that pauses between words do not count.
const FALL: f32 = 0.03;

/// Smoothed loudness of a track in dB above silence.
#[derive(Debug, Default)]
pub(super) struct Loudness {
    level: f32,
    heard: Option<Instant>,
    /// The newest packet did not say it: nobody is to know who speaks.
    untold: bool,
}

impl Loudness {
    /// A packet of 20 ms says how loud it is, or does not. Returns whether somebody begins to speak with it.
    pub(super) fn hear(&mut self, now: Instant, level: Option<f32>) -> bool {
        self.untold = level.is_none();
        let level = level.unwrap_or(0.0);
        let before = self.level;
        let weight = if level > before { RISE } else { FALL };
        self.level += (level - before) * weight;
        self.heard = Some(now);
        before < SPEECH_DB && self.level >= SPEECH_DB
    }

    /// Called with each tick: what sends nothing fades.
    pub(super) fn fade(&mut self, now: Instant) {
        let silent = self
            .heard
            .is_none_or(|at| now.saturating_duration_since(at) > SILENT_AFTER);
        if silent {
            self.level *= 0.8;
        }
    }

    /// Nothing of a voice that does not say it.
    pub(super) fn level(&self) -> Option<f32> {
        (!self.untold).then_some(self.level)
    }
}

/// Who is marked as the speaker.
#[derive(Debug, Default)]
pub(super) struct SpeakerMark {
    marked: Option<ParticipantId>,
    changed: Option<Instant>,
    last_speech: Option<Instant>,
}

impl SpeakerMark {
    /// Judges the present loudness of all who have a microphone. Returns the new mark where it changed.
    pub(super) fn judge(
        &mut self,
        now: Instant,
        voices: impl Iterator<Item = (ParticipantId, f32)>,
    ) -> Option<Option<ParticipantId>> {
        let mut loudest: Option<(ParticipantId, f32)> = None;
        let mut present = None;
        for (id, level) in voices {
            if Some(id) == self.marked {
                present = Some(level);
            }
            if loudest.is_none_or(|(_, most)| level > most) {
                loudest = Some((id, level));
            }
        }
        let candidate = loudest.filter(|(_, level)| *level >= SPEECH_DB);
        if candidate.is_some() {
            self.last_speech = Some(now);
        }
        let next = match (candidate, present) {
            (Some((id, level)), Some(present)) if level >= present + SPEAKER_TAKEOVER_DB => Some(id),
            (Some(_), Some(_)) => self.marked,
            (Some((id, _)), None) => Some(id),
            (None, Some(_)) if !elapsed(now, self.last_speech, SPEAKER_QUIET) => self.marked,
            (None, _) => None,
        };
        // Who left loses the mark at once; others keep it for a moment.
        let held = present.is_some() && !elapsed(now, self.changed, SPEAKER_HOLD);
        if next == self.marked || held {
            return None;
        }
        self.marked = next;
        self.changed = Some(now);
        Some(next)
    }
}

fn elapsed(now: Instant, since: Option<Instant>, time: Duration) -> bool {
    since.is_none_or(|since| now.saturating_duration_since(since) >= time)
}
