//! Native clients and a real server, as programs of their own, and as a library.

#![expect(clippy::unwrap_used, reason = "what is not there is a failed test")]
use std::{fs, path::Path};

use anyhow::Result;
use conclave_tests::{cli::Cli, device::PATIENCE, people::PASSWORD, program::Program, scene::Scene};
use serde_json::json;

/// R33: two people register, meet in a room, and write both ways, each command a process of its own.
#[tokio::test(flavor = "multi_thread")]
async fn two_people_write_to_each_other_by_commands() -> Result<()> {
    let scene = Scene::open().await?;
    let sent = scene.alice.run(&["send", "Team", "hello bob"]).await?;
    let message_id = sent.line()?.to_owned();
    let received = scene.bob.run(&["receive"]).await?;
    assert_eq!(received.code, 0, "{received:?}");
    let line = &received.json()?[0];
    for (field, value) in [
        ("type", json!("message")),
        ("room_id", json!(scene.room)),
        ("room", json!("Team")),
        ("message_id", json!(message_id)),
        ("author", json!("alice")),
        ("author_email", json!("alice@example.org")),
        ("author_trust", json!("unverified")),
        ("kind", json!("text")),
        ("text", json!("hello bob")),
        ("mine", json!(false)),
    ] {
        assert_eq!(line[field], value, "{field}");
    }
    // That bob has read it left with his command, and did not wait for another.
    let own = scene.alice.run(&["receive", "--mine"]).await?;
    assert_eq!(own.json()?[0]["delivery"], "read", "{own:?}");
    assert_eq!(scene.bob.run(&["receive"]).await?.out, "", "printed once");

    let answer = [
        "send",
        "alice@example.org",
        "hello alice",
        "--reply-to",
        &message_id,
    ];
    scene.bob.run(&answer).await?.line()?;
    let received = scene.alice.run(&["receive"]).await?;
    let line = &received.json()?[0];
    assert_eq!(
        (&line["text"], &line["kind"]),
        (&json!("hello alice"), &json!("text"))
    );
    assert_ne!(line["room_id"], json!(scene.room), "a direct room was opened");

    let rooms = scene.alice.run(&["rooms", "--json"]).await?.json()?;
    assert_eq!(rooms.len(), 2);
    let trap = scene.bob.run(&["room", "create", "alice@example.org"]).await?;
    let sent = scene
        .bob
        .run(&["send", "alice@example.org", "for alice", "--json"])
        .await?;
    assert_ne!(
        sent.json()?[0]["room_id"],
        json!(trap.line()?),
        "a title is no address"
    );
    let members = scene
        .alice
        .run(&["room", "members", &scene.room, "--json"])
        .await?
        .json()?;
    let mut emails: Vec<&str> = members
        .iter()
        .map(|member| member["email"].as_str().unwrap())
        .collect();
    emails.sort_unstable();
    assert_eq!(emails, ["alice@example.org", "bob@example.org"]);
    let refused = scene
        .alice
        .run(&["room", "remove", "Team", "carol@example.org"])
        .await?;
    assert_eq!(refused.code, 1, "{refused:?}");
    scene.bob.run(&["room", "leave", "Team"]).await?.line()?;
    let left = scene.bob.run(&["rooms"]).await?;
    assert!(!left.out.contains(&scene.room), "{left:?}");
    assert_eq!(
        scene.bob.run(&["send", &scene.room, "still here?"]).await?.code,
        1
    );
    Ok(())
}

/// What was said while the server was away waits, over several starts of the program, and arrives once and in order.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_offline_arrives_once_and_in_order() -> Result<()> {
    let mut scene = Scene::open().await?;
    scene.bob.run(&["receive"]).await?;
    scene.program.kill().await?;
    for text in ["one", "two", "three"] {
        let sent = scene.alice.run(&["send", "Team", text]).await?;
        assert_eq!(sent.code, 3, "{sent:?}");
        assert!(sent.complaint.contains("outbox"), "{sent:?}");
    }
    let offline = scene.bob.run(&["rooms"]).await?;
    assert_eq!(offline.code, 3);
    assert!(offline.out.contains("Team"), "what is known shows: {offline:?}");
    let status = scene.alice.run(&["status", "--json"]).await?;
    assert_eq!(status.json()?[0]["unsent"], 3);

    scene.come_back().await?;
    scene.alice.run(&["send", "Team", "four"]).await?.line()?;
    scene.restart().await?;
    let received = scene.bob.run(&["receive", "Team"]).await?;
    assert_eq!(received.texts()?, ["one", "two", "three", "four"]);
    assert_eq!(scene.bob.run(&["receive"]).await?.out, "");
    assert_eq!(
        scene.alice.run(&["status", "--json"]).await?.json()?[0]["unsent"],
        0
    );
    Ok(())
}

/// What was answered is durable: a bot that is killed at once loses nothing, and sends nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_bot_had_taken_arrives_once() -> Result<()> {
    let mut scene = Scene::open().await?;
    scene.program.kill().await?;
    let mut bot = scene.alice.start()?;
    bot.hear("ready").await?;
    let texts: Vec<String> = (0..8).map(|n| format!("text {n}")).collect();
    for text in &texts {
        let send = json!({ "id": text, "command": "send", "room": scene.room, "text": text });
        bot.say(&send.to_string()).await?;
        let reply = bot.hear("reply").await?;
        assert_eq!((&reply["id"], &reply["ok"]), (&json!(text), &json!(true)));
    }
    bot.child.kill().await?;
    scene.come_back().await?;
    scene.alice.run(&["send", "Team", "last"]).await?.line()?;
    let received = scene.bob.run(&["receive"]).await?.texts()?;
    assert_eq!(received[..8], texts[..]);
    assert_eq!(received[8..], ["last"]);
    Ok(())
}

/// B1: a key is accepted by the fingerprint or the words that the person says in person, and by nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_accepted_by_its_own_fingerprint_or_words_alone() -> Result<()> {
    let scene = Scene::open().await?;
    let me = &scene.bob.run(&["whoami", "--json"]).await?.json()?[0];
    let fingerprint = me["fingerprint"].as_str().unwrap();
    let wrong = scene.alice.run(&["whoami", "--json"]).await?.json()?[0]["fingerprint"].clone();
    for (typed, said) in [
        (wrong.as_str().unwrap(), "not the fingerprint"),
        (&fingerprint[1..], "64"),
    ] {
        let refused = scene
            .alice
            .run(&["verify", "bob@example.org", "--fingerprint", typed])
            .await?;
        assert_eq!(refused.code, 1);
        assert!(refused.complaint.contains(said), "{refused:?}");
    }
    let refused = scene
        .alice
        .run(&[
            "verify",
            "bob@example.org",
            "--words",
            "one two three four five six",
        ])
        .await?;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert_eq!(
        scene.alice.run(&["contacts"]).await?.out,
        "",
        "nothing was accepted"
    );

    let shown = &scene
        .alice
        .run(&["verify", "bob@example.org", "--json"])
        .await?
        .json()?[0];
    assert_eq!(
        (&shown["fingerprint"], &shown["trust"]),
        (&me["fingerprint"], &json!("unverified"))
    );
    let own = &scene
        .bob
        .run(&["verify", "bob@example.org", "--json"])
        .await?
        .json()?[0];
    assert_eq!(shown["words"], own["words"], "both derive the same words");

    let spoken = fingerprint.to_uppercase();
    let accepted = scene
        .alice
        .run(&["verify", "bob@example.org", "--fingerprint", &spoken, "--json"])
        .await?;
    assert_eq!(accepted.json()?[0]["trust"], json!("verified"));
    let contacts = scene.alice.run(&["contacts", "--json"]).await?.json()?;
    assert_eq!(contacts[0]["email"], json!("bob@example.org"));
    Ok(())
}

/// R47: the folder shows nothing of what is in it, and opens with its password alone, for one process at a time.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_for_its_owner_and_one_process() -> Result<()> {
    let mut scene = Scene::open().await?;
    let sent = scene
        .alice
        .run(&["-vvv", "send", "Team", "the secret canary sings"])
        .await?;
    sent.line()?;
    for word in ["canary", "Team", "@example", PASSWORD] {
        assert!(
            !sent.complaint.contains(word),
            "{word} is in the log: {}",
            sent.complaint
        );
    }
    scene.bob.run(&["receive"]).await?.line()?;
    for cli in [&scene.alice, &scene.bob] {
        let raw = raw(&cli.path("device"));
        for word in ["canary", "Team", "alice", "bob@", PASSWORD, "http"] {
            let shows = raw.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!shows, "{word}");
        }
    }

    let bot = scene.bob.start()?;
    let mut bot = bot;
    bot.hear("ready").await?;
    let refused = scene.bob.run(&["rooms"]).await?;
    assert_eq!((refused.code, refused.out.as_str()), (4, ""), "{refused:?}");
    assert_eq!(bot.end().await?, 0);
    assert_eq!(scene.bob.run(&["rooms"]).await?.code, 0);

    scene.bob.password = "another password".to_owned();
    let refused = scene.bob.run(&["rooms"]).await?;
    assert_eq!((refused.code, refused.out.as_str()), (5, ""), "{refused:?}");
    let erased = scene.bob.run(&["sign-out", "--erase"]).await?;
    assert_eq!(erased.code, 0, "{erased:?}");
    assert_eq!(scene.bob.run(&["rooms"]).await?.code, 6);

    let wrong = ["sign-in", "bob@example.org", "--server", &scene.program.url];
    let refused = scene.bob.run(&wrong).await?;
    assert_eq!(refused.code, 5, "{refused:?}");
    assert!(
        !scene.bob.path("device/keys").exists(),
        "nothing was made for nothing"
    );
    scene.bob.password = PASSWORD.to_owned();
    scene.bob.run(&wrong).await?.line()?;
    scene.bob.run(&["sign-out"]).await?.line()?;
    assert_eq!(scene.bob.run(&["whoami"]).await?.code, 6);
    Ok(())
}

/// A bot answers, line by line, and what is no command is said to be none.
#[tokio::test(flavor = "multi_thread")]
async fn a_bot_is_driven_by_lines() -> Result<()> {
    let scene = Scene::open().await?;
    let mut bot = scene.bob.start()?;
    let ready = bot.hear("ready").await?;
    assert_eq!(ready["email"], json!("bob@example.org"));
    scene.alice.run(&["send", "Team", "ping"]).await?.line()?;
    let message = bot.hear("message").await?;
    assert_eq!(message["text"], json!("ping"));
    for text in ["pong 1", "pong 2"] {
        let answer = json!({ "id": text, "command": "send", "room": message["room_id"], "text": text });
        bot.say(&answer.to_string()).await?;
    }
    for text in ["pong 1", "pong 2"] {
        let reply = bot.hear("reply").await?;
        assert_eq!((&reply["id"], &reply["ok"]), (&json!(text), &json!(true)));
    }
    for (line, code) in [
        ("not json", "malformed"),
        (r#"{"id":3,"command":"fly"}"#, "malformed"),
        (
            r#"{"id":3,"command":"send","room":"Nowhere","text":"x"}"#,
            "room_unknown",
        ),
        (r#"{"id":3,"command":"send","room":"Team","text":" "}"#, "empty"),
    ] {
        bot.say(line).await?;
        let reply = bot.hear("reply").await?;
        assert_eq!(
            (&reply["ok"], &reply["code"]),
            (&json!(false), &json!(code)),
            "{line}"
        );
        assert!(reply["text"].as_str().unwrap().len() > 10, "{line}");
    }
    bot.say(r#"{"command":"stop"}"#).await?;
    bot.hear("reply").await?;
    assert_eq!(bot.end().await?, 0);
    let received = scene.alice.run(&["receive"]).await?;
    assert_eq!(received.texts()?, ["pong 1", "pong 2"]);
    Ok(())
}

/// A server with a certificate of its own making is reached with its certificate at hand, and not without.
#[tokio::test(flavor = "multi_thread")]
async fn a_self_made_certificate_is_believed_only_where_it_is_given() -> Result<()> {
    let data = tempfile::tempdir()?;
    let program = Program::start(data.path(), "127.0.0.1:0", &["--tls-self-made"]).await?;
    let link = program.invitation.clone().unwrap();
    let mut alice = Cli::new()?;
    let register = [
        "register",
        link.as_str(),
        "--email",
        "alice@example.org",
        "--name",
        "Alice",
    ];
    let refused = alice.run(&register).await?;
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(
        refused.complaint.contains("--ca"),
        "it says what to do: {refused:?}"
    );
    let certificate = data.path().join("tls-self-made/cert.pem");
    alice.more = vec!["--ca".to_owned(), certificate.display().to_string()];
    alice.run(&register).await?.line()?;
    let room = alice.run(&["room", "create", "Alone"]).await?;
    room.line()?;
    alice.run(&["send", "Alone", "over TLS"]).await?.line()?;
    Ok(())
}

/// All bytes of all files of a folder.
fn raw(folder: &Path) -> Vec<u8> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .flat_map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect()
}

/// R26: where the network requires it, nothing is said to have been sent that was not, the reason is the right one, and nothing
/// of it stays to be sent later.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_policy_refuses_is_refused_in_its_words_and_leaves_nothing() -> Result<()> {
    let scene = Scene::open().await?;
    let (to, alice) = ("bob@example.org", &scene.alice);
    alice.run(&["send", to, "before"]).await?.line()?;
    Program::admin(scene.data.path(), "policy", &["--verify-inside", "required"]).await?;
    // The running server learns of it by looking.
    let ended = tokio::time::Instant::now() + PATIENCE;
    loop {
        let sent = alice.run(&["send", to, "too early"]).await?;
        if sent.code != 0 {
            assert_eq!((sent.code, sent.out.as_str()), (1, ""), "{sent:?}");
            assert!(sent.complaint.contains("verify this person first"), "{sent:?}");
            break;
        }
        assert!(tokio::time::Instant::now() < ended, "{sent:?}");
    }
    let path = scene.data.path().join("plan.txt");
    fs::write(&path, "lamps")?;
    let file = path.to_str().unwrap();
    for _ in 0..2 {
        let sent = alice.run(&["file", "send", to, file]).await?;
        assert_eq!((sent.code, sent.out.as_str()), (1, ""), "{sent:?}");
        assert!(sent.complaint.contains("verify this person first"), "{sent:?}");
    }
    let status = &alice.run(&["status", "--json"]).await?.json()?[0];
    assert_eq!((&status["unsent"], &status["uploads"]), (&json!(0), &json!(0)));
    Ok(())
}
