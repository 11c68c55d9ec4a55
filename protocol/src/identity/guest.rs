use sha2::{Digest as _, Sha256};

use super::{
    certificate::CertificateBody,
    keys::{PublicKey, Signature, SignatureError, signed_bytes},
};
use crate::{
    DeviceId, Email, GuestLinkId, Millis, NetworkId, RoomId, UserId,
    encoding::{Reader, Writer},
    limits::MAX_GUEST_NAME_LEN,
};

/// What a guest shows of itself: the content of its MLS credential. The MAC is by a key that follows from the secret of
/// the link (`client-core/src/identity/guest.rs`), so the server can neither make nor judge one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestPass {
    /// Network of the room.
    pub network_id: NetworkId,
    /// The link that it came by.
    pub link_id: GuestLinkId,
    /// Its Ed25519 key, made for this visit, which is its MLS signature key.
    pub key: PublicKey,
    /// What it calls itself, as [`guest_name`] leaves it.
    pub name: String,
    /// Over [`GuestPass::to_be_authenticated`].
    pub mac: [u8; 32],
}

impl GuestPass {
    /// Label of what the MAC covers.
    pub const LABEL: &'static str = "Conclave 1.0 guest pass";

    /// What the MAC covers.
    pub fn to_be_authenticated(&self) -> Vec<u8> {
        signed_bytes(Self::LABEL, &self.head())
    }

    fn head(&self) -> Vec<u8> {
        Writer::default()
            .fixed(self.network_id.as_bytes())
            .fixed(self.link_id.as_bytes())
            .fixed(self.key.as_bytes())
            .vec16(self.name.as_bytes())
            .finish()
    }

    /// The content of the credential.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.head();
        bytes.extend_from_slice(&self.mac);
        bytes
    }

    /// Reads the content of a credential. A name that is not in its clean form is none.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let network_id = NetworkId::from_slice(&reader.fixed::<16>()?)?;
        let link_id = GuestLinkId::from_slice(&reader.fixed::<16>()?)?;
        let key = PublicKey::from_slice(&reader.fixed::<32>()?).ok()?;
        let name = std::str::from_utf8(reader.vec16()?).ok()?.to_owned();
        let mac = reader.fixed()?;
        reader.end()?;
        let pass = Self {
            network_id,
            link_id,
            key,
            name,
            mac,
        };
        (guest_name(&pass.name).as_ref() == Some(&pass.name)).then_some(pass)
    }

    /// The user that a guest is: nobody can choose to be one that there is.
    pub fn user_id(&self) -> UserId {
        UserId::from_random(self.id("Conclave 1.0 guest user"))
    }

    /// The device that a guest is.
    pub fn device_id(&self) -> DeviceId {
        DeviceId::from_random(self.id("Conclave 1.0 guest device"))
    }

    fn id(&self, label: &str) -> [u8; 16] {
        let hash: [u8; 32] = Sha256::digest(signed_bytes(label, self.key.as_bytes())).into();
        let mut id = [0; 16];
        id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        id
    }

    /// In the form of a device's. The address is nobody's (RFC 2606) and is never shown.
    pub(super) fn body(&self) -> CertificateBody {
        CertificateBody {
            network_id: self.network_id,
            email: Email::nobody(),
            user_id: self.user_id(),
            device_id: self.device_id(),
            device_key: self.key,
            aik: self.key,
            // Until when a link lets in is judged when somebody asks to come in.
            not_after: Millis(u64::MAX),
        }
    }
}

/// A name as guests may have one ([`clean_name`]).
pub fn guest_name(text: &str) -> Option<String> {
    clean_name(text, MAX_GUEST_NAME_LEN)
}

/// A name without what does not show, or shows text in another order than it was written; white space in single blanks,
/// none at the ends. Nothing where nothing is left, or more than `most` bytes.
pub fn clean_name(text: &str, most: usize) -> Option<String> {
    let shown: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .collect();
    let name = shown
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    (!name.is_empty() && name.len() <= most).then_some(name)
}

/// Characters without a picture of their own: controls of direction, joiners, fillers, tags, variation selectors.
pub fn is_invisible(c: char) -> bool {
    matches!(
        u32::from(c),
        0xAD | 0x034F | 0x061C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F
            | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB
            | 0xE000..=0xF8FF | 0xE0000..=0xE0FFF | 0xF0000..=0x10FFFF
    )
}

/// A link by which guests may ask to come into the calls of a room, as its maker's device signed it. Its secret is not in
/// it: that travels in the room, and behind the `#` of the link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestLink {
    /// The link.
    pub link_id: GuestLinkId,
    /// The room.
    pub room_id: RoomId,
    /// Device that made it.
    pub device_id: DeviceId,
    /// Until when it lets anybody ask.
    pub expires_at: Millis,
}

impl GuestLink {
    /// Label under which a device signs links.
    pub const LABEL: &'static str = "Conclave 1.0 guest link";

    /// What the device signs.
    pub fn to_be_signed(&self) -> Vec<u8> {
        signed_bytes(Self::LABEL, &self.body())
    }

    fn body(&self) -> Vec<u8> {
        Writer::default()
            .fixed(self.link_id.as_bytes())
            .fixed(self.room_id.as_bytes())
            .fixed(self.device_id.as_bytes())
            .u64(self.expires_at.0)
            .finish()
    }

    /// Checks that the device of this key signed it.
    pub fn check_signature(&self, key: &PublicKey, signature: &Signature) -> Result<(), SignatureError> {
        key.check_signature(Self::LABEL, &self.body(), signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(name: &str) -> GuestPass {
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
        GuestPass {
            network_id: NetworkId::from_random([1; 16]),
            link_id: GuestLinkId::from_random([2; 16]),
            key: PublicKey::from_slice(key.as_bytes()).unwrap(),
            name: name.to_owned(),
            mac: [9; 32],
        }
    }

    #[test]
    fn a_pass_survives_encoding_and_nothing_trails() {
        let pass = pass("Dana");
        let mut bytes = pass.encode();
        assert_eq!(GuestPass::decode(&bytes), Some(pass));
        bytes.push(0);
        assert_eq!(GuestPass::decode(&bytes), None);
    }

    /// Else one could look like somebody else, or write over what stands beside the name.
    #[test]
    fn a_name_shows_what_it_is() {
        for (typed, name) in [
            ("Dana", Some("Dana")),
            ("  Dana\n Doe\u{a0}", Some("Dana Doe")),
            ("\u{202e}anaD\u{202c}", Some("anaD")),
            ("A\u{200b}l\u{feff}ice\u{2069}", Some("Alice")),
            ("Zoë 山田", Some("Zoë 山田")),
            ("\u{200f} \u{2066}", None),
            ("", None),
        ] {
            assert_eq!(guest_name(typed).as_deref(), name, "{typed:?}");
        }
        assert_eq!(
            guest_name(&"x".repeat(MAX_GUEST_NAME_LEN)).map(|name| name.len()),
            Some(MAX_GUEST_NAME_LEN)
        );
        assert_eq!(guest_name(&"x".repeat(MAX_GUEST_NAME_LEN + 1)), None);
        for typed in ["\u{202e}Dana", " Dana", "Da\u{200d}na", ""] {
            assert_eq!(GuestPass::decode(&pass(typed).encode()), None, "{typed:?}");
        }
    }

    #[test]
    fn who_a_guest_is_follows_from_its_key_alone() {
        let (dana, eve) = (pass("Dana"), pass("Eve"));
        assert_eq!(
            (dana.user_id(), dana.device_id()),
            (eve.user_id(), eve.device_id())
        );
        assert_ne!(dana.user_id().as_bytes(), dana.device_id().as_bytes());
        let other = GuestPass {
            key: PublicKey::from_slice(
                ed25519_dalek::SigningKey::from_bytes(&[8; 32])
                    .verifying_key()
                    .as_bytes(),
            )
            .unwrap(),
            ..dana.clone()
        };
        assert_ne!(other.user_id(), dana.user_id());
    }

    #[test]
    fn a_link_is_of_the_device_that_signed_it() {
        use ed25519_dalek::Signer as _;
        let device = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let key = PublicKey::from_slice(device.verifying_key().as_bytes()).unwrap();
        let link = GuestLink {
            link_id: GuestLinkId::from_random([1; 16]),
            room_id: RoomId::from_random([2; 16]),
            device_id: DeviceId::from_random([3; 16]),
            expires_at: Millis(4),
        };
        let signature = Signature(device.sign(&link.to_be_signed()).to_bytes());
        assert!(link.check_signature(&key, &signature).is_ok());
        let longer = GuestLink {
            expires_at: Millis(5),
            ..link
        };
        assert!(longer.check_signature(&key, &signature).is_err());
    }
}
