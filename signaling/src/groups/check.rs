//! Checks of what OpenMLS made of a commit, and of the parts that travel with it.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use openmls::{
    group::{GroupContext, StagedCommit},
    prelude::{
        Ciphersuite, ConfirmationTag, ExtensionType, LeafNode, MlsMessageBodyIn, MlsMessageIn,
        OpenMlsSignaturePublicKey, Proposal, SignaturePublicKey, Verifiable as _,
        group_info::VerifiableGroupInfo,
        tls_codec::{DeserializeBytes as _, Serialize as _},
    },
};
use openmls_rust_crypto::RustCrypto;
use protocol::{
    Bytes, LeafIndex,
    identity::{Certificate, SignatureError},
    room_settings::RoomSettings,
};

use x_wing::TryKeyInit as _;

use super::{
    GroupError, Refusal,
    outline::{self, Outline, OutlineLeaf, OutlineProposal},
    rules::{self, Description},
};

/// The suite of every group.
const SUITE: Ciphersuite = Ciphersuite::MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519;

/// Who must have signed a GroupInfo.
pub(super) struct Signer<'a> {
    pub leaf: LeafIndex,
    pub signature_key: &'a SignaturePublicKey,
}

/// Runs OpenMLS on bytes from outside. OpenMLS promises errors rather than panics, but a panic on a hostile
/// message would end the task that serves everyone else in the group; it reads only, so that nothing is left
/// half done.
pub(super) fn guarded<T>(
    what: &'static str,
    run: impl FnOnce() -> Result<T, GroupError>,
) -> Result<T, GroupError> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(GroupError::Library { what }))
}

/// An OpenMLS error by its text, which names rules and no content.
pub(super) fn mls(what: &'static str, error: &impl std::fmt::Display) -> GroupError {
    GroupError::Mls {
        what,
        reason: error.to_string(),
    }
}

pub(super) fn suite(suite: Ciphersuite) -> Result<(), Refusal> {
    if suite == SUITE {
        Ok(())
    } else {
        Err(Refusal::OtherSuite)
    }
}

pub(super) fn read_group_info(bytes: &[u8]) -> Result<VerifiableGroupInfo, GroupError> {
    let malformed = || GroupError::Malformed { what: "group info" };
    let message = MlsMessageIn::tls_deserialize_exact_bytes(bytes).map_err(|_| malformed())?;
    match message.extract() {
        MlsMessageBodyIn::GroupInfo(info) => Ok(info),
        _ => Err(malformed()),
    }
}

/// The external public key and nothing else: the tree travels beside.
pub(super) fn group_info_extensions(info: &VerifiableGroupInfo) -> Result<(), Refusal> {
    let mut types = info
        .extensions()
        .iter()
        .map(openmls::prelude::Extension::extension_type);
    if types.next() == Some(ExtensionType::ExternalPub) && types.next().is_none() {
        Ok(())
    } else {
        Err(Refusal::GroupInfoExtensions)
    }
}

/// The settings in a group context.
pub(super) fn settings_of(context: &GroupContext) -> Result<RoomSettings, GroupError> {
    let bytes = context
        .extensions()
        .tls_serialize_detached()
        .map_err(|_| GroupError::Library { what: "group" })?;
    Ok(rules::settings_in(&outline::read_extensions(&bytes)?)?)
}

/// A certificate in a leaf with that key.
pub(super) fn certificate(
    credential_type: u16,
    identity: &[u8],
    signature_key: &[u8],
) -> Result<Certificate, Refusal> {
    let certificate = Certificate::of_credential(credential_type, identity).map_err(|error| match error {
        SignatureError::Malformed => Refusal::NoCertificate,
        SignatureError::WrongSignature | SignatureError::BadKey => Refusal::CertificateSignature,
    })?;
    if certificate.body().device_key.as_bytes() == signature_key {
        Ok(certificate)
    } else {
        Err(Refusal::CertificateKey)
    }
}

/// A public key of the suite's HPKE (X-Wing): its length, and an ML-KEM part whose coefficients are reduced (FIPS 203
/// §7.2). OpenMLS finds out only when somebody encrypts to it.
pub(super) fn encryption_key(key: &[u8]) -> Result<(), Refusal> {
    match x_wing::EncapsulationKey::new_from_slice(key) {
        Ok(_) => Ok(()),
        Err(_) => Err(Refusal::UnusableKey),
    }
}

/// Compares what OpenMLS is about to do with what was judged: the same leaves in, the same leaves out, the same
/// settings, and nothing else.
pub(super) fn same_as_described(
    staged: &StagedCommit,
    outline: &Outline<'_>,
    commit: &Description<'_>,
) -> Result<(), GroupError> {
    let differs = || GroupError::Library { what: "commit" };
    let mut proposals = 0;
    for (staged, outlined) in staged.queued_proposals().zip(&outline.proposals) {
        let same = match (staged.proposal(), outlined) {
            (Proposal::Add(add), OutlineProposal::Add { leaf, .. }) => {
                same_leaf(add.key_package().leaf_node(), leaf)
            }
            (Proposal::Remove(remove), OutlineProposal::Remove(leaf)) => remove.removed().u32() == leaf.0,
            (Proposal::ExternalInit(_), OutlineProposal::ExternalInit)
            | (Proposal::GroupContextExtensions(_), OutlineProposal::Extensions(_)) => true,
            _ => false,
        };
        if !same {
            return Err(differs());
        }
        proposals += 1;
    }
    let same_count = proposals == outline.proposals.len() && proposals == staged.queued_proposals().count();
    let same_path = match (staged.update_path_leaf_node(), &outline.path) {
        (Some(staged), Some(outlined)) => same_leaf(staged, outlined),
        (None, None) => true,
        _ => false,
    };
    let settings = settings_of(staged.group_context())?;
    let same_settings = settings == *commit.new_settings.as_ref().unwrap_or(commit.settings);
    if same_count && same_path && same_settings {
        Ok(())
    } else {
        Err(differs())
    }
}

fn same_leaf(leaf: &LeafNode, outlined: &OutlineLeaf<'_>) -> bool {
    u16::from(leaf.credential().credential_type()) == outlined.credential_type
        && leaf.credential().serialized_content() == outlined.identity
        && leaf.signature_key().as_slice() == outlined.signature_key
        && leaf
            .encryption_key()
            .tls_serialize_detached()
            .is_ok_and(|key| key.ends_with(outlined.encryption_key))
}

/// The GroupInfo of the epoch that a commit opens, byte by byte but for the external public key, which only
/// members can compute; signed by the committer.
pub(super) fn group_info(
    crypto: &RustCrypto,
    bytes: &[u8],
    staged: &StagedCommit,
    confirmation_tag: &ConfirmationTag,
    signer: &Signer<'_>,
) -> Result<(), GroupError> {
    let info = read_group_info(bytes)?;
    group_info_extensions(&info)?;
    if info.group_id() != staged.group_context().group_id() {
        return Err(GroupError::OtherGroup { what: "group info" });
    }
    if info.group_context() != staged.group_context() {
        return Err(Refusal::GroupInfoContext.into());
    }
    let unreadable = |_| GroupError::Library { what: "group info" };
    let mut expected = staged
        .group_context()
        .tls_serialize_detached()
        .map_err(unreadable)?;
    expected.extend(info.extensions().tls_serialize_detached().map_err(unreadable)?);
    expected.extend(confirmation_tag.tls_serialize_detached().map_err(unreadable)?);
    expected.extend(signer.leaf.0.to_be_bytes());
    if info.unsigned_payload().map_err(unreadable)? != expected {
        return Err(Refusal::GroupInfoContext.into());
    }
    let key = OpenMlsSignaturePublicKey::from_signature_key(
        signer.signature_key.clone(),
        SUITE.signature_algorithm(),
    );
    info.verify_no_out(crypto, &key)
        .map_err(|_| Refusal::GroupInfoSignature.into())
}

/// The welcome names exactly the key packages that the commit adds.
pub(super) fn welcome(
    crypto: &RustCrypto,
    welcome: Option<&Bytes>,
    staged: &StagedCommit,
) -> Result<(), GroupError> {
    let Some(bytes) = welcome else { return Ok(()) };
    let malformed = || GroupError::Malformed { what: "welcome" };
    let message = MlsMessageIn::tls_deserialize_exact_bytes(&bytes.0).map_err(|_| malformed())?;
    let MlsMessageBodyIn::Welcome(welcome) = message.extract() else {
        return Err(malformed());
    };
    suite(welcome.ciphersuite())?;

    let mut added = BTreeSet::new();
    for proposal in staged.add_proposals() {
        let reference = proposal
            .add_proposal()
            .key_package()
            .hash_ref(crypto)
            .map_err(|_| GroupError::Library { what: "welcome" })?;
        added.insert(reference.as_slice().to_vec());
    }
    let welcomed: BTreeSet<_> = welcome
        .secrets()
        .iter()
        .map(|secret| secret.new_member().as_slice().to_vec())
        .collect();
    if welcomed == added && welcome.secrets().len() == added.len() {
        Ok(())
    } else {
        Err(Refusal::WelcomeTo.into())
    }
}
