//! A false server and a device that is new: it has its own state, and nothing else to know the rooms by.

#![allow(
    dead_code,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests use a part of the model of the world, and say by a panic what went wrong"
)]

mod model;

use std::sync::{Arc, Mutex};

use model::{
    Conduct, Server, World,
    forge::{Forger, Mask},
};
use openmls::prelude::{
    MlsMessageIn, ProcessedMessageContent, ProtocolMessage, tls_codec::DeserializeBytes as _,
};
use protocol::{
    Epoch, Generation, Problem, RoomId, Seq, UserId,
    socket::{Accepted, GroupInfoReply, Reply as ServerReply, Request},
};

/// Answers a new device with a group of its own making, in which bob has another account key.
struct MadeUp {
    forger: Forger,
    room: Option<RoomId>,
    bob: Option<UserId>,
    read: Vec<Vec<u8>>,
    shown: u32,
}

struct Shared(Arc<Mutex<MadeUp>>);

impl Conduct for Shared {
    fn on_request(
        &mut self,
        server: &mut Server,
        _from: protocol::DeviceId,
        request: &Request,
    ) -> Option<Result<ServerReply, Problem>> {
        let mut made = self.0.lock().unwrap();
        let room = made.room?;
        let accepted = ServerReply::Accepted(Accepted {
            seq: Seq(900),
            sent_at: server.now,
        });
        match request {
            Request::RoomGroupInfo(asked) if asked.room_id == room => {
                made.shown += 1;
                let bob = made.bob.unwrap();
                let mask = Mask {
                    network_id: server.accounts.network_id,
                    user_id: bob,
                    email: server.accounts.users[&bob].email.clone(),
                    device_id: None,
                };
                let certificate = made.forger.certificate(&mask, None);
                let settings = server.rooms[&room].group.settings();
                let (group_info, tree) = made.forger.found(certificate, room, Generation(1), &settings);
                Some(Ok(ServerReply::GroupInfo(GroupInfoReply {
                    generation: Generation(1),
                    epoch: Epoch(0),
                    seq: Seq(900),
                    group_info,
                    tree,
                })))
            }
            Request::RoomCommit(commit) if commit.room_id == room => {
                let Forger { group, provider, .. } = &mut made.forger;
                let message = MlsMessageIn::tls_deserialize_exact_bytes(&commit.bundle.commit.0).unwrap();
                let message: ProtocolMessage = message.try_into().unwrap();
                let group = group.as_mut().unwrap();
                let processed = group.process_message(provider, message).unwrap();
                let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
                    panic!("no commit");
                };
                group.merge_staged_commit(provider, *staged).unwrap();
                Some(Ok(accepted))
            }
            Request::RoomSend(send) if send.room_id == room => {
                let Forger { group, provider, .. } = &mut made.forger;
                let message = MlsMessageIn::tls_deserialize_exact_bytes(&send.payload.0).unwrap();
                let message: ProtocolMessage = message.try_into().unwrap();
                let processed = group.as_mut().unwrap().process_message(provider, message);
                if let ProcessedMessageContent::ApplicationMessage(text) = processed.unwrap().into_content() {
                    made.read.push(text.into_bytes());
                }
                Some(Ok(accepted))
            }
            Request::RoomSync(sync) if sync.room_id == room => {
                Some(Ok(ServerReply::Entries(protocol::socket::Entries {
                    entries: vec![],
                    more: false,
                    welcome: None,
                })))
            }
            _ => None,
        }
    }
}

/// The own state that a new device gets has the account keys of the people one knows: a group in which one of them
/// has another key gets nothing.
#[test]
fn a_new_device_sends_nothing_to_a_made_up_room() {
    let made = Arc::new(Mutex::new(MadeUp {
        forger: Forger::new(77),
        room: None,
        bob: None,
        read: vec![],
        shown: 0,
    }));
    let mut world = World::with(3, Box::new(Shared(made.clone())));
    world.register("alice");
    world.register("bob");
    let room = world.create_room("alice", "Plans", &["bob"]);
    world.send("bob", room, "hello");
    world.run();
    let bob = world.server.user_of(world.get("bob").device.unwrap());
    {
        let mut made = made.lock().unwrap();
        made.room = Some(room);
        made.bob = Some(bob);
    }
    world.sign_in("alice's phone");
    world.run();
    world.begin("alice's phone", model::text(room, "the secret of alice"));
    world.run();
    let made = made.lock().unwrap();
    assert_eq!(made.shown, 1, "the group was shown, and refused");
    let secret = b"the secret of alice";
    let holds = |text: &Vec<u8>| text.windows(secret.len()).any(|part| part == secret);
    assert!(
        !made.read.iter().any(holds),
        "the server read what alice wrote to bob"
    );
}
