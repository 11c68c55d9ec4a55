//! What the user says of contacts, and what the server has to know of it.
//!
//! What the server knows is compared with what it has to know, each time that something changes, and put right one contact at
//! a time: so a device that was away, or another one that changed its mind, leaves nothing behind.

use protocol::{
    BlobId, Millis, UserId,
    identity::PublicKey,
    policies::Policies,
    socket::{ContactPut, ContactStanding, Reply, Request, RoomKindTag},
};

use super::{
    Options, Surroundings,
    asks::Ask,
    device::Device,
    pace::Pace,
    shell::{Answer, Refusal, Shell},
};
use crate::{
    account::opaque::PasswordCost,
    api::{self, Command, ContactCard, ContactsView, Failure, IdVideoCard, Judged, Judgement, Trust},
    calls::Call,
    contacts::{Statement, Verdict, rules, words},
    failure::failure,
    hex::hex,
    limits::MAX_WORDS_KEPT,
    rooms::{Lens, Room},
    sorted::{SortedMap, SortedSet},
};

pub(super) const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// See the module.
#[derive(Default)]
pub(super) struct Contacts {
    /// What the server knows; nothing before it said so over this connection.
    known: Option<SortedMap<UserId, ContactStanding>>,
    /// Of what the server is told.
    pace: Pace,
    /// Contacts about whom the server takes no word, as of an account that is no more.
    refused: SortedSet<UserId>,
    /// Direct rooms whose other person gets no ID video now; it is tried again when something about rooms changes.
    pub(super) videos_refused: SortedSet<protocol::RoomId>,
    /// Words that were derived: each costs as much as a password.
    words: SortedMap<(PublicKey, u32), Vec<String>>,
    /// The user interface is to be told that something is other than before.
    pub(super) changed: bool,
    /// It is to be looked at what contacts and the server are still to be told.
    pub(super) due: bool,
}

impl Contacts {
    pub(super) fn disconnect(&mut self) {
        self.known = None;
        self.pace.disconnect();
        self.due = true;
    }

    /// Something about contacts is other than before.
    pub(super) fn change(&mut self) {
        self.changed = true;
        self.due = true;
    }
}

impl Device {
    /// What the server says of policies and contacts when it is met.
    pub(super) fn meet_contacts(&mut self, shell: &mut Shell, policies: Policies, known: Vec<ContactPut>) {
        let known = known.into_iter().map(|one| (one.user_id, one.standing)).collect();
        self.contacts.known = Some(known);
        self.contacts.refused = SortedSet::new();
        self.contacts.videos_refused = SortedSet::new();
        self.contacts.due = true;
        self.set_policies(shell, policies);
    }

    pub(super) fn on_contacts_command(
        &mut self,
        shell: &mut Shell,
        options: Options,
        id: u32,
        command: Command,
    ) -> Result<(), Failure> {
        let reply = match command {
            Command::LookAtContact { user_id } => api::Reply::Contact(Box::new(self.contact_card(user_id)?)),
            Command::ListContacts => self.list_contacts(),
            Command::ContactWords { user_id } => {
                self.contact_words(options.words_cost, shell.now, user_id)?
            }
            Command::JudgeContact { contact, judgement } => {
                self.judge(shell, &contact, judgement)?;
                api::Reply::Done
            }
            Command::PlanIdVideo => {
                self.must_be_online()?;
                self.plan_id_video(options.words_cost, shell.now)?
            }
            Command::ShowIdVideo { file, day } => {
                self.must_be_online()?;
                return self.show_id_video(shell, id, *file, day);
            }
            _ => return Err(failure("internal")),
        };
        shell.reply(id, reply);
        Ok(())
    }

    pub(super) fn set_policies(&mut self, shell: &mut Shell, policies: Policies) {
        if self.people.set_policies(&mut shell.store, policies) {
            self.contacts.change();
            self.rooms.values_mut().for_each(|room| room.history.mark_all());
            self.changed = true;
        }
    }

    pub(super) fn on_policies(&mut self, shell: &mut Shell, answer: Answer) {
        if let Ok(Reply::Policies(policies)) = answer {
            self.set_policies(shell, policies);
            // What passes in direct rooms may be other than before.
            self.list_rooms(shell);
        }
    }

    pub(super) fn contacts_view(&self) -> ContactsView {
        let policies = self.people.policies();
        let own = self.own.contacts().video(self.identity.user_id());
        ContactsView {
            verify_inside: policies.verify_inside,
            verify_outside: policies.verify_outside,
            outside_contacts: policies.outside_contacts,
            own_video: own.map(|video| beginning_of(video.day)),
        }
    }

    fn lens(&self, now: Millis) -> Lens<'_> {
        Lens {
            people: &self.people,
            own: &self.own,
            me: self.identity.user_id(),
            now,
            in_call: self.call.as_ref().and_then(Call::call_id),
        }
    }

    /// R26, R29: whether messages and calls pass in a room.
    pub(super) fn check_contact(&self, shell: &Shell, room: &Room) -> Result<(), Failure> {
        room.refusal(self.lens(shell.now))
            .map_or(Ok(()), |code| Err(failure(code)))
    }

    /// A room where a user has a leaf, the direct one first.
    fn room_with(&self, user_id: UserId) -> Option<&Room> {
        let rooms = || {
            self.rooms
                .values()
                .filter(|room| room.certificate_of(user_id).is_some())
        };
        let direct = rooms().find(|room| room.kind() == RoomKindTag::Direct);
        direct.or(rooms().next()).map(Box::as_ref)
    }

    fn trust(&self, user_id: UserId) -> Trust {
        let certificate = self
            .room_with(user_id)
            .and_then(|room| room.certificate_of(user_id));
        let me = self.identity.user_id();
        self.people.trust(user_id, certificate, me, &self.own)
    }

    /// The account key of a person, as it is shown now.
    fn aik_of(&self, user_id: UserId) -> Option<PublicKey> {
        if user_id == self.identity.user_id() {
            return Some(self.account.aik);
        }
        let certificate = self
            .room_with(user_id)
            .and_then(|room| room.certificate_of(user_id));
        self.people.aik(user_id, certificate)
    }

    fn contact_card(&self, user_id: UserId) -> Result<ContactCard, Failure> {
        let me = self.identity.user_id();
        let aik = self.aik_of(user_id).ok_or_else(|| failure("not_found"))?;
        let certificate = self
            .room_with(user_id)
            .and_then(|room| room.certificate_of(user_id));
        let mut person = if user_id == me {
            self.people
                .person_card(me, Some(&self.identity.certificate), me, &self.own)
        } else {
            self.people.person_card(user_id, certificate, me, &self.own)
        };
        person.fingerprint = hex(&aik.fingerprint());
        let book = self.own.contacts();
        let verified_by = book.statement(user_id).and_then(|said| match said.verdict {
            Verdict::Video => Some(Judgement::Video),
            Verdict::InPerson => Some(Judgement::InPerson),
            _ => None,
        });
        let holds = matches!(person.trust, Trust::Verified | Trust::Declined | Trust::Blocked);
        Ok(ContactCard {
            verified_by: verified_by.filter(|_| person.trust == Trust::Verified),
            said_at: book.said_at(user_id).filter(|_| holds),
            video: book.video(user_id).map(|video| IdVideoCard {
                file: (&video.file).into(),
                recorded_on: beginning_of(video.day),
                of_key: video.aik == aik,
            }),
            person,
        })
    }

    fn list_contacts(&self) -> api::Reply {
        let said = self.own.contacts().statements();
        let holding = said.filter(|(_, statement)| statement.verdict != Verdict::Open);
        let cards = holding.map(|(user_id, statement)| {
            let certificate = self
                .room_with(user_id)
                .and_then(|room| room.certificate_of(user_id));
            let me = self.identity.user_id();
            let mut card = self.people.person_card(user_id, certificate, me, &self.own);
            // Of whom nothing else is known any more, that of which it was said.
            if card.email.is_empty() {
                card.name.clone_from(&statement.name);
                card.email.clone_from(&statement.email);
                card.fingerprint = hex(&statement.aik.fingerprint());
            }
            card
        });
        api::Reply::Contacts(cards.collect())
    }

    /// B1: the words of a contact's key, as this device has it.
    fn contact_words(
        &mut self,
        cost: PasswordCost,
        now: Millis,
        user_id: UserId,
    ) -> Result<api::Reply, Failure> {
        let aik = self.aik_of(user_id).ok_or_else(|| failure("not_found"))?;
        let day = self.own.contacts().video(user_id).map(|video| video.day);
        let words = self.words(cost, aik, day.unwrap_or(day_of(now)))?;
        Ok(api::Reply::Words { words })
    }

    pub(super) fn words(
        &mut self,
        cost: PasswordCost,
        aik: PublicKey,
        day: u32,
    ) -> Result<Vec<String>, Failure> {
        if let Some(words) = self.contacts.words.get(&(aik, day)) {
            return Ok(words.clone());
        }
        let words = words(cost, &aik, self.account.network_id, day).ok_or_else(|| failure("internal"))?;
        if self.contacts.words.len() >= MAX_WORDS_KEPT {
            self.contacts.words.clear();
        }
        self.contacts.words.insert((aik, day), words.clone());
        Ok(words)
    }

    /// The user says something of a contact. It holds from when it is stored; the server is told what it has to enforce.
    fn judge(&mut self, shell: &mut Shell, contact: &Judged, judgement: Judgement) -> Result<(), Failure> {
        let user_id = contact.user_id;
        if user_id == self.identity.user_id() {
            return Err(failure("forbidden"));
        }
        let card = self.contact_card(user_id)?;
        let aik = self.aik_of(user_id).ok_or_else(|| failure("not_found"))?;
        if contact.fingerprint != card.person.fingerprint {
            return Err(failure("identity_changed"));
        }
        let verdict = match judgement {
            Judgement::Video => {
                self.check_video(user_id, aik, contact.blob_id)?;
                Verdict::Video
            }
            Judgement::InPerson => Verdict::InPerson,
            Judgement::Declined => Verdict::Declined,
            Judgement::Blocked => Verdict::Blocked,
            Judgement::Open => Verdict::Open,
        };
        let statement = Statement {
            verdict,
            aik,
            taken: self.own.contacts().taken_with(user_id, verdict, aik),
            email: card.person.email,
            name: card.person.name,
        };
        let now = shell.now;
        self.own.change_contacts(&mut shell.store, now, |book| {
            book.state(now, user_id, statement);
            true
        });
        self.own.hurry(now);
        self.contacts.change();
        self.changed = true;
        let unwanted = !rules::may_show(self.trust(user_id));
        let in_call = self.call.as_ref().and_then(|call| self.rooms.get(&call.room_id));
        if unwanted && in_call.is_some_and(|room| room.other(self.identity.user_id()) == Some(user_id)) {
            self.with_call(shell, Call::leave);
        }
        Ok(())
    }

    /// R32, B1: nobody is verified by a video that came by another key than is shown now, or by one that is not the newest.
    fn check_video(&self, user_id: UserId, aik: PublicKey, blob_id: Option<BlobId>) -> Result<(), Failure> {
        let video = self
            .own
            .contacts()
            .video(user_id)
            .ok_or_else(|| failure("not_found"))?;
        if video.aik != aik {
            return Err(failure("identity_changed"));
        }
        if blob_id != Some(video.file.blob_id) {
            return Err(failure("id_video_old"));
        }
        Ok(())
    }

    /// What contacts said before it was known that they may be heard is taken.
    pub(super) fn hear_aside(&mut self, shell: &mut Shell) {
        if !self.contacts.changed {
            return;
        }
        let rooms = self.rooms.values().filter(|room| room.count_aside() > 0);
        let rooms: Vec<_> = rooms.map(|room| room.id).collect();
        for room_id in rooms {
            self.with_room(shell, room_id, Room::hear_aside);
        }
    }

    /// What contacts and the server are still to be told.
    pub(super) fn tell_contacts(&mut self, core: &mut Surroundings<'_>) {
        let can = self.session.knows_rooms() && !self.own.getting && self.visit.is_none();
        if !can || !std::mem::take(&mut self.contacts.due) {
            return;
        }
        // Own other devices must know first: they would take back what they do not know of.
        if self.own.is_unsaid() {
            self.contacts.due = true;
        } else {
            self.tell_server(core.shell);
        }
        self.tell_id_video(core.shell);
    }

    fn tell_server(&mut self, shell: &mut Shell) {
        let can = self.contacts.pace.may_ask(shell.now);
        let Some(known) = self.contacts.known.as_ref().filter(|_| can) else {
            self.contacts.due = true;
            return;
        };
        let said = self.own.contacts().statements().map(|(user_id, _)| user_id);
        let users: SortedSet<UserId> = said.chain(known.keys().copied()).collect();
        let verify = self.people.verify();
        let wrong = users.iter().copied().find_map(|user_id| {
            let standing = rules::standing(verify, self.trust(user_id));
            let open = ContactStanding::Open;
            let differs = *known.get(&user_id).unwrap_or(&open) != standing;
            (differs && !self.contacts.refused.contains(&user_id)).then_some(ContactPut { user_id, standing })
        });
        if let Some(contact) = wrong {
            self.contacts.pace.asks();
            shell.request(Ask::ContactPut { contact }, Request::ContactPut(contact));
        }
    }

    pub(super) fn on_contact_put(&mut self, now: Millis, contact: ContactPut, answer: &Answer) {
        self.contacts.due = true;
        if !self.contacts.pace.is_answered(now, answer) {
            return;
        }
        match (answer, &mut self.contacts.known) {
            (Ok(_), Some(known)) => {
                known.insert(contact.user_id, contact.standing);
            }
            (Err(Refusal::Problem(problem)), _) => {
                tracing::warn!(code = ?problem.code, "the server keeps nothing of a contact");
                self.contacts.refused.insert(contact.user_id);
            }
            _ => {}
        }
    }
}

pub(super) fn day_of(now: Millis) -> u32 {
    u32::try_from(now.0 / DAY_MS).unwrap_or(u32::MAX)
}

fn beginning_of(day: u32) -> Millis {
    Millis(u64::from(day).saturating_mul(DAY_MS))
}
