//! What the program says to people: what happened, and what to do.

use std::path::Path;

use client_core::api::Failure;
use conclave_client::{
    files::FileError,
    server::{AddressError, ServerAddress, ServerError},
};

pub const PASSWORD: &str = "Password: ";
pub const NEW_PASSWORD: &str = "New password (10 characters at least; several unrelated words work well): ";
pub const NEW_PASSWORD_AGAIN: &str = "The same again: ";
pub const PASSWORDS_DIFFER: &str = "the two passwords differ. Nothing was done; try again";
pub const EMPTY_PASSWORD: &str =
    "the password is empty. Write it into the first line of the file, or set CONCLAVE_PASSWORD";
pub const NO_TERMINAL: &str =
    "there is no terminal to ask for the password. Use --password-file FILE, or set CONCLAVE_PASSWORD";
pub const WRONG_STORE_PASSWORD: &str = "this password does not open what is stored here. Try again; without it, `sign-out --erase` makes a new start";
pub const DAMAGED: &str = "what is stored here is damaged. Restore the folder as a whole from where it came, or make a new start with `sign-out --erase`";
pub const NEWER: &str = "what is stored here was made by a newer conclave-cli. Use that one";
pub const NO_RANDOMNESS: &str = "the system gives no randomness. Nothing was done";
pub const NO_FOLDER: &str = "there is no home folder. Say with --data DIR where this device is to be kept";
pub const NO_SERVER: &str = "say with --server URL which server to use, such as https://meet.example.org";
pub const NO_EMAIL: &str = "this invitation leaves the e-mail address open. Say it with --email";
pub const NO_NAME: &str = "this invitation has no name. Say yours with --name";
pub const NOT_TEXT: &str = "this is no text (UTF-8)";
pub const NOT_SECONDS: &str = "not a number of seconds";
pub const INTERNAL: &str = "conclave-cli made a fault. Try again; if it stays, report it";
pub const EMPTY_TEXT: &str = "there is nothing to send: the text is empty";
pub const EMPTY_TITLE: &str = "a room needs a title";
pub const ONESELF: &str = "this is your own account: only others can accept its key";
pub const WAITS: &str = "the server does not have the message yet. It waits in the outbox, and goes out with the next command that reaches the server";
pub const NOT_SENT: &str =
    "the server did not take the message. `receive` in that room shows whether you are still in it";
pub const NOT_CONNECTED_YET: &str =
    "The account is there, but the server cannot be reached now; the next command connects.";
pub const SIGN_OUT_OFFLINE: &str = "the server cannot be reached, so the device was not revoked and nothing was erased. Try again later, or use --erase and revoke it from another device";
pub const NO_SUCH_MESSAGE: &str =
    "there is no such message here. It may have been deleted, or belong to another room";
pub const NO_FILE: &str = "this message has no file, or one that cannot be fetched";
pub const NAME_TO_SEND: &str = "others could not save a file of this name. Give it another one with --name";
pub const FINGERPRINT_MALFORMED: &str =
    "a fingerprint has 64 hexadecimal digits. Type all of them as the person says them; nothing was accepted";
pub const FINGERPRINT_DIFFERS: &str = "this is not the fingerprint of the key that the server has for this person. Compare again; if it still differs, somebody may be in between. Nothing was accepted";
pub const WORDS_DIFFER: &str = "these are not the words of the key that the server has for this person, today. Compare again; if they still differ, somebody may be in between. Nothing was accepted";
pub const LINE_TOO_LONG: &str = "this line is too long";
pub const CHECKING: &str = "(comparing with what was sent before)";
pub const WAITING: &str = "(waiting for the server)";

pub const EMAIL: &str = "e-mail";
pub const NAME: &str = "name";
pub const FINGERPRINT: &str = "fingerprint";
pub const DEVICE: &str = "device";
pub const SERVER: &str = "server";
pub const CONNECTION: &str = "connection";
pub const ROOMS: &str = "rooms";
pub const UNREAD: &str = "unread";
pub const UNSENT: &str = "not sent yet";
pub const UPLOADS: &str = "uploads that were interrupted";
pub const WORDS: &str = "words of today";
pub const TRUST: &str = "trust";

pub fn system(why: &str) -> String {
    format!("the system refused: {why}")
}

pub fn not_signed_in(folder: &Path) -> String {
    format!(
        "nobody is signed in here ({}). Use `register LINK` with an invitation, or `sign-in EMAIL --server URL`",
        folder.display()
    )
}

pub fn signed_in(email: &str) -> String {
    format!("{email} is signed in here already. Use another folder with --data, or `sign-out` first")
}

pub fn in_use(folder: &Path) -> String {
    format!(
        "another conclave-cli uses {}. Wait for it, give it the command (`run`), or use another folder with --data",
        folder.display()
    )
}

pub fn cannot_use(folder: &Path, why: &str) -> String {
    format!("{} cannot be used: {why}", folder.display())
}

pub fn cannot_read(path: &Path, why: &str) -> String {
    format!("{} cannot be read: {why}", path.display())
}

pub fn store_failed(why: &str) -> String {
    format!("something could not be stored: {why}. Free some disk space and try again")
}

pub fn unreachable(server: &ServerAddress) -> String {
    format!("{server} cannot be reached. Check the network and the address, and try again")
}

pub fn distrusted(server: &ServerAddress) -> String {
    format!(
        "the certificate of {server} is not trusted, so nothing was sent. If the server made it itself, or your organisation did, name it with --ca FILE"
    )
}

pub fn room_unknown(typed: &str) -> String {
    format!(
        "there is no room {typed:?} here. `rooms` lists them; use the id, the exact title, or a person's e-mail address"
    )
}

pub fn room_ambiguous(typed: &str) -> String {
    format!("several rooms are called {typed:?}. Use the id, which `rooms` shows")
}

pub fn not_a_member(person: &str) -> String {
    format!("{person} is not in this room. `room members` lists who is")
}

pub fn bad_line(why: &str) -> String {
    format!("this line is no command: {why}")
}

pub fn address(error: AddressError) -> String {
    match error {
        AddressError::Malformed => "this is no address of a server. It looks like https://meet.example.org",
        AddressError::Plain => {
            "without TLS a server is only used on this machine, for whoever is on the way could act as you. Use https://"
        }
        AddressError::NoInvitation => "this is no invitation link. It looks like https://meet.example.org/invite/…",
    }
    .to_owned()
}

pub fn server(error: &ServerError) -> String {
    match error {
        ServerError::Certificates { path, why } => {
            format!("{} holds no certificates that can be used: {why}", path.display())
        }
        ServerError::Tls(why) => format!("no secure connection can be made: {why}"),
    }
}

pub fn signed_out(reason: Option<&str>) -> String {
    match reason {
        Some("device_revoked") => "this device was revoked, and what it stored is gone. Sign in again with `sign-in`",
        Some("store_lost") => "what was stored here could not be read any more. Sign in again with `sign-in`",
        Some("signed_out_by_server") => {
            "the server does not take this device any more; what it has stays. Sign in again with `sign-in`, or erase it with `sign-out`"
        }
        _ => "nobody is signed in here any more. Sign in again with `sign-in`",
    }
    .to_owned()
}

pub fn file(error: &FileError) -> String {
    match error {
        FileError::Changed => {
            "the file changed while it was sent, or since. What was sent is dropped; send it again".to_owned()
        }
        FileError::Unreadable { path, source } => cannot_read(path, &source.to_string()),
        FileError::NotAFile { path } => format!("{} is no file. Pack what is no file into one", path.display()),
        FileError::TooLong => "the file is longer than files may be. Send it in parts".to_owned(),
        FileError::Damaged => {
            "what the server has is not what was sent. Nothing was saved; ask whoever sent it to send it again".to_owned()
        }
        FileError::MayNotSave => "its sender does not allow that this file is kept outside of Conclave".to_owned(),
        FileError::UnsafeName { name } => {
            format!("a file called {name:?} is not saved: the name leads elsewhere, or hides what it is. Choose a place with --output")
        }
        FileError::Exists { path } => format!(
            "{} is there already. Choose another place with --output, or replace it with --overwrite",
            path.display()
        ),
        FileError::Unwritable { path, source } => format!("{} cannot be written: {source}", path.display()),
        FileError::Unreachable => {
            "the server cannot be reached. The same command goes on with an upload where it stopped".to_owned()
        }
        FileError::Refused { code } => of_code(code, None),
        FileError::Client(error) => error.to_string(),
        FileError::NoRandomness => NO_RANDOMNESS.to_owned(),
    }
}

/// Why something did not work.
pub fn failure(failure: &Failure) -> String {
    let named = ["email", "max"]
        .iter()
        .find_map(|key| failure.params.get(&(*key).to_owned()));
    let text = of_code(&failure.code, named.map(String::as_str));
    match failure.params.get(&"seconds".to_owned()) {
        Some(seconds) => format!("{text} (in {seconds} s)"),
        None => text,
    }
}

/// Something that happened beside what was asked for.
pub fn notice(notice: &Failure) -> String {
    let title = notice
        .params
        .get(&"title".to_owned())
        .cloned()
        .unwrap_or_default();
    let room = if title.is_empty() {
        "a room".to_owned()
    } else {
        format!("{title:?}")
    };
    match notice.code.as_str() {
        "removed_from_room" => format!("you were removed from {room}"),
        "room_ended" | "room_deleted" => format!("{room} is gone with everything in it"),
        "room_lost" => format!("{room} is not here any more"),
        "rolled_back" => {
            "what is stored here is older than what the server has seen, as after restoring a backup. The device repairs itself; if you restored nothing, somebody may have a copy of it: revoke this device".to_owned()
        }
        "version_mismatch" => "the server was updated. Update conclave-cli as well".to_owned(),
        "server_untrusted" => "the server sent something that does not hold. It was refused".to_owned(),
        "store_failed" => "something could not be stored. Free some disk space, and start again".to_owned(),
        code => format!("something needs attention ({code})"),
    }
}

fn of_code(code: &str, named: Option<&str>) -> String {
    let text = match code {
        "malformed" | "bad_signature" | "internal" => {
            "the server and this program do not understand each other. Try again; if it stays, tell your administrator"
        }
        "wrong_offset" | "stale_epoch" | "conflict" => {
            "somebody else changed this at the same moment. Try again"
        }
        "quota_exceeded" => {
            "the files of this room fill the space that it has. Delete some, or wait until some expire"
        }
        "storage_full" => {
            "the server has no space for files now. Tell your administrator, and try again later"
        }
        "file_expired" => "this file has expired. Ask whoever sent it to send it again",
        "too_large" => "this is larger than the server takes. Make it smaller, or send it in parts",
        "unauthenticated" => "the session has ended. Sign in again",
        "forbidden" => "you are not allowed to do this. A moderator of the room, or your administrator, is",
        "not_found" => "this is not here, or not yours to see. It may have been deleted",
        "rate_limited" => "too many attempts. Wait, then try again",
        "wrong_password" => "e-mail and password do not fit. Check both, and try again",
        "invitation_used" => {
            "this invitation is unknown, or was used already. If you have an account, use `sign-in`; else ask your administrator for a new link"
        }
        "invitation_expired" => "this invitation has expired. Ask your administrator for a new link",
        "already_registered" => "this address has an account already. Use `sign-in`",
        "duplicate_id" => "this was sent already",
        "commit_refused" => {
            "the server refused this change to the room, because it breaks a rule of the room"
        }
        "too_many_devices" => {
            "the account has the most devices allowed. Revoke one on another device, then sign in here"
        }
        "full" => "there is no room for more",
        "rollback" => {
            "what is stored here is older than what the server has seen. The device repairs itself; try again in a moment"
        }
        "version_mismatch" => "this program is older or newer than the server. Update it",
        "unavailable" => "the server cannot do this now. Try again in a moment",
        "too_many_unsent" => "too much waits to be sent. Wait until the server can be reached",
        "too_many_saved" => "so many messages are saved already. Take some out first",
        "offline" => "the server cannot be reached. Check the network, and try again",
        "password_too_weak" => {
            "this password is too easy to guess. Make it longer: several unrelated words work well"
        }
        "text_too_long" => "this text is too long for one message. Shorten it, or send it as a file",
        "title_too_long" | "name_too_long" => "this name is too long. Shorten it",
        "email_malformed" => "an e-mail address looks like name@example.org. Check it",
        "person_unknown" => {
            "nobody with this address was found. Check it, or ask your administrator to invite them"
        }
        "identity_changed" => {
            "the key of this person is not the one that this device knows. Ask them in another way before you go on; nothing was sent"
        }
        "verify_first" => "your network asks you to verify this person first. Use `verify`",
        "not_verified" => "this person has not verified you. Until then no messages pass",
        "contact_declined" => "you declined this person. To write, allow it again in the browser",
        "outside_contacts_off" => {
            "nobody in your network has this address, and your network allows no contacts from outside"
        }
        "room_gone" => "this room is not here any more. You may have been removed from it",
        "store_failed" => "this could not be stored. Free some disk space, and try again",
        "not_ready" => "this is not ready yet. Wait a moment, and try again",
        "server_untrusted" => {
            "the server sent something that does not hold, so this was stopped. Nothing of yours was sent. Tell your administrator"
        }
        "other_account" => {
            "this folder still holds the messages of another account. Use that one, or erase it with `sign-out --erase`"
        }
        "email_differs" => {
            "the server answered for another address than yours, so this was stopped. Tell your administrator"
        }
        _ => {
            return format!(
                "that did not work ({code}). Try again; if it stays, tell your administrator this code"
            );
        }
    };
    match named {
        Some(named) => format!("{text} ({named})"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes of what this program has not: calls, guests, ID videos, linking, a page.
    const NOT_OURS: [&str; 33] = [
        "unknown",
        "file_changed",
        "file_other",
        "file_unreadable",
        "file_damaged",
        "file_cancelled",
        "file_store_full",
        "id_video_refused",
        "id_video_old",
        "id_video_empty",
        "password_differs",
        "push_refused",
        "pairing_code_malformed",
        "pairing_unknown",
        "pairing_taken",
        "pairing_over",
        "pairing_unsure",
        "pairing_differs",
        "call_locked",
        "call_removed",
        "call_ended",
        "call_gone",
        "link_expired",
        "link_revoked",
        "link_unknown",
        "link_malformed",
        "guest_name",
        "guest_denied",
        "guest_gone",
        "no_encoded_transforms",
        "core_failed",
        "media",
        "network",
    ];

    /// Whatever the browser has words for, this program has, too.
    #[test]
    fn every_code_has_a_text() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/src/i18n/en/codes.ts");
        let catalogue = std::fs::read_to_string(path).unwrap();
        let codes = catalogue
            .split("\"error.")
            .skip(1)
            .filter_map(|rest| rest.split('"').next());
        let codes: Vec<&str> = codes.filter(|code| !code.ends_with(".named")).collect();
        assert!(codes.len() > 40, "{codes:?}");
        for code in codes.iter().filter(|code| !NOT_OURS.contains(code)) {
            assert!(
                !of_code(code, None).contains(*code) || *code == "offline" || *code == "full",
                "{code}"
            );
            assert!(!of_code(code, None).starts_with("that did not work"), "{code}");
        }
    }

    #[test]
    fn what_a_failure_names_is_said() {
        let params = [("email".to_owned(), "bob@example.org".to_owned())].into();
        let code = "person_unknown".to_owned();
        assert!(failure(&Failure { code, params }).ends_with("(bob@example.org)"));
    }
}
