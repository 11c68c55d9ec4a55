//! People as others see them: contact cards, device lists, key packages.

mod devices;
mod requests;
mod rules;
mod store;

pub use devices::{change_list, enrol, put_list};
pub use requests::{add_key_packages, claim_key_packages, get_people, look_up, put_device_list, sign_out};
pub use store::{certificate, key_packages_left, known_users, owner, person, raise_batch};
