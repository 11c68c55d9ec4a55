//! A day of calls: what a shard keeps does not grow with what happened.
//!
//! Media are sparse, a frame of each track in five seconds: a day of whole media would take as long as it lasts.

use std::time::Duration;

use protocol::socket::{
    Side,
    TrackKind::{Camera, Microphone, Screen},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{
    checks::check,
    client::Browser::{Chromium, Firefox},
    network::Conditions,
    scenarios::SECOND,
    world::{World, call_id},
};

/// Virtual minutes of a short run; the long runs set `CONCLAVE_SOAK_MINUTES` to those of a day.
const MINUTES: u32 = 6;
const MINUTE: Duration = Duration::from_secs(60);
/// After an hour, or this share of a shorter run, what is kept is taken as what calls need.
const WARM_UP: u32 = 4;
/// What is kept may differ by so much from that in the end, in percent.
const MOST_GROWN: f64 = 5.0;
/// Between two frames of a track.
const PACE: Duration = Duration::from_secs(5);
/// Who is in the call all the time, and who comes and goes.
const STAYING: u8 = 2;
const RESTLESS: u8 = 3;
/// Of what is sent before it is looked at what is kept, and until the rest of it came.
const WHOLE: Duration = Duration::from_secs(4);
const SETTLE: Duration = Duration::from_secs(10);
const SAMPLES: usize = 20;
/// What a shard keeps of nobody: maps and queues that were larger once.
const NOTHING: i64 = 100_000;
/// Slots of each client.
const AUDIO: usize = 3;
const VIDEO: usize = 4;

struct Day {
    world: World,
    random: StdRng,
    seed: u64,
    /// Clients without a network, and for how many minutes more.
    cut: Vec<(usize, u32)>,
}

impl Day {
    fn new(seed: u64) -> Self {
        let mut day = Self {
            world: World::new(seed, Conditions::PERFECT),
            random: StdRng::seed_from_u64(seed),
            seed,
            cut: Vec::new(),
        };
        // The most datagrams that there were at a time is no matter of hours.
        day.world.reuses = false;
        for number in 0..STAYING + RESTLESS {
            let browser = if number % 2 == 0 { Chromium } else { Firefox };
            let layers = 1 + number % 3;
            let me = day
                .world
                .join_with_layers(1, number, browser, AUDIO, VIDEO, layers);
            day.world.clients[me].pace = Some(PACE);
        }
        // A call that begins and ends.
        for number in 0..2 {
            let me = day.world.join(2, number, Chromium, 1, 1);
            day.world.clients[me].pace = Some(PACE);
        }
        day.world.connect();
        day
    }

    fn people(&self) -> usize {
        usize::from(STAYING + RESTLESS)
    }

    fn reload(&mut self, me: usize) {
        self.world.rejoin(me, AUDIO, VIDEO);
        self.cut.retain(|(cut, _)| *cut != me);
        let ip = self.world.clients[me].publish.local.ip();
        self.world.network.cut.remove(&ip);
    }

    fn leave(&mut self, me: usize) {
        self.world.leave(me);
        self.world.clients[me].closed = true;
    }

    /// Something that a person does.
    fn act(&mut self) {
        let me = self.random.random_range(0..self.people());
        let staying = me < usize::from(STAYING);
        if self.world.clients[me].closed {
            self.reload(me);
            return;
        }
        match self.random.random_range(0..10) {
            0 if !staying => self.leave(me),
            1 if !staying => self.reload(me),
            0 | 1 => self.toggle(me, Microphone),
            2 => self.toggle(me, Camera),
            3 => self.toggle(me, Screen),
            4 => self.restart(me),
            5 => self.park(me),
            6 => self.lose_network(me),
            7 => self.change_network(),
            8 => self.call_beside(),
            _ => self.look(me),
        }
    }

    fn toggle(&mut self, me: usize, kind: protocol::socket::TrackKind) {
        let on = &mut self.world.clients[me].on;
        match on.iter().position(|other| *other == kind) {
            Some(place) => {
                on.remove(place);
            }
            None => on.push(kind),
        }
        self.look(me);
    }

    /// Another layout.
    fn look(&mut self, me: usize) {
        let mut wishes = Vec::new();
        for other in (0..self.people()).filter(|other| *other != me) {
            let kind = if self.random.random_range(0..4) == 0 {
                Screen
            } else {
                Camera
            };
            wishes.push((other, kind, self.random.random_range(90..1_000)));
        }
        self.world.intend_at(me, &wishes);
    }

    /// ICE restarts of both connections, as after a change of networks; a connection that is no more is made anew.
    fn restart(&mut self, me: usize) {
        for side in [Side::Publish, Side::Subscribe] {
            let sdp = self.world.clients[me].offer_ice_restart(side);
            if self.world.offer_anew(me, side, sdp).is_err() {
                self.reload(me);
                return;
            }
        }
    }

    /// A slot is stopped, and taken up again.
    fn park(&mut self, me: usize) {
        let Some(slot) = self.world.clients[me].bindings.first() else {
            return;
        };
        let mid = slot.mid.as_str().into();
        for receives in [false, true] {
            let sdp = self.world.clients[me].offer_direction(mid, receives);
            if self.world.offer_anew(me, Side::Subscribe, sdp).is_err() {
                self.reload(me);
                return;
            }
            self.world.run(SECOND);
        }
    }

    fn lose_network(&mut self, me: usize) {
        let ip = self.world.clients[me].publish.local.ip();
        if self.world.network.cut.insert(ip) {
            self.cut.push((me, self.random.random_range(1..4)));
        }
    }

    fn regain_networks(&mut self) {
        for (_, minutes) in &mut self.cut {
            *minutes -= 1;
        }
        for (me, _) in self
            .cut
            .extract_if(.., |(_, minutes)| *minutes == 0)
            .collect::<Vec<_>>()
        {
            let client = &self.world.clients[me];
            let ip = client.publish.local.ip();
            let closed = client.closed;
            self.world.network.cut.remove(&ip);
            if !closed {
                self.restart(me);
            }
        }
    }

    fn change_network(&mut self) {
        let conditions = [Conditions::PERFECT, Conditions::REORDERING, Conditions::BAD];
        self.world.network.conditions = conditions[self.random.random_range(0..3)];
    }

    /// The call beside ends, or begins anew.
    fn call_beside(&mut self) {
        let both = self.people()..self.people() + 2;
        let closed = self.world.clients[both.start].closed;
        if !closed {
            self.world
                .control(protocol::sfu::ToSfu::Close { call_id: call_id(2) });
        }
        for me in both {
            self.world.clients[me].closed = !closed;
            if closed {
                self.world.rejoin(me, 1, 1);
            }
        }
    }

    fn minutes(&mut self, minutes: u32) {
        for _ in 0..minutes {
            self.regain_networks();
            let end = self.world.now + MINUTE;
            for _ in 0..self.random.random_range(0..3) {
                self.act();
            }
            self.world.run(end.saturating_duration_since(self.world.now));
            check(&self.world, self.seed);
            self.world.forget();
        }
    }

    /// What is kept in bytes while everybody is there and does the same. Those that come and go have just come.
    fn kept(&mut self) -> i64 {
        self.world.network.conditions = Conditions::PERFECT;
        self.world.network.cut.clear();
        self.cut.clear();
        if !self.world.clients[self.people()].closed {
            self.call_beside();
        }
        for me in 0..self.people() {
            if me < usize::from(STAYING) {
                self.restart(me);
            } else {
                self.reload(me);
            }
            self.world.clients[me].on = vec![Microphone, Camera, Screen];
        }
        for me in 0..self.people() {
            let next = |step| (me + step) % self.people();
            self.world
                .intend(me, &[(next(1), Camera), (next(2), Camera), (next(1), Screen)]);
        }
        self.world.run(SETTLE);
        // Whole media, so that whatever keeps the last packets is full.
        self.pace(None);
        self.world.run(WHOLE);
        self.pace(Some(PACE));
        self.world.run(SETTLE);
        self.world.forget();
        let mut sizes = Vec::new();
        for _ in 0..SAMPLES {
            self.world.run(SECOND / 2);
            sizes.push(self.world.kept);
        }
        for me in 0..self.people() {
            let came = self.world.clients[me].received.len();
            assert!(came > 0, "seed {}: {me} got nothing", self.seed);
        }
        sizes.sort_unstable();
        sizes[sizes.len() / 2]
    }

    fn pace(&mut self, pace: Option<Duration>) {
        let now = self.world.now;
        for me in 0..self.people() {
            self.world.clients[me].set_pace(now, pace);
        }
    }
}

#[test]
fn what_a_shard_keeps_does_not_grow_with_the_hours() {
    let minutes = std::env::var("CONCLAVE_SOAK_MINUTES").map_or(MINUTES, |minutes| minutes.parse().unwrap());
    let seed = 77;
    let mut day = Day::new(seed);
    let first = (minutes / WARM_UP).min(60);
    day.minutes(first);
    let before = day.kept();
    println!("after {first} minutes: {before} bytes");
    let mut after = before;
    let mut gone = first;
    while gone < minutes {
        let more = (minutes - gone).min(60);
        day.minutes(more);
        gone += more;
        after = day.kept();
        println!("after {gone} minutes: {after} bytes");
    }
    let grown = 100.0 * (after as f64 / before as f64 - 1.0);
    println!("{before} bytes, in the end {after}: {grown:+.2} %");
    assert!(
        grown < MOST_GROWN,
        "seed {seed}: {before} bytes became {after} in {minutes} minutes"
    );

    for me in 0..day.people() {
        day.leave(me);
    }
    day.world.run(MINUTE);
    let left = day.world.kept;
    println!("{left} bytes of nobody");
    assert!(left < NOTHING, "seed {seed}: {left} bytes are kept of nobody");
    assert_eq!(day.world.shard.next_wake(), None);
}
