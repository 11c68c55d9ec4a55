//! The estimator on a way with a narrow place, in virtual time.

use std::collections::VecDeque;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{super::sent::ProbeId, *};

const PACKET: usize = 1_200;
const STEP: Duration = Duration::from_millis(1);
const FEEDBACK: Duration = Duration::from_millis(50);

/// A way that carries so much, holds so much, and loses so much.
struct Way {
    rate: f64,
    queue: Duration,
    delay: Duration,
    jitter: Duration,
    /// Share of packets that it loses.
    loss: f64,
}

impl Way {
    fn of(rate: f64) -> Self {
        Self {
            rate,
            queue: Duration::from_millis(250),
            delay: Duration::from_millis(25),
            jitter: Duration::ZERO,
            loss: 0.0,
        }
    }
}

struct World {
    now: Instant,
    begin: Instant,
    estimator: Estimator,
    way: Way,
    random: ChaCha8Rng,
    taken: Instant,
    /// What arrived and was not told yet: when it arrives at the other side, and the outcome.
    untold: VecDeque<(Instant, Outcome)>,
    /// Told, and on the way back.
    back: VecDeque<(Instant, Vec<Outcome>)>,
    fed: Instant,
    /// What the sender would send, in bits a second, where the estimate allows.
    wants: f64,
    packet: usize,
    owed: f64,
    probe: Option<(ProbeId, f64, f64)>,
}

impl World {
    fn new(seed: u64, way: Way, wants: f64) -> Self {
        #[expect(clippy::disallowed_methods, reason = "virtual time needs some beginning")]
        let now = Instant::now();
        let mut estimator = Estimator::new();
        estimator.aim(wants as u64);
        Self {
            now,
            begin: now,
            estimator,
            way,
            random: ChaCha8Rng::seed_from_u64(seed),
            taken: now,
            untold: VecDeque::new(),
            back: VecDeque::new(),
            fed: now,
            wants,
            packet: PACKET,
            owed: 0.0,
            probe: None,
        }
    }

    fn send(&mut self, size: usize, probe: Option<ProbeId>) {
        self.estimator.sent(self.now, size);
        let done = self.taken.max(self.now) + Duration::from_secs_f64(size as f64 * 8.0 / self.way.rate);
        let fits = done <= self.now + self.way.queue;
        if fits {
            self.taken = done;
        }
        let came = fits && self.random.random_range(0.0..1.0) >= self.way.loss;
        let jitter = self.way.jitter.mul_f64(self.random.random_range(0.0..1.0));
        let at = if fits { done } else { self.now } + self.way.delay + jitter;
        let micros = i64::try_from((at - self.begin).as_micros()).unwrap();
        let outcome = Outcome {
            sent: self.now,
            size,
            probe,
            place: None,
            came: came.then_some(micros),
            was_lost: false,
        };
        self.untold.push_back((at, outcome));
    }

    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now += STEP;
            self.owed += self.wants.min(self.estimator.rate) / 8.0 * STEP.as_secs_f64();
            // In bursts, as a pacer sends.
            while self.owed > self.packet as f64 {
                self.owed -= self.packet as f64;
                self.send(self.packet, None);
            }
            if self.probe.is_none() {
                self.probe = self
                    .estimator
                    .probe(self.now)
                    .map(|p| (p.id, p.rate, p.bytes as f64));
            }
            if let Some((id, rate, mut left)) = self.probe {
                let mut due = rate / 8.0 * STEP.as_secs_f64();
                while due > 0.0 && left > 0.0 {
                    self.send(300, Some(id));
                    (due, left) = (due - 300.0, left - 300.0);
                }
                self.probe = (left > 0.0).then_some((id, rate, left));
            }
            if self.now >= self.fed + FEEDBACK {
                self.fed = self.now;
                let now = self.now;
                let told: Vec<Outcome> = {
                    let count = self.untold.iter().take_while(|(at, _)| *at <= now).count();
                    self.untold.drain(..count).map(|(_, outcome)| outcome).collect()
                };
                if !told.is_empty() {
                    self.back.push_back((now + self.way.delay, told));
                }
            }
            while self.back.front().is_some_and(|(at, _)| *at <= self.now) {
                let (_, outcomes) = self.back.pop_front().unwrap();
                self.estimator.note(self.now, &outcomes);
            }
            self.estimator.tick(self.now);
        }
    }

    fn megabits(&self) -> f64 {
        self.estimator.rate / 1e6
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn what_is_wanted_is_found_on_a_wide_way() {
    let mut world = World::new(1, Way::of(50e6), 8e6);
    world.run(SECOND * 3);
    assert!(world.megabits() >= 8.0, "{}", world.megabits());
}

#[test]
fn a_narrow_way_is_filled_and_not_overfilled() {
    for (seed, rate) in [(1, 300e3), (2, 1e6), (3, 3e6)] {
        let mut world = World::new(seed, Way::of(rate), 8e6);
        world.run(SECOND * 5);
        let mut sum = 0.0;
        for _ in 0..100 {
            world.run(SECOND / 10);
            assert!(
                world.estimator.rate < rate * 1.6,
                "{} of {rate}",
                world.estimator.rate
            );
            sum += world.estimator.rate / 100.0;
        }
        assert!((0.7 * rate..1.15 * rate).contains(&sum), "{sum} of {rate}");
    }
}

#[test]
fn a_way_that_becomes_narrow_and_wide_again_is_followed() {
    let mut world = World::new(4, Way::of(3e6), 2.5e6);
    world.run(SECOND * 5);
    assert!(world.megabits() > 2.0, "wide: {}", world.megabits());
    world.way.rate = 300e3;
    world.run(SECOND * 2);
    assert!(world.megabits() < 0.4, "narrow: {}", world.megabits());
    world.run(SECOND * 10);
    assert!(
        (0.18..0.4).contains(&world.megabits()),
        "narrow for a while: {}",
        world.megabits()
    );
    world.way.rate = 3e6;
    world.run(SECOND * 4);
    assert!(world.megabits() > 2.0, "wide again: {}", world.megabits());
}

#[test]
fn random_losses_are_told_from_too_much() {
    for loss in [0.05, 0.1, 0.3] {
        let way = Way { loss, ..Way::of(4e6) };
        let mut world = World::new(5, way, 2e6);
        world.run(SECOND * 20);
        assert!(world.megabits() > 1.0, "{} with {loss}", world.megabits());
    }
    // A way without a queue loses what is too much.
    let way = Way {
        queue: Duration::from_millis(10),
        ..Way::of(1e6)
    };
    let mut world = World::new(6, way, 4e6);
    world.run(SECOND * 10);
    assert!(world.megabits() < 1.6, "{}", world.megabits());
}

/// What chance loses more in one look than in another must not narrow the way step by step.
#[test]
fn a_way_that_always_loses_stays_as_wide_as_it_is() {
    for loss in [0.1, 0.3, 0.5] {
        let (mut enough, mut all) = (0, 0);
        for seed in 0..20 {
            let way = Way {
                loss,
                delay: Duration::from_millis(25),
                ..Way::of(4e6)
            };
            let mut world = World::new(seed, way, 600e3);
            // Sound and small pictures.
            world.packet = 500;
            world.run(SECOND * 5);
            for _ in 0..55 {
                world.run(SECOND);
                enough += u32::from(world.estimator.rate >= 550e3);
                all += 1;
            }
        }
        assert!(
            enough * 100 >= all * 97,
            "{enough} of {all} seconds with {loss} lost"
        );
    }
}

#[test]
fn a_way_that_always_loses_and_becomes_narrow_is_followed() {
    for (loss, queue) in [(0.1, 250), (0.3, 250), (0.1, 10), (0.3, 10)] {
        let way = Way {
            loss,
            queue: Duration::from_millis(queue),
            ..Way::of(4e6)
        };
        let mut world = World::new(12, way, 2e6);
        // Less than the shortest queue holds.
        world.packet = 300;
        world.run(SECOND * 20);
        world.way.rate = 500e3;
        world.run(SECOND * 10);
        let mut sum = 0.0;
        for _ in 0..200 {
            world.run(SECOND / 10);
            sum += world.megabits() / 200.0;
        }
        assert!(
            (0.2..1.0).contains(&sum),
            "{sum} with {loss} lost and a queue of {queue} ms"
        );
    }
}

#[test]
fn a_way_that_trembles_is_still_used() {
    let way = Way {
        jitter: Duration::from_millis(30),
        ..Way::of(5e6)
    };
    let mut world = World::new(7, way, 2e6);
    world.run(SECOND * 20);
    assert!(world.megabits() > 1.2, "{}", world.megabits());
}

#[test]
fn silence_of_who_spoke_before_says_that_the_way_is_too_full() {
    let mut world = World::new(8, Way::of(3e6), 2e6);
    world.run(SECOND * 2);
    let before = world.estimator.rate;
    world.way.loss = 1.0;
    world.untold.clear();
    world.back.clear();
    world.fed = world.now + SECOND * 60;
    world.run(SECOND * 3);
    assert!(world.estimator.rate < before / 2.0);
    // Of who never spoke nothing is known.
    let mut world = World::new(9, Way::of(3e6), 2e6);
    world.fed = world.now + SECOND * 60;
    world.run(SECOND * 5);
    assert_eq!(world.estimator.rate(), None);
}

#[test]
fn who_is_quiet_for_a_while_keeps_the_estimate() {
    let mut world = World::new(10, Way::of(3e6), 60e3);
    world.run(SECOND * 2);
    let before = world.estimator.rate;
    for _ in 0..15 {
        world.wants = 0.0;
        world.run(SECOND * 2);
        world.wants = 60e3;
        world.run(SECOND);
    }
    assert!(
        world.estimator.rate >= before * 0.95,
        "{} of {before}",
        world.estimator.rate
    );
}

#[test]
fn a_client_that_lies_costs_no_more_and_is_believed_again_when_it_stops() {
    let mut world = World::new(11, Way::of(3e6), 2e6);
    for round in 0..3_000_u64 {
        world.now += Duration::from_millis(20);
        let lies = (0..50).map(|n| Outcome {
            sent: world.now,
            size: 1_200,
            probe: None,
            place: None,
            // All at once, in the past, and far ahead.
            came: if round < 500 {
                Some(0)
            } else {
                let kinds = [Some(0), Some(-1_000_000), Some(i64::MAX / 2), None];
                kinds[usize::try_from((round % 3 + n % 2) % 4).unwrap()]
            },
            was_lost: n % 7 == 0,
        });
        world.estimator.sent(world.now, 1_200);
        world.estimator.note(world.now, &lies.collect::<Vec<_>>());
        world.estimator.tick(world.now);
        assert!(world.estimator.came.len() <= MOST_CAME);
        let rate = world.estimator.rate;
        assert!(rate.is_finite() && (40_000.0..=30e6).contains(&rate), "{rate}");
    }
    world.taken = world.now;
    world.fed = world.now;
    world.run(SECOND * 30);
    assert!(world.megabits() > 1.0, "{}", world.megabits());
}
