//! The device as a state machine; see [`crate::api`] for the door.
//!
//! ```text
//! Core ─┬─ Shell     time, randomness, store, the way out (persist, then send)
//!       ├─ Entering  a registration or sign-in that is going on
//!       └─ Device    who is signed in: identity, session, people, rooms, own state, call
//! ```

pub(crate) mod asks;
mod calls;
mod clock;
mod commands;
mod contacts;
mod device;
mod entering;
mod events;
mod files;
mod forwarding;
mod id_video;
mod look_up;
mod pace;
mod pairing;
mod push;
mod running;
mod saved;
mod search;
mod session;
pub(crate) mod shell;
mod token;
mod upkeep;
mod views;
mod visit;

use protocol::Millis;

use crate::{
    account::opaque::PasswordCost,
    api::{Event, Input, Output, Reply, SessionView, Start},
    failure::failure,
    random::Random,
    store::{BadRecord, Loaded, Store},
};

use asks::Ask;
use device::{Device, Ended};
use entering::Entering;
use pairing::Pairing;
use shell::Shell;

/// One device.
pub struct Core {
    shell: Shell,
    options: Options,
    device_name: String,
    entering: Entering,
    pairing: Option<Pairing>,
    /// How many there were.
    pairings: u32,
    device: Option<Box<Device>>,
    /// Why nobody is signed in, where that was nobody's wish.
    signed_out: Option<String>,
    session_told: Option<SessionView>,
}

/// Why nobody is signed in, where the server alone says so.
const SHUT_OUT: &str = "signed_out_by_server";

/// What differs in tests.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Cost of a guess at the password. The same on all devices of all accounts of a server.
    pub password_cost: PasswordCost,
    /// Cost of deriving the words of a key. The same for all who compare them.
    pub words_cost: PasswordCost,
    /// Key packages that the device keeps on the server.
    pub key_packages: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            password_cost: PasswordCost::STANDARD,
            words_cost: PasswordCost::STANDARD,
            key_packages: protocol::limits::KEY_PACKAGES_PER_DEVICE,
        }
    }
}

/// Why a core could not start from the records given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// A record does not open under the storage key, or cannot be read: the store is damaged, or of another
    /// key. The remedy is to wipe it and sign in again.
    #[error("the record {name} of the local store cannot be read")]
    Record {
        /// Name of the record.
        name: String,
    },
}

impl From<BadRecord> for StartError {
    fn from(BadRecord { stored_name }: BadRecord) -> Self {
        Self::Record { name: stored_name }
    }
}

impl Core {
    /// Starts from the stored records; a device without any is signed out.
    pub fn new(start: Start) -> Result<Self, StartError> {
        Self::with_options(start, Options::default())
    }

    /// For tests: [`Core::new`] with other costs.
    pub fn with_options(start: Start, options: Options) -> Result<Self, StartError> {
        let random = Random::new(start.seed);
        let (mut store, mut loaded): (Store, Loaded) =
            Store::open(start.storage_key, random.clone(), start.records)?;
        let device = Device::load(&mut loaded, &random, start.now)?;
        // What nothing here knows, as of an earlier form, would lie there for ever, and no timer would end it.
        for name in loaded.keys().filter(|_| device.is_some()) {
            store.delete(name.clone());
        }
        let shell = Shell::new(start.now, random, store);
        let mut core = Self {
            shell,
            options,
            device_name: start.device_name,
            entering: Entering::default(),
            pairing: None,
            pairings: 0,
            device: device.map(Box::new),
            signed_out: None,
            session_told: None,
        };
        if core.shut_out_device().is_some() {
            core.signed_out = Some(SHUT_OUT.to_owned());
        }
        core.end_input();
        Ok(core)
    }

    /// Takes one input. Poll all outputs before the next.
    pub fn handle_input(&mut self, now: Millis, input: Input) {
        // A clock that goes back must not make anything come twice.
        self.shell.now = self.shell.now.max(now);
        match input {
            Input::Command { id, command } => self.on_command(id, command),
            Input::HttpAnswer { id, status, body } => self.on_http(id, Some((status, body))),
            Input::HttpFailed { id } => self.on_http(id, None),
            Input::SocketOpened => self.with_device(Device::on_socket_opened),
            Input::SocketText(text) => self.on_text(&text),
            Input::SocketClosed => self.with_device(|device, core| device.on_socket_closed(core)),
            Input::Persisted { batch } => self.shell.persisted(batch),
            Input::PersistFailed { batch } => self.on_persist_failed(batch),
            Input::Nudge => self.with_device(Device::on_nudge),
            Input::Leaving => self.with_device(|device, core| device.hasten_receipts(core.shell)),
            Input::Tick => self.shell.woke(),
        }
        self.end_input();
    }

    /// The next thing to do, if there is one.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.shell.poll()
    }

    /// Whether the connection stands, and nothing is on its way that is known of: every room is joined and caught up, or
    /// waits for others, and the outbox is empty. For programs that do one thing and end.
    pub fn is_settled(&self) -> bool {
        let device = self.device.as_deref();
        device.is_some_and(|device| device.is_settled(self.shell.now))
    }

    fn end_input(&mut self) {
        self.with_device(Device::on_time);
        self.pairing_on_time();
        if let Some(how) = self.device.as_mut().and_then(|device| device.take_ended()) {
            self.leave_device(how);
        }
        self.tell_session();
        let wake_at = self.device.as_mut().and_then(|device| {
            device.tell_views(&mut self.shell);
            device.store_groups(&mut self.shell);
            device.next_wake(self.shell.now)
        });
        let wake_at = wake_at.into_iter().chain(self.pairing_wakes()).min();
        let wake_at = wake_at.map(|at| at.max(self.shell.now.plus(1)));
        self.shell.end_input(wake_at);
        self.shell.random.renew();
    }

    /// Who was signed in is not any more. Every command that waits is answered.
    fn leave_device(&mut self, how: Ended) {
        let Some(device) = &mut self.device else { return };
        let mut how = how;
        let mut waiting = device.take_waiting_commands();
        for ask in self.shell.socket_closed() {
            match ask {
                // The server may close the connection of who signs out before it answers.
                Ask::SignOut { command } => {
                    how = Ended::Erase { reason: None };
                    self.shell.reply(command, Reply::Done);
                }
                ask => waiting.extend(ask.command()),
            }
        }
        for command in waiting {
            self.shell.fail(command, failure("unauthenticated"));
        }
        match how {
            Ended::Erase { reason } => {
                self.device = None;
                self.shell.store.wipe();
                self.signed_out = reason.map(str::to_owned);
            }
            Ended::ShutOut => {
                tracing::warn!("the server does not take this device; what it has stays");
                device.shut_out(&mut self.shell);
                self.signed_out = Some(SHUT_OUT.to_owned());
            }
        }
        if self.pairing.is_some() {
            self.close_pairing();
            self.tell_pairing(None);
        }
        self.shell.close_socket();
        self.shell.event(Event::Rooms { rooms: vec![] });
        self.shell.event(Event::Call { call: None });
    }

    /// The device whose store waits for the person to sign in again, if one does.
    fn shut_out_device(&self) -> Option<&Device> {
        self.device.as_deref().filter(|device| device.is_shut_out())
    }

    fn on_persist_failed(&mut self, batch: u64) {
        tracing::error!(batch, "the local store failed");
        self.shell.persist_failed();
        self.shell.notice(failure("store_failed"));
    }

    fn tell_session(&mut self) {
        let view = match &self.device {
            Some(device) if device.is_enrolled() => device.session_view(self.shell.store_failed()),
            _ => SessionView::SignedOut {
                reason: self.signed_out.clone(),
            },
        };
        if self.session_told.as_ref() != Some(&view) {
            self.session_told = Some(view.clone());
            self.shell.event(Event::Session { session: view });
        }
    }

    fn with_device<'a>(&'a mut self, act: impl FnOnce(&mut Device, &mut Surroundings<'a>)) {
        let Self {
            shell,
            options,
            device,
            ..
        } = self;
        if let Some(device) = device {
            act(
                device,
                &mut Surroundings {
                    shell,
                    options: *options,
                },
            );
        }
    }

    fn reply(&mut self, command: u32, reply: Reply) {
        self.shell.reply(command, reply);
    }
}

/// What a device gets of its core.
pub(crate) struct Surroundings<'a> {
    pub(crate) shell: &'a mut Shell,
    pub(crate) options: Options,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is in memory after an input does not lead back to what was drawn during it.
    #[test]
    fn each_input_leaves_another_key_of_the_generator() {
        let mut core = Core::new(Start {
            now: Millis(0),
            seed: [1; 32],
            storage_key: [2; 32],
            records: vec![],
            device_name: String::new(),
        })
        .unwrap();
        let started = core.shell.random.key();
        core.handle_input(Millis(1), Input::Tick);
        assert_ne!(started, [1; 32]);
        assert_ne!(core.shell.random.key(), started);
    }
}
