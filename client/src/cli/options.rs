//! Arguments.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use protocol::MessageId;

use super::{
    fault::Fault,
    request::{Request, SendFile, SendText},
    session::How,
    texts,
};

/// A Conclave device for scripts, bots and tests: rooms, messages and files, end-to-end encrypted.
///
/// Everything is kept in one folder (--data), sealed by the account's password. Exit codes: 0 done; 1 failed; 2 wrong
/// arguments; 3 the server cannot be reached (what was to be sent waits in the outbox); 4 another process uses the folder; 5
/// wrong password; 6 nobody is signed in.
#[derive(Debug, Parser)]
#[command(name = "conclave-cli", version)]
pub struct Arguments {
    #[command(flatten)]
    pub how: How,

    /// Log to standard error; repeat for more
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an account and its first device, by an invitation link
    Register {
        /// The link, such as `https://meet.example.org/invite/…`
        link: String,
        /// The e-mail address, where the invitation leaves it open
        #[arg(long)]
        email: Option<String>,
        /// The full name, where the invitation has none, or another one than it has
        #[arg(long)]
        name: Option<String>,
    },
    /// Make this a further device of an account; needs --server
    SignIn {
        /// The e-mail address
        email: String,
    },
    /// Revoke this device and erase what it stores
    SignOut {
        /// Erase what is stored here without asking the server: also without the password. The device stays in the account's
        /// list until it is revoked from another one
        #[arg(long)]
        erase: bool,
    },
    /// Show the account and this device's key
    Whoami,
    /// Show the connection, and what waits in the outbox
    Status,
    /// List the rooms
    Rooms,
    /// Make rooms, and change who is in them
    #[command(subcommand)]
    Room(RoomCommand),
    /// Send a text; it is read from standard input where it is left out
    Send {
        /// Room: its id, its exact title, or a person's e-mail address
        room: String,
        /// The text
        text: Option<String>,
        /// The message that it answers
        #[arg(long, value_name = "MESSAGE_ID")]
        reply_to: Option<MessageId>,
        /// Seconds after which it is deleted everywhere
        #[arg(long, value_name = "SECONDS")]
        ttl: Option<u64>,
        /// Seconds after its reading after which it is deleted
        #[arg(long, value_name = "SECONDS")]
        burn: Option<u64>,
    },
    /// Print the messages that were not printed yet, one JSON object a line
    Receive(ReceiveOptions),
    /// Send and get files
    #[command(subcommand)]
    File(FileCommand),
    /// List the people of whom something was said: verified, declined, blocked
    Contacts,
    /// Accept a person's key: compare its fingerprint or its words with what the person itself says, in person. Without
    /// either it shows both
    Verify {
        /// The e-mail address
        email: String,
        /// The fingerprint as the person says it; blanks and colons do not matter
        #[arg(long, value_name = "HEX")]
        fingerprint: Option<String>,
        /// The words as the person says them, today
        #[arg(long, conflicts_with = "fingerprint")]
        words: Option<String>,
    },
    /// Read commands from standard input and print events, one JSON object a line, until the input ends
    Run,
    /// Print the completion of a shell
    Completion {
        /// Which
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Debug, Subcommand)]
pub enum RoomCommand {
    /// Make a room
    Create {
        /// Its title
        title: String,
        /// E-mail addresses of the others
        people: Vec<String>,
    },
    /// Add people
    Add {
        /// Room: its id or its exact title
        room: String,
        /// Their e-mail addresses
        #[arg(required = true)]
        people: Vec<String>,
    },
    /// Remove a person
    Remove {
        /// Room: its id or its exact title
        room: String,
        /// The e-mail address
        person: String,
    },
    /// Leave a room
    Leave {
        /// Room: its id or its exact title
        room: String,
    },
    /// List who is in it
    Members {
        /// Room: its id or its exact title
        room: String,
    },
    /// Delete a room with everything in it, for everybody
    Delete {
        /// Room: its id or its exact title
        room: String,
    },
}

#[derive(Debug, Args)]
pub struct ReceiveOptions {
    /// Only this room: its id, its exact title, or a person's e-mail address
    pub room: Option<String>,
    /// Go on, and print what comes, until interrupted
    #[arg(long, short)]
    pub follow: bool,
    /// Also what one sent oneself
    #[arg(long)]
    pub mine: bool,
    /// Do not mark as read what is printed
    #[arg(long)]
    pub keep_unread: bool,
}

#[derive(Debug, Subcommand)]
pub enum FileCommand {
    /// Send a file; the same command goes on with an upload that was interrupted
    Send {
        /// Room: its id, its exact title, or a person's e-mail address
        room: String,
        /// The file
        path: PathBuf,
        /// What it is called for the others [default: its own name]
        #[arg(long)]
        name: Option<String>,
        /// A text with it
        #[arg(long, default_value = "")]
        text: String,
        /// The others may look at it and not keep it, as far as their programs obey
        #[arg(long)]
        view_only: bool,
    },
    /// Get a file, check it and save it
    Get {
        /// Room: its id, its exact title, or a person's e-mail address
        room: String,
        /// The message that has the file
        message_id: MessageId,
        /// Where to save it [default: this folder, under the name that its sender gave it]
        #[arg(long, short)]
        output: Option<PathBuf>,
        /// Replace what is there
        #[arg(long)]
        overwrite: bool,
    },
}

impl Command {
    /// The request, of the commands that are one.
    pub fn into_request(self) -> Result<Request, Fault> {
        Ok(match self {
            Self::Whoami => Request::Whoami,
            Self::Status => Request::Status,
            Self::Rooms => Request::Rooms,
            Self::Room(RoomCommand::Create { title, people }) => Request::CreateRoom { title, people },
            Self::Room(RoomCommand::Add { room, people }) => Request::Add { room, people },
            Self::Room(RoomCommand::Remove { room, person }) => Request::Remove { room, person },
            Self::Room(RoomCommand::Leave { room }) => Request::Leave { room },
            Self::Room(RoomCommand::Members { room }) => Request::Members { room },
            Self::Room(RoomCommand::Delete { room }) => Request::DeleteRoom { room },
            Self::Send {
                room,
                text,
                reply_to,
                ttl,
                burn,
            } => Request::Send(SendText {
                room,
                text: text.map_or_else(read_text, Ok)?,
                reply_to,
                ttl,
                burn,
            }),
            Self::File(FileCommand::Send {
                room,
                path,
                name,
                text,
                view_only,
            }) => Request::SendFile(SendFile {
                room,
                path,
                name,
                text,
                view_only,
            }),
            Self::File(FileCommand::Get {
                room,
                message_id,
                output,
                overwrite,
            }) => Request::GetFile {
                room,
                message_id,
                output,
                overwrite,
            },
            Self::Contacts => Request::Contacts,
            Self::Verify {
                email,
                fingerprint,
                words,
            } => Request::Verify {
                email,
                fingerprint,
                words,
            },
            Self::Register { .. }
            | Self::SignIn { .. }
            | Self::SignOut { .. }
            | Self::Receive(_)
            | Self::Run
            | Self::Completion { .. }
            | Self::Man => return Err(Fault::failed(texts::INTERNAL)),
        })
    }
}

/// Standard input as a text, without the end of its last line. Read no further than one byte beyond what can be sent.
fn read_text() -> Result<String, Fault> {
    use std::io::Read as _;
    let mut bytes = vec![];
    let most = protocol::limits::MAX_TEXT_LEN as u64 + 2;
    let read = std::io::stdin().lock().take(most).read_to_end(&mut bytes);
    read.map_err(|error| Fault::system(&error))?;
    let text = String::from_utf8(bytes).map_err(|_| Fault::failed(texts::NOT_TEXT))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

/// Seconds as an argument.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: u64 = text.parse().map_err(|_| texts::NOT_SECONDS.to_owned())?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn arguments_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn no_argument_takes_a_password() {
        let mut all = vec![Arguments::command()];
        while let Some(command) = all.pop() {
            for argument in command.get_arguments() {
                let name = argument.get_id().as_str();
                assert!(!name.contains("password") || name == "password_file", "{name}");
            }
            all.extend(command.get_subcommands().cloned());
        }
    }
}
