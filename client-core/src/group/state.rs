use openmls::framing::errors::{MessageDecryptionError, SecretTreeError};
use openmls::group::{
    PURE_PLAINTEXT_WIRE_FORMAT_POLICY, ProcessMessageError, StagedWelcome, ValidationError,
};
use openmls::prelude::{
    CommitMessageBundle, GroupId, KeyPackage, LeafNodeIndex, LeafNodeParameters, MlsGroup,
    MlsGroupCreateConfig, MlsGroupJoinConfig, MlsMessageBodyIn, OpenMlsProvider as _,
    ProcessedMessageContent, ProcessedWelcome, ProtocolMessage, Sender, SenderRatchetConfiguration,
    StagedCommit, tls_codec::Serialize as _,
};
use protocol::{
    CallId, DeviceId, Epoch, Generation, LeafIndex, RoomId, identity::Certificate,
    room_settings::RoomSettings,
};
use zeroize::Zeroizing;

use super::{
    former::{Entering, Way},
    key_package::OthersKeyPackage,
    padding,
    provider::{DeviceKey, Mls, SUITE, capabilities, credential, lifetime},
    reading::{change_of, members, parse, parse_tree, settings_extension, settings_of, signer_of},
    rules::{Change, Circumstances, Committer, Members, RuleError, check_change, check_tree},
};
use crate::limits::MAX_SKIPPED_MESSAGES;

/// The name of a group: its room or call, and how often it was founded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GroupName {
    pub(crate) room_id: RoomId,
    /// Set for the group of a call in that room.
    pub(crate) call_id: Option<CallId>,
    pub(crate) generation: Generation,
}

impl GroupName {
    pub(super) fn to_mls(self) -> GroupId {
        let place = self
            .call_id
            .map_or(*self.room_id.as_bytes(), |call_id| *call_id.as_bytes());
        let mut bytes = place.to_vec();
        bytes.extend_from_slice(&self.generation.0.to_be_bytes());
        GroupId::from_slice(&bytes)
    }
}

/// One group as this device sees it.
pub(crate) struct Group {
    inner: MlsGroup,
    settings: RoomSettings,
    members: Members,
}

/// A commit, ready for the server.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Commit {
    /// Epoch that it leaves.
    pub(crate) epoch: Epoch,
    pub(crate) commit: serde_bytes::ByteBuf,
    pub(crate) group_info: serde_bytes::ByteBuf,
    pub(crate) welcome: Option<serde_bytes::ByteBuf>,
    pub(crate) welcome_to: Vec<DeviceId>,
}

/// Epoch 0 of a group, ready for the server.
pub(crate) struct Founding {
    pub(crate) group_info: Vec<u8>,
    pub(crate) tree: Vec<u8>,
}

/// What a member wants to change.
#[derive(Default)]
pub(crate) struct Wish {
    pub(crate) add: Vec<OthersKeyPackage>,
    pub(crate) remove: Vec<LeafIndex>,
    pub(crate) settings: Option<RoomSettings>,
}

/// What came out of a message of the group.
pub(crate) enum Incoming {
    Message {
        certificate: Box<Certificate>,
        content: Zeroizing<Vec<u8>>,
    },
    Commit(Box<StagedChange>),
    /// Our pending commit: [`Group::merge_own`].
    OwnCommit,
    /// A message of our own, which we cannot open.
    OwnMessage,
}

/// A commit that is valid MLS and fits the rules; not taken yet.
pub(crate) struct StagedChange {
    staged: StagedCommit,
    pub(crate) change: Change,
    /// Certificates of the leaves that it removes.
    pub(crate) removed: Vec<(LeafIndex, Certificate)>,
    pub(crate) removes_me: bool,
}

/// Why something was refused or could not be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GroupError {
    #[error("the bytes are not the message that they should be")]
    Malformed,
    #[error("a rule does not hold: {0}")]
    Rule(#[from] RuleError),
    #[error("refused by MLS: {0}")]
    Mls(String),
    #[error("the message is of another group or epoch")]
    OtherEpoch,
    #[error("the padding is wrong")]
    Padding,
    #[error("the key of the message was used before")]
    Replayed,
}

pub(super) fn mls(error: impl std::fmt::Display) -> GroupError {
    GroupError::Mls(error.to_string())
}

impl Group {
    /// Founds a group with this device's leaf alone.
    pub(crate) fn found(
        provider: &Mls,
        key: &DeviceKey,
        certificate: &Certificate,
        name: GroupName,
        settings: &RoomSettings,
    ) -> Result<(Self, Founding), GroupError> {
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(SUITE)
            .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
            .sender_ratchet_configuration(ratchet())
            .use_ratchet_tree_extension(false)
            .max_past_epochs(0)
            .capabilities(capabilities())
            .lifetime(lifetime())
            .with_group_context_extensions(settings_extension(settings)?)
            .build();
        let inner =
            MlsGroup::new_with_group_id(provider, key, &config, name.to_mls(), credential(certificate))
                .map_err(mls)?;
        let group = Self::new(inner)?;
        let founding = Founding {
            group_info: group.group_info(provider, key)?,
            tree: group.tree()?,
        };
        Ok((group, founding))
    }

    /// The stored group; nothing where there is none, or where it cannot be read any more.
    pub(crate) fn load(provider: &Mls, name: GroupName) -> Option<Self> {
        let inner = MlsGroup::load(provider.storage(), &name.to_mls()).ok()??;
        Self::new(inner).ok()
    }

    /// Joins by a welcome. Uses up the key package, even where the group is then refused.
    pub(crate) fn join_by_welcome(
        provider: &Mls,
        name: GroupName,
        welcome: &[u8],
        tree: &[u8],
        circumstances: Circumstances<'_>,
    ) -> Result<Joined, GroupError> {
        let MlsMessageBodyIn::Welcome(welcome) = parse(welcome)? else {
            return Err(GroupError::Malformed);
        };
        let processed = ProcessedWelcome::new_from_welcome(provider, &join_config(), welcome).map_err(mls)?;
        if processed.unverified_group_info().group_id() != &name.to_mls() {
            return Err(RuleError::OtherGroup.into());
        }
        let last_resort = processed.own_key_package().is_some_and(KeyPackage::last_resort);
        let staged: StagedWelcome = openmls::group::JoinBuilder::new(provider, processed)
            .with_ratchet_tree(parse_tree(tree)?)
            .skip_lifetime_validation()
            .replace_old_group()
            .build()
            .map_err(mls)?;
        let inviter = LeafIndex(staged.welcome_sender_index().u32());
        let settings = settings_of(staged.group_context().extensions())?;
        let members = members(staged.members())?;
        let epoch = Epoch(staged.group_context().epoch().as_u64());
        let way = Way::Welcome(epoch);
        check_entering(&members, &settings, name, way, inviter, circumstances)?;
        let inner = staged.into_group(provider).map_err(mls)?;
        Ok(Joined {
            group: Self {
                inner,
                settings,
                members,
            },
            last_resort,
            inviter,
        })
    }

    /// Joins from outside. The group stands in the epoch *after* the commit; it is of no use unless the server
    /// takes the commit.
    pub(crate) fn join_externally(
        provider: &Mls,
        key: &DeviceKey,
        certificate: &Certificate,
        name: GroupName,
        group_info: &[u8],
        tree: &[u8],
        circumstances: Circumstances<'_>,
    ) -> Result<(Self, Commit), GroupError> {
        let signer = signer_of(group_info).ok_or(GroupError::Malformed)?;
        let MlsMessageBodyIn::GroupInfo(group_info) = parse(group_info)? else {
            return Err(GroupError::Malformed);
        };
        if group_info.group_id() != &name.to_mls() {
            return Err(RuleError::OtherGroup.into());
        }
        let epoch = Epoch(group_info.epoch().as_u64());
        let parameters = LeafNodeParameters::builder()
            .with_capabilities(capabilities())
            .build();
        let builder = MlsGroup::external_commit_builder()
            .with_ratchet_tree(parse_tree(tree)?)
            .with_config(join_config())
            .skip_lifetime_validation()
            .build_group(provider, group_info, credential(certificate))
            .map_err(mls)?
            .leaf_node_parameters(parameters)
            .load_psks(provider.storage())
            .map_err(mls)?
            .create_group_info(true)
            .use_ratchet_tree_extension(false)
            .build(provider.rand(), provider.crypto(), key, |_| true)
            .map_err(mls)?;
        let (inner, bundle) = builder.finalize(provider).map_err(mls)?;
        let group = Self::new(inner)?;
        let (members, settings) = (&group.members, &group.settings);
        let way = Way::Outside(epoch);
        if let Err(error) = check_entering(members, settings, name, way, signer, circumstances) {
            group.delete(provider);
            return Err(error.into());
        }
        let commit = commit_of(epoch, bundle, vec![])?;
        Ok((group, commit))
    }

    fn new(inner: MlsGroup) -> Result<Self, GroupError> {
        let settings = settings_of(inner.extensions())?;
        let members = members(inner.members())?;
        Ok(Self {
            inner,
            settings,
            members,
        })
    }

    /// Makes a commit that is pending until [`Group::merge_own`] or [`Group::drop_own`]. It always renews the own
    /// leaf.
    pub(crate) fn commit(
        &mut self,
        provider: &Mls,
        key: &DeviceKey,
        wish: Wish,
        circumstances: Circumstances<'_>,
    ) -> Result<Commit, GroupError> {
        let change = Change {
            committer: Committer::Member(self.own_leaf()),
            adds: wish.add.iter().map(|add| add.certificate.clone()).collect(),
            removes: wish.remove.clone(),
            renewed: None,
            settings: wish.settings.clone().map(Some),
            unusable_key: false,
            forbidden: false,
        };
        check_change(&self.members, &self.settings, &change, circumstances)?;
        let welcome_to = change.adds.iter().map(|add| add.body().device_id).collect();
        let epoch = self.epoch();
        let mut builder = self
            .inner
            .commit_builder()
            .consume_proposal_store(false)
            .force_self_update(true)
            .propose_adds(wish.add.into_iter().map(|add| add.inner))
            .propose_removals(wish.remove.iter().map(|leaf| LeafNodeIndex::new(leaf.0)));
        if let Some(settings) = &wish.settings {
            builder = builder
                .propose_group_context_extensions(settings_extension(settings)?)
                .map_err(mls)?;
        }
        let bundle = builder
            .load_psks(provider.storage())
            .map_err(mls)?
            .create_group_info(true)
            .use_ratchet_tree_extension(false)
            .build(provider.rand(), provider.crypto(), key, |_| true)
            .map_err(mls)?
            .stage_commit(provider)
            .map_err(mls)?;
        commit_of(epoch, bundle, welcome_to)
    }

    /// The server's log shows our pending commit: it holds.
    pub(crate) fn merge_own(&mut self, provider: &Mls) -> Result<(), GroupError> {
        self.inner.merge_pending_commit(provider).map_err(mls)?;
        self.refresh()
    }

    /// Our pending commit lost.
    pub(crate) fn drop_own(&mut self, provider: &Mls) -> Result<(), GroupError> {
        self.inner.clear_pending_commit(provider.storage()).map_err(mls)
    }

    pub(crate) fn has_own_pending(&self) -> bool {
        self.inner.pending_commit().is_some()
    }

    /// Opens a message of the log. A commit is judged by the rules, and taken by [`Group::accept`].
    pub(crate) fn process(
        &mut self,
        provider: &Mls,
        bytes: &[u8],
        circumstances: Circumstances<'_>,
    ) -> Result<Incoming, GroupError> {
        let message: ProtocolMessage = match parse(bytes)? {
            MlsMessageBodyIn::PublicMessage(message) => message.into(),
            MlsMessageBodyIn::PrivateMessage(message) => message.into(),
            _ => return Err(GroupError::Malformed),
        };
        if message.group_id() != self.inner.group_id() || message.epoch() != self.inner.epoch() {
            return Err(GroupError::OtherEpoch);
        }
        let processed = self
            .inner
            .process_message(provider, message)
            .map_err(|error| match error {
                ProcessMessageError::ValidationError(ValidationError::UnableToDecrypt(
                    MessageDecryptionError::SecretTreeError(
                        SecretTreeError::SecretReuseError | SecretTreeError::TooDistantInThePast,
                    ),
                )) => GroupError::Replayed,
                error => mls(error),
            })?;
        let sender = processed.sender().clone();
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(message) => {
                let Sender::Member(leaf) = sender else {
                    return Err(GroupError::Malformed);
                };
                let leaf = LeafIndex(leaf.u32());
                let certificate = self.members.get(&leaf).ok_or(RuleError::NoSuchLeaf)?.clone();
                let padded = Zeroizing::new(message.into_bytes());
                let content = padding::unpad(&padded).ok_or(GroupError::Padding)?;
                Ok(Incoming::Message {
                    certificate: Box::new(certificate),
                    content: Zeroizing::new(content.to_vec()),
                })
            }
            ProcessedMessageContent::StagedCommitMessage(staged) => {
                let staged = self.judge(*staged, &sender, circumstances)?;
                Ok(Incoming::Commit(Box::new(staged)))
            }
            ProcessedMessageContent::OwnPendingCommit => Ok(Incoming::OwnCommit),
            ProcessedMessageContent::OwnPrivateMessage => Ok(Incoming::OwnMessage),
            _ => Err(RuleError::Forbidden.into()),
        }
    }

    fn judge(
        &self,
        staged: StagedCommit,
        sender: &Sender,
        circumstances: Circumstances<'_>,
    ) -> Result<StagedChange, GroupError> {
        let change = change_of(&staged, sender)?;
        check_change(&self.members, &self.settings, &change, circumstances)?;
        let removed = change
            .removes
            .iter()
            .filter_map(|leaf| Some((*leaf, self.members.get(leaf)?.clone())))
            .collect();
        let removes_me = staged.self_removed();
        Ok(StagedChange {
            staged,
            change,
            removed,
            removes_me,
        })
    }

    /// Takes a commit that was judged. What of ours was pending is dropped.
    pub(crate) fn accept(&mut self, provider: &Mls, staged: StagedChange) -> Result<(), GroupError> {
        self.inner
            .merge_staged_commit(provider, staged.staged)
            .map_err(mls)?;
        if self.inner.is_active() {
            self.refresh()
        } else {
            Ok(())
        }
    }

    /// MLSMessage(PrivateMessage) with the padded content.
    pub(crate) fn encrypt(
        &mut self,
        provider: &Mls,
        key: &DeviceKey,
        content: &[u8],
    ) -> Result<Vec<u8>, GroupError> {
        let padded = Zeroizing::new(padding::pad(content));
        self.inner
            .create_message(provider, key, &padded)
            .map_err(mls)?
            .to_bytes()
            .map_err(mls)
    }

    /// MLS exporter (RFC 9420 §8.5).
    pub(crate) fn export(
        &self,
        provider: &Mls,
        label: &str,
        context: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, GroupError> {
        let secret = Zeroizing::new(
            self.inner
                .export_secret(provider.crypto(), label, context, 32)
                .map_err(mls)?,
        );
        let bytes = <[u8; 32]>::try_from(secret.as_slice()).map_err(mls)?;
        Ok(Zeroizing::new(bytes))
    }

    /// Equal for all who are in the same epoch of the same group, and for nobody else.
    pub(crate) fn epoch_authenticator(&self) -> Vec<u8> {
        self.inner.epoch_authenticator().as_slice().to_vec()
    }

    /// Forgets the group and all its secrets.
    pub(crate) fn delete(mut self, provider: &Mls) {
        // Deleting from a map in memory does not fail.
        let _ = self.inner.delete(provider.storage());
    }

    pub(crate) fn epoch(&self) -> Epoch {
        Epoch(self.inner.epoch().as_u64())
    }

    /// The MLS group id.
    pub(crate) fn id(&self) -> &[u8] {
        self.inner.group_id().as_slice()
    }

    /// Whether somebody in it is a guest.
    pub(crate) fn has_guests(&self) -> bool {
        self.members.values().any(|member| member.guest().is_some())
    }

    pub(crate) fn own_leaf(&self) -> LeafIndex {
        LeafIndex(self.inner.own_leaf_index().u32())
    }

    pub(crate) fn members(&self) -> &Members {
        &self.members
    }

    pub(crate) fn settings(&self) -> &RoomSettings {
        &self.settings
    }

    pub(crate) fn leaf_of(&self, device_id: DeviceId) -> Option<LeafIndex> {
        let of_device = |(_, member): &(&LeafIndex, &Certificate)| member.body().device_id == device_id;
        self.members.iter().find(of_device).map(|(leaf, _)| *leaf)
    }

    pub(super) fn group_info(&self, provider: &Mls, key: &DeviceKey) -> Result<Vec<u8>, GroupError> {
        let message = self
            .inner
            .export_group_info(provider.crypto(), key, false)
            .map_err(mls)?;
        message.to_bytes().map_err(mls)
    }

    pub(super) fn tree(&self) -> Result<Vec<u8>, GroupError> {
        self.inner
            .export_ratchet_tree()
            .tls_serialize_detached()
            .map_err(mls)
    }

    fn refresh(&mut self) -> Result<(), GroupError> {
        self.settings = settings_of(self.inner.extensions())?;
        self.members = members(self.inner.members())?;
        Ok(())
    }
}

/// A group that a welcome led into.
pub(crate) struct Joined {
    pub(crate) group: Group,
    /// The welcome was for the key package of last resort, which is to be replaced now.
    pub(crate) last_resort: bool,
    /// Who added this device.
    pub(crate) inviter: LeafIndex,
}

/// Judges a group before coming in: its tree, and whether it goes on with the one that this device was in.
fn check_entering(
    members: &Members,
    settings: &RoomSettings,
    name: GroupName,
    way: Way,
    voucher: LeafIndex,
    circumstances: Circumstances<'_>,
) -> Result<(), RuleError> {
    check_tree(members, settings, name, circumstances)?;
    let entering = Entering {
        generation: name.generation,
        way,
        settings,
        members,
        voucher,
        me: circumstances.me.user_id,
    };
    circumstances
        .former
        .map_or(Ok(()), |former| former.check(&entering))
}

fn commit_of(
    epoch: Epoch,
    bundle: CommitMessageBundle,
    welcome_to: Vec<DeviceId>,
) -> Result<Commit, GroupError> {
    let (commit, welcome, group_info) = bundle.into_messages();
    let group_info = group_info.ok_or_else(|| GroupError::Mls("no group info".to_owned()))?;
    Ok(Commit {
        epoch,
        commit: commit.to_bytes().map_err(mls)?.into(),
        group_info: group_info.to_bytes().map_err(mls)?.into(),
        welcome: welcome
            .map(|welcome| welcome.to_bytes())
            .transpose()
            .map_err(mls)?
            .map(Into::into),
        welcome_to,
    })
}

/// Nothing is skipped in an ordered log, so that no key of a skipped message is kept; trimmed messages are far
/// fewer than the distance allows (RFC 9420 §9.1).
fn ratchet() -> SenderRatchetConfiguration {
    SenderRatchetConfiguration::new(0, MAX_SKIPPED_MESSAGES)
}

fn join_config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .sender_ratchet_configuration(ratchet())
        .use_ratchet_tree_extension(false)
        .max_past_epochs(0)
        .build()
}
