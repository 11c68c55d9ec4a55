//! What a network asks of its users in dealing with each other, as its administrator set it.

use serde::{Deserialize, Serialize};

/// How far contacts are to be verified (R26).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verify {
    /// ID videos are not offered. Keys can be compared in person all the same.
    Off,
    /// Who wants to verifies.
    #[default]
    Optional,
    /// Nothing is sent to, called with or taken from a contact in a direct room before each has verified the other.
    Required,
}

/// The policies of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policies {
    /// Contacts of the own network.
    pub verify_inside: Verify,
    /// Contacts of other networks.
    pub verify_outside: Verify,
    /// Whether there may be contacts of other networks at all (R21).
    pub outside_contacts: bool,
    /// Whether what was said in one room may be handed on into another. Clients keep to it: the server sees no difference.
    #[serde(default = "yes")]
    pub forwarding: bool,
}

impl Default for Policies {
    /// Of a network whose administrator said nothing.
    fn default() -> Self {
        Self {
            verify_inside: Verify::Optional,
            verify_outside: Verify::Optional,
            outside_contacts: true,
            forwarding: true,
        }
    }
}

/// What a server of before this policy means.
fn yes() -> bool {
    true
}

impl Policies {
    /// What is asked of a contact, who is of the own network or of another one.
    pub fn verify(&self, inside: bool) -> Verify {
        if inside {
            self.verify_inside
        } else {
            self.verify_outside
        }
    }
}
