//! What we say of what we sent (RFC 3550 §6.4.1).

use std::time::{Duration, Instant};

use super::{
    Egress,
    rtcp::{self, SenderReport},
    train::Trains,
};
use crate::limits::{REPORT_INTERVAL, REPORTS_PER_PACKET};

/// Between 1900 and 1970, in seconds. The clock of the reports begins with the connection; only its differences count.
const NTP_BEGIN: u64 = 2_208_988_800;

impl Egress {
    /// Tells the client what was sent, regularly; returns when next.
    pub(super) fn report(&mut self, now: Instant, out: &mut Trains) -> Instant {
        let due = self.reported.map_or(now, |at| at + REPORT_INTERVAL);
        if now < due {
            return due;
        }
        let since = now.saturating_duration_since(self.began);
        let ntp = ntp(since);
        let active = self
            .streams
            .iter()
            .filter_map(|stream| Some((stream, stream.newest?)));
        let reports: Vec<SenderReport<'_>> = active
            .map(|(stream, (time, arrived))| SenderReport {
                ssrc: stream.setup.ssrc,
                ntp,
                time: time.wrapping_add(ticks(now.saturating_duration_since(arrived), stream.clock_rate())),
                packets: stream.packets,
                bytes: stream.bytes,
                cname: &stream.setup.cname,
            })
            .collect();
        self.reported = (!reports.is_empty()).then_some(now);
        for some in reports.chunks(REPORTS_PER_PACKET) {
            match self.srtp.as_mut().map(|srtp| srtp.seal_rtcp(&rtcp::write(some))) {
                Some(Ok(packet)) => out.push(&packet),
                Some(Err(error)) => tracing::error!(%error, "a report is not sent"),
                None => {}
            }
        }
        now + REPORT_INTERVAL
    }
}

fn ntp(since: Duration) -> u64 {
    let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    (NTP_BEGIN + since.as_secs()) << 32 | fraction
}

fn ticks(time: Duration, clock_rate: u32) -> u32 {
    let ticks = time.as_micros() * u128::from(clock_rate) / 1_000_000;
    // The lower 32 bits are what a timestamp counts.
    u32::try_from(ticks & u128::from(u32::MAX)).unwrap_or(0)
}
