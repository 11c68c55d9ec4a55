//! The device as a state machine; see [`crate::api`] for the door.

use std::collections::VecDeque;

use protocol::Millis;

use crate::api::{Input, Output, Start};

/// One device.
pub struct Core {
    outputs: VecDeque<Output>,
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

impl Core {
    /// Starts from the stored records; a device without any is signed out.
    pub fn new(start: Start) -> Result<Self, StartError> {
        let _ = start;
        Ok(Self {
            outputs: VecDeque::new(),
        })
    }

    /// Takes one input. Poll all outputs before the next.
    pub fn handle_input(&mut self, now: Millis, input: Input) {
        let _ = (now, input);
    }

    /// The next thing to do, if there is one.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }
}
