//! Time-limited credentials of a TURN server, as coturn's `use-auth-secret` takes them
//! (draft-uberti-behave-turn-rest-00 §2.2): both sides know a secret, and nobody has an account there.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use protocol::{Millis, socket::IceServer};
use sha1::Sha1;

use crate::{random::random, secret::Secret};

/// How long credentials are good. A shorter time would end the way back into long calls, for each connection that is
/// made anew in a call uses what came with entering it; a longer one would let who left a network relay through its
/// server for longer.
pub const TURN_LIFE_MS: u64 = 12 * 60 * 60 * 1000;

/// The TURN servers of a deployment; all share one secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// `turn:` and `turns:` addresses (RFC 7065).
    pub urls: Vec<String>,
    /// The secret that they know too.
    pub secret: Secret,
}

impl Turn {
    /// Fresh credentials for one client. Nothing in them says whose they are.
    pub fn credentials(&self, now: Millis) -> IceServer {
        let name: String = random::<8>().iter().map(|byte| format!("{byte:02x}")).collect();
        let username = format!("{}:{name}", now.plus(TURN_LIFE_MS).0 / 1000);
        IceServer {
            urls: self.urls.clone(),
            credential: password(&self.secret, &username),
            username,
        }
    }
}

fn password(secret: &Secret, username: &str) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret.expose().as_bytes()) else {
        return String::new();
    };
    mac.update(username.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn() -> Turn {
        Turn {
            urls: vec!["turn:turn.example.org:3478?transport=udp".to_owned()],
            secret: Secret::new("north\n").unwrap(),
        }
    }

    /// Made with `printf 1700000000:alice | openssl dgst -sha1 -hmac north -binary | base64`.
    #[test]
    fn a_password_is_what_openssl_makes_of_name_and_secret() {
        let made = password(&turn().secret, "1700000000:alice");
        assert_eq!(made, "Cd/49soE35ICqcJF/bCTn8Z4OyE=");
    }

    #[test]
    fn credentials_name_their_end_and_nobody() {
        let now = Millis(1_700_000_000_500);
        let (first, second) = (turn().credentials(now), turn().credentials(now));
        let (end, name) = first.username.split_once(':').unwrap();
        assert_eq!(end, (1_700_000_000 + 12 * 60 * 60).to_string());
        assert!(
            name.len() == 16 && name.chars().all(|c| c.is_ascii_hexdigit()),
            "{name}"
        );
        assert_ne!(
            first.username, second.username,
            "two calls of one person are not told to be one's"
        );
        assert_ne!(first.credential, second.credential);
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert!(!format!("{:?}", turn()).contains("north"));
        assert_eq!(Secret::new(" \n"), None);
    }
}
