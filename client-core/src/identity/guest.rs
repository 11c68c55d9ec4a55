//! The secret of a guest link, and what is proven by it: to the members that a guest has the link, and to the guest that
//! who let it in is of the room. The server, which has no secret, can do neither.

use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use protocol::{
    Epoch, GuestLinkId, NetworkId,
    encoding::Writer,
    identity::{GuestPass, PublicKey, signed_bytes},
};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::random::Random;

const PASS_KEY: &[u8] = b"Conclave 1.0 guest pass key";
const WELCOME_KEY: &[u8] = b"Conclave 1.0 guest welcome key";
const WELCOME: &str = "Conclave 1.0 guest welcome";

/// 32 random bytes that stand behind the `#` of a link and in a message of the room. Wiped when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct LinkSecret(Zeroizing<[u8; 32]>);

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret(…)")
    }
}

/// The group that a guest was let into: the epoch authenticator stands for its whole tree (RFC 9420 §8.7).
pub(crate) struct Entered<'a> {
    /// The guest's key.
    pub(crate) key: &'a PublicKey,
    pub(crate) group_id: &'a [u8],
    /// The epoch that the Add opened.
    pub(crate) epoch: Epoch,
    pub(crate) authenticator: &'a [u8],
}

impl LinkSecret {
    pub(crate) fn generate(random: &Random) -> Self {
        Self(Zeroizing::new(random.array()))
    }

    /// Nothing where these are not 32 bytes.
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What a guest shows; `name` is in its clean form.
    pub(crate) fn pass(
        &self,
        network_id: NetworkId,
        link_id: GuestLinkId,
        key: PublicKey,
        name: String,
    ) -> GuestPass {
        let mut pass = GuestPass {
            network_id,
            link_id,
            key,
            name,
            mac: [0; 32],
        };
        let mac = self.mac(PASS_KEY, &pass.to_be_authenticated());
        pass.mac = mac.finalize().into_bytes().into();
        pass
    }

    /// Whether who made the pass had the link.
    pub(crate) fn made(&self, pass: &GuestPass) -> bool {
        let mac = self.mac(PASS_KEY, &pass.to_be_authenticated());
        mac.verify_slice(&pass.mac).is_ok()
    }

    /// By which a guest knows that who let it in knows the link.
    pub(crate) fn welcome(&self, entered: &Entered<'_>) -> [u8; 32] {
        let mac = self.mac(WELCOME_KEY, &entered.encode());
        mac.finalize().into_bytes().into()
    }

    pub(crate) fn welcomes(&self, entered: &Entered<'_>, welcome: &[u8; 32]) -> bool {
        let mac = self.mac(WELCOME_KEY, &entered.encode());
        mac.verify_slice(welcome).is_ok()
    }

    /// Compared by `verify_slice`, in constant time.
    fn mac(&self, label: &[u8], text: &[u8]) -> Hmac<Sha256> {
        let mut key = Zeroizing::new([0; 32]);
        // 32 bytes are below HKDF's limit, so this does not fail.
        let _ = Hkdf::<Sha256>::new(None, &*self.0).expand(label, &mut *key);
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length (RFC 2104)")]
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&*key).expect("a key of 32 bytes");
        mac.update(text);
        mac
    }
}

impl Entered<'_> {
    fn encode(&self) -> Vec<u8> {
        let body = Writer::default()
            .fixed(self.key.as_bytes())
            .vec16(self.group_id)
            .u64(self.epoch.0)
            .vec16(self.authenticator)
            .finish();
        signed_bytes(WELCOME, &body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::DeviceKey;

    fn pass(secret: &LinkSecret, name: &str) -> GuestPass {
        let key = DeviceKey::from_secret(&[3; 32]).public().unwrap();
        secret.pass(
            NetworkId::from_random([1; 16]),
            GuestLinkId::from_random([2; 16]),
            key,
            name.to_owned(),
        )
    }

    #[test]
    fn a_pass_is_of_who_has_the_link_and_of_nobody_else() {
        let secret = LinkSecret::from_slice(&[5; 32]).unwrap();
        let dana = pass(&secret, "Dana");
        assert!(secret.made(&dana));
        assert!(!LinkSecret::from_slice(&[6; 32]).unwrap().made(&dana));
        let renamed = GuestPass {
            name: "Alice".to_owned(),
            ..dana.clone()
        };
        assert!(!secret.made(&renamed));
        let of_another_link = GuestPass {
            link_id: GuestLinkId::from_random([9; 16]),
            ..dana.clone()
        };
        assert!(!secret.made(&of_another_link));
        let of_another_key = GuestPass {
            key: DeviceKey::from_secret(&[4; 32]).public().unwrap(),
            ..dana
        };
        assert!(!secret.made(&of_another_key));
    }

    #[test]
    fn a_welcome_is_for_one_guest_into_one_epoch_of_one_group() {
        let secret = LinkSecret::from_slice(&[5; 32]).unwrap();
        let (dana, eve) = (
            DeviceKey::from_secret(&[3; 32]).public().unwrap(),
            DeviceKey::from_secret(&[4; 32]).public().unwrap(),
        );
        let entered = |key, group_id, epoch, authenticator| Entered {
            key,
            group_id,
            epoch: Epoch(epoch),
            authenticator,
        };
        let welcome = secret.welcome(&entered(&dana, b"group", 7, b"tree"));
        assert!(secret.welcomes(&entered(&dana, b"group", 7, b"tree"), &welcome));
        for other in [
            entered(&eve, b"group", 7, b"tree"),
            entered(&dana, b"other", 7, b"tree"),
            entered(&dana, b"group", 8, b"tree"),
            entered(&dana, b"group", 7, b"fork"),
        ] {
            assert!(!secret.welcomes(&other, &welcome));
        }
    }
}
