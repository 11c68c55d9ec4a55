//! Where OpenMLS puts a public group: four parts in memory, that go to the database as one value.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use openmls_traits::{
    public_storage::PublicStorageProvider,
    storage::{CURRENT_VERSION, Entity, traits},
};

use super::GroupError;

/// One group; whose, its owner knows, so the group ids that OpenMLS passes are not looked at.
#[derive(Debug, Default)]
pub(super) struct Storage(Mutex<BTreeMap<Part, Vec<u8>>>);

/// The parts, with the byte that names them in the stored form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Part {
    Tree = 1,
    Context = 2,
    TranscriptHash = 3,
    ConfirmationTag = 4,
}

/// A part could not be written or read as CBOR.
#[derive(Debug, thiserror::Error)]
#[error("a part of the group cannot be written or read")]
pub(super) struct StorageError;

impl Storage {
    const PARTS: [Part; 4] = [
        Part::Tree,
        Part::Context,
        Part::TranscriptHash,
        Part::ConfirmationTag,
    ];

    /// Appends all parts to `bytes`.
    pub fn save(&self, bytes: &mut Vec<u8>) -> Result<(), GroupError> {
        let parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for part in Self::PARTS {
            write_block(bytes, parts.get(&part).ok_or(GroupError::Stored)?)?;
        }
        Ok(())
    }

    /// Takes all parts from the start of `bytes`.
    pub fn load(bytes: &mut &[u8]) -> Result<Self, GroupError> {
        let mut parts = BTreeMap::new();
        for part in Self::PARTS {
            parts.insert(part, read_block(bytes)?.to_vec());
        }
        Ok(Self(Mutex::new(parts)))
    }

    fn put(&self, part: Part, value: &impl Entity<CURRENT_VERSION>) -> Result<(), StorageError> {
        let mut bytes = Vec::new();
        ciborium::into_writer(value, &mut bytes).map_err(|_| StorageError)?;
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(part, bytes);
        Ok(())
    }

    fn get<T: Entity<CURRENT_VERSION>>(&self, part: Part) -> Result<Option<T>, StorageError> {
        let parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bytes) = parts.get(&part) else {
            return Ok(None);
        };
        ciborium::from_reader(bytes.as_slice())
            .map(Some)
            .map_err(|_| StorageError)
    }

    fn drop_part(&self, part: Part) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&part);
    }
}

/// Appends a length of 4 bytes and the block.
pub(super) fn write_block(bytes: &mut Vec<u8>, block: &[u8]) -> Result<(), GroupError> {
    let len = u32::try_from(block.len()).map_err(|_| GroupError::Stored)?;
    bytes.extend_from_slice(&len.to_be_bytes());
    bytes.extend_from_slice(block);
    Ok(())
}

/// Takes what [`write_block`] wrote.
pub(super) fn read_block<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], GroupError> {
    let (len, rest) = bytes.split_first_chunk::<4>().ok_or(GroupError::Stored)?;
    let len = usize::try_from(u32::from_be_bytes(*len)).map_err(|_| GroupError::Stored)?;
    let (block, rest) = rest.split_at_checked(len).ok_or(GroupError::Stored)?;
    *bytes = rest;
    Ok(block)
}

impl PublicStorageProvider<CURRENT_VERSION> for Storage {
    type PublicError = StorageError;

    fn write_tree<G: traits::GroupId<CURRENT_VERSION>, T: traits::TreeSync<CURRENT_VERSION>>(
        &self,
        _group_id: &G,
        tree: &T,
    ) -> Result<(), StorageError> {
        self.put(Part::Tree, tree)
    }

    fn write_interim_transcript_hash<
        G: traits::GroupId<CURRENT_VERSION>,
        H: traits::InterimTranscriptHash<CURRENT_VERSION>,
    >(
        &self,
        _group_id: &G,
        hash: &H,
    ) -> Result<(), StorageError> {
        self.put(Part::TranscriptHash, hash)
    }

    fn write_context<G: traits::GroupId<CURRENT_VERSION>, C: traits::GroupContext<CURRENT_VERSION>>(
        &self,
        _group_id: &G,
        context: &C,
    ) -> Result<(), StorageError> {
        self.put(Part::Context, context)
    }

    fn write_confirmation_tag<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::ConfirmationTag<CURRENT_VERSION>,
    >(
        &self,
        _group_id: &G,
        tag: &T,
    ) -> Result<(), StorageError> {
        self.put(Part::ConfirmationTag, tag)
    }

    /// No standalone proposals are ever taken.
    fn queue_proposal<
        G: traits::GroupId<CURRENT_VERSION>,
        R: traits::ProposalRef<CURRENT_VERSION>,
        P: traits::QueuedProposal<CURRENT_VERSION>,
    >(
        &self,
        _group_id: &G,
        _proposal_ref: &R,
        _proposal: &P,
    ) -> Result<(), StorageError> {
        Err(StorageError)
    }

    fn queued_proposals<
        G: traits::GroupId<CURRENT_VERSION>,
        R: traits::ProposalRef<CURRENT_VERSION>,
        P: traits::QueuedProposal<CURRENT_VERSION>,
    >(
        &self,
        _group_id: &G,
    ) -> Result<Vec<(R, P)>, StorageError> {
        Ok(Vec::new())
    }

    fn tree<G: traits::GroupId<CURRENT_VERSION>, T: traits::TreeSync<CURRENT_VERSION>>(
        &self,
        _group_id: &G,
    ) -> Result<Option<T>, StorageError> {
        self.get(Part::Tree)
    }

    fn group_context<G: traits::GroupId<CURRENT_VERSION>, C: traits::GroupContext<CURRENT_VERSION>>(
        &self,
        _group_id: &G,
    ) -> Result<Option<C>, StorageError> {
        self.get(Part::Context)
    }

    fn interim_transcript_hash<
        G: traits::GroupId<CURRENT_VERSION>,
        H: traits::InterimTranscriptHash<CURRENT_VERSION>,
    >(
        &self,
        _group_id: &G,
    ) -> Result<Option<H>, StorageError> {
        self.get(Part::TranscriptHash)
    }

    fn confirmation_tag<G: traits::GroupId<CURRENT_VERSION>, T: traits::ConfirmationTag<CURRENT_VERSION>>(
        &self,
        _group_id: &G,
    ) -> Result<Option<T>, StorageError> {
        self.get(Part::ConfirmationTag)
    }

    fn delete_tree<G: traits::GroupId<CURRENT_VERSION>>(&self, _group_id: &G) -> Result<(), StorageError> {
        self.drop_part(Part::Tree);
        Ok(())
    }

    fn delete_confirmation_tag<G: traits::GroupId<CURRENT_VERSION>>(
        &self,
        _group_id: &G,
    ) -> Result<(), StorageError> {
        self.drop_part(Part::ConfirmationTag);
        Ok(())
    }

    fn delete_context<G: traits::GroupId<CURRENT_VERSION>>(&self, _group_id: &G) -> Result<(), StorageError> {
        self.drop_part(Part::Context);
        Ok(())
    }

    fn delete_interim_transcript_hash<G: traits::GroupId<CURRENT_VERSION>>(
        &self,
        _group_id: &G,
    ) -> Result<(), StorageError> {
        self.drop_part(Part::TranscriptHash);
        Ok(())
    }

    fn remove_proposal<G: traits::GroupId<CURRENT_VERSION>, R: traits::ProposalRef<CURRENT_VERSION>>(
        &self,
        _group_id: &G,
        _proposal_ref: &R,
    ) -> Result<(), StorageError> {
        Ok(())
    }

    fn clear_proposal_queue<G: traits::GroupId<CURRENT_VERSION>, R: traits::ProposalRef<CURRENT_VERSION>>(
        &self,
        _group_id: &G,
    ) -> Result<(), StorageError> {
        Ok(())
    }
}
