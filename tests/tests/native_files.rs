//! Files between native clients and a real server.

#![expect(clippy::unwrap_used, reason = "what is not there is a failed test")]
use std::{fs, path::Path, time::Duration};

use anyhow::Result;
use client::{
    Client, Waited,
    files::{self, FileError, FileWish, Progress, TransferState},
    server::Server,
    store::Folder,
};
use client_core::api::Command;
use conclave_tests::{device::PATIENCE, people::PASSWORD, scene::Scene};
use protocol::RoomId;
use serde_json::json;

/// R33: files go up and come down whole; what is there is not overwritten.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_comes_down_as_it_went_up() -> Result<()> {
    let scene = Scene::open().await?;
    let bytes = noise(700_001);
    fs::write(scene.alice.path("plan.pdf"), &bytes)?;
    let sent = scene
        .alice
        .run(&["file", "send", "Team", "plan.pdf", "--text", "the plan"])
        .await?;
    let message_id = sent.line()?.to_owned();
    let line = &scene.bob.run(&["receive"]).await?.json()?[0];
    let file =
        json!({ "name": "plan.pdf", "media_type": "application/pdf", "size": 700_001, "may_save": true });
    assert_eq!((&line["file"], &line["text"]), (&file, &json!("the plan")));

    scene
        .bob
        .run(&["file", "get", "Team", &message_id])
        .await?
        .line()?;
    assert!(fs::read(scene.bob.path("plan.pdf"))? == bytes, "the same bytes");
    fs::write(scene.bob.path("plan.pdf"), b"mine")?;
    let refused = scene.bob.run(&["file", "get", "Team", &message_id]).await?;
    assert_eq!(refused.code, 1);
    assert_eq!(fs::read(scene.bob.path("plan.pdf"))?, b"mine");
    let replaced = ["file", "get", "Team", &message_id, "--overwrite"];
    scene.bob.run(&replaced).await?.line()?;
    assert!(fs::read(scene.bob.path("plan.pdf"))? == bytes);

    spoil_blob(scene.data.path());
    let refused = scene
        .bob
        .run(&["file", "get", "Team", &message_id, "--output", "spoilt.pdf"])
        .await?;
    assert_eq!(refused.code, 1);
    assert!(refused.complaint.contains("not what was sent"), "{refused:?}");
    let names: Vec<_> = fs::read_dir(scene.bob.folder.path())?
        .map(|entry| Ok(entry?.file_name().into_string().unwrap()))
        .collect::<Result<_>>()?;
    assert!(
        !names
            .iter()
            .any(|name| name.contains("spoilt") || name.contains("part")),
        "{names:?}"
    );

    let hidden = ["file", "send", "Team", "plan.pdf", "--name", "../plan.pdf"];
    assert_eq!(scene.alice.run(&hidden).await?.code, 1);
    let kept = ["file", "send", "Team", "plan.pdf", "--view-only"];
    let message_id = scene.alice.run(&kept).await?.line()?.to_owned();
    let refused = scene
        .bob
        .run(&["file", "get", "Team", &message_id, "--output", "other.pdf"])
        .await?;
    assert_eq!(refused.code, 1);
    assert!(!scene.bob.path("other.pdf").exists());
    Ok(())
}

/// An upload that its program left goes on with the next one, unless the file changed; and one whose server goes away goes on
/// when that is back.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_where_it_stopped() -> Result<()> {
    let mut scene = Scene::open().await?;
    let path = scene.alice.path("long.bin");
    let room_id: RoomId = scene.room.parse()?;
    let wish = FileWish {
        room_id,
        path: path.clone(),
        name: "long.bin".to_owned(),
        text: String::new(),
        may_save: true,
        patience: PATIENCE,
    };
    let running =
        |progress: Progress| progress.state == TransferState::Running && progress.done < progress.total;

    // Left in the middle, twice: once the file stays as it is, once it changes.
    for changes in [false, true] {
        let bytes = noise(2_000_000);
        fs::write(&path, &bytes)?;
        let client = start(&scene).await?;
        leave_when(&client, &wish, running).await?;
        client.stop().await?;
        let client = start(&scene).await?;
        if changes {
            let mut other = bytes.clone();
            other[0] ^= 1;
            fs::write(&path, &other)?;
            let refused = files::upload(&client, wish.clone(), |_| ()).await;
            assert!(matches!(refused, Err(FileError::Changed)), "{refused:?}");
        }
        let uploaded = files::upload(&client, wish.clone(), |_| ()).await?;
        assert_eq!(uploaded.resumed, !changes, "what changed begins anew");
        client.stop().await?;
    }

    let client = start(&scene).await?;
    // The server dies in the middle, and comes back only when the upload found that out.
    let (lost, mut is_lost) = tokio::sync::mpsc::unbounded_channel();
    let mut killed = false;
    let pid = scene.program.pid().unwrap().to_string();
    let upload = files::upload(&client, wish.clone(), |progress| {
        if running(progress) && !std::mem::replace(&mut killed, true) {
            let ended = std::process::Command::new("kill").args(["-9", &pid]).status();
            assert!(ended.unwrap().success());
        }
        if progress.state == TransferState::Waiting {
            // Only the first counts.
            let _ = lost.send(());
        }
    });
    let restart = async {
        is_lost.recv().await;
        scene.restart().await
    };
    let (uploaded, restarted) = tokio::join!(upload, restart);
    restarted?;
    let message_id = uploaded?.message_id.to_string();
    until_sent(&client).await?;
    client.stop().await?;
    let got = scene
        .bob
        .run(&["file", "get", "Team", &message_id, "--timeout", "50"])
        .await?;
    assert_eq!(got.code, 0, "{got:?}");
    assert!(fs::read(scene.bob.path("long.bin"))? == fs::read(&path)?);
    Ok(())
}

/// Alice's device as a library.
async fn start(scene: &Scene) -> Result<Client> {
    let folder = Folder::lock(&scene.alice.path("device"))?;
    let (store, records) = folder.open(PASSWORD).await?;
    let server = Server::new(scene.program.url.parse()?, None)?;
    let client = Client::start(store, records, server)?;
    assert_eq!(client.until_settled(PATIENCE).await?, Waited::Online);
    Ok(client)
}

/// Begins an upload and leaves it as soon as its progress is as wanted.
async fn leave_when(client: &Client, wish: &FileWish, wanted: impl Fn(Progress) -> bool) -> Result<()> {
    let (there, mut is_there) = tokio::sync::mpsc::unbounded_channel();
    let upload = files::upload(client, wish.clone(), |progress| {
        if wanted(progress) {
            // Only the first counts.
            let _ = there.send(());
        }
    });
    tokio::select! {
        biased;
        _ = is_there.recv() => Ok(()),
        done = upload => anyhow::bail!("it was done before: {done:?}"),
    }
}

/// Waits until the outbox of the rooms is empty.
async fn until_sent(client: &Client) -> Result<()> {
    let mut events = client.listen();
    for room in client.rooms() {
        client
            .ask(Command::OpenRoom {
                room_id: room.room_id,
            })
            .await?;
    }
    let sent = async {
        let mut waiting = std::collections::BTreeSet::new();
        let mut told = 0;
        while told < client.rooms().len() || !waiting.is_empty() {
            let client_core::api::Event::Messages { messages, reset, .. } = events.recv().await? else {
                continue;
            };
            told += usize::from(reset);
            for message in messages {
                match message.delivery {
                    client_core::api::Delivery::Sending => waiting.insert(message.message_id),
                    _ => waiting.remove(&message.message_id),
                };
            }
        }
        Ok(())
    };
    tokio::time::timeout(Duration::from_secs(60), sent).await?
}

/// Changes one byte in the middle of the server's only blob.
fn spoil_blob(data: &Path) {
    let folders = fs::read_dir(data.join("blobs")).unwrap();
    let files = folders.filter_map(|folder| fs::read_dir(folder.unwrap().path()).ok());
    let blobs: Vec<_> = files.flatten().map(|file| file.unwrap().path()).collect();
    assert_eq!(blobs.len(), 1, "{blobs:?}");
    let blob = blobs.first().unwrap();
    let mut bytes = fs::read(blob).unwrap();
    let middle = bytes.len() / 2;
    *bytes.get_mut(middle).unwrap() ^= 1;
    fs::write(blob, bytes).unwrap();
}

/// Bytes that do not repeat.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    (0..len).map(|_| next()).collect()
}
