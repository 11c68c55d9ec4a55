//! What a false server can make itself: keys, certificates, key packages, groups, external commits.

use ed25519_dalek::{Signer as _, SigningKey};
use openmls::prelude::{
    BasicCredential, Capabilities, Ciphersuite, CredentialType, CredentialWithKey, Extension, ExtensionType,
    Extensions, GroupId, KeyPackage, LeafNodeParameters, Lifetime, MlsGroup, MlsGroupCreateConfig,
    MlsMessageBodyIn, MlsMessageIn, MlsMessageOut, OpenMlsProvider as _, ProcessedMessageContent,
    ProtocolMessage, ProtocolVersion, RatchetTreeIn, RequiredCapabilitiesExtension, SignatureScheme,
    UnknownExtension,
    tls_codec::{DeserializeBytes as _, Serialize as _},
};
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::signatures::{Signer, SignerError};
use protocol::{
    Bytes, DeviceId, Email, Epoch, Generation, Millis, NetworkId, RoomId, UserId,
    identity::{Certificate, CertificateBody, DeviceList, DeviceListBody, ListedDevice, PublicKey},
    room_settings::{ROOM_SETTINGS_EXTENSION, RoomSettings},
    socket::CommitBundle,
};

const SUITE: Ciphersuite = Ciphersuite::MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519;

/// Somebody made up.
pub struct Forger {
    pub provider: OpenMlsRustCrypto,
    aik: SigningKey,
    device: DeviceSigner,
    pub device_id: DeviceId,
    pub group: Option<MlsGroup>,
}

struct DeviceSigner(SigningKey);

impl Signer for DeviceSigner {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.0.sign(payload).to_bytes().to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

/// Whom to pose as.
#[derive(Clone)]
pub struct Mask {
    pub network_id: NetworkId,
    pub user_id: UserId,
    pub email: Email,
    pub device_id: Option<DeviceId>,
}

fn public(key: &SigningKey) -> PublicKey {
    PublicKey::from_slice(key.verifying_key().as_bytes()).unwrap()
}

impl Forger {
    pub fn new(seed: u8) -> Self {
        Self {
            provider: OpenMlsRustCrypto::default(),
            aik: SigningKey::from_bytes(&[seed; 32]),
            device: DeviceSigner(SigningKey::from_bytes(&[seed.wrapping_add(100); 32])),
            device_id: DeviceId::from_random([seed; 16]),
            group: None,
        }
    }

    pub fn aik(&self) -> PublicKey {
        public(&self.aik)
    }

    /// A certificate by the forger's own account key; `named` puts another key's name into it.
    pub fn certificate(&self, mask: &Mask, named: Option<PublicKey>) -> Vec<u8> {
        let body = CertificateBody {
            network_id: mask.network_id,
            email: mask.email.clone(),
            user_id: mask.user_id,
            device_id: mask.device_id.unwrap_or(self.device_id),
            device_key: public(&self.device.0),
            aik: named.unwrap_or(self.aik()),
            not_after: Millis(u64::MAX / 2),
        };
        Certificate::issue(body, |bytes| self.aik.sign(bytes).to_bytes()).encode()
    }

    pub fn device_list(&self, mask: &Mask, version: u64) -> DeviceList {
        let body = DeviceListBody {
            user_id: mask.user_id,
            aik: self.aik(),
            version,
            previous: [0; 32],
            signed_at: Millis(1),
            devices: vec![ListedDevice {
                device_id: mask.device_id.unwrap_or(self.device_id),
                device_key: public(&self.device.0),
                name: "Forged".to_owned(),
                added_at: Millis(1),
            }],
        };
        DeviceList::issue(body, |bytes| self.aik.sign(bytes).to_bytes())
    }

    fn credential(&self, certificate: Vec<u8>) -> CredentialWithKey {
        CredentialWithKey {
            credential: BasicCredential::new(certificate).into(),
            signature_key: self.device.0.verifying_key().as_bytes().to_vec().into(),
        }
    }

    pub fn key_package(&self, certificate: Vec<u8>) -> Bytes {
        let bundle = KeyPackage::builder()
            .leaf_node_capabilities(capabilities())
            .key_package_lifetime(Lifetime::init(0, u64::MAX))
            .build(SUITE, &self.provider, &self.device, self.credential(certificate))
            .unwrap();
        Bytes(MlsMessageOut::from(bundle.into_key_package()).to_bytes().unwrap())
    }

    /// Joins a group from outside with a forged leaf.
    pub fn join(&mut self, certificate: Vec<u8>, group_info: &Bytes, tree: &Bytes) -> CommitBundle {
        let MlsMessageBodyIn::GroupInfo(info) = MlsMessageIn::tls_deserialize_exact_bytes(&group_info.0)
            .unwrap()
            .extract()
        else {
            panic!("no group info");
        };
        let epoch = Epoch(info.epoch().as_u64());
        let tree = RatchetTreeIn::tls_deserialize_exact_bytes(&tree.0).unwrap();
        let (group, bundle) = MlsGroup::external_commit_builder()
            .with_ratchet_tree(tree)
            .build_group(&self.provider, info, self.credential(certificate))
            .unwrap()
            .leaf_node_parameters(
                LeafNodeParameters::builder()
                    .with_capabilities(capabilities())
                    .build(),
            )
            .load_psks(self.provider.storage())
            .unwrap()
            .create_group_info(true)
            .use_ratchet_tree_extension(false)
            .build(self.provider.rand(), self.provider.crypto(), &self.device, |_| {
                true
            })
            .unwrap()
            .finalize(&self.provider)
            .unwrap();
        self.group = Some(group);
        let (commit, _, group_info) = bundle.into_messages();
        CommitBundle {
            epoch,
            commit: Bytes(commit.to_bytes().unwrap()),
            group_info: Bytes(group_info.unwrap().to_bytes().unwrap()),
            welcome: None,
            welcome_to: vec![],
        }
    }

    /// Founds a group in the name of a room, with the forged leaf alone.
    pub fn found(
        &mut self,
        certificate: Vec<u8>,
        room_id: RoomId,
        generation: Generation,
        settings: &RoomSettings,
    ) -> (Bytes, Bytes) {
        self.provider = OpenMlsRustCrypto::default();
        let mut id = room_id.as_bytes().to_vec();
        id.extend_from_slice(&generation.0.to_be_bytes());
        let required =
            RequiredCapabilitiesExtension::new(&[ExtensionType::Unknown(ROOM_SETTINGS_EXTENSION)], &[], &[]);
        let extensions = Extensions::from_vec(vec![
            Extension::RequiredCapabilities(required),
            Extension::Unknown(ROOM_SETTINGS_EXTENSION, UnknownExtension(settings.encode())),
        ]);
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(SUITE)
            .capabilities(capabilities())
            .lifetime(Lifetime::init(0, u64::MAX))
            .with_group_context_extensions(extensions.unwrap())
            .build();
        let group = MlsGroup::new_with_group_id(
            &self.provider,
            &self.device,
            &config,
            GroupId::from_slice(&id),
            self.credential(certificate),
        )
        .unwrap();
        let info = group
            .export_group_info(self.provider.crypto(), &self.device, false)
            .unwrap();
        let tree = group.export_ratchet_tree().tls_serialize_detached().unwrap();
        self.group = Some(group);
        (Bytes(info.to_bytes().unwrap()), Bytes(tree))
    }

    /// Adds a device to the forger's group by its key package, in an epoch later than those of the tests' rooms: the
    /// welcome, and the tree beside it.
    pub fn welcome(&mut self, key_package: &Bytes) -> (Bytes, Bytes) {
        let MlsMessageBodyIn::KeyPackage(package) = MlsMessageIn::tls_deserialize_exact_bytes(&key_package.0)
            .unwrap()
            .extract()
        else {
            panic!("no key package");
        };
        let package = package
            .validate(self.provider.crypto(), ProtocolVersion::Mls10)
            .unwrap();
        let group = self.group.as_mut().unwrap();
        for _ in 0..8 {
            group
                .self_update(&self.provider, &self.device, LeafNodeParameters::default())
                .unwrap();
            group.merge_pending_commit(&self.provider).unwrap();
        }
        let (_, welcome, _) = group
            .add_members(&self.provider, &self.device, &[package])
            .unwrap();
        group.merge_pending_commit(&self.provider).unwrap();
        let tree = group.export_ratchet_tree().tls_serialize_detached().unwrap();
        (Bytes(welcome.to_bytes().unwrap()), Bytes(tree))
    }

    /// Whether the forger's own state of the group opens a message.
    pub fn opens(&mut self, payload: &Bytes) -> bool {
        let Some(group) = &mut self.group else {
            return false;
        };
        let Ok(message) = MlsMessageIn::tls_deserialize_exact_bytes(&payload.0) else {
            return false;
        };
        let Ok(message) = <MlsMessageIn as TryInto<ProtocolMessage>>::try_into(message) else {
            return false;
        };
        let processed = group.process_message(&self.provider, message);
        processed.is_ok_and(|processed| {
            matches!(
                processed.into_content(),
                ProcessedMessageContent::ApplicationMessage(_)
            )
        })
    }
}

fn capabilities() -> Capabilities {
    Capabilities::new(
        None,
        Some(&[SUITE]),
        Some(&[
            ExtensionType::Unknown(ROOM_SETTINGS_EXTENSION),
            ExtensionType::LastResort,
        ]),
        None,
        Some(&[CredentialType::Basic]),
    )
}
