//! Who sends what to whom.

use crate::media::Kind;

/// Slots for voices that a client of ours has at most.
const AUDIO_SLOTS: usize = 5;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// One video of 1.5 Mbit/s to all.
    FanOut,
    /// Twenty, each with a video of 300 kbit/s to all others.
    Everyone,
    /// Ten voices to all.
    Speakers,
}

#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    form: Form,
    listeners: u32,
}

impl Scenario {
    pub fn new(form: Form, listeners: u32) -> Self {
        let listeners = if form == Form::Everyone { 20 } else { listeners };
        Self { form, listeners }
    }

    pub fn publishers(&self) -> u32 {
        match self.form {
            Form::FanOut => 1,
            Form::Everyone => self.listeners,
            Form::Speakers => 10,
        }
    }

    pub fn kinds(&self) -> &'static [Kind] {
        match self.form {
            Form::FanOut => &[Kind::Video(1_500_000)],
            Form::Everyone => &[Kind::Video(300_000)],
            Form::Speakers => &[Kind::Voice],
        }
    }

    /// Numbers of those that listen; whoever also publishes is there already.
    pub fn subscribers(&self) -> impl Iterator<Item = u32> + use<> {
        let first = if self.form == Form::Everyone {
            0
        } else {
            self.publishers()
        };
        first..first + self.listeners
    }

    pub fn publish_too(&self) -> bool {
        self.form == Form::Everyone
    }

    /// Those whose tracks a participant gets.
    pub fn heard_by(&self, number: u32) -> impl Iterator<Item = u32> + use<> {
        (0..self.publishers()).filter(move |other| *other != number)
    }

    /// Slots for audio and video of a client of ours.
    pub fn slots(&self) -> (usize, usize) {
        match self.form {
            Form::FanOut => (0, 1),
            Form::Everyone => (0, self.listeners.saturating_sub(1) as usize),
            Form::Speakers => (AUDIO_SLOTS, 0),
        }
    }

    /// Of how many packets that are sent each subscriber should get one; `all` where no voice is left out.
    pub fn copies(&self, all: bool) -> f64 {
        let listeners = f64::from(self.listeners);
        match self.form {
            Form::FanOut => listeners,
            Form::Everyone => listeners - 1.0,
            Form::Speakers if all => listeners,
            Form::Speakers => listeners * AUDIO_SLOTS as f64 / f64::from(self.publishers()),
        }
    }
}
