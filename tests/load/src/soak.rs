//! How the server's memory grows while a call goes on, and participants come and go.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use protocol::socket::TrackKind;
use serde_json::json;

use crate::{
    IP,
    client::Client,
    drive::Driver,
    media::{Kind, unix_nanos},
    node::Node,
    reaches,
    tally::Window,
};

/// Who stays all the time, with a voice and a picture of so many bits a second each.
const STAYING: u32 = 5;
const PICTURE: usize = 150_000;
/// Slots of each.
const AUDIO: usize = 5;
const VIDEO: usize = 4;
/// Numbers of those that come and go, which are used again after a while.
const RESTLESS: u32 = 100;
const NUMBERS: u32 = 50;
/// Another one comes after this time, and stays for that.
const PAUSE: Duration = Duration::from_secs(2);
const STAY: Duration = Duration::from_secs(20);
/// Every so often one is gone without a word; its connections end by themselves.
const SILENT: u32 = 5;
/// Longer than any connection stands without a word.
const FORGOTTEN: Duration = Duration::from_secs(15);
/// Share of the time that does not count: the allocator finds its size.
const WARM_UP: u32 = 3;
/// The server may grow by so much, in percent an hour.
const MOST_GROWN: f64 = 1.0;

/// Somebody who came.
struct Guest {
    number: u32,
    leaves: Instant,
}

/// Runs such a call for so many minutes; fails where the memory rises.
pub fn endure(minutes: u32) -> Result<()> {
    let time = Duration::from_secs(60) * minutes.max(1);
    let mut node = Node::start(IP)?;
    let window = Arc::new(Window::default());
    let driver = Driver::start("participants", window.clone())?;
    let staying: Vec<u32> = (0..STAYING).collect();
    for number in &staying {
        join(&mut node, &driver, *number, &staying, None)?;
    }
    reaches(&window.connected, 2 * staying.len(), "connections stand")?;
    let begun = Instant::now();
    window.open(unix_nanos(), time);
    let mut guests: Vec<Guest> = Vec::new();
    let mut samples: Vec<(Duration, f64)> = Vec::new();
    let mut came = 0;
    while begun.elapsed() < time {
        let now = Instant::now();
        for guest in guests.extract_if(.., |guest| guest.leaves <= now) {
            node.leave(guest.number)?;
        }
        let number = RESTLESS + came % NUMBERS;
        join(&mut node, &driver, number, &staying, Some(now + STAY))?;
        // Signaling says of those that are gone without a word that they left, but later.
        let late = if came % SILENT == 0 {
            FORGOTTEN
        } else {
            Duration::ZERO
        };
        guests.push(Guest {
            number,
            leaves: now + STAY + late,
        });
        came += 1;
        samples.push((begun.elapsed(), node.process.resident_kb()?));
        if came % 30 == 0 {
            println!("{came} came, {:.0} kB", node.process.resident_kb()?);
        }
        thread::sleep((PAUSE * came).saturating_sub(begun.elapsed()));
    }
    let got = driver.stop()?.packets;
    samples.retain(|(at, _)| *at >= time / WARM_UP);
    let Some(trend) = Trend::of(&samples) else {
        bail!("too short: one minute at least");
    };
    let Trend { kb, slope } = trend;
    println!("{came} participants came and went; the server took {kb:.0} kB, {slope:+.2} % an hour");
    let figures = json!({"minutes": minutes, "came": came, "packets": got, "rss_kb": kb.round(), "slope_pct_per_hour": slope});
    println!("{figures}");
    if slope >= MOST_GROWN {
        bail!("the server grows");
    }
    Ok(())
}

/// A participant with both connections, which are gone at `leaves`.
fn join(
    node: &mut Node,
    driver: &Driver,
    number: u32,
    staying: &[u32],
    leaves: Option<Instant>,
) -> Result<()> {
    let mut client = Client::new(IP)?;
    node.publish(number, &mut client, &[Kind::Voice, Kind::Video(PICTURE)])?;
    client.leaves = leaves;
    driver.add(client)?;
    let mut client = Client::new(IP)?;
    let others: Vec<u32> = staying.iter().copied().filter(|other| *other != number).collect();
    let publishing = [TrackKind::Microphone, TrackKind::Camera];
    node.watch(number, &mut client, (AUDIO, VIDEO), &others, &publishing)?;
    client.leaves = leaves;
    driver.add(client)
}

/// A straight line through samples, by least squares.
#[derive(Debug)]
struct Trend {
    /// In the middle.
    kb: f64,
    /// In percent of that, an hour.
    slope: f64,
}

impl Trend {
    fn of(samples: &[(Duration, f64)]) -> Option<Self> {
        const HOUR: f64 = 3_600.0;
        let count = samples.len() as f64;
        let hours = |at: &Duration| at.as_secs_f64() / HOUR;
        let middle = samples.iter().map(|(at, _)| hours(at)).sum::<f64>() / count;
        let kb = samples.iter().map(|(_, kb)| kb).sum::<f64>() / count;
        let (mut together, mut alone) = (0.0, 0.0);
        for (at, size) in samples {
            let from = hours(at) - middle;
            together += from * (size - kb);
            alone += from * from;
        }
        (alone > 0.0).then(|| Self {
            kb,
            slope: 100.0 * together / alone / kb,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(sizes: impl IntoIterator<Item = f64>) -> Vec<(Duration, f64)> {
        let at = (0..).map(|minute| Duration::from_secs(60) * minute);
        at.zip(sizes).collect()
    }

    #[test]
    fn a_slope_is_told_in_percent_of_the_middle_an_hour() {
        // 10 kB a minute around 10,300 kB.
        let rising = minutes((0..61).map(|minute| 10_000.0 + 10.0 * f64::from(minute)));
        let trend = Trend::of(&rising).unwrap();
        assert!((trend.kb - 10_300.0).abs() < 0.01, "{trend:?}");
        assert!((trend.slope - 100.0 * 600.0 / 10_300.0).abs() < 0.01, "{trend:?}");
    }

    #[test]
    fn what_sways_has_no_slope() {
        let swaying = minutes((0..61).map(|minute| if minute % 2 == 0 { 9_000.0 } else { 11_000.0 }));
        assert!(Trend::of(&swaying).unwrap().slope.abs() < 0.01);
    }

    #[test]
    fn one_sample_says_nothing() {
        assert!(Trend::of(&minutes([1.0])).is_none());
        assert!(Trend::of(&[]).is_none());
    }
}
