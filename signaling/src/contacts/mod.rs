//! How users stand with their contacts, as far as the server enforces it: who declined or blocked whom, and, where a policy
//! asks for it, who verified whom (R26, R29). It concerns direct rooms and their calls. In rooms of many people stay
//! members, as these are everybody's.

mod requests;
mod rules;
mod store;

pub use requests::{get_policies, put};
pub use rules::{Pair, check_introduction, check_talk};
pub use store::{Contacts, check_added, known_of, pair};
