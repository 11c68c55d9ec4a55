use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use protocol::{
    Epoch, Generation, LeafIndex, Millis, RoomId,
    encoding::{Reader, Writer},
    identity::{Signature, signed_bytes},
    limits::SEALED_SIGN_LEN,
    socket::SealedSign,
};
use zeroize::Zeroizing;

use crate::{
    group::{DeviceKey, Group, GroupError, Mls, rules::Members},
    random::Random,
};

/// Label of the exporter that gives the key, of the authenticated data, and of the signature.
const LABEL: &str = "Conclave 1.0 room sign";

const NONCE_LEN: usize = 12;

/// What a sign says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typing {
    /// Somebody is writing a message.
    On,
    /// Not any more.
    Off,
}

/// A sign, as somebody gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sign {
    /// Who gives it.
    pub(crate) leaf: LeafIndex,
    pub(crate) typing: Typing,
    /// By the clock of who gives it; later than all that this leaf gave before.
    pub(crate) at: Millis,
}

/// A room's group in one epoch, as far as signs go: nothing that was sealed in one place opens in another. Cannot be printed.
pub(crate) struct SignPlace {
    room_id: RoomId,
    generation: Generation,
    epoch: Epoch,
    key: Zeroizing<[u8; 32]>,
    /// Of two groups with the same numbers, as a server could make by a fork, each has its own.
    authenticator: Vec<u8>,
}

impl SignPlace {
    /// The place that a group is in now.
    pub(crate) fn of(
        room_id: RoomId,
        generation: Generation,
        group: &Group,
        mls: &Mls,
    ) -> Result<Self, GroupError> {
        let key = group.export(mls, LABEL, b"")?;
        let (epoch, authenticator) = (group.epoch(), group.epoch_authenticator());
        Ok(Self::new(room_id, generation, epoch, key, authenticator))
    }

    pub(super) fn new(
        room_id: RoomId,
        generation: Generation,
        epoch: Epoch,
        key: Zeroizing<[u8; 32]>,
        authenticator: Vec<u8>,
    ) -> Self {
        Self {
            room_id,
            generation,
            epoch,
            key,
            authenticator,
        }
    }

    /// Seals a sign, signed by the key of its leaf. Nothing where the cipher fails, which it does not.
    pub(crate) fn seal(&self, random: &Random, key: &DeviceKey, sign: Sign) -> Option<SealedSign> {
        self.seal_as(&random.array(), sign, &self.sign(key, sign))
    }

    pub(super) fn sign(&self, key: &DeviceKey, sign: Sign) -> Signature {
        key.sign_bytes(&signed_bytes(LABEL, &self.body(sign)))
    }

    /// [`Self::seal`] with a signature that is not looked at.
    pub(super) fn seal_as(
        &self,
        nonce: &[u8; NONCE_LEN],
        sign: Sign,
        signature: &Signature,
    ) -> Option<SealedSign> {
        let mut plain = plain(sign);
        plain.extend_from_slice(&signature.0);
        let payload = Payload {
            msg: &plain,
            aad: &self.aad(),
        };
        let sealed = Aes256Gcm::new((&*self.key).into())
            .encrypt(nonce.into(), payload)
            .ok()?;
        let mut all = [0; SEALED_SIGN_LEN];
        let (first, rest) = all.split_at_mut_checked(NONCE_LEN)?;
        first.copy_from_slice(nonce);
        // As long as it has to be, or nothing: the length is the protocol's.
        if rest.len() != sealed.len() {
            return None;
        }
        rest.copy_from_slice(&sealed);
        Some(SealedSign(Box::new(all)))
    }

    /// Opens a sign that a member gave: sealed here, and signed by the key of the leaf that it names.
    pub(crate) fn open(&self, members: &Members, sealed: &SealedSign) -> Option<Sign> {
        let (nonce, sealed) = sealed.0.split_at_checked(NONCE_LEN)?;
        let nonce: &[u8; NONCE_LEN] = nonce.try_into().ok()?;
        let payload = Payload {
            msg: sealed,
            aad: &self.aad(),
        };
        let opened = Aes256Gcm::new((&*self.key).into()).decrypt(nonce.into(), payload);
        let (sign, signature) = read(&opened.ok()?)?;
        let signer = &members.get(&sign.leaf)?.body().device_key;
        signer.check_signature(LABEL, &self.body(sign), &signature).ok()?;
        Some(sign)
    }

    /// Who gives the sign stands inside, for the server has no use for it.
    fn aad(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        self.write(writer.vec16(LABEL.as_bytes())).finish()
    }

    /// What is signed.
    fn body(&self, sign: Sign) -> Vec<u8> {
        let mut writer = Writer::default();
        let mut body = self.write(&mut writer).vec16(&self.authenticator).finish();
        body.extend(plain(sign));
        body
    }

    fn write<'a>(&self, writer: &'a mut Writer) -> &'a mut Writer {
        writer
            .fixed(self.room_id.as_bytes())
            .u64(self.generation.0)
            .u64(self.epoch.0)
    }
}

fn plain(sign: Sign) -> Vec<u8> {
    let state = match sign.typing {
        Typing::On => 1,
        Typing::Off => 2,
    };
    Writer::default()
        .u32(sign.leaf.0)
        .u8(state)
        .u64(sign.at.0)
        .finish()
}

/// Takes exactly what [`plain`] and a signature make.
fn read(bytes: &[u8]) -> Option<(Sign, Signature)> {
    let mut reader = Reader::new(bytes);
    let leaf = LeafIndex(reader.u32()?);
    let typing = match reader.u8()? {
        1 => Typing::On,
        2 => Typing::Off,
        _ => return None,
    };
    let at = Millis(reader.u64()?);
    let signature = Signature(reader.fixed()?);
    reader.end()?;
    Some((Sign { leaf, typing, at }, signature))
}
