//! Waking the devices that are not connected, through the push services of browsers (R55). Their makers learn that a device
//! is woken, and when: the message is empty.
//!
//! ```text
//! message that wakes ─► durable ─► Waker: who is not connected, was not woken a moment ago, and wants to be
//!                                    └─► Courier (of the program around the service) ─► push service ─► browser
//! ```

mod requests;
mod store;
mod waker;

use std::{fmt::Debug, future::Future, pin::Pin};

use protocol::{
    Bytes,
    push::{PushEndpoint, Wake},
};

pub use requests::put;
pub use waker::Waker;

/// Carries an empty message to a push service.
pub trait Courier: Debug + Send + Sync {
    /// The key that browsers bind their addresses to: 65 bytes.
    fn key(&self) -> Bytes;

    /// Whether there is a push service at the address. Whatever a client says, nobody else is asked.
    fn serves(&self, endpoint: &PushEndpoint) -> bool;

    /// Asks the push service to wake the browser.
    fn push(&self, endpoint: PushEndpoint, wake: Wake) -> Pin<Box<dyn Future<Output = Pushed> + Send>>;
}

/// What became of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// The push service took it.
    Taken,
    /// The browser is not there any more: its address is forgotten.
    Gone,
    /// It did not work now. The next message tries again.
    Failed,
}
