//! `cargo bench -p conclave-client-core --bench sframe`: what sealing and opening a frame costs natively.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for people; a failure ends it"
)]

use std::time::{Duration, Instant};

use conclave_client_core::{
    api::{BaseKey, ExpectedSlot, MediaUpdate},
    media::{Codec, MediaEngine},
};
use protocol::{CallId, Millis, socket::TrackKind};

const SENDER: u32 = 1;
const RECEIVER: u32 = 2;
const NOW: Millis = Millis(0);

fn main() {
    measure(1_200, 50_000);
    for (len, rounds) in [(1_200, 200_000), (20_000, 20_000)] {
        let (seal, open) = measure(len, rounds);
        println!(
            "SFrame native, frame of {len} bytes: seal {}, open {}",
            us(seal, rounds),
            us(open, rounds)
        );
    }
}

fn measure(len: usize, rounds: u32) -> (Duration, Duration) {
    let (mut sender, mut receiver) = (engine(SENDER), engine(RECEIVER));
    let id = sender.attach(TrackKind::Camera).unwrap();
    let frame = vec![1; len];
    let (mut seal, mut open) = (Duration::ZERO, Duration::ZERO);
    // In lots, so that the sealed frames stay in the cache as they do in a call.
    for _ in 0..rounds / 100 {
        let begin = Instant::now();
        let sealed: Vec<_> = (0..100)
            .map(|_| sender.seal(NOW, id, Codec::Vp8, false, &frame).unwrap())
            .collect();
        seal += begin.elapsed();
        let begin = Instant::now();
        for each in &sealed {
            receiver.open(NOW, "0", Codec::Vp8, each).unwrap();
        }
        open += begin.elapsed();
    }
    (seal, open)
}

fn us(total: Duration, rounds: u32) -> String {
    format!("{:.2} µs", total.as_secs_f64() * 1e6 / f64::from(rounds))
}

fn engine(own_leaf: u32) -> MediaEngine {
    let mut engine = MediaEngine::new();
    let members = vec![SENDER, RECEIVER];
    let base_key = BaseKey([7; 32]);
    let epoch = MediaUpdate::Epoch {
        call_id: CallId::from_random([1; 16]),
        generation: 1,
        epoch: 1,
        own_leaf,
        members,
        base_key,
        retire_after_ms: 10_000,
    };
    let slot = ExpectedSlot {
        mid: "0".to_owned(),
        leaf: SENDER,
        kind: TrackKind::Camera,
    };
    for update in [
        epoch,
        MediaUpdate::SendWith { epoch: 1 },
        MediaUpdate::Expect { slots: vec![slot] },
    ] {
        engine.apply(NOW, &update).unwrap();
    }
    engine
}
