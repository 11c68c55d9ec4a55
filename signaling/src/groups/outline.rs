//! A commit's outline, read before OpenMLS sees it: what it proposes, and whom its leaves name.
//!
//! OpenMLS shows the proposals of a commit only once it has processed the whole. This reader (RFC 9420 §6, §7,
//! §12) is strict, bounded by its input, and takes only what the rules allow at all; what OpenMLS made of the
//! commit is compared with it afterwards, so that the two can never disagree unnoticed.

use protocol::{
    Epoch, LeafIndex,
    identity::{CREDENTIAL_BASIC, CREDENTIAL_GUEST},
};

use super::{GroupError, Refusal};

/// MLS 1.0 (RFC 9420 §6).
const MLS_10: u16 = 1;
const WIRE_FORMAT_PUBLIC_MESSAGE: u16 = 1;
const WIRE_FORMAT_KEY_PACKAGE: u16 = 5;
const SENDER_MEMBER: u8 = 1;
const SENDER_NEW_MEMBER_COMMIT: u8 = 4;
const CONTENT_TYPE_COMMIT: u8 = 3;
const PROPOSAL_BY_VALUE: u8 = 1;
const PROPOSAL_BY_REFERENCE: u8 = 2;
const PROPOSAL_ADD: u16 = 1;
const PROPOSAL_REMOVE: u16 = 3;
const PROPOSAL_EXTERNAL_INIT: u16 = 6;
const PROPOSAL_GROUP_CONTEXT_EXTENSIONS: u16 = 7;
const SOURCE_KEY_PACKAGE: u8 = 1;
const SOURCE_UPDATE: u8 = 2;
const SOURCE_COMMIT: u8 = 3;

/// Extensions as they stand: type and data.
pub(super) type RawExtensions<'a> = Vec<(u16, &'a [u8])>;

#[derive(Debug, PartialEq)]
pub(super) struct Outline<'a> {
    pub group_id: &'a [u8],
    pub epoch: Epoch,
    pub sender: OutlineSender,
    pub proposals: Vec<OutlineProposal<'a>>,
    pub path: Option<OutlineLeaf<'a>>,
    /// Keys that the path gives to the committer's parents.
    pub path_keys: Vec<&'a [u8]>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum OutlineSender {
    Member(LeafIndex),
    NewMember,
}

#[derive(Debug, PartialEq)]
pub(super) enum OutlineProposal<'a> {
    Add {
        leaf: OutlineLeaf<'a>,
        init_key: &'a [u8],
        /// The whole key package, as it stands.
        key_package: &'a [u8],
    },
    Remove(LeafIndex),
    ExternalInit,
    Extensions(RawExtensions<'a>),
}

/// The part of a leaf that says whose it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct OutlineLeaf<'a> {
    pub encryption_key: &'a [u8],
    pub signature_key: &'a [u8],
    pub credential_type: u16,
    /// Content of the credential.
    pub identity: &'a [u8],
}

impl<'a> Outline<'a> {
    /// Reads MLSMessage(PublicMessage(Commit)).
    pub fn read(bytes: &'a [u8]) -> Result<Self, GroupError> {
        let mut reader = Reader(bytes);
        let outline = Self::message(&mut reader)?;
        reader.end()?;
        Ok(outline)
    }

    fn message(reader: &mut Reader<'a>) -> Result<Self, GroupError> {
        reader.expect_u16(MLS_10)?;
        reader.expect_u16(WIRE_FORMAT_PUBLIC_MESSAGE)?;
        let group_id = reader.opaque()?;
        let epoch = Epoch(reader.u64()?);
        let sender = match reader.u8()? {
            SENDER_MEMBER => OutlineSender::Member(LeafIndex(reader.u32()?)),
            SENDER_NEW_MEMBER_COMMIT => OutlineSender::NewMember,
            _ => return Err(Refusal::ForbiddenSender.into()),
        };
        let _authenticated_data = reader.opaque()?;
        if reader.u8()? != CONTENT_TYPE_COMMIT {
            return Err(Refusal::NoCommit.into());
        }
        let mut list = Reader(reader.opaque()?);
        let mut proposals = Vec::new();
        while !list.0.is_empty() {
            proposals.push(OutlineProposal::read(&mut list)?);
        }
        let mut path_keys = Vec::new();
        let path = match reader.u8()? {
            0 => None,
            1 => {
                let leaf = OutlineLeaf::read(reader)?;
                let mut nodes = Reader(reader.opaque()?);
                while !nodes.0.is_empty() {
                    path_keys.push(nodes.opaque()?);
                    let _encrypted_path_secrets = nodes.opaque()?;
                }
                Some(leaf)
            }
            _ => return Err(malformed()),
        };
        let _signature = reader.opaque()?;
        let _confirmation_tag = reader.opaque()?;
        if matches!(sender, OutlineSender::Member(_)) {
            let _membership_tag = reader.opaque()?;
        }
        Ok(Self {
            group_id,
            epoch,
            sender,
            proposals,
            path,
            path_keys,
        })
    }

    /// All keys to which others are to encrypt once the commit was taken.
    pub fn encryption_keys(&self) -> impl Iterator<Item = &'a [u8]> {
        let added = self.proposals.iter().filter_map(|proposal| match proposal {
            OutlineProposal::Add { leaf, init_key, .. } => Some([leaf.encryption_key, init_key]),
            _ => None,
        });
        let path = self.path.iter().map(|leaf| leaf.encryption_key);
        added.flatten().chain(path).chain(self.path_keys.iter().copied())
    }
}

impl<'a> OutlineProposal<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, GroupError> {
        match reader.u8()? {
            PROPOSAL_BY_VALUE => {}
            PROPOSAL_BY_REFERENCE => return Err(Refusal::ProposalByReference.into()),
            _ => return Err(malformed()),
        }
        match reader.u16()? {
            PROPOSAL_ADD => Self::add(reader),
            PROPOSAL_REMOVE => Ok(Self::Remove(LeafIndex(reader.u32()?))),
            PROPOSAL_EXTERNAL_INIT => {
                let _kem_output = reader.opaque()?;
                Ok(Self::ExternalInit)
            }
            PROPOSAL_GROUP_CONTEXT_EXTENSIONS => Ok(Self::Extensions(reader.extensions()?)),
            proposal_type => Err(Refusal::ForbiddenProposal { proposal_type }.into()),
        }
    }

    /// A key package (RFC 9420 §10).
    fn add(reader: &mut Reader<'a>) -> Result<Self, GroupError> {
        let from = reader.0;
        let _version = reader.u16()?;
        let _cipher_suite = reader.u16()?;
        let init_key = reader.opaque()?;
        let leaf = OutlineLeaf::read(reader)?;
        let _extensions = reader.opaque()?;
        let _signature = reader.opaque()?;
        let len = from.len().saturating_sub(reader.0.len());
        let (key_package, _) = from.split_at_checked(len).ok_or_else(malformed)?;
        Ok(Self::Add {
            leaf,
            init_key,
            key_package,
        })
    }
}

impl<'a> OutlineLeaf<'a> {
    /// The leaf of a key package, alone or as an MLSMessage.
    pub fn of_key_package(bytes: &'a [u8]) -> Result<Self, GroupError> {
        let mut reader = Reader(bytes);
        let mut inside = Reader(bytes);
        // Alone, a cipher suite stands in that place.
        if inside.u16()? == MLS_10 && inside.u16()? == WIRE_FORMAT_KEY_PACKAGE {
            reader = inside;
        }
        let OutlineProposal::Add { leaf, .. } = OutlineProposal::add(&mut reader)? else {
            return Err(malformed());
        };
        reader.end()?;
        Ok(leaf)
    }

    /// A leaf node (RFC 9420 §7.2).
    fn read(reader: &mut Reader<'a>) -> Result<Self, GroupError> {
        let encryption_key = reader.opaque()?;
        let signature_key = reader.opaque()?;
        let credential_type = reader.u16()?;
        // Others are of other forms.
        if !matches!(credential_type, CREDENTIAL_BASIC | CREDENTIAL_GUEST) {
            return Err(Refusal::NoCertificate.into());
        }
        let identity = reader.opaque()?;
        for _capability in [
            "versions",
            "cipher suites",
            "extensions",
            "proposals",
            "credentials",
        ] {
            reader.opaque()?;
        }
        match reader.u8()? {
            SOURCE_KEY_PACKAGE => {
                let _not_before = reader.u64()?;
                let _not_after = reader.u64()?;
            }
            SOURCE_UPDATE => {}
            SOURCE_COMMIT => {
                let _parent_hash = reader.opaque()?;
            }
            _ => return Err(malformed()),
        }
        let _extensions = reader.opaque()?;
        let _signature = reader.opaque()?;
        Ok(Self {
            encryption_key,
            signature_key,
            credential_type,
            identity,
        })
    }
}

fn malformed() -> GroupError {
    GroupError::Malformed { what: "commit" }
}

/// TLS presentation language with the variable-length vectors of MLS (RFC 9420 §2.1.2).
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], GroupError> {
        let (head, rest) = self.0.split_at_checked(len).ok_or_else(malformed)?;
        self.0 = rest;
        Ok(head)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], GroupError> {
        self.take(N)?.try_into().map_err(|_| malformed())
    }

    fn u8(&mut self) -> Result<u8, GroupError> {
        self.fixed().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Result<u16, GroupError> {
        self.fixed().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, GroupError> {
        self.fixed().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Result<u64, GroupError> {
        self.fixed().map(u64::from_be_bytes)
    }

    fn expect_u16(&mut self, expected: u16) -> Result<(), GroupError> {
        if self.u16()? == expected {
            Ok(())
        } else {
            Err(malformed())
        }
    }

    /// `opaque x<V>`; only the shortest form of a length is one.
    fn opaque(&mut self) -> Result<&'a [u8], GroupError> {
        let first = self.u8()?;
        let low = u32::from(first & 0x3f);
        let (len, least) = match first >> 6 {
            0 => (low, 0),
            1 => ((low << 8) | u32::from(self.u8()?), 1 << 6),
            2 => {
                let [b, c, d] = self.fixed()?;
                (u32::from_be_bytes([0, b, c, d]) | (low << 24), 1 << 14)
            }
            _ => return Err(malformed()),
        };
        if len < least {
            return Err(malformed());
        }
        self.take(usize::try_from(len).map_err(|_| malformed())?)
    }

    /// `Extension extensions<V>` (RFC 9420 §7.2).
    fn extensions(&mut self) -> Result<RawExtensions<'a>, GroupError> {
        let mut list = Reader(self.opaque()?);
        let mut extensions = Vec::new();
        while !list.0.is_empty() {
            extensions.push((list.u16()?, list.opaque()?));
        }
        Ok(extensions)
    }

    fn end(self) -> Result<(), GroupError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(malformed())
        }
    }
}

/// Reads `Extension extensions<V>` and nothing else.
pub(super) fn read_extensions(bytes: &[u8]) -> Result<RawExtensions<'_>, GroupError> {
    let mut reader = Reader(bytes);
    let extensions = reader.extensions()?;
    reader.end()?;
    Ok(extensions)
}
