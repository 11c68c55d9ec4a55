//! Pairing over HTTP: who may open and enter, and that the server keeps what is said in order.

use protocol::{
    limits::{PAIRING_LIFE_MS, PAIRING_TICKET_LEN},
    pairing::{PairingClose, PairingCode, PairingEnter, PairingOpen, PairingSay, PairingTurn},
};
use serde_json::json;

use super::*;
use crate::limits::{MAX_PAIRING_TURNS_PER_MINUTE, MAX_PAIRINGS_PER_HOUR};

fn ticket(number: u8) -> Bytes {
    Bytes(vec![number; PAIRING_TICKET_LEN])
}

fn bytes(text: &str) -> Bytes {
    Bytes(text.as_bytes().to_vec())
}

fn turn(number: u8, known: u32, say: Option<&str>) -> PairingTurn {
    PairingTurn {
        ticket: ticket(number),
        known,
        say: say.map(|text| PairingSay {
            after: u32::from(number % 2),
            message: bytes(text),
        }),
    }
}

pub async fn mailbox(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let open = |number: u8| PairingOpen {
        ticket: ticket(number),
        first: bytes("one"),
    };
    let anybody = world.post("pairing/open", &open(1)).await.problem();
    assert_eq!(anybody.code, Code::Unauthenticated);
    let token = Some(&alice.session.token);
    let short = PairingOpen {
        ticket: Bytes(vec![1; 8]),
        first: bytes("one"),
    };
    let refused = world.post_as("pairing/open", token, &short).await.problem();
    assert_eq!(refused.code, Code::Malformed);
    let opened = world.post_as("pairing/open", token, &open(1)).await.json();
    assert_eq!(opened["expires_at"], world.now().plus(PAIRING_LIFE_MS).0);
    let code: PairingCode = serde_json::from_value(opened["code"].clone()).unwrap();

    let enter = |code: &PairingCode, number: u8| PairingEnter {
        code: code.clone(),
        ticket: ticket(number),
    };
    let heard = world.post("pairing/enter", &enter(&code, 2)).await.json();
    assert_eq!(heard, json!({ "messages": [bytes("one")] }));
    let stranger = world.post("pairing/enter", &enter(&code, 3)).await.problem();
    assert_eq!(stranger.code, Code::Conflict);
    let heard = world.post("pairing/turn", &turn(2, 1, Some("two"))).await.json();
    assert_eq!(heard, json!({ "messages": [] }));
    let heard = world
        .post("pairing/turn", &turn(1, 0, Some("three")))
        .await
        .json();
    assert_eq!(heard, json!({ "messages": [bytes("two")] }));
    let heard = world.post("pairing/turn", &turn(2, 1, None)).await.json();
    assert_eq!(heard, json!({ "messages": [bytes("three")] }));
    assert_eq!(
        world.post("pairing/turn", &turn(3, 0, None)).await.problem().code,
        Code::NotFound
    );

    // bob's is another one, and ends with his word.
    let bobs = world
        .post_as("pairing/open", Some(&bob.session.token), &open(4))
        .await
        .json();
    assert_ne!(bobs["code"], opened["code"]);
    let close = PairingClose { ticket: ticket(4) };
    for _ in 0..2 {
        assert_eq!(world.post("pairing/close", &close).await.status, 204);
    }
    assert_eq!(
        world.post("pairing/turn", &turn(4, 0, None)).await.problem().code,
        Code::NotFound
    );
    assert!(
        world
            .post("pairing/turn", &turn(1, 1, None))
            .await
            .status
            .is_success()
    );
    world.advance(PAIRING_LIFE_MS);
    assert_eq!(
        world.post("pairing/turn", &turn(1, 1, None)).await.problem().code,
        Code::NotFound
    );
}

pub async fn limits(world: World) {
    let (alice, _, _) = trio(&world).await;
    let token = Some(&alice.session.token);
    let open = PairingOpen {
        ticket: ticket(1),
        first: bytes("one"),
    };
    for _ in 0..MAX_PAIRINGS_PER_HOUR {
        let opened = world.post_as("pairing/open", token, &open).await;
        assert!(opened.status.is_success());
    }
    let refused = world.post_as("pairing/open", token, &open).await.problem();
    assert_eq!(refused.code, Code::RateLimited);
    for _ in 0..MAX_PAIRING_TURNS_PER_MINUTE {
        let heard = world.post("pairing/turn", &turn(1, 0, None)).await;
        assert!(heard.status.is_success());
    }
    let refused = world.post("pairing/turn", &turn(1, 0, None)).await.problem();
    assert_eq!(refused.code, Code::RateLimited);
}
