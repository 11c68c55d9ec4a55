//! Files, up and down.

use std::path::PathBuf;

use client_core::api::Delivery;
use conclave_client::files::{self, FileWish, Progress, Target, TransferState};
use protocol::MessageId;

use super::{
    answer::{Answer, Saved, Sent},
    fault::Fault,
    find,
    print::Bar,
    request::SendFile,
    session::Session,
    texts,
};

/// Sends a file.
pub async fn send(session: &Session, send: SendFile) -> Result<Answer, Fault> {
    let name = match send.name {
        Some(name) => Some(name),
        None => send
            .path
            .file_name()
            .and_then(|name| name.to_str())
            .map(str::to_owned),
    };
    let name = name.as_deref().and_then(files::safe_name).map(str::to_owned);
    let name = name.ok_or_else(|| Fault::with_code("unsafe_name", texts::NAME_TO_SEND))?;
    let room_id = find::room_to_write(session, &send.room).await?.room_id;
    let wish = FileWish {
        room_id,
        path: send.path,
        name,
        text: send.text,
        may_save: !send.view_only,
        patience: session.how.timeout,
    };
    let mut bar = Bar::new(&session.how);
    let uploaded = files::upload(&session.client, wish, |progress| bar.show(&words(progress))).await;
    bar.end();
    let uploaded = uploaded?;
    Ok(Answer::Sent(Sent {
        room_id,
        message_id: uploaded.message_id,
        delivery: Delivery::Sending,
        size: Some(uploaded.size),
        resumed: Some(uploaded.resumed),
    }))
}

/// Gets a file.
pub async fn get(
    session: &Session,
    room: &str,
    message_id: MessageId,
    output: Option<PathBuf>,
    overwrite: bool,
) -> Result<Answer, Fault> {
    let room_id = find::room(session, room).await?.room_id;
    let card = find::file(session, room_id, message_id).await?;
    let target = match output {
        Some(path) if path.is_dir() => Target::Folder(path),
        Some(path) => Target::File(path),
        None => Target::Folder(PathBuf::from(".")),
    };
    let mut bar = Bar::new(&session.how);
    let tell = |progress| bar.show(&words(progress));
    let patience = session.how.timeout;
    let saved = files::download(&session.client, &card, &target, overwrite, patience, tell).await;
    bar.end();
    let saved = saved?;
    Ok(Answer::Saved(Saved {
        path: saved.path.display().to_string(),
        size: saved.size,
    }))
}

fn words(progress: Progress) -> String {
    let percent = (progress.done.saturating_mul(100))
        .checked_div(progress.total)
        .unwrap_or(100);
    let state = match progress.state {
        TransferState::Checking => texts::CHECKING,
        TransferState::Running => "",
        TransferState::Waiting => texts::WAITING,
    };
    format!("{percent} % {state}")
}
