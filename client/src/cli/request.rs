//! What can be asked, by arguments or by a line of JSON.

use std::path::PathBuf;

use protocol::MessageId;
use serde::Deserialize;
use serde_json::Value;

/// A request. In JSON its name stands under `command`, beside its fields.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// The account.
    Whoami,
    /// The connection.
    Status,
    /// The rooms.
    Rooms,
    /// Who is in a room.
    Members { room: String },
    /// Makes a room.
    CreateRoom {
        title: String,
        #[serde(default)]
        people: Vec<String>,
    },
    /// Adds people.
    Add { room: String, people: Vec<String> },
    /// Removes a person.
    Remove { room: String, person: String },
    /// Leaves a room.
    Leave { room: String },
    /// Deletes a room.
    DeleteRoom { room: String },
    /// Sends a text.
    Send(SendText),
    /// Deletes a message for everybody.
    DeleteMessage { room: String, message_id: MessageId },
    /// Reacts to a message, or takes that back.
    React {
        room: String,
        message_id: MessageId,
        emoji: String,
        #[serde(default = "yes")]
        on: bool,
    },
    /// Sends a file.
    SendFile(SendFile),
    /// Gets a file.
    GetFile {
        room: String,
        message_id: MessageId,
        #[serde(default)]
        output: Option<PathBuf>,
        #[serde(default)]
        overwrite: bool,
    },
    /// People of whom something was said.
    Contacts,
    /// Accepts a person's key, or shows what to compare.
    Verify {
        email: String,
        #[serde(default)]
        fingerprint: Option<String>,
        #[serde(default)]
        words: Option<String>,
    },
    /// Ends `run`.
    Stop,
}

/// A text that is to be sent.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendText {
    pub room: String,
    pub text: String,
    #[serde(default)]
    pub reply_to: Option<MessageId>,
    /// In seconds.
    #[serde(default)]
    pub ttl: Option<u64>,
    /// In seconds.
    #[serde(default)]
    pub burn: Option<u64>,
}

/// A file that is to be sent.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendFile {
    pub room: String,
    pub path: PathBuf,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub view_only: bool,
}

fn yes() -> bool {
    true
}

/// Longest line of a request in bytes: a text at its longest, each byte escaped. Beyond: the line is refused.
pub const MAX_LINE_LEN: usize = 8 * protocol::limits::MAX_TEXT_LEN;

/// A line as a request, with the id that its answer is to carry.
pub fn parse(line: &str) -> (Value, Result<Request, String>) {
    let mut value: Value = match serde_json::from_str(line) {
        Ok(value) => value,
        Err(error) => return (Value::Null, Err(error.to_string())),
    };
    let id = value.as_object_mut().and_then(|object| object.remove("id"));
    let request = serde_json::from_value(value).map_err(|error| error.to_string());
    (id.unwrap_or(Value::Null), request)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_is_a_request_with_an_id() {
        let (id, request) = parse(r#"{"id":7,"command":"send","room":"Team","text":"hi"}"#);
        assert_eq!(id, json!(7));
        let expected = Request::Send(SendText {
            room: "Team".to_owned(),
            text: "hi".to_owned(),
            reply_to: None,
            ttl: None,
            burn: None,
        });
        assert_eq!(request, Ok(expected));
        assert_eq!(parse(r#"{"command":"rooms"}"#), (Value::Null, Ok(Request::Rooms)));
    }

    #[test]
    fn what_is_no_request_says_why_and_keeps_its_id() {
        for line in [
            "",
            "hello",
            "[]",
            "7",
            r#"{"id":7}"#,
            r#"{"id":7,"command":"fly"}"#,
            r#"{"id":7,"command":"send","room":"Team"}"#,
            r#"{"id":7,"command":"send","room":"Team","text":"hi","colour":"red"}"#,
            r#"{"id":7,"command":"react","room":"Team","message_id":"x","emoji":"y"}"#,
        ] {
            let (id, request) = parse(line);
            assert!(request.is_err(), "{line}");
            assert_eq!(
                id,
                if line.contains("id\":7") {
                    json!(7)
                } else {
                    Value::Null
                },
                "{line}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_line_makes_it_stop(line in "\\PC{0,64}", name in "[a-z_]{0,16}") {
            let _ = parse(&line);
            let _ = parse(&json!({ "command": name, "room": line }).to_string());
        }
    }
}
