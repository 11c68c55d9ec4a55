//! Figures of a run, and what is said of several.

use std::time::Duration;

use serde_json::{Value, json};

use crate::tally::Tally;

/// Of one run of one server.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub cpu_us_per_packet: f64,
    pub loss_pct: f64,
    pub latency_p50_ms: f64,
    pub latency_p99_ms: f64,
    pub rss_per_subscriber_kb: f64,
    /// Half of the subscribers had their first packet after this time.
    pub join_ms: f64,
    /// Packets that subscribers got in a second.
    pub packets_per_second: f64,
    /// Of one core.
    pub core_pct: f64,
}

type Reading = fn(&Figures) -> f64;

/// Names, readings and digits of what is told.
const ROWS: &[(&str, Reading, usize)] = &[
    ("cpu_us_per_packet", |f| f.cpu_us_per_packet, 2),
    ("loss_pct", |f| f.loss_pct, 3),
    ("latency_p50_ms", |f| f.latency_p50_ms, 2),
    ("latency_p99_ms", |f| f.latency_p99_ms, 2),
    ("rss_per_subscriber_kb", |f| f.rss_per_subscriber_kb, 0),
    ("join_ms", |f| f.join_ms, 1),
    ("packets_per_second", |f| f.packets_per_second, 0),
    ("core_pct", |f| f.core_pct, 1),
];

impl Figures {
    /// `expected` is how many packets should have come.
    pub fn of(cpu: Duration, tally: &Tally, expected: f64, rss: f64) -> Self {
        let received = tally.received as f64;
        let mut joins = tally.joins.clone();
        joins.sort();
        let join = joins.get(joins.len() / 2).copied().unwrap_or_default();
        Self {
            cpu_us_per_packet: cpu.as_secs_f64() * 1e6 / received.max(1.0),
            loss_pct: (100.0 * (1.0 - received / expected.max(1.0))).max(0.0),
            latency_p50_ms: tally.latency_ms(0.5),
            latency_p99_ms: tally.latency_ms(0.99),
            rss_per_subscriber_kb: rss,
            join_ms: join.as_secs_f64() * 1e3,
            packets_per_second: 0.0,
            core_pct: 0.0,
        }
    }

    /// Adds what depends on how long it was measured.
    pub fn over(mut self, time: Duration, cpu: Duration, received: u64) -> Self {
        self.packets_per_second = received as f64 / time.as_secs_f64();
        self.core_pct = 100.0 * cpu.as_secs_f64() / time.as_secs_f64();
        self
    }

    /// The median of each figure by itself.
    pub fn median(runs: &[Self]) -> Self {
        let of = |read: Reading| {
            let mut values: Vec<f64> = runs.iter().map(read).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or(0.0)
        };
        Self {
            cpu_us_per_packet: of(|f| f.cpu_us_per_packet),
            loss_pct: of(|f| f.loss_pct),
            latency_p50_ms: of(|f| f.latency_p50_ms),
            latency_p99_ms: of(|f| f.latency_p99_ms),
            rss_per_subscriber_kb: of(|f| f.rss_per_subscriber_kb),
            join_ms: of(|f| f.join_ms),
            packets_per_second: of(|f| f.packets_per_second),
            core_pct: of(|f| f.core_pct),
        }
    }

    pub fn json(&self) -> Value {
        let rows = ROWS.iter().map(|(name, read, digits)| {
            let scale = 10_f64.powi(i32::try_from(*digits).unwrap_or(0));
            ((*name).to_owned(), json!((read(self) * scale).round() / scale))
        });
        Value::Object(rows.collect())
    }

    /// One line for a run.
    pub fn line(&self) -> String {
        let rows = ROWS
            .iter()
            .map(|(name, read, digits)| format!("{name} {:.*}", *digits, read(self)));
        rows.collect::<Vec<_>>().join(", ")
    }
}

/// A table with a column for each server, as documents have it.
pub fn table(columns: &[(&str, &Figures)]) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let mut table = format!(
        "| | {} |\n| --- |{}\n",
        names.join(" | "),
        " ---: |".repeat(names.len())
    );
    for (name, read, digits) in ROWS {
        let values = columns
            .iter()
            .map(|(_, figures)| format!("{:.*}", *digits, read(figures)));
        table += &format!("| {name} | {} |\n", values.collect::<Vec<_>>().join(" | "));
    }
    table
}
