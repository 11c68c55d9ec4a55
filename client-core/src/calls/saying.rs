//! What this device says in the call.

use protocol::{
    Code, LeafIndex, MessageId,
    identity::Certificate,
    limits::MAX_TEXT_LEN,
    socket::{CallSend, Request},
};

use super::{
    Call, CallEnv, Presence, State,
    chat::ChatMessage,
    hearing::News,
    may_ask,
    outbox::{Fate, Next, Said},
};
use crate::{
    api::{Failure, ParticipantAsk, Reaction},
    core::{
        asks::CallAsk,
        shell::{Answer, Refusal},
    },
    failure::{failure, failure_with},
    limits::MAX_REACTIONS,
    messages::{Content, Envelope, Timers},
};

impl Call {
    pub(crate) fn say(&mut self, env: &mut CallEnv<'_>, text: String) -> Result<MessageId, Failure> {
        if text.len() > MAX_TEXT_LEN {
            return Err(failure_with("text_too_long", "max", MAX_TEXT_LEN.to_string()));
        }
        if matches!(self.state, State::Out(_)) {
            return Err(failure("call_gone"));
        }
        let content = Content::Text {
            text: text.clone(),
            re: None,
            mentions: vec![],
            fwd: false,
        };
        let id = self.send(env, content)?;
        let leaf = self.own_leaf();
        let author = Box::new(env.identity.certificate.clone());
        self.speaking
            .chat
            .say(ChatMessage::new(id, author, leaf, env.now(), text));
        self.on_time(env);
        Ok(id)
    }

    pub(crate) fn react(&mut self, env: &mut CallEnv<'_>, reaction: Reaction) -> Result<(), Failure> {
        self.must_be_in(env)?;
        if !self.speaking.reacted.allows(env.now(), MAX_REACTIONS) {
            return Err(failure("rate_limited"));
        }
        self.send(env, Content::Reaction { reaction })?;
        let leaf = self.own_leaf();
        self.speaking.news.push(News::Reaction { leaf, reaction });
        self.on_time(env);
        Ok(())
    }

    /// Asks something of the device at a leaf, or of all others.
    pub(crate) fn ask_participant(
        &mut self,
        env: &mut CallEnv<'_>,
        leaf: Option<u32>,
        ask: ParticipantAsk,
    ) -> Result<(), Failure> {
        self.must_be_in(env)?;
        let target = leaf
            .map(|leaf| self.member(LeafIndex(leaf)).ok_or_else(|| failure("not_found")))
            .transpose()?;
        let own_device = target.is_some_and(|member| member.body().user_id == env.account.user_id);
        if !own_device && !may_ask(env.settings, env.account.user_id) {
            return Err(failure("forbidden"));
        }
        let to = target.map(|member| member.body().device_id);
        self.send(env, Content::Ask { to, ask })?;
        self.on_time(env);
        Ok(())
    }

    /// What passes is not worth saying later.
    pub(super) fn must_be_in(&self, env: &CallEnv<'_>) -> Result<(), Failure> {
        match (env.online, self.is_member()) {
            (true, true) => Ok(()),
            (true, false) => Err(failure("not_ready")),
            (false, _) => Err(failure("offline")),
        }
    }

    pub(super) fn send(&mut self, env: &CallEnv<'_>, content: Content) -> Result<MessageId, Failure> {
        let said = Said {
            id: env.message_id(),
            at: env.now(),
            content,
        };
        let id = said.id;
        self.speaking
            .outbox
            .push(said)
            .map_err(|_| failure("too_many_unsent"))?;
        // Nobody else may say something under it.
        self.speaking.is_new(id);
        Ok(id)
    }

    /// Encrypts and sends what is next, in the epoch of now.
    pub(super) fn speak_if_due(&mut self, env: &mut CallEnv<'_>) {
        // A commit of one's own is about to end this epoch.
        if self.pending.is_some() || self.unvouched.is_some() {
            return;
        }
        // Words are not for strangers either; but who ends the call for everybody ends it for them.
        let ends = |next: &Next| matches!(next, Next::Said(said) if matches!(said.content, Content::CallEnded { .. }));
        let held = self.strangers.are_held();
        let Some(next) = self
            .speaking
            .outbox
            .next(env.now())
            .filter(|next| !held || ends(next))
        else {
            return;
        };
        let (Some(group), Some(place)) = (&mut self.group, self.place) else {
            return;
        };
        let (message_id, at, content) = match &next {
            Next::Presence => (env.message_id(), env.now(), self.own_presence.content()),
            Next::Said(said) => (said.id, said.at, said.content.clone()),
        };
        let envelope = Envelope {
            id: message_id,
            at,
            content,
            list: None,
            timers: Timers::default(),
        };
        match group.encrypt(env.mls, env.key, &envelope.encode()) {
            Ok(payload) => {
                let request = Request::CallSend(CallSend {
                    call_id: place.call_id,
                    generation: place.generation,
                    epoch: group.epoch(),
                    message_id,
                    payload: payload.into(),
                });
                self.speaking.outbox.left(message_id, &next);
                self.ask(env, CallAsk::Send { message_id }, request);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot encrypt for the call");
                self.speaking.outbox.failed(env.now());
            }
        }
    }

    pub(super) fn on_sent(&mut self, env: &mut CallEnv<'_>, message_id: MessageId, answer: &Answer) {
        let fate = fate_of(answer);
        // An entry of the log that did not come would else be missed until the next one.
        if let Err(Refusal::Problem(problem)) = answer
            && matches!(problem.code, Code::StaleEpoch | Code::NotFound | Code::Forbidden)
        {
            self.sync(env);
        }
        if let Some(said) = self.speaking.outbox.on_fate(env.now(), message_id, fate) {
            let known = matches!(answer, Err(Refusal::Problem(problem)) if problem.code == Code::DuplicateId);
            if fate == Fate::Taken && matches!(said.content, Content::CallEnded { .. }) {
                return self.close_for_all(env);
            }
            match fate {
                // The log of before one's own entering has it, and is not shown.
                Fate::Taken if known => self.speaking.chat.logged(said.id, said.at),
                Fate::Never => self.speaking.chat.failed(said.id),
                _ => self.speaking.chat.sent(said.id),
            }
        }
        self.on_time(env);
    }

    pub(super) fn member(&self, leaf: LeafIndex) -> Option<&Certificate> {
        self.group.as_ref()?.members().get(&leaf)
    }

    fn own_leaf(&self) -> LeafIndex {
        self.group
            .as_ref()
            .map_or(LeafIndex(0), crate::group::Group::own_leaf)
    }
}

fn fate_of(answer: &Answer) -> Fate {
    match answer {
        Ok(_) => Fate::Taken,
        Err(Refusal::Problem(problem)) => match problem.code {
            // It was taken when it was sent before, and the answer did not come.
            Code::DuplicateId => Fate::Taken,
            Code::StaleEpoch => Fate::Stale,
            Code::TooLarge | Code::Malformed => Fate::Never,
            _ => Fate::Later,
        },
        Err(Refusal::Lost) => Fate::Later,
    }
}

impl Presence {
    fn content(self) -> Content {
        let Self {
            microphone,
            camera,
            screen,
            hand,
            spotlight,
        } = self;
        Content::Presence {
            microphone,
            camera,
            screen,
            hand,
            spotlight,
        }
    }

    pub(super) fn of(content: &Content) -> Option<Self> {
        match *content {
            Content::Presence {
                microphone,
                camera,
                screen,
                hand,
                spotlight,
            } => Some(Self {
                microphone,
                camera,
                screen,
                hand,
                spotlight,
            }),
            _ => None,
        }
    }
}
