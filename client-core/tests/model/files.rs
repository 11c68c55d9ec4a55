//! Files in messages, and uploads.

use conclave_client_core::api::{Command, FileCard, FileMessage, MessageView, Reply, Secret, UploadCard};
use protocol::{BlobId, Bytes, MessageId, Millis, RoomId};

use super::World;

pub const MINUTE: u64 = 60_000;

/// Long after the worlds begin.
pub const UPLOAD_ENDS: Millis = Millis(1_801_000_000_000);

pub fn b64(byte: u8, len: usize) -> String {
    Bytes(vec![byte; len]).to_base64url()
}

pub fn card(number: u8) -> FileCard {
    FileCard {
        blob_id: BlobId::from_random([number; 16]),
        name: "plan.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        size: 5_000,
        key: Secret(b64(number, 32)),
        nonce_base: Bytes(vec![2; 7]),
        hash: Bytes(vec![3; 32]),
        may_save: true,
        width: None,
        height: None,
        duration_ms: None,
        waveform: None,
        thumbnail: None,
    }
}

pub fn upload(number: u8, room_id: RoomId) -> UploadCard {
    let file = card(number);
    UploadCard {
        blob_id: file.blob_id,
        room_id,
        key: file.key,
        nonce_base: file.nonce_base,
        upload_secret: Secret(b64(number, 32)),
        sealed: None,
        expires_at: UPLOAD_ENDS,
        about: "{\"name\":\"plan.pdf\"}".to_owned(),
    }
}

/// A file that lies on the server, in a message.
pub fn file(
    world: &mut World,
    room_id: RoomId,
    card: FileCard,
    text: &str,
    ends_at: Option<Millis>,
) -> FileMessage {
    let upload_secret = Secret(b64(7, 32));
    world
        .server
        .accounts
        .blobs
        .kept
        .insert(card.blob_id, upload_secret.0.clone());
    FileMessage {
        room_id,
        file: card,
        upload_secret,
        text: text.to_owned(),
        reply_to: None,
        mentions: vec![],
        ends_at,
        burn_ms: None,
        forwarded: false,
        message_id: None,
    }
}

pub fn send(world: &mut World, name: &str, room_id: RoomId, card: FileCard, text: &str) -> MessageId {
    let said = file(world, room_id, card, text, None);
    send_file(world, name, said)
}

pub fn send_file(world: &mut World, name: &str, said: FileMessage) -> MessageId {
    match world.command(name, Command::SendFile(Box::new(said))) {
        Reply::Message { message_id } => message_id,
        reply => panic!("{reply:?}"),
    }
}

pub fn done(world: &mut World, name: &str, command: Command) {
    let reply = world.command(name, command);
    assert!(matches!(reply, Reply::Done), "{reply:?}");
}

pub fn code(reply: Reply) -> String {
    match reply {
        Reply::Failed(failure) => failure.code,
        reply => panic!("{reply:?}"),
    }
}

pub fn message(world: &mut World, name: &str, room_id: RoomId, id: MessageId) -> Option<MessageView> {
    let messages = world.messages(name, room_id);
    messages.into_iter().find(|message| message.message_id == id)
}

pub fn kept(world: &World) -> usize {
    world.server.accounts.blobs.kept.len()
}

pub fn uploads(world: &mut World, name: &str) -> Vec<UploadCard> {
    match world.command(name, Command::ListUploads) {
        Reply::Uploads(uploads) => uploads,
        reply => panic!("{reply:?}"),
    }
}

pub fn delete(room_id: RoomId, message_id: MessageId) -> Command {
    Command::DeleteMessage { room_id, message_id }
}

pub fn note(upload: UploadCard) -> Command {
    Command::NoteUpload {
        upload: Box::new(upload),
    }
}
