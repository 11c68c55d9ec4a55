//! MLS structures in our own words: leaves, settings, what a commit would change.

use openmls::{
    group::StagedCommit,
    prelude::{
        Credential, Extension, ExtensionType, Extensions, GroupContext, LeafNode, MlsMessageBodyIn,
        MlsMessageIn, Proposal, ProposalOrRefType, RatchetTreeIn, RequiredCapabilitiesExtension, Sender,
        UnknownExtension,
        tls_codec::{DeserializeBytes as _, Serialize as _, VLBytes},
    },
};
use protocol::{
    LeafIndex,
    identity::Certificate,
    room_settings::{ROOM_SETTINGS_EXTENSION, RoomSettings},
};

use super::{
    crypto::is_usable_key,
    rules::{Change, Committer, Members, RuleError},
    state::{GroupError, mls},
};

/// The certificate of a leaf, if it is one and of the leaf's key.
pub(super) fn leaf_certificate(
    credential: &Credential,
    signature_key: &[u8],
) -> Result<Certificate, RuleError> {
    let credential_type = credential.credential_type().into();
    let certificate = Certificate::of_credential(credential_type, credential.serialized_content())
        .map_err(|_| RuleError::NoCertificate)?;
    if certificate.body().device_key.as_bytes().as_slice() != signature_key {
        return Err(RuleError::OtherDeviceKey);
    }
    Ok(certificate)
}

pub(super) fn members(all: impl Iterator<Item = openmls::prelude::Member>) -> Result<Members, RuleError> {
    all.map(|member| {
        let certificate = leaf_certificate(&member.credential, &member.signature_key)?;
        Ok((LeafIndex(member.index.u32()), certificate))
    })
    .collect()
}

pub(super) fn has_usable_key(leaf: &LeafNode) -> bool {
    leaf.encryption_key()
        .tls_serialize_detached()
        .ok()
        .and_then(|key| VLBytes::tls_deserialize_exact_bytes(&key).ok())
        .is_some_and(|key| is_usable_key(key.as_slice()))
}

pub(super) fn change_of(staged: &StagedCommit, sender: &Sender) -> Result<Change, RuleError> {
    let own_leaf = staged
        .update_path_leaf_node()
        .map(|leaf| leaf_certificate(leaf.credential(), leaf.signature_key().as_slice()))
        .transpose()?;
    let (committer, renewed) = match (sender, own_leaf) {
        (Sender::Member(leaf), renewed) => (Committer::Member(LeafIndex(leaf.u32())), renewed),
        (Sender::NewMemberCommit, Some(certificate)) => (Committer::External(Box::new(certificate)), None),
        _ => return Err(RuleError::Forbidden),
    };
    let external = matches!(committer, Committer::External(_));
    let mut change = Change {
        committer,
        adds: vec![],
        removes: vec![],
        renewed,
        settings: None,
        unusable_key: staged
            .update_path_leaf_node()
            .is_some_and(|leaf| !has_usable_key(leaf)),
        forbidden: false,
    };
    for proposal in staged.queued_proposals() {
        change.forbidden |= proposal.proposal_or_ref_type() != ProposalOrRefType::Proposal;
        match proposal.proposal() {
            Proposal::Add(add) => {
                let leaf = add.key_package().leaf_node();
                change.unusable_key |=
                    !has_usable_key(leaf) || !is_usable_key(add.key_package().hpke_init_key().as_slice());
                change.adds.push(leaf_certificate(
                    leaf.credential(),
                    leaf.signature_key().as_slice(),
                )?);
            }
            Proposal::Remove(remove) => change.removes.push(LeafIndex(remove.removed().u32())),
            Proposal::GroupContextExtensions(extensions) => {
                change.settings = Some(settings_of(extensions.extensions()).ok());
            }
            Proposal::ExternalInit(_) if external => {}
            _ => change.forbidden = true,
        }
    }
    Ok(change)
}

/// A group context's extensions are the room's settings, and that every leaf must know them: MLS takes new values only
/// of extensions that the group requires (RFC 9420 §12.1.7). Nothing else, ever: other requirements could shut members
/// out.
pub(super) fn settings_extension(settings: &RoomSettings) -> Result<Extensions<GroupContext>, GroupError> {
    Extensions::from_vec(vec![
        Extension::RequiredCapabilities(required_capabilities()),
        Extension::Unknown(ROOM_SETTINGS_EXTENSION, UnknownExtension(settings.encode())),
    ])
    .map_err(mls)
}

pub(super) fn required_capabilities() -> RequiredCapabilitiesExtension {
    RequiredCapabilitiesExtension::new(&[ExtensionType::Unknown(ROOM_SETTINGS_EXTENSION)], &[], &[])
}

pub(super) fn settings_of(extensions: &Extensions<GroupContext>) -> Result<RoomSettings, RuleError> {
    let mut required = false;
    let mut found = None;
    for extension in extensions.iter() {
        match extension {
            Extension::RequiredCapabilities(capabilities)
                if !required && *capabilities == required_capabilities() =>
            {
                required = true;
            }
            Extension::Unknown(ROOM_SETTINGS_EXTENSION, UnknownExtension(bytes)) if found.is_none() => {
                found = RoomSettings::decode(bytes);
            }
            _ => return Err(RuleError::BadSettings),
        }
    }
    found.filter(|_| required).ok_or(RuleError::BadSettings)
}

/// The leaf that signed a GroupInfo. OpenMLS checks the signature and keeps the leaf to itself; the signature is last
/// in the encoding, its length in front (RFC 9420 §12.4.3, §2.1.2), and the leaf before that.
pub(super) fn signer_of(group_info: &[u8]) -> Option<LeafIndex> {
    const SIGNATURE_LEN: usize = 2 + 64;
    let end = group_info.len().checked_sub(SIGNATURE_LEN)?;
    let bytes = group_info.get(end.checked_sub(4)?..end)?;
    Some(LeafIndex(u32::from_be_bytes(bytes.try_into().ok()?)))
}

pub(super) fn parse(bytes: &[u8]) -> Result<MlsMessageBodyIn, GroupError> {
    let message = MlsMessageIn::tls_deserialize_exact_bytes(bytes).map_err(|_| GroupError::Malformed)?;
    Ok(message.extract())
}

pub(super) fn parse_tree(bytes: &[u8]) -> Result<RatchetTreeIn, GroupError> {
    RatchetTreeIn::tls_deserialize_exact_bytes(bytes).map_err(|_| GroupError::Malformed)
}
