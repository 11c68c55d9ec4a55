//! People who look at each other's contact cards, show ID videos, and say what they make of them.

use conclave_client_core::api::{
    Command, ContactCard, FileCard, IdVideoPlan, Judged, Judgement, Reply, Secret, SessionView, Trust,
};
use protocol::{
    BlobId, Bytes, DeviceId, RoomId, UserId,
    socket::{Reply as Answer, Request},
};

use super::{Conduct, Server, World, meeting::direct_room, text};

pub fn user(world: &World, name: &str) -> UserId {
    match world.get(name).session.as_ref() {
        Some(SessionView::SignedIn { me, .. }) => me.user_id,
        other => panic!("{name}: {other:?}"),
    }
}

pub fn card(world: &mut World, name: &str, of: UserId) -> ContactCard {
    match world.command(name, Command::LookAtContact { user_id: of }) {
        Reply::Contact(card) => *card,
        reply => panic!("{name}: {reply:?}"),
    }
}

pub fn words(world: &mut World, name: &str, of: UserId) -> Vec<String> {
    match world.command(name, Command::ContactWords { user_id: of }) {
        Reply::Words { words } => words,
        reply => panic!("{name}: {reply:?}"),
    }
}

pub fn plan(world: &mut World, name: &str) -> IdVideoPlan {
    match world.command(name, Command::PlanIdVideo) {
        Reply::IdVideoPlan(plan) => plan,
        reply => panic!("{name}: {reply:?}"),
    }
}

pub fn file(number: u8) -> FileCard {
    FileCard {
        blob_id: BlobId::from_random([number; 16]),
        name: "ID video".to_owned(),
        media_type: "video/webm".to_owned(),
        size: 1_000_000,
        key: Secret(Bytes(vec![number; 32]).to_base64url()),
        nonce_base: Bytes(vec![3; 7]),
        hash: Bytes(vec![4; 32]),
        may_save: false,
        width: None,
        height: None,
        duration_ms: Some(9_000),
        waveform: None,
        thumbnail: None,
    }
}

/// Records an ID video; answers the words that are said in it.
pub fn record(world: &mut World, name: &str, number: u8) -> Vec<String> {
    let plan = plan(world, name);
    let show = Command::ShowIdVideo {
        file: Box::new(file(number)),
        day: plan.day,
    };
    let reply = world.command(name, show);
    assert!(matches!(reply, Reply::Done), "{name}: {reply:?}");
    plan.words
}

pub fn judge(world: &mut World, name: &str, card: &ContactCard, judgement: Judgement) -> Result<(), String> {
    let contact = Judged {
        user_id: card.person.user_id,
        fingerprint: card.person.fingerprint.clone(),
        blob_id: card.video.as_ref().map(|video| video.file.blob_id),
    };
    match world.command(name, Command::JudgeContact { contact, judgement }) {
        Reply::Done => Ok(()),
        Reply::Failed(failure) => Err(failure.code),
        reply => panic!("{name}: {reply:?}"),
    }
}

/// What is said of a contact by its newest card.
pub fn say_of(world: &mut World, name: &str, of: UserId, judgement: Judgement) {
    let card = card(world, name, of);
    judge(world, name, &card, judgement).unwrap();
}

pub fn send(world: &mut World, name: &str, room: RoomId, what: &str) -> Result<(), String> {
    match world.command(name, text(room, what)) {
        Reply::Message { .. } => Ok(()),
        Reply::Failed(failure) => Err(failure.code),
        reply => panic!("{name}: {reply:?}"),
    }
}

pub fn trust(world: &World, name: &str, room: RoomId, of: UserId) -> Trust {
    let room = world.room(name, room).unwrap();
    let member = room.members.iter().find(|member| member.user_id == of);
    member.unwrap().trust
}

pub fn refusal(world: &World, name: &str, room: RoomId) -> Option<String> {
    world.room(name, room).unwrap().refusal.clone()
}

/// Alice and bob in their direct room.
pub fn two(conduct: Box<dyn Conduct>) -> (World, RoomId, UserId, UserId) {
    let mut world = World::with(1, conduct);
    let room = direct_room(&mut world);
    let (alice, bob) = (user(&world, "alice"), user(&world, "bob"));
    (world, room, alice, bob)
}

/// A server that keeps nothing of what people say of each other, and so lets everything pass.
pub struct Lax;

impl Conduct for Lax {
    fn on_request(
        &mut self,
        _: &mut Server,
        _: DeviceId,
        request: &Request,
    ) -> Option<Result<Answer, protocol::Problem>> {
        matches!(request, Request::ContactPut(_)).then_some(Ok(Answer::Done))
    }
}
