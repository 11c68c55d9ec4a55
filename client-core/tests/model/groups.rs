//! The public half of a group, as a server keeps it.

use std::collections::BTreeSet;

use openmls::prelude::{
    MlsMessageBodyIn, MlsMessageIn, ProcessedMessageContent, ProposalStore, ProtocolMessage, PublicGroup,
    RatchetTreeIn,
    tls_codec::{DeserializeBytes as _, Serialize as _},
};

use openmls_rust_crypto::{MemoryStorage, RustCrypto};
use protocol::{
    Bytes, DeviceId, Epoch, UserId,
    identity::Certificate,
    room_settings::{ROOM_SETTINGS_EXTENSION, RoomSettings},
    socket::CommitBundle,
};

pub struct Group {
    crypto: RustCrypto,
    storage: MemoryStorage,
    inner: PublicGroup,
    pub group_info: Bytes,
}

/// A commit as the server sees it.
pub struct Seen {
    pub added: Vec<DeviceId>,
    pub removed: Vec<DeviceId>,
}

impl Group {
    pub fn found(group_info: &Bytes, tree: &Bytes) -> Option<Self> {
        let crypto = RustCrypto::default();
        let storage = MemoryStorage::default();
        let MlsMessageBodyIn::GroupInfo(info) = MlsMessageIn::tls_deserialize_exact_bytes(&group_info.0)
            .ok()?
            .extract()
        else {
            return None;
        };
        let tree = RatchetTreeIn::tls_deserialize_exact_bytes(&tree.0).ok()?;
        let (inner, _) =
            PublicGroup::from_external(&crypto, &storage, tree, info, ProposalStore::new()).ok()?;
        Some(Self {
            crypto,
            storage,
            inner,
            group_info: group_info.clone(),
        })
    }

    pub fn epoch(&self) -> Epoch {
        Epoch(self.inner.group_context().epoch().as_u64())
    }

    pub fn tree(&self) -> Bytes {
        Bytes(self.inner.export_ratchet_tree().tls_serialize_detached().unwrap())
    }

    pub fn settings(&self) -> RoomSettings {
        let extension = self
            .inner
            .group_context()
            .extensions()
            .unknown(ROOM_SETTINGS_EXTENSION)
            .unwrap();
        RoomSettings::decode(&extension.0).unwrap()
    }

    pub fn leaves(&self) -> Vec<(UserId, DeviceId)> {
        self.inner
            .members()
            .map(|member| {
                let kind = member.credential.credential_type().into();
                let certificate =
                    Certificate::of_credential(kind, member.credential.serialized_content()).unwrap();
                (certificate.body().user_id, certificate.body().device_id)
            })
            .collect()
    }

    pub fn users(&self) -> BTreeSet<UserId> {
        self.leaves().into_iter().map(|(user, _)| user).collect()
    }

    pub fn has(&self, device: DeviceId) -> bool {
        self.leaves().iter().any(|(_, leaf)| *leaf == device)
    }

    /// Takes a commit; the model trusts its own devices to keep the rules, and checks structure and signatures.
    pub fn commit(&mut self, bundle: &CommitBundle) -> Result<Seen, String> {
        let message =
            MlsMessageIn::tls_deserialize_exact_bytes(&bundle.commit.0).map_err(|e| e.to_string())?;
        let message: ProtocolMessage = message.try_into_protocol_message().map_err(|e| e.to_string())?;
        let before: BTreeSet<DeviceId> = self.leaves().into_iter().map(|(_, device)| device).collect();
        let processed = self
            .inner
            .process_message(&self.crypto, message)
            .map_err(|error| format!("{error:?}"))?;
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            return Err("no commit".to_owned());
        };
        self.inner
            .merge_commit(&self.storage, *staged)
            .map_err(|error| error.to_string())?;
        self.group_info = bundle.group_info.clone();
        let after: BTreeSet<DeviceId> = self.leaves().into_iter().map(|(_, device)| device).collect();
        Ok(Seen {
            added: after.difference(&before).copied().collect(),
            removed: before.difference(&after).copied().collect(),
        })
    }
}
