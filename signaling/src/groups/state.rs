use std::collections::HashMap;

use openmls::{
    group::{ProposalStore, PublicGroup, StagedCommit},
    prelude::{
        GroupId, LeafNodeIndex, MlsMessageBodyIn, MlsMessageIn, ProcessedMessageContent, ProtocolMessage,
        RatchetTreeIn,
        tls_codec::{DeserializeBytes as _, Serialize as _},
    },
};
use openmls_rust_crypto::RustCrypto;
use protocol::{
    Bytes, DeviceId, Epoch, LeafIndex, Millis, UserId, identity::Certificate, limits::MAX_HANDSHAKE_LEN,
    room_settings::RoomSettings, socket::CommitBundle,
};

use super::{
    CommitEffect, GroupError, GroupLeaf, GroupName, Judge, Refusal,
    check::{self, guarded},
    outline::{Outline, OutlineLeaf, OutlineProposal, OutlineSender},
    rules::{self, Committer, Description},
    storage::{Storage, read_block, write_block},
};

/// First byte of the stored form.
const STORED_VERSION: u8 = 1;

/// The public half of one group, with the newest GroupInfo.
pub struct PublicGroupState {
    group: PublicGroup,
    storage: Storage,
    crypto: RustCrypto,
    settings: RoomSettings,
    /// From left to right.
    leaves: Vec<GroupLeaf>,
    group_info: Vec<u8>,
}

impl PublicGroupState {
    /// Starts to track a group at its epoch 0, where the sender's leaf is alone in it. Checks the founder's
    /// certificate, that the settings are valid and belong to `group`, and the GroupInfo: signed by the
    /// founder, with the external public key, without the tree.
    pub fn found(
        group: GroupName,
        group_info: &[u8],
        tree: &[u8],
        judge: &dyn Judge,
        now: Millis,
    ) -> Result<Self, GroupError> {
        limit("group info", group_info)?;
        limit("tree", tree)?;
        let crypto = RustCrypto::default();
        let storage = Storage::default();

        let public_group = guarded("group info", || {
            let info = check::read_group_info(group_info)?;
            let context = info.group_context();
            if context.group_id().as_slice() != group.encode() {
                return Err(GroupError::OtherGroup { what: "group info" });
            }
            if context.epoch().as_u64() != 0 || !context.confirmed_transcript_hash().is_empty() {
                return Err(Refusal::BadFounding.into());
            }
            check::suite(context.ciphersuite())?;
            check::group_info_extensions(&info)?;
            let tree = RatchetTreeIn::tls_deserialize_exact_bytes(tree)
                .map_err(|_| GroupError::Malformed { what: "tree" })?;
            PublicGroup::from_external(&crypto, &storage, tree, info, ProposalStore::new())
                .map(|(public_group, _)| public_group)
                .map_err(|error| check::mls("group info", &error))
        })?;

        let settings = check::settings_of(public_group.group_context())?;
        let leaves = leaves_of(&public_group, &HashMap::new())?;
        let [
            GroupLeaf {
                leaf: LeafIndex(0),
                certificate,
            },
        ] = leaves.as_slice()
        else {
            return Err(Refusal::BadFounding.into());
        };
        rules::judge_founding(group, &settings, certificate, judge, now)?;
        public_group
            .members()
            .try_for_each(|member| check::encryption_key(&member.encryption_key))?;
        Ok(Self {
            group: public_group,
            storage,
            crypto,
            settings,
            leaves,
            group_info: group_info.to_vec(),
        })
    }

    /// Reads what [`Self::save`] wrote.
    pub fn load(bytes: &[u8]) -> Result<Self, GroupError> {
        let (version, mut rest) = bytes.split_first().ok_or(GroupError::Stored)?;
        if *version != STORED_VERSION {
            return Err(GroupError::Stored);
        }
        let group_id = GroupId::from_slice(read_block(&mut rest)?);
        let group_info = read_block(&mut rest)?.to_vec();
        let storage = Storage::load(&mut rest)?;
        let group = PublicGroup::load(&storage, &group_id)
            .ok()
            .flatten()
            .ok_or(GroupError::Stored)?;
        if !rest.is_empty() || group.group_id() != &group_id {
            return Err(GroupError::Stored);
        }
        let settings = check::settings_of(group.group_context())?;
        let leaves = leaves_of(&group, &HashMap::new())?;
        Ok(Self {
            group,
            storage,
            crypto: RustCrypto::default(),
            settings,
            leaves,
            group_info,
        })
    }

    /// The state as bytes, for the database.
    pub fn save(&self) -> Result<Vec<u8>, GroupError> {
        let mut bytes = vec![STORED_VERSION];
        write_block(&mut bytes, self.group.group_id().as_slice())?;
        write_block(&mut bytes, &self.group_info)?;
        self.storage.save(&mut bytes)?;
        Ok(bytes)
    }

    /// The current epoch.
    pub fn epoch(&self) -> Epoch {
        Epoch(self.group.group_context().epoch().as_u64())
    }

    /// The room's settings in the group context.
    pub fn settings(&self) -> &RoomSettings {
        &self.settings
    }

    /// All leaves, from left to right.
    pub fn leaves(&self) -> Vec<GroupLeaf> {
        self.leaves.clone()
    }

    /// The ratchet tree, TLS-encoded (RFC 9420 §12.4.3.3).
    pub fn tree(&self) -> Result<Vec<u8>, GroupError> {
        self.group
            .export_ratchet_tree()
            .tls_serialize_detached()
            .map_err(|_| GroupError::Library { what: "tree" })
    }

    /// MLSMessage(GroupInfo) of the current epoch, without the tree.
    pub fn group_info(&self) -> &[u8] {
        &self.group_info
    }

    /// The users named in the leaves that the commit brings (added, external, updated), so that their records
    /// can be loaded before [`Self::apply`] judges it. Certificates that do not hold are passed over here.
    pub fn users_in(bundle: &CommitBundle) -> Result<Vec<UserId>, GroupError> {
        limit("commit", &bundle.commit.0)?;
        let outline = Outline::read(&bundle.commit.0)?;
        let added = outline.proposals.iter().filter_map(|proposal| match proposal {
            OutlineProposal::Add { leaf, .. } => Some(leaf),
            _ => None,
        });
        let mut users: Vec<_> = added
            .chain(outline.path.as_ref())
            .filter_map(|leaf| Certificate::of_credential(leaf.credential_type, leaf.identity).ok())
            // There is no record of a guest.
            .filter(|certificate| certificate.guest().is_none())
            .map(|certificate| certificate.body().user_id)
            .collect();
        users.sort_unstable();
        users.dedup();
        Ok(users)
    }

    /// The key packages that the commit adds, each with the device that it names. A call compares them with
    /// those that the devices asked with, for a device that entered anew cannot use a former one.
    pub fn key_packages_in(bundle: &CommitBundle) -> Result<Vec<(DeviceId, Vec<u8>)>, GroupError> {
        limit("commit", &bundle.commit.0)?;
        let outline = Outline::read(&bundle.commit.0)?;
        let adds = outline.proposals.iter().filter_map(|proposal| match proposal {
            OutlineProposal::Add {
                leaf, key_package, ..
            } => Some((leaf, key_package)),
            _ => None,
        });
        adds.map(|(leaf, key_package)| Ok((certificate_of(leaf)?.body().device_id, key_package.to_vec())))
            .collect()
    }

    /// Whose a key package is: the certificate of its leaf, whose signature and key hold.
    pub fn certificate_in(key_package: &[u8]) -> Result<Certificate, GroupError> {
        Ok(certificate_of(&OutlineLeaf::of_key_package(key_package)?)?)
    }

    /// Judges and takes a commit; on error nothing has changed.
    ///
    /// What the server cannot see stays for the members to find: the confirmation and membership tags, whether
    /// the path's secrets and the welcome can be opened, and whether the external public key is the right one.
    pub fn apply(
        &mut self,
        bundle: &CommitBundle,
        judge: &dyn Judge,
        now: Millis,
    ) -> Result<CommitEffect, GroupError> {
        let parts = [("commit", &bundle.commit), ("group info", &bundle.group_info)];
        for (what, part) in parts
            .into_iter()
            .chain(bundle.welcome.as_ref().map(|part| ("welcome", part)))
        {
            limit(what, &part.0)?;
        }

        let outline = Outline::read(&bundle.commit.0)?;
        self.check_place(bundle, &outline)?;
        let commit = self.describe(&outline)?;
        rules::judge_commit(&commit, judge, now)?;
        outline.encryption_keys().try_for_each(check::encryption_key)?;
        if !bundle
            .welcome_to
            .iter()
            .eq(commit.adds.iter().map(|added| &added.body().device_id))
            || bundle.welcome.is_some() == commit.adds.is_empty()
        {
            return Err(Refusal::WelcomeTo.into());
        }

        let (staged, committer_leaf) = guarded("commit", || self.stage(bundle, &outline, &commit))?;
        let described = Described::from(commit);
        self.merge(staged, committer_leaf, described, &bundle.group_info)
    }

    fn check_place(&self, bundle: &CommitBundle, outline: &Outline<'_>) -> Result<(), GroupError> {
        if outline.group_id != self.group.group_id().as_slice() {
            return Err(GroupError::OtherGroup { what: "commit" });
        }
        if bundle.epoch != outline.epoch {
            return Err(GroupError::Malformed { what: "commit" });
        }
        let current = self.epoch();
        if outline.epoch != current {
            return Err(GroupError::StaleEpoch {
                current,
                got: outline.epoch,
            });
        }
        Ok(())
    }

    /// Puts the commit in plain words.
    fn describe(&self, outline: &Outline<'_>) -> Result<Description<'_>, GroupError> {
        let mut adds = Vec::new();
        let mut removes: Vec<GroupLeaf> = Vec::new();
        let mut new_settings = None;
        let mut external_inits = 0;
        for proposal in &outline.proposals {
            match proposal {
                OutlineProposal::Add { leaf, .. } => adds.push(certificate_of(leaf)?),
                OutlineProposal::Remove(index) => {
                    let leaf = self.leaf(*index).ok_or(Refusal::NoSuchLeaf)?;
                    if removes.iter().any(|removed| removed.leaf == leaf.leaf) {
                        return Err(Refusal::NoSuchLeaf.into());
                    }
                    removes.push(leaf.clone());
                }
                OutlineProposal::ExternalInit => external_inits += 1,
                OutlineProposal::Extensions(extensions) => {
                    if new_settings.replace(rules::settings_in(extensions)?).is_some() {
                        return Err(Refusal::BadSettings.into());
                    }
                }
            }
        }
        let path = outline.path.as_ref().map(certificate_of).transpose()?;
        let committer = match outline.sender {
            OutlineSender::Member(index) => {
                if external_inits != 0 {
                    return Err(Refusal::UnexpectedExternalInit.into());
                }
                let leaf = self.leaf(index).ok_or(Refusal::NoCommitter)?.clone();
                Committer::Member {
                    leaf,
                    update: path.map(Box::new),
                }
            }
            OutlineSender::NewMember => {
                if external_inits != 1 {
                    return Err(Refusal::ExternalProposals.into());
                }
                Committer::External(path.ok_or(Refusal::NoCommitter)?)
            }
        };
        Ok(Description {
            epoch: outline.epoch,
            settings: &self.settings,
            members: &self.leaves,
            committer,
            adds,
            removes,
            new_settings,
        })
    }

    fn leaf(&self, index: LeafIndex) -> Option<&GroupLeaf> {
        let at = self.leaves.binary_search_by_key(&index, |leaf| leaf.leaf).ok()?;
        self.leaves.get(at)
    }

    /// Lets OpenMLS process the commit, without any change of the group, and compares what comes out with what
    /// was judged.
    fn stage(
        &self,
        bundle: &CommitBundle,
        outline: &Outline<'_>,
        commit: &Description<'_>,
    ) -> Result<(StagedCommit, LeafIndex), GroupError> {
        let malformed = || GroupError::Malformed { what: "commit" };
        let message = MlsMessageIn::tls_deserialize_exact_bytes(&bundle.commit.0).map_err(|_| malformed())?;
        let MlsMessageBodyIn::PublicMessage(message) = message.extract() else {
            return Err(malformed());
        };
        let confirmation_tag = message.confirmation_tag().cloned().ok_or_else(malformed)?;

        let processed = self
            .group
            .process_message(&self.crypto, ProtocolMessage::from(message))
            .map_err(|error| check::mls("commit", &error))?;
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            return Err(Refusal::NoCommit.into());
        };
        check::same_as_described(&staged, outline, commit)?;

        let committer_leaf = match outline.sender {
            OutlineSender::Member(index) => index,
            OutlineSender::NewMember => self
                .group
                .ext_commit_sender_index(&staged)
                .map(|index| LeafIndex(index.u32()))
                .map_err(|error| check::mls("commit", &error))?,
        };
        let signature_key = match (&commit.committer, staged.update_path_leaf_node()) {
            (_, Some(leaf)) => leaf.signature_key(),
            (Committer::Member { leaf, .. }, None) => self
                .group
                .leaf(LeafNodeIndex::new(leaf.leaf.0))
                .ok_or(Refusal::NoCommitter)?
                .signature_key(),
            (Committer::External(_), None) => return Err(Refusal::NoCommitter.into()),
        };
        let signer = check::Signer {
            leaf: committer_leaf,
            signature_key,
        };
        check::group_info(
            &self.crypto,
            &bundle.group_info.0,
            &staged,
            &confirmation_tag,
            &signer,
        )?;
        check::welcome(&self.crypto, bundle.welcome.as_ref(), &staged)?;
        Ok((*staged, committer_leaf))
    }

    /// Takes the staged commit. Nothing in here depends on bytes that were not checked.
    fn merge(
        &mut self,
        staged: StagedCommit,
        committer_leaf: LeafIndex,
        described: Described,
        group_info: &Bytes,
    ) -> Result<CommitEffect, GroupError> {
        let settings = check::settings_of(staged.group_context())?;
        self.group
            .merge_commit(&self.storage, staged)
            .map_err(|_| GroupError::Library { what: "commit" })?;

        let entered = described.adds.iter().chain([&described.committer]);
        let known: HashMap<_, _> = entered
            .chain(self.leaves.iter().map(|leaf| &leaf.certificate))
            .map(|certificate| {
                (
                    (certificate.credential_type(), certificate.encode()),
                    certificate.clone(),
                )
            })
            .collect();
        self.leaves = leaves_of(&self.group, &known)?;
        let settings_changed = settings != self.settings;
        self.settings = settings;
        self.group_info.clone_from(&group_info.0);

        let by_device: HashMap<DeviceId, LeafIndex> = self
            .leaves
            .iter()
            .map(|leaf| (leaf.certificate.body().device_id, leaf.leaf))
            .collect();
        let added = described
            .adds
            .into_iter()
            .filter_map(|certificate| {
                let leaf = *by_device.get(&certificate.body().device_id)?;
                Some(GroupLeaf { leaf, certificate })
            })
            .collect();
        Ok(CommitEffect {
            committer: GroupLeaf {
                leaf: committer_leaf,
                certificate: described.committer,
            },
            external: described.external,
            added,
            removed: described.removes,
            settings_changed,
        })
    }
}

/// What stays of a [`Description`] when the group is about to change.
struct Described {
    committer: Certificate,
    external: bool,
    adds: Vec<Certificate>,
    removes: Vec<GroupLeaf>,
}

impl From<Description<'_>> for Described {
    fn from(commit: Description<'_>) -> Self {
        let external = matches!(commit.committer, Committer::External(_));
        let committer = match commit.committer {
            Committer::Member { leaf, update } => update.map_or(leaf.certificate, |update| *update),
            Committer::External(certificate) => certificate,
        };
        Self {
            committer,
            external,
            adds: commit.adds,
            removes: commit.removes,
        }
    }
}

/// A leaf's certificate, of which signature and key hold.
fn certificate_of(leaf: &OutlineLeaf<'_>) -> Result<Certificate, Refusal> {
    check::certificate(leaf.credential_type, leaf.identity, leaf.signature_key)
}

/// The leaves of a group; certificates in `known` (by their encoding) are not checked again.
fn leaves_of(
    group: &PublicGroup,
    known: &HashMap<(u16, Vec<u8>), Certificate>,
) -> Result<Vec<GroupLeaf>, GroupError> {
    group
        .members()
        .map(|member| {
            let credential = (
                member.credential.credential_type().into(),
                member.credential.serialized_content().to_vec(),
            );
            let certificate = match known.get(&credential) {
                Some(certificate) => certificate.clone(),
                None => check::certificate(credential.0, &credential.1, &member.signature_key)?,
            };
            Ok(GroupLeaf {
                leaf: LeafIndex(member.index.u32()),
                certificate,
            })
        })
        .collect()
}

fn limit(what: &'static str, bytes: &[u8]) -> Result<(), GroupError> {
    if bytes.len() > MAX_HANDSHAKE_LEN {
        Err(GroupError::TooLarge { what })
    } else {
        Ok(())
    }
}
