//! Limits of the doctor, each with its reason and what happens beyond it.

use std::time::Duration;

/// How long a server may take to be reached and to answer. Shorter would call a slow one broken, longer would let a person
/// wait at each check. Beyond: it does not answer.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Waits for the answer to a datagram, each after sending it (again): datagrams may be lost. Beyond: it does not answer.
pub const DATAGRAM_WAITS: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_millis(1_000),
    Duration::from_millis(1_500),
];

/// Largest answer of a web server that is read. Conclave's has some hundred bytes. Beyond: the rest is left.
pub const MAX_ANSWER_LEN: u64 = 64 * 1024;

/// Largest STUN message over TCP that is read; a datagram is no larger. Beyond: it is not STUN.
pub const MAX_STUN_LEN: usize = 2_048;

/// A certificate that ends in fewer days should have been renewed: authorities give 90 days, and renewing starts 30 days
/// before the end. Lower would warn too late for a weekend, higher would call well-run renewals broken.
pub const CERTIFICATE_DAYS: i64 = 10;

/// How far the clock may be off. The `Date` of HTTP has whole seconds, and the way takes its time. More would let
/// credentials end too early or too late unnoticed.
pub const CLOCK_SECONDS: u64 = 30;
