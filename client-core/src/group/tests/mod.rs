//! The rules as tables, and groups of real devices.

mod devices;
mod former;
mod rules;

use ed25519_dalek::{Signer as _, SigningKey};
use protocol::{
    DeviceId, Email, Generation, Millis, NetworkId, RoomId, UserId,
    identity::{Certificate, CertificateBody, PublicKey},
    room_settings::{RoomKind, RoomSettings, WhoMayAdd},
};

use super::{rules::Account, *};

const NOW: Millis = Millis(1_000);

/// A person with a key of its own.
struct Someone {
    user_id: UserId,
    aik: SigningKey,
    email: &'static str,
}

fn someone(number: u8, email: &'static str) -> Someone {
    Someone {
        user_id: UserId::from_random([number; 16]),
        aik: SigningKey::from_bytes(&[number; 32]),
        email,
    }
}

fn alice() -> Someone {
    someone(1, "alice@example.org")
}

fn bob() -> Someone {
    someone(2, "bob@example.org")
}

fn carol() -> Someone {
    someone(3, "carol@example.org")
}

fn public(key: &SigningKey) -> PublicKey {
    PublicKey::from_slice(key.verifying_key().as_bytes()).unwrap()
}

impl Someone {
    fn body(&self, device: u8) -> CertificateBody {
        CertificateBody {
            network_id: NetworkId::from_random([9; 16]),
            email: Email::parse(self.email).unwrap(),
            user_id: self.user_id,
            device_id: DeviceId::from_random([device; 16]),
            device_key: public(&SigningKey::from_bytes(&[device; 32])),
            aik: public(&self.aik),
            not_after: Millis(2_000),
        }
    }

    fn device(&self, device: u8) -> Certificate {
        self.issue(self.body(device))
    }

    fn issue(&self, body: CertificateBody) -> Certificate {
        Certificate::issue(body, |bytes| self.aik.sign(bytes).to_bytes())
    }

    fn account(&self) -> Account {
        let body = self.body(0);
        Account {
            network_id: body.network_id,
            user_id: body.user_id,
            email: body.email,
            aik: body.aik,
        }
    }
}

fn room_id() -> RoomId {
    RoomId::from_random([7; 16])
}

fn settings(kind: RoomKind, who_may_add: WhoMayAdd) -> RoomSettings {
    RoomSettings {
        room_id: room_id(),
        kind,
        moderators: vec![alice().user_id],
        who_may_add,
        ttl_cap_ms: 0,
        burn_cap_ms: 0,
        removed: vec![],
        ends_at: Millis(0),
        constant_bitrate: false,
    }
}

fn name() -> GroupName {
    GroupName {
        room_id: room_id(),
        call_id: None,
        generation: Generation(1),
    }
}
