//! People, devices and MLS members for tests: real commits by real clients, honest or not.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use openmls::prelude::{
    tls_codec::{DeserializeBytes as _, Serialize as _},
    *,
};
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::signatures::Signer as _;
use protocol::{
    Bytes, CallId, DeviceId, Email, Generation, GuestLinkId, LeafIndex, Millis, NetworkId, RoomId, UserId,
    identity::{CREDENTIAL_GUEST, Certificate, CertificateBody, GuestPass, PublicKey},
    room_settings::{ROOM_SETTINGS_EXTENSION, RoomKind, RoomSettings, WhoMayAdd},
    socket::CommitBundle,
};

use super::{GroupName, Judge, KnownUser, PublicGroupState};

/// The suite of every group.
pub(crate) const SUITE: Ciphersuite = Ciphersuite::MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519;

/// A suite without post-quantum keys, which no group has.
pub(crate) const CLASSIC_SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;

pub(crate) const SETTINGS_TYPE: ExtensionType = ExtensionType::Unknown(ROOM_SETTINGS_EXTENSION);

/// The time at which every test begins.
pub(crate) const NOW: Millis = Millis(1_800_000_000_000);

/// A user with an AIK.
pub(crate) struct Person {
    pub user_id: UserId,
    pub email: Email,
    pub network_id: NetworkId,
    pub aik: SignatureKeyPair,
}

/// A device with its keys and the private half of its groups.
pub(crate) struct Device {
    pub device_id: DeviceId,
    pub certificate: Certificate,
    pub keys: SignatureKeyPair,
    pub provider: OpenMlsRustCrypto,
}

/// A device's membership in one group.
pub(crate) struct Member {
    pub device: Rc<Device>,
    pub group: MlsGroup,
}

/// What a founder hands to the server.
pub(crate) struct Founding {
    pub group: GroupName,
    pub group_info: Vec<u8>,
    pub tree: Vec<u8>,
}

/// A user's record, and what the server wants, as a test says.
pub(crate) struct TestJudge {
    pub users: HashMap<UserId, KnownUser>,
    pub sender: DeviceId,
    pub wanted: HashSet<DeviceId>,
    pub asked: HashSet<DeviceId>,
    pub external: bool,
    /// Moderators of the room that a call is in.
    pub moderators: HashSet<UserId>,
    /// Guests who wait.
    pub knocked: HashSet<DeviceId>,
    /// Who may let guests in.
    pub admit: HashSet<UserId>,
}

pub(crate) fn public(keys: &SignatureKeyPair) -> PublicKey {
    PublicKey::from_slice(keys.public()).unwrap()
}

fn new_keys() -> SignatureKeyPair {
    SignatureKeyPair::new(SignatureScheme::ED25519).unwrap()
}

fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

pub(crate) fn room_name() -> GroupName {
    GroupName::Room(RoomId::from_random(random()), Generation(1))
}

pub(crate) fn call_name() -> GroupName {
    GroupName::Call(CallId::from_random(random()), Generation(1))
}

/// Settings of a group in which everyone may add.
pub(crate) fn settings(group: GroupName, kind: RoomKind, moderators: &[&Person]) -> RoomSettings {
    let room_id = match group {
        GroupName::Room(room_id, _) => room_id,
        GroupName::Call(..) => RoomId::from_random(random()),
    };
    RoomSettings {
        room_id,
        kind,
        moderators: moderators.iter().map(|person| person.user_id).collect(),
        who_may_add: WhoMayAdd::Members,
        ttl_cap_ms: 0,
        burn_cap_ms: 0,
        removed: vec![],
        ends_at: Millis(0),
        constant_bitrate: false,
    }
}

impl Person {
    /// Someone of the one network of the tests.
    pub fn new(name: &str) -> Self {
        Self {
            user_id: UserId::from_random(random()),
            email: Email::parse(&format!("{name}@example.org")).unwrap(),
            network_id: NetworkId::from_random([1; 16]),
            aik: new_keys(),
        }
    }

    /// A new device with a certificate.
    pub fn device(&self) -> Rc<Device> {
        self.device_with(|_| {})
    }

    /// A new device whose certificate says what `change` makes of it.
    pub fn device_with(&self, change: impl FnOnce(&mut CertificateBody)) -> Rc<Device> {
        let keys = new_keys();
        let device_id = DeviceId::from_random(random());
        let certificate = self.certificate(device_id, public(&keys), change);
        Rc::new(Device {
            device_id: certificate.body().device_id,
            certificate,
            keys,
            provider: OpenMlsRustCrypto::default(),
        })
    }

    /// A certificate by this person's AIK.
    pub fn certificate(
        &self,
        device_id: DeviceId,
        device_key: PublicKey,
        change: impl FnOnce(&mut CertificateBody),
    ) -> Certificate {
        let mut body = CertificateBody {
            network_id: self.network_id,
            email: self.email.clone(),
            user_id: self.user_id,
            device_id,
            device_key,
            aik: public(&self.aik),
            not_after: NOW.plus(1_000_000),
        };
        change(&mut body);
        Certificate::issue(body, |bytes| self.aik.sign(bytes).unwrap().try_into().unwrap())
    }

    /// The record of this user with these devices.
    pub fn known(&self, devices: &[&Rc<Device>]) -> KnownUser {
        KnownUser {
            aik: public(&self.aik),
            email: self.email.clone(),
            network_id: self.network_id,
            live_devices: devices
                .iter()
                .map(|device| (device.device_id, public(&device.keys)))
                .collect(),
        }
    }
}

/// A guest with a key of its own, who came by this link.
pub(crate) fn guest(link_id: GuestLinkId, name: &str) -> Rc<Device> {
    let keys = new_keys();
    let pass = GuestPass {
        network_id: NetworkId::from_random([1; 16]),
        link_id,
        key: public(&keys),
        name: name.to_owned(),
        mac: [0; 32],
    };
    Rc::new(Device {
        device_id: pass.device_id(),
        certificate: Certificate::of_guest(pass),
        keys,
        provider: OpenMlsRustCrypto::default(),
    })
}

fn capabilities() -> Capabilities {
    Capabilities::new(
        None,
        Some(&[SUITE, CLASSIC_SUITE]),
        Some(&[SETTINGS_TYPE]),
        None,
        Some(&[CredentialType::Basic, CredentialType::Other(CREDENTIAL_GUEST)]),
    )
}

pub(crate) fn extensions(settings: &RoomSettings) -> Extensions<GroupContext> {
    extensions_with(
        settings,
        RequiredCapabilitiesExtension::new(&[SETTINGS_TYPE], &[], &[]),
    )
}

/// Extensions that require these things of every leaf.
pub(crate) fn extensions_with(
    settings: &RoomSettings,
    required: RequiredCapabilitiesExtension,
) -> Extensions<GroupContext> {
    let settings = UnknownExtension(settings.encode());
    Extensions::from_vec(vec![
        Extension::RequiredCapabilities(required),
        Extension::Unknown(ROOM_SETTINGS_EXTENSION, settings),
    ])
    .unwrap()
}

fn join_config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(MIXED_PLAINTEXT_WIRE_FORMAT_POLICY)
        .build()
}

/// MLSMessage(KeyPackage).
pub(crate) fn key_package_bytes(key_package: &KeyPackage) -> Bytes {
    bytes_of(&MlsMessageOut::from(key_package.clone()))
}

/// Bytes of an MLS message.
pub(crate) fn bytes_of(message: &MlsMessageOut) -> Bytes {
    Bytes(message.to_bytes().unwrap())
}

impl Device {
    fn credential(&self) -> CredentialWithKey {
        CredentialWithKey {
            credential: Credential::new(
                CredentialType::from(self.certificate.credential_type()),
                self.certificate.encode(),
            ),
            signature_key: self.keys.public().into(),
        }
    }

    fn credential_of(&self, identity: Vec<u8>) -> CredentialWithKey {
        CredentialWithKey {
            credential: BasicCredential::new(identity).into(),
            signature_key: self.keys.public().into(),
        }
    }

    /// A key package, with its private half kept.
    pub fn key_package(&self) -> KeyPackage {
        self.key_package_of(self.credential())
    }

    /// A key package with another identity than the device's certificate.
    pub fn key_package_as(&self, identity: Vec<u8>) -> KeyPackage {
        self.key_package_of(self.credential_of(identity))
    }

    fn key_package_of(&self, credential: CredentialWithKey) -> KeyPackage {
        KeyPackage::builder()
            .leaf_node_capabilities(capabilities())
            .build(SUITE, &self.provider, &self.keys, credential)
            .unwrap()
            .into_key_package()
    }

    /// Founds a group with this device alone in it.
    pub fn found(self: &Rc<Self>, group: GroupName, settings: &RoomSettings) -> (Member, Founding) {
        self.found_with(group, extensions(settings), SUITE)
    }

    /// Founds a group of this suite whose context has these extensions.
    pub fn found_with(
        self: &Rc<Self>,
        name: GroupName,
        extensions: Extensions<GroupContext>,
        suite: Ciphersuite,
    ) -> (Member, Founding) {
        let group = MlsGroup::builder()
            .replace_old_group()
            .with_group_id(GroupId::from_slice(&name.encode()))
            .ciphersuite(suite)
            .with_wire_format_policy(MIXED_PLAINTEXT_WIRE_FORMAT_POLICY)
            .with_capabilities(capabilities())
            .with_group_context_extensions(extensions)
            .build(&self.provider, &self.keys, self.credential())
            .unwrap();
        let member = Member {
            device: Rc::clone(self),
            group,
        };
        let founding = Founding {
            group: name,
            group_info: member.group_info(false).0,
            tree: member.tree(),
        };
        (member, founding)
    }

    /// Joins with a welcome.
    pub fn join(self: &Rc<Self>, welcome: &[u8], tree: &[u8]) -> Member {
        let message = MlsMessageIn::tls_deserialize_exact_bytes(welcome).unwrap();
        let MlsMessageBodyIn::Welcome(welcome) = message.extract() else {
            panic!("no welcome")
        };
        let tree = RatchetTreeIn::tls_deserialize_exact_bytes(tree).unwrap();
        let group = StagedWelcome::build_from_welcome(&self.provider, &join_config(), welcome)
            .unwrap()
            .with_ratchet_tree(tree)
            .replace_old_group()
            .build()
            .unwrap()
            .into_group(&self.provider)
            .unwrap();
        Member {
            device: Rc::clone(self),
            group,
        }
    }

    /// Joins by an external commit; a leaf with the same key is replaced.
    pub fn join_external(self: &Rc<Self>, group_info: &[u8], tree: &[u8]) -> (Member, CommitBundle) {
        let message = MlsMessageIn::tls_deserialize_exact_bytes(group_info).unwrap();
        let MlsMessageBodyIn::GroupInfo(info) = message.extract() else {
            panic!("no group info")
        };
        let epoch = protocol::Epoch(info.epoch().as_u64());
        let tree = RatchetTreeIn::tls_deserialize_exact_bytes(tree).unwrap();
        let (group, bundle) = MlsGroup::external_commit_builder()
            .with_ratchet_tree(tree)
            .with_config(join_config())
            .build_group(&self.provider, info, self.credential())
            .unwrap()
            .leaf_node_parameters(
                LeafNodeParameters::builder()
                    .with_capabilities(capabilities())
                    .build(),
            )
            .load_psks(self.provider.storage())
            .unwrap()
            .create_group_info(true)
            .build(self.provider.rand(), self.provider.crypto(), &self.keys, |_| true)
            .unwrap()
            .finalize(&self.provider)
            .unwrap();
        let member = Member {
            device: Rc::clone(self),
            group,
        };
        (member, bundle_of(epoch, bundle, Vec::new()))
    }
}

fn bundle_of(epoch: protocol::Epoch, bundle: CommitMessageBundle, to: Vec<DeviceId>) -> CommitBundle {
    let (commit, welcome, group_info) = bundle.into_messages();
    CommitBundle {
        epoch,
        commit: bytes_of(&commit),
        group_info: bytes_of(&group_info.unwrap()),
        welcome: welcome.as_ref().map(bytes_of),
        welcome_to: to,
    }
}

/// What a commit shall do.
#[derive(Default)]
pub(crate) struct Wish {
    pub add: Vec<(DeviceId, KeyPackage)>,
    pub remove: Vec<LeafIndex>,
    /// The group context's new extensions.
    pub extensions: Option<Extensions<GroupContext>>,
    pub proposals: Vec<Proposal>,
    /// A new certificate for the committer's leaf.
    pub identity: Option<Vec<u8>>,
    /// Commit with a path even where none is needed.
    pub update: bool,
}

impl Wish {
    /// Adds devices.
    pub fn add(devices: &[&Rc<Device>]) -> Self {
        let add = devices
            .iter()
            .map(|device| (device.device_id, device.key_package()))
            .collect();
        Self {
            add,
            ..Self::default()
        }
    }

    /// Removes leaves.
    pub fn remove(leaves: &[LeafIndex]) -> Self {
        Self {
            remove: leaves.to_vec(),
            ..Self::default()
        }
    }

    /// An update of the own leaf.
    pub fn update() -> Self {
        Self {
            update: true,
            ..Self::default()
        }
    }

    /// New settings.
    pub fn settings(settings: RoomSettings) -> Self {
        Self {
            extensions: Some(extensions(&settings)),
            ..Self::default()
        }
    }
}

impl Member {
    /// Makes a commit, which is pending until [`Self::merge`] or [`Self::give_up`].
    pub fn commit(&mut self, wish: Wish) -> CommitBundle {
        let device = Rc::clone(&self.device);
        let epoch = protocol::Epoch(self.group.epoch().as_u64());
        let (to, key_packages): (Vec<_>, Vec<_>) = wish.add.into_iter().unzip();
        let mut builder = self
            .group
            .commit_builder()
            .propose_adds(key_packages)
            .propose_removals(wish.remove.iter().map(|leaf| LeafNodeIndex::new(leaf.0)))
            .add_proposals(wish.proposals)
            .force_self_update(wish.update);
        if let Some(extensions) = wish.extensions {
            builder = builder.propose_group_context_extensions(extensions).unwrap();
        }
        if let Some(identity) = wish.identity {
            let credential = device.credential_of(identity);
            let parameters = LeafNodeParameters::builder()
                .with_credential_with_key(credential)
                .build();
            builder = builder.leaf_node_parameters(parameters);
        }
        let bundle = builder
            .load_psks(device.provider.storage())
            .unwrap()
            .create_group_info(true)
            .build(
                device.provider.rand(),
                device.provider.crypto(),
                &device.keys,
                |_| true,
            )
            .unwrap()
            .stage_commit(&device.provider)
            .unwrap();
        bundle_of(epoch, bundle, to)
    }

    /// The server took the pending commit.
    pub fn merge(&mut self) {
        self.group.merge_pending_commit(&self.device.provider).unwrap();
    }

    /// The server refused the pending commit.
    pub fn give_up(&mut self) {
        self.group
            .clear_pending_commit(self.device.provider.storage())
            .unwrap();
    }

    /// Processes someone else's commit.
    pub fn process(&mut self, commit: &[u8]) {
        let message = MlsMessageIn::tls_deserialize_exact_bytes(commit).unwrap();
        let message = message.try_into_protocol_message().unwrap();
        let processed = self
            .group
            .process_message(&self.device.provider, message)
            .unwrap();
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            panic!("no commit")
        };
        self.group
            .merge_staged_commit(&self.device.provider, *staged)
            .unwrap();
    }

    /// GroupInfo of the current epoch.
    pub fn group_info(&self, with_tree: bool) -> Bytes {
        let provider = &self.device.provider;
        bytes_of(
            &self
                .group
                .export_group_info(provider.crypto(), &self.device.keys, with_tree)
                .unwrap(),
        )
    }

    /// Ratchet tree of the current epoch.
    pub fn tree(&self) -> Vec<u8> {
        self.group.export_ratchet_tree().tls_serialize_detached().unwrap()
    }

    /// The leaf of a device.
    pub fn leaf_of(&self, device: &Device) -> LeafIndex {
        let key = device.keys.public();
        let member = self
            .group
            .members()
            .find(|member| member.signature_key == key)
            .unwrap();
        LeafIndex(member.index.u32())
    }

    /// Stores a PSK and proposes it.
    pub fn psk_proposal(&self) -> Proposal {
        let provider = &self.device.provider;
        let id = openmls::schedule::PreSharedKeyId::new(
            SUITE,
            provider.rand(),
            openmls::schedule::Psk::External(openmls::schedule::ExternalPsk::new(b"psk".to_vec())),
        )
        .unwrap();
        id.store(provider, b"secret").unwrap();
        Proposal::PreSharedKey(Box::new(PreSharedKeyProposal::new(id)))
    }

    /// An encrypted message.
    pub fn message(&mut self, text: &[u8]) -> Vec<u8> {
        let message = self
            .group
            .create_message(&self.device.provider, &self.device.keys, text)
            .unwrap();
        message.to_bytes().unwrap()
    }

    /// A standalone proposal to remove a leaf.
    pub fn loose_proposal(&mut self, leaf: LeafIndex) -> Vec<u8> {
        let (message, _) = self
            .group
            .propose_remove_member(
                &self.device.provider,
                &self.device.keys,
                LeafNodeIndex::new(leaf.0),
            )
            .unwrap();
        message.to_bytes().unwrap()
    }

    /// What media keys are made of: the same for all members of an epoch.
    pub fn export(&self) -> Vec<u8> {
        self.group
            .export_secret(self.device.provider.crypto(), "SFrame 1.0 Base Key", b"", 32)
            .unwrap()
    }
}

impl TestJudge {
    /// Knows these people with these devices.
    pub fn new(people: &[(&Person, &[&Rc<Device>])]) -> Self {
        Self {
            users: people
                .iter()
                .map(|(person, devices)| (person.user_id, person.known(devices)))
                .collect(),
            sender: DeviceId::from_random([0; 16]),
            wanted: HashSet::new(),
            asked: HashSet::new(),
            external: true,
            moderators: HashSet::new(),
            knocked: HashSet::new(),
            admit: HashSet::new(),
        }
    }

    /// Judges what this device sends.
    pub fn by(&mut self, device: &Device) -> &Self {
        self.sender = device.device_id;
        self
    }

    /// Takes a founding.
    pub fn found(&mut self, founder: &Device, founding: &Founding) -> PublicGroupState {
        self.sender = founder.device_id;
        PublicGroupState::found(founding.group, &founding.group_info, &founding.tree, self, NOW).unwrap()
    }
}

impl Judge for TestJudge {
    fn knocked(&self, device: DeviceId) -> bool {
        self.knocked.contains(&device)
    }

    fn admits_guests(&self, user: UserId) -> bool {
        self.admit.contains(&user)
    }

    fn user(&self, user: UserId) -> Option<KnownUser> {
        self.users.get(&user).cloned()
    }

    fn removal_wanted(&self, device: DeviceId) -> bool {
        self.wanted.contains(&device)
    }

    fn may_join_external(&self, _device: DeviceId, _user: UserId) -> bool {
        self.external
    }

    fn sender(&self) -> DeviceId {
        self.sender
    }

    fn asked_to_join(&self, device: DeviceId) -> bool {
        self.asked.contains(&device)
    }

    fn moderates_room(&self, user: UserId) -> bool {
        self.moderators.contains(&user)
    }
}
