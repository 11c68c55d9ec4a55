//! Decides which encoding of a track goes into a slot. Pure: what is wanted, what there is and what the way
//! to the subscriber carries, in; what is forwarded, out.
//!
//! Everybody is seen before anybody is seen well: first each video gets its smallest encoding in the order of
//! the wishes, then all rise level by level, in the same order, until each has what its tile can show.

use super::{slot::Choice, track::LayerId};
use crate::limits::{KEEP_PERCENT, RISE_HEADROOM_PERCENT, TILE_STRETCH_PERCENT};

/// An encoding that may be forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LayerOffer {
    pub(super) id: LayerId,
    /// Height in pixels; 0 while unknown.
    pub(super) height: u16,
    /// Bits a second on the wire.
    pub(super) rate: u64,
}

/// What one slot wants, in the order of importance.
#[derive(Clone, Debug)]
pub(super) struct Want<'a> {
    /// Height in pixels at which it is shown.
    pub(super) height: u16,
    /// What there is, the smallest first.
    pub(super) offers: &'a [LayerOffer],
    /// What the slot was given last.
    pub(super) held: Choice,
}

/// What the slots get, and what they would like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Allocation {
    /// For each want, in its order.
    pub(super) choices: Vec<Choice>,
    /// Bits a second of what was chosen.
    pub(super) total: u64,
    /// Bits a second with which all wishes were met.
    pub(super) desired: u64,
    /// Whether a slot gets less than it had, for it does not fit any more.
    pub(super) fell: bool,
}

/// How many of the wanted level's encodings a slot has: 0 is none.
type Level = usize;

/// Shares `budget` (bits a second; none where nothing is known of the way) among the wants.
///
/// `may_rise` is false for a while after a fall: a level above the one that is held is not taken then.
pub(super) fn allocate(budget: Option<u64>, may_rise: bool, wants: &[Want<'_>]) -> Allocation {
    let budget = budget.unwrap_or(u64::MAX);
    let ideal: Vec<Level> = wants.iter().map(ideal).collect();
    let held: Vec<Option<Level>> = wants.iter().map(held).collect();
    let mut levels: Vec<Level> = vec![0; wants.len()];
    let mut total = 0;
    let highest = ideal.iter().copied().max().unwrap_or(0);
    for level in 1..=highest {
        for (place, want) in wants.iter().enumerate() {
            let (Some(now), Some(ideal), Some(held)) =
                (levels.get_mut(place), ideal.get(place), held.get(place))
            else {
                continue;
            };
            // Who could not have the level below does not skip it.
            if *now + 1 != level || level > *ideal {
                continue;
            }
            let cost = rate(want, level).saturating_sub(rate(want, *now));
            let rises = held.is_some_and(|held| level > held);
            let needs = if rises { with_headroom(cost) } else { cost };
            let keeps = level == 1 && held.is_some_and(|held| held > 0);
            let room = if keeps {
                budget.saturating_mul(KEEP_PERCENT) / 100
            } else {
                budget
            };
            if (!rises || may_rise) && total + needs <= room {
                total += cost;
                *now = level;
            }
        }
    }
    let fell = levels
        .iter()
        .zip(&held)
        .zip(&ideal)
        .any(|((level, held), ideal)| held.is_some_and(|held| *level < held.min(*ideal)));
    Allocation {
        choices: wants
            .iter()
            .zip(&levels)
            .map(|(want, level)| choice(want, *level))
            .collect(),
        total,
        desired: wants
            .iter()
            .zip(&ideal)
            .map(|(want, level)| with_headroom(rate(want, *level)))
            .sum(),
        fell,
    }
}

/// The smallest encoding that fills the tile, or the largest that there is.
fn ideal(want: &Want<'_>) -> Level {
    let shown = u32::from(want.height) * 100;
    let fills = |offer: &LayerOffer| u32::from(offer.height) * TILE_STRETCH_PERCENT >= shown;
    let place = want.offers.iter().position(fills);
    place.map_or(want.offers.len(), |place| place + 1)
}

/// What the slot has; nothing where it is new, or where what it had is not sent any more.
fn held(want: &Want<'_>) -> Option<Level> {
    match want.held {
        Choice::Layer(id) => want
            .offers
            .iter()
            .position(|offer| offer.id == id)
            .map(|place| place + 1),
        Choice::Paused => Some(0),
        Choice::Any => None,
    }
}

fn rate(want: &Want<'_>, level: Level) -> u64 {
    let offer = level.checked_sub(1).and_then(|place| want.offers.get(place));
    offer.map_or(0, |offer| offer.rate)
}

fn choice(want: &Want<'_>, level: Level) -> Choice {
    if want.offers.is_empty() {
        return Choice::Any;
    }
    match level.checked_sub(1).and_then(|place| want.offers.get(place)) {
        Some(offer) => Choice::Layer(offer.id),
        None => Choice::Paused,
    }
}

fn with_headroom(rate: u64) -> u64 {
    rate.saturating_mul(RISE_HEADROOM_PERCENT) / 100
}
