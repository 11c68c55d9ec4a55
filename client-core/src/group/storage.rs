//! OpenMLS's storage: a map in memory that notes what changed, so that one batch can carry it.

use std::cell::RefCell;

use openmls_traits::storage::{CURRENT_VERSION, StorageProvider, traits};
use serde::{Serialize, de::DeserializeOwned};
use serde_bytes::ByteBuf;
use zeroize::Zeroizing;

use crate::{
    compact,
    sorted::{SortedMap, SortedSet},
};

/// Entries by label and key. What OpenMLS deletes is gone here at once and in the next batch.
#[derive(Default)]
pub(crate) struct MlsStorage {
    values: RefCell<SortedMap<Vec<u8>, Zeroizing<Vec<u8>>>>,
    changed: RefCell<SortedSet<Vec<u8>>>,
}

/// Key of an entry, and its value; nothing where it was deleted.
pub(crate) type Changed = (Vec<u8>, Option<Zeroizing<Vec<u8>>>);

/// A stored entry cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored entry of kind {label} cannot be read")]
pub(crate) struct StorageError {
    label: u8,
}

/// Labels of entries: stored, therefore never renumbered.
mod label {
    pub(super) const JOIN_CONFIG: u8 = 1;
    pub(super) const OWN_LEAF_NODES: u8 = 2;
    pub(super) const PROPOSAL_REFS: u8 = 3;
    pub(super) const PROPOSAL: u8 = 4;
    pub(super) const TREE: u8 = 5;
    pub(super) const TRANSCRIPT_HASH: u8 = 6;
    pub(super) const CONTEXT: u8 = 7;
    pub(super) const CONFIRMATION_TAG: u8 = 8;
    pub(super) const GROUP_STATE: u8 = 9;
    pub(super) const MESSAGE_SECRETS: u8 = 10;
    pub(super) const RESUMPTION_PSKS: u8 = 11;
    pub(super) const OWN_LEAF_INDEX: u8 = 12;
    pub(super) const EPOCH_SECRETS: u8 = 13;
    pub(super) const SIGNATURE_KEYS: u8 = 14;
    pub(super) const ENCRYPTION_KEYS: u8 = 15;
    pub(super) const EPOCH_KEYS: u8 = 16;
    pub(super) const KEY_PACKAGE: u8 = 17;
    pub(super) const PSK: u8 = 18;
}

type Result<T> = std::result::Result<T, StorageError>;

impl MlsStorage {
    /// Puts a stored entry back, without noting a change.
    pub(crate) fn restore(&self, key: Vec<u8>, value: Zeroizing<Vec<u8>>) {
        self.values.borrow_mut().insert(key, value);
    }

    /// Entries that changed since the last call, with their values; nothing where one was deleted.
    pub(crate) fn take_changes(&self) -> Vec<Changed> {
        let changed = std::mem::take(&mut *self.changed.borrow_mut());
        let values = self.values.borrow();
        changed
            .into_iter()
            .map(|key| {
                let value = values.get(&key).cloned();
                (key, value)
            })
            .collect()
    }

    /// Deletes everything.
    pub(crate) fn clear(&self) {
        let values = std::mem::take(&mut *self.values.borrow_mut());
        self.changed.borrow_mut().extend(values.into_keys());
    }

    fn set<T: Serialize + ?Sized>(&self, label: u8, key: &impl Serialize, value: &T) -> Result<()> {
        let key = entry_key(label, key);
        self.values
            .borrow_mut()
            .insert(key.clone(), compact::to_vec(value));
        self.changed.borrow_mut().insert(key);
        Ok(())
    }

    fn get<T: DeserializeOwned>(&self, label: u8, key: &impl Serialize) -> Result<Option<T>> {
        let values = self.values.borrow();
        let value = values.get(&entry_key(label, key));
        value
            .map(|bytes| compact::from_slice(bytes).ok_or(StorageError { label }))
            .transpose()
    }

    fn remove(&self, label: u8, key: &impl Serialize) -> Result<()> {
        let key = entry_key(label, key);
        if self.values.borrow_mut().remove(&key).is_some() {
            self.changed.borrow_mut().insert(key);
        }
        Ok(())
    }

    fn list(&self, label: u8, key: &impl Serialize) -> Result<Vec<ByteBuf>> {
        Ok(self.get(label, key)?.unwrap_or_default())
    }

    fn read_list<T: DeserializeOwned>(&self, label: u8, key: &impl Serialize) -> Result<Vec<T>> {
        let list = self.list(label, key)?;
        list.iter()
            .map(|item| compact::from_slice(item).ok_or(StorageError { label }))
            .collect()
    }

    fn append(&self, label: u8, key: &impl Serialize, item: &impl Serialize) -> Result<()> {
        let mut list = self.list(label, key)?;
        list.push(ByteBuf::from(compact::to_vec(item).to_vec()));
        self.set(label, key, &list)
    }
}

fn entry_key(label: u8, key: &impl Serialize) -> Vec<u8> {
    let mut bytes = vec![label];
    bytes.extend_from_slice(&compact::to_vec(key));
    bytes
}

/// One value for each group: how it is written, read and deleted.
macro_rules! group_values {
    ($($label:ident: $entity:ident, $write:ident, $read:ident, $delete:ident;)*) => {$(
        fn $write<G: traits::GroupId<CURRENT_VERSION>, T: traits::$entity<CURRENT_VERSION>>(
            &self,
            group_id: &G,
            value: &T,
        ) -> Result<()> {
            self.set(label::$label, group_id, value)
        }

        fn $read<G: traits::GroupId<CURRENT_VERSION>, T: traits::$entity<CURRENT_VERSION>>(
            &self,
            group_id: &G,
        ) -> Result<Option<T>> {
            self.get(label::$label, group_id)
        }

        fn $delete<G: traits::GroupId<CURRENT_VERSION>>(&self, group_id: &G) -> Result<()> {
            self.remove(label::$label, group_id)
        }
    )*};
}

impl StorageProvider<CURRENT_VERSION> for MlsStorage {
    type Error = StorageError;

    group_values! {
        TRANSCRIPT_HASH: InterimTranscriptHash, write_interim_transcript_hash, interim_transcript_hash,
            delete_interim_transcript_hash;
        CONTEXT: GroupContext, write_context, group_context, delete_context;
        CONFIRMATION_TAG: ConfirmationTag, write_confirmation_tag, confirmation_tag, delete_confirmation_tag;
        MESSAGE_SECRETS: MessageSecrets, write_message_secrets, message_secrets, delete_message_secrets;
        RESUMPTION_PSKS: ResumptionPskStore, write_resumption_psk_store, resumption_psk_store,
            delete_all_resumption_psk_secrets;
        OWN_LEAF_INDEX: LeafNodeIndex, write_own_leaf_index, own_leaf_index, delete_own_leaf_index;
        EPOCH_SECRETS: GroupEpochSecrets, write_group_epoch_secrets, group_epoch_secrets,
            delete_group_epoch_secrets;
        TREE: TreeSync, write_tree, tree, delete_tree;
    }

    // OpenMLS reads several former shapes of it, and tells them apart by what the encoding says of itself.
    fn write_mls_join_config<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::MlsGroupJoinConfig<CURRENT_VERSION>,
    >(
        &self,
        group_id: &G,
        value: &T,
    ) -> Result<()> {
        let label = label::JOIN_CONFIG;
        let json = serde_json::to_string(value).map_err(|_| StorageError { label })?;
        self.set(label, group_id, &json)
    }

    fn mls_group_join_config<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::MlsGroupJoinConfig<CURRENT_VERSION>,
    >(
        &self,
        group_id: &G,
    ) -> Result<Option<T>> {
        let label = label::JOIN_CONFIG;
        let json: Option<String> = self.get(label, group_id)?;
        json.map(|json| serde_json::from_str(&json).map_err(|_| StorageError { label }))
            .transpose()
    }

    fn delete_group_config<G: traits::GroupId<CURRENT_VERSION>>(&self, group_id: &G) -> Result<()> {
        self.remove(label::JOIN_CONFIG, group_id)
    }

    fn write_group_state<T: traits::GroupState<CURRENT_VERSION>, G: traits::GroupId<CURRENT_VERSION>>(
        &self,
        group_id: &G,
        value: &T,
    ) -> Result<()> {
        self.set(label::GROUP_STATE, group_id, value)
    }

    fn group_state<T: traits::GroupState<CURRENT_VERSION>, G: traits::GroupId<CURRENT_VERSION>>(
        &self,
        group_id: &G,
    ) -> Result<Option<T>> {
        self.get(label::GROUP_STATE, group_id)
    }

    fn delete_group_state<G: traits::GroupId<CURRENT_VERSION>>(&self, group_id: &G) -> Result<()> {
        self.remove(label::GROUP_STATE, group_id)
    }

    fn append_own_leaf_node<G: traits::GroupId<CURRENT_VERSION>, L: traits::LeafNode<CURRENT_VERSION>>(
        &self,
        group_id: &G,
        leaf_node: &L,
    ) -> Result<()> {
        self.append(label::OWN_LEAF_NODES, group_id, leaf_node)
    }

    fn own_leaf_nodes<G: traits::GroupId<CURRENT_VERSION>, L: traits::LeafNode<CURRENT_VERSION>>(
        &self,
        group_id: &G,
    ) -> Result<Vec<L>> {
        self.read_list(label::OWN_LEAF_NODES, group_id)
    }

    fn delete_own_leaf_nodes<G: traits::GroupId<CURRENT_VERSION>>(&self, group_id: &G) -> Result<()> {
        self.remove(label::OWN_LEAF_NODES, group_id)
    }

    fn queue_proposal<
        G: traits::GroupId<CURRENT_VERSION>,
        R: traits::ProposalRef<CURRENT_VERSION>,
        P: traits::QueuedProposal<CURRENT_VERSION>,
    >(
        &self,
        group_id: &G,
        proposal_ref: &R,
        proposal: &P,
    ) -> Result<()> {
        self.set(label::PROPOSAL, &(group_id, proposal_ref), proposal)?;
        self.append(label::PROPOSAL_REFS, group_id, proposal_ref)
    }

    fn queued_proposal_refs<G: traits::GroupId<CURRENT_VERSION>, R: traits::ProposalRef<CURRENT_VERSION>>(
        &self,
        group_id: &G,
    ) -> Result<Vec<R>> {
        self.read_list(label::PROPOSAL_REFS, group_id)
    }

    fn queued_proposals<
        G: traits::GroupId<CURRENT_VERSION>,
        R: traits::ProposalRef<CURRENT_VERSION>,
        P: traits::QueuedProposal<CURRENT_VERSION>,
    >(
        &self,
        group_id: &G,
    ) -> Result<Vec<(R, P)>> {
        let refs: Vec<R> = self.read_list(label::PROPOSAL_REFS, group_id)?;
        let missing = StorageError {
            label: label::PROPOSAL,
        };
        refs.into_iter()
            .map(|proposal_ref| {
                let proposal = self
                    .get(label::PROPOSAL, &(group_id, &proposal_ref))?
                    .ok_or(missing)?;
                Ok((proposal_ref, proposal))
            })
            .collect()
    }

    fn remove_proposal<G: traits::GroupId<CURRENT_VERSION>, R: traits::ProposalRef<CURRENT_VERSION>>(
        &self,
        group_id: &G,
        proposal_ref: &R,
    ) -> Result<()> {
        let mut list = self.list(label::PROPOSAL_REFS, group_id)?;
        let item = compact::to_vec(proposal_ref);
        list.retain(|stored| stored.as_slice() != item.as_slice());
        self.set(label::PROPOSAL_REFS, group_id, &list)?;
        self.remove(label::PROPOSAL, &(group_id, proposal_ref))
    }

    fn clear_proposal_queue<G: traits::GroupId<CURRENT_VERSION>, R: traits::ProposalRef<CURRENT_VERSION>>(
        &self,
        group_id: &G,
    ) -> Result<()> {
        let refs: Vec<R> = self.read_list(label::PROPOSAL_REFS, group_id)?;
        for proposal_ref in refs {
            self.remove(label::PROPOSAL, &(group_id, proposal_ref))?;
        }
        self.remove(label::PROPOSAL_REFS, group_id)
    }

    fn write_signature_key_pair<
        K: traits::SignaturePublicKey<CURRENT_VERSION>,
        T: traits::SignatureKeyPair<CURRENT_VERSION>,
    >(
        &self,
        public_key: &K,
        value: &T,
    ) -> Result<()> {
        self.set(label::SIGNATURE_KEYS, public_key, value)
    }

    fn signature_key_pair<
        K: traits::SignaturePublicKey<CURRENT_VERSION>,
        T: traits::SignatureKeyPair<CURRENT_VERSION>,
    >(
        &self,
        public_key: &K,
    ) -> Result<Option<T>> {
        self.get(label::SIGNATURE_KEYS, public_key)
    }

    fn delete_signature_key_pair<K: traits::SignaturePublicKey<CURRENT_VERSION>>(
        &self,
        public_key: &K,
    ) -> Result<()> {
        self.remove(label::SIGNATURE_KEYS, public_key)
    }

    fn write_encryption_key_pair<
        K: traits::EncryptionKey<CURRENT_VERSION>,
        T: traits::HpkeKeyPair<CURRENT_VERSION>,
    >(
        &self,
        public_key: &K,
        value: &T,
    ) -> Result<()> {
        self.set(label::ENCRYPTION_KEYS, public_key, value)
    }

    fn encryption_key_pair<
        T: traits::HpkeKeyPair<CURRENT_VERSION>,
        K: traits::EncryptionKey<CURRENT_VERSION>,
    >(
        &self,
        public_key: &K,
    ) -> Result<Option<T>> {
        self.get(label::ENCRYPTION_KEYS, public_key)
    }

    fn delete_encryption_key_pair<K: traits::EncryptionKey<CURRENT_VERSION>>(
        &self,
        public_key: &K,
    ) -> Result<()> {
        self.remove(label::ENCRYPTION_KEYS, public_key)
    }

    fn write_encryption_epoch_key_pairs<
        G: traits::GroupId<CURRENT_VERSION>,
        E: traits::EpochKey<CURRENT_VERSION>,
        T: traits::HpkeKeyPair<CURRENT_VERSION>,
    >(
        &self,
        group_id: &G,
        epoch: &E,
        leaf_index: u32,
        key_pairs: &[T],
    ) -> Result<()> {
        self.set(label::EPOCH_KEYS, &(group_id, epoch, leaf_index), key_pairs)
    }

    fn encryption_epoch_key_pairs<
        G: traits::GroupId<CURRENT_VERSION>,
        E: traits::EpochKey<CURRENT_VERSION>,
        T: traits::HpkeKeyPair<CURRENT_VERSION>,
    >(
        &self,
        group_id: &G,
        epoch: &E,
        leaf_index: u32,
    ) -> Result<Vec<T>> {
        Ok(self
            .get(label::EPOCH_KEYS, &(group_id, epoch, leaf_index))?
            .unwrap_or_default())
    }

    fn delete_encryption_epoch_key_pairs<
        G: traits::GroupId<CURRENT_VERSION>,
        E: traits::EpochKey<CURRENT_VERSION>,
    >(
        &self,
        group_id: &G,
        epoch: &E,
        leaf_index: u32,
    ) -> Result<()> {
        self.remove(label::EPOCH_KEYS, &(group_id, epoch, leaf_index))
    }

    fn write_key_package<
        R: traits::HashReference<CURRENT_VERSION>,
        T: traits::KeyPackage<CURRENT_VERSION>,
    >(
        &self,
        hash_ref: &R,
        value: &T,
    ) -> Result<()> {
        self.set(label::KEY_PACKAGE, hash_ref, value)
    }

    fn key_package<R: traits::HashReference<CURRENT_VERSION>, T: traits::KeyPackage<CURRENT_VERSION>>(
        &self,
        hash_ref: &R,
    ) -> Result<Option<T>> {
        self.get(label::KEY_PACKAGE, hash_ref)
    }

    fn delete_key_package<R: traits::HashReference<CURRENT_VERSION>>(&self, hash_ref: &R) -> Result<()> {
        self.remove(label::KEY_PACKAGE, hash_ref)
    }

    fn write_psk<P: traits::PskId<CURRENT_VERSION>, T: traits::PskBundle<CURRENT_VERSION>>(
        &self,
        psk_id: &P,
        value: &T,
    ) -> Result<()> {
        self.set(label::PSK, psk_id, value)
    }

    fn psk<T: traits::PskBundle<CURRENT_VERSION>, P: traits::PskId<CURRENT_VERSION>>(
        &self,
        psk_id: &P,
    ) -> Result<Option<T>> {
        self.get(label::PSK, psk_id)
    }

    fn delete_psk<P: traits::PskId<CURRENT_VERSION>>(&self, psk_id: &P) -> Result<()> {
        self.remove(label::PSK, psk_id)
    }
}
