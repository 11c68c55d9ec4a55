//! Commands that take several requests: find people, claim their keys, change a room.
//!
//! ```text
//! ExpectPeople ──all found──► ExpectKeys ──checked──► the room (founding, or a wish to add)
//! ```

use protocol::{
    Code, Email, Problem, RoomId, UserId,
    room_settings::RoomKind,
    socket::{ClaimedUser, KeyPackagesClaim, Person, PersonLookUp, Reply, Request},
};

use crate::{
    api::Failure,
    core::{
        asks::Ask,
        shell::{Answer, Refusal},
    },
    failure::{failure, failure_with, of_refusal},
    group::{KeyPackageError, OthersKeyPackage},
    rooms::{Env, Intent, NewRoom},
};

/// A command on its way.
pub(crate) struct Task {
    command: u32,
    goal: Goal,
    people: Vec<Person>,
    /// Whom to look up next, last one first.
    emails: Vec<Email>,
}

/// What the people are wanted for.
#[derive(Clone)]
pub(crate) enum Goal {
    CreateRoom { title: String },
    OpenDirect,
    AddTo { room_id: RoomId },
}

/// What is to be done after a step.
pub(crate) enum Step {
    /// Something was asked; the answer leads on.
    Wait,
    /// The task ended, and the command was answered.
    Done,
    /// Found this room; it answers the command.
    Found(NewRoom),
    /// Wish this for that room; it answers the command.
    Wish { room_id: RoomId, intent: Intent },
    /// Open the direct room with this person, if there is one; else go on with [`Task::claim`].
    FindDirect { user_id: UserId },
}

impl Task {
    /// Starts with the e-mails as they were typed.
    pub(crate) fn start(command: u32, goal: Goal, emails: &[String], me: &Email) -> Result<Self, Failure> {
        let mut parsed: Vec<Email> = vec![];
        for text in emails {
            let email =
                Email::parse(text).map_err(|_| failure_with("email_malformed", "email", text.trim()))?;
            if email != *me && !parsed.contains(&email) {
                parsed.push(email);
            }
        }
        if parsed.is_empty() && !matches!(goal, Goal::CreateRoom { .. }) {
            return Err(failure("person_unknown"));
        }
        parsed.reverse();
        Ok(Self {
            command,
            goal,
            people: vec![],
            emails: parsed,
        })
    }

    pub(crate) fn command(&self) -> u32 {
        self.command
    }

    /// Asks for the next thing.
    pub(crate) fn advance(&mut self, env: &mut Env<'_>, task: u32) -> Step {
        if let Some(email) = self.emails.last() {
            let request = Request::PersonLookUp(PersonLookUp { email: email.clone() });
            env.shell.request(Ask::Task { task }, request);
            return Step::Wait;
        }
        match (&self.goal, self.people.first()) {
            (Goal::OpenDirect, Some(person)) => Step::FindDirect {
                user_id: person.user_id,
            },
            _ => self.claim(env, task),
        }
    }

    /// Claims a key package of every device of the people found, and of the own other devices where they are to
    /// come along.
    pub(crate) fn claim(&mut self, env: &mut Env<'_>, task: u32) -> Step {
        let mut users: Vec<UserId> = self.people.iter().map(|person| person.user_id).collect();
        if !matches!(self.goal, Goal::AddTo { .. }) {
            users.push(env.me());
        }
        env.shell.request(
            Ask::Task { task },
            Request::KeyPackagesClaim(KeyPackagesClaim { users }),
        );
        Step::Wait
    }

    pub(crate) fn on_answer(&mut self, env: &mut Env<'_>, task: u32, answer: Answer) -> Step {
        match answer {
            Ok(Reply::Person(person)) => match self.take_person(env, *person) {
                Ok(()) => self.advance(env, task),
                Err(failure) => self.fail(env, failure),
            },
            Ok(Reply::KeyPackages(claimed)) => match self.take_claimed(env, &claimed) {
                Ok(step) => step,
                Err(failure) => self.fail(env, failure),
            },
            Ok(_) => self.fail(env, failure("internal")),
            Err(Refusal::Problem(Problem {
                code: Code::NotFound, ..
            })) => {
                let email = self.emails.last().map(Email::to_string).unwrap_or_default();
                self.fail(env, failure_with("person_unknown", "email", email))
            }
            Err(refusal) => self.fail(env, of_refusal(&refusal)),
        }
    }

    fn fail(&self, env: &mut Env<'_>, failure: Failure) -> Step {
        env.shell.fail(self.command, failure);
        Step::Done
    }

    fn take_person(&mut self, env: &mut Env<'_>, person: Person) -> Result<(), Failure> {
        let asked = self.emails.pop().ok_or_else(|| failure("internal"))?;
        if person.email != asked {
            return Err(failure("server_untrusted"));
        }
        take_card(env, person.clone())?;
        self.people.push(person);
        Ok(())
    }

    fn take_claimed(&mut self, env: &mut Env<'_>, claimed: &[ClaimedUser]) -> Result<Step, Failure> {
        let me = env.me();
        let mut packages = vec![];
        for person in &self.people {
            let of_person = claimed.iter().find(|user| user.person.user_id == person.user_id);
            let checked = of_person
                .map(|user| check_claimed(env, user))
                .transpose()?
                .unwrap_or_default();
            if checked.is_empty() {
                return Err(failure_with("person_unknown", "email", person.email.to_string()));
            }
            packages.extend(checked);
        }
        // Own devices that cannot be added now come in by themselves later.
        for own in claimed.iter().filter(|user| user.person.user_id == me) {
            packages.extend(check_claimed(env, own)?);
        }
        let room = |kind, title| NewRoom {
            room_id: RoomId::from_random(env.shell.random.array()),
            kind,
            title,
            packages: packages.clone(),
            command: Some(self.command),
        };
        Ok(match &self.goal {
            Goal::CreateRoom { title } => Step::Found(room(RoomKind::Room, Some(title.clone()))),
            Goal::OpenDirect => Step::Found(room(RoomKind::Direct, None)),
            Goal::AddTo { room_id } => {
                let bytes = packages
                    .iter()
                    .map(|package| package.bytes.clone().into())
                    .collect();
                let intent = Intent::Add {
                    command: Some(self.command),
                    packages: bytes,
                };
                Step::Wish {
                    room_id: *room_id,
                    intent,
                }
            }
        })
    }
}

/// Takes a card, or says that the server cannot be trusted with it.
pub(crate) fn take_card(env: &mut Env<'_>, person: Person) -> Result<(), Failure> {
    let network_id = env.account.network_id;
    env.people
        .take(&mut env.shell.store, network_id, person)
        .map_err(|error| {
            tracing::warn!(%error, "card refused");
            failure("server_untrusted")
        })
}

/// The key packages of a claimed user, each checked against the card and the signed device list: the server must
/// not slip in a key of its own (or of anybody else).
pub(crate) fn check_claimed(env: &mut Env<'_>, user: &ClaimedUser) -> Result<Vec<OthersKeyPackage>, Failure> {
    let person = &user.person;
    // Nobody is let in under another key than the one seen first: that is what a false server would try.
    if env
        .own
        .pinned(person.user_id)
        .is_some_and(|aik| aik != person.aik)
    {
        return Err(failure_with(
            "identity_changed",
            "email",
            person.email.to_string(),
        ));
    }
    take_card(env, person.clone())?;
    let mut checked = vec![];
    for claimed in &user.key_packages {
        if claimed.device_id == env.identity.device_id {
            continue;
        }
        let package = OthersKeyPackage::parse(env.mls, &claimed.key_package.0)
            .and_then(|package| fits(&package, person, claimed.device_id, env).map(|()| package))
            .map_err(|error| {
                tracing::warn!(%error, "key package refused");
                failure_with("server_untrusted", "email", person.email.to_string())
            })?;
        checked.push(package);
    }
    Ok(checked)
}

fn fits(
    package: &OthersKeyPackage,
    person: &Person,
    device_id: protocol::DeviceId,
    env: &Env<'_>,
) -> Result<(), KeyPackageError> {
    let body = package.certificate.body();
    let listed = person
        .device_list
        .body()
        .devices
        .iter()
        .any(|device| device.device_id == body.device_id && device.device_key == body.device_key);
    let own = body.user_id == env.me();
    let fits = body.network_id == env.account.network_id
        && body.user_id == person.user_id
        && body.email == person.email
        && body.aik == person.aik
        && body.device_id == device_id
        && listed
        && (!own || body.aik == env.account.aik)
        && body.not_after > env.now();
    if fits {
        Ok(())
    } else {
        Err(KeyPackageError::Foreign { device_id })
    }
}
