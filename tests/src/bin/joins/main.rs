//! How long it takes until who joins a call sees somebody: whole clients against the real server, on loopback.
//!
//! ```text
//! cargo build --release -p conclave-server -p conclave-tests && target/release/joins
//! ```
//!
//! Each is a native `client-core` over a real WebSocket, in one room, with both media connections by `str0m`. What they
//! send is sealed by their own engines, and seen is a key frame that opened. All run in this process.

#![allow(clippy::print_stdout, reason = "printing figures is what it is for")]

mod connection;
mod participant;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use conclave_tests::{
    device::{Device, Disk},
    people::{create_room, has_room, register_on},
    program::Program,
};
use serde_json::json;
use tokio::{sync::mpsc, time::timeout};

use crate::participant::{Participant, Told};

/// Measures how long it takes to join a call.
#[derive(Debug, Parser)]
struct Options {
    /// How many join.
    #[arg(long, default_value_t = 20)]
    people: usize,
    /// Within how many seconds, evenly.
    #[arg(long, default_value_t = 20.0)]
    within: f64,
    /// They come as a crowd: what counts is when all are in and see somebody.
    #[arg(long)]
    crowd: bool,
}

/// From the wish to join to the first picture: half of them, and nineteen of twenty.
const MOST_P50: Duration = Duration::from_millis(600);
const MOST_P95: Duration = Duration::from_millis(1_200);
/// From the first one's wish until all of a crowd have the same keys and see somebody.
const MOST_ALL: Duration = Duration::from_secs(8);
/// Until nothing more is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// After what came before the call.
const SETTLE: Duration = Duration::from_secs(1);

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let data = tempfile::tempdir()?;
    let program = Program::start(data.path(), "127.0.0.1:0", &[]).await?;
    let names: Vec<String> = (0..options.people)
        .map(|number| format!("user{number}"))
        .collect();
    let (told, news) = mpsc::unbounded_channel();
    let mut people = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let (device, updates) = Device::start_with_media(&program.url, Disk::default())?;
        let device = register_on(device, &program, data.path(), name, place == 0).await?;
        people.push(Participant {
            place,
            device,
            updates,
            told: told.clone(),
        });
    }
    let others: Vec<&str> = names.iter().skip(1).map(String::as_str).collect();
    let first = people.first().context("somebody")?;
    let room_id = create_room(&first.device, "Joins", &others).await?;
    for person in people.iter_mut().skip(1) {
        has_room(&mut person.device, room_id).await?;
    }
    let begin = Instant::now() + SETTLE;
    let between = Duration::from_secs_f64(options.within) / u32::try_from(options.people)?.max(1);
    let mut running = tokio::task::JoinSet::new();
    for (person, turn) in people.into_iter().zip(0..) {
        running.spawn(person.run(room_id, begin + between * turn));
    }
    let patience = Duration::from_secs_f64(options.within) + PATIENCE;
    let mut call = Call::default();
    let all = timeout(patience, call.watch(news, options.people));
    tokio::select! {
        all = all => all.unwrap_or(Ok(()))?,
        ended = running.join_next() => ended.context("somebody")???,
    }
    call.tell(&options)
}

/// What was told of a call.
#[derive(Default)]
struct Call {
    began: BTreeMap<usize, Instant>,
    keyed: BTreeMap<usize, Instant>,
    heard: BTreeMap<usize, Instant>,
    seen: BTreeMap<usize, Instant>,
    /// Epoch of each, and how many are in it.
    epochs: BTreeMap<usize, (u64, usize)>,
    /// When all were in one epoch, and all saw somebody.
    all_keyed: Option<Instant>,
    all_live: Option<Instant>,
}

impl Call {
    async fn watch(
        &mut self,
        mut news: mpsc::UnboundedReceiver<(usize, Instant, Told)>,
        people: usize,
    ) -> Result<()> {
        while self.all_live.is_none() || self.all_keyed.is_none() {
            let (place, at, told) = news.recv().await.context("nobody is left")?;
            self.note(place, at, told, people);
        }
        Ok(())
    }

    fn note(&mut self, place: usize, at: Instant, told: Told, people: usize) {
        match told {
            Told::Began => {
                self.began.insert(place, at);
            }
            Told::Keyed => {
                self.keyed.insert(place, at);
            }
            Told::Heard => {
                self.heard.insert(place, at);
            }
            Told::Seen => {
                self.seen.insert(place, at);
            }
            Told::Epoch { epoch, people } => {
                self.epochs.insert(place, (epoch, people));
            }
        }
        let epochs: BTreeSet<_> = self.epochs.values().collect();
        let whole = epochs.first().is_some_and(|(_, members)| *members == people);
        if whole && epochs.len() == 1 && self.epochs.len() == people && self.all_keyed.is_none() {
            self.all_keyed = Some(at);
        }
        if self.seen.len() == people && self.all_live.is_none() {
            self.all_live = Some(at);
        }
    }

    /// Milliseconds from the wish; the first one has nobody to see.
    fn times(&self, reached: &BTreeMap<usize, Instant>) -> Vec<f64> {
        let begun = self.began.iter().skip(1);
        let times =
            begun.filter_map(|(place, from)| Some(reached.get(place)?.saturating_duration_since(*from)));
        let mut times: Vec<f64> = times.map(milliseconds).collect();
        times.sort_by(f64::total_cmp);
        times
    }

    fn tell(&self, options: &Options) -> Result<()> {
        let first = self.began.values().min().context("nobody began")?;
        let since = |at: &Option<Instant>| at.map(|at| milliseconds(at.saturating_duration_since(*first)));
        let (all_keyed, all_live) = (since(&self.all_keyed), since(&self.all_live));
        let of = |reached| {
            let times = self.times(reached);
            json!({
                "count": times.len(),
                "p50_ms": percentile(&times, 0.5),
                "p95_ms": percentile(&times, 0.95),
                "most_ms": percentile(&times, 1.0),
            })
        };
        for (name, reached) in [
            ("keyed", &self.keyed),
            ("heard", &self.heard),
            ("seen", &self.seen),
        ] {
            println!("{name}: {}", of(reached));
        }
        println!("all keyed after {all_keyed:?} ms, all live after {all_live:?} ms");
        let figures = json!({
            "people": options.people, "within_s": options.within,
            "keyed": of(&self.keyed), "heard": of(&self.heard), "seen": of(&self.seen),
            "all_keyed_ms": all_keyed, "all_live_ms": all_live,
        });
        println!("{figures}");
        let (Some(all_keyed), Some(all_live)) = (all_keyed, all_live) else {
            bail!("not all were keyed and live");
        };
        let seen = self.times(&self.seen);
        let held = match options.crowd {
            true => all_keyed.max(all_live) <= milliseconds(MOST_ALL),
            false => {
                percentile(&seen, 0.5) <= milliseconds(MOST_P50)
                    && percentile(&seen, 0.95) <= milliseconds(MOST_P95)
            }
        };
        if !held {
            bail!("it takes longer than it may");
        }
        Ok(())
    }
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round()
}

/// What this share of the sorted values is at most: the nearest rank.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a short list"
    )]
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(
            [0.5, 0.95, 1.0].map(|share| percentile(&values, share)),
            [10.0, 19.0, 20.0]
        );
        assert_eq!(percentile(&[7.0], 0.5), 7.0);
    }

    #[test]
    fn of_nothing_nothing_is_fast_enough() {
        assert!(percentile(&[], 0.5) > 1e9);
    }

    #[test]
    fn a_call_is_keyed_once_all_are_in_one_epoch_with_all() {
        let now = Instant::now();
        let mut call = Call::default();
        let epoch = |epoch, people| Told::Epoch { epoch, people };
        for (place, told) in [
            (0, epoch(2, 2)),
            (1, epoch(1, 1)),
            (0, Told::Seen),
            (1, Told::Seen),
        ] {
            call.note(place, now, told, 2);
        }
        assert!(call.all_keyed.is_none() && call.all_live.is_some());
        call.note(1, now, epoch(2, 2), 2);
        assert!(call.all_keyed.is_some());
    }
}
