//! Into the call's group: founding it, by a welcome, or from outside.

use protocol::{
    Code, Millis, Problem, Seq,
    limits::CALL_JOIN_PATIENCE_MS,
    room_settings::{RoomKind, RoomSettings, WhoMayAdd},
    socket::{
        CallCommit, CallFound, CallJoin, CallJoined, CallRef, CallWelcome, GroupInfoReply, Reply, Request,
    },
};

use super::{Call, CallEnv, Out, Place, State, bundle};
use crate::{
    api,
    core::{
        asks::CallAsk,
        shell::{Answer, Refusal},
    },
    failure::{failure, of_refusal},
    group::{FreshKeyPackage, Group},
    limits::RETRY_MS,
};

impl Call {
    pub(super) fn ask_to_join(&mut self, env: &mut CallEnv<'_>) {
        if !env.online {
            return;
        }
        if env.guest.is_some() {
            return self.knock(env);
        }
        match FreshKeyPackage::make(env.mls, env.key, &env.identity.certificate, false) {
            Ok(fresh) => {
                self.state = State::ExpectJoined;
                let request = Request::CallJoin(CallJoin {
                    room_id: self.room_id,
                    key_package: fresh.bytes.into(),
                    back_to: self.call_id(),
                });
                self.ask(
                    env,
                    CallAsk::Join {
                        command: self.entering_for.unwrap_or_default(),
                    },
                    request,
                );
            }
            Err(error) => {
                tracing::error!(%error, "cannot make a key package");
                self.end(env);
            }
        }
    }

    /// The call cannot be followed as it is: leave its group and come in as a new leaf.
    pub(super) fn enter_anew(&mut self, env: &mut CallEnv<'_>) {
        self.drop_group(env);
        self.state = State::Outside { retry_at: env.now() };
        self.ask_to_join(env);
    }

    pub(super) fn on_joined(&mut self, env: &mut CallEnv<'_>, answer: Answer) {
        if !matches!(self.state, State::ExpectJoined) {
            return;
        }
        let joined: CallJoined = match answer {
            Ok(Reply::CallJoined(joined)) => *joined,
            Ok(_) => return self.end(env),
            Err(refusal) => return self.join_refused(env, &refusal),
        };
        self.begin_to_listen(env, joined.call.call_id);
        self.place = Some(Place {
            call_id: joined.call.call_id,
            generation: joined.generation,
            started_at: joined.call.started_at,
        });
        self.participants = joined.call.participants;
        self.ice_servers = joined.ice_servers.into_iter().map(Into::into).collect();
        match joined.group {
            Some(_) => self.wait_for_welcome(env),
            None => self.found(env),
        }
    }

    pub(super) fn join_refused(&mut self, env: &mut CallEnv<'_>, refusal: &Refusal) {
        let passing = match refusal {
            Refusal::Lost => true,
            Refusal::Problem(problem) => matches!(problem.code, Code::RateLimited | Code::Unavailable),
        };
        // Who waits at the door is told at once; who was in already comes back by itself.
        if passing && self.entering_for.is_none() {
            self.state = State::Outside {
                retry_at: env.now().plus(RETRY_MS),
            };
            return;
        }
        let code = match refusal {
            Refusal::Problem(problem) => Some(problem.code),
            Refusal::Lost => None,
        };
        if let Some(command) = self.entering_for.take() {
            env.shell.fail(command, of_refusal(refusal));
        } else {
            // Who was in until now, and was away when it was said.
            match code {
                Some(Code::CallEnded) => {
                    return self.put_out(
                        env,
                        Out {
                            ended: true,
                            by: None,
                        },
                    );
                }
                Some(Code::CallRemoved) => {
                    return self.put_out(
                        env,
                        Out {
                            ended: false,
                            by: None,
                        },
                    );
                }
                Some(Code::CallLocked) => env.shell.notice(of_refusal(refusal)),
                _ => {}
            }
        }
        // The server may count it in already.
        self.leave(env);
    }

    fn wait_for_welcome(&mut self, env: &CallEnv<'_>) {
        let jitter = env.shell.random.below(CALL_JOIN_PATIENCE_MS / 4);
        self.state = State::ExpectWelcome {
            until: env.now().plus(CALL_JOIN_PATIENCE_MS + jitter),
        };
    }

    fn found(&mut self, env: &mut CallEnv<'_>) {
        let Some(place) = self.place else { return };
        let settings = RoomSettings {
            room_id: self.room_id,
            kind: RoomKind::Call,
            moderators: vec![],
            removed: vec![],
            who_may_add: WhoMayAdd::Members,
            ttl_cap_ms: 0,
            burn_cap_ms: 0,
            ends_at: Millis(0),
            constant_bitrate: self.is_constant(env.settings),
        };
        let certificate = &env.identity.certificate;
        match Group::found(env.mls, env.key, certificate, self.group_name(place), &settings) {
            Ok((group, founding)) => {
                self.group = Some(group);
                self.state = State::Founding;
                let request = Request::CallFound(CallFound {
                    call_id: place.call_id,
                    generation: place.generation,
                    group_info: founding.group_info.into(),
                    tree: founding.tree.into(),
                });
                self.ask(env, CallAsk::Found, request);
            }
            Err(error) => {
                tracing::error!(call.id = %place.call_id, %error, "cannot found");
                self.end(env);
            }
        }
    }

    pub(super) fn on_founded(&mut self, env: &mut CallEnv<'_>, answer: Answer) {
        if !matches!(self.state, State::Founding) {
            return;
        }
        match answer {
            Ok(Reply::CallAccepted(accepted)) => {
                self.started = self.call_id();
                self.enter_group(env, accepted.seq);
            }
            Err(Refusal::Problem(Problem {
                code: Code::Conflict, ..
            })) => {
                self.drop_group(env);
                self.wait_for_welcome(env);
            }
            Err(Refusal::Problem(Problem {
                code: Code::NotFound | Code::StaleEpoch,
                ..
            })) => self.enter_anew(env),
            Err(refusal) => self.join_refused(env, &refusal),
            Ok(_) => self.end(env),
        }
    }

    pub(crate) fn on_welcome(&mut self, env: &mut CallEnv<'_>, welcome: &CallWelcome) {
        let Some(place) = self.place else { return };
        let wanted = matches!(self.state, State::ExpectWelcome { .. } | State::ExpectGroupInfo);
        if !wanted || welcome.call_id != place.call_id {
            return;
        }
        let place = Place {
            generation: welcome.generation,
            ..place
        };
        let room = env.room.clone();
        let joined = Group::join_by_welcome(
            env.mls,
            self.group_name(place),
            &welcome.welcome.0,
            &welcome.tree.0,
            env.circumstances(&room),
        );
        match joined {
            Ok(joined) => {
                self.place = Some(place);
                self.group = Some(joined.group);
                self.enter_group(env, welcome.seq);
            }
            Err(error) => {
                tracing::warn!(call.id = %place.call_id, group.epoch = welcome.epoch.0, %error, "welcome refused");
                if env.guest.is_some() {
                    return self.give_up(env, "server_untrusted");
                }
                self.ask_for_group_info(env);
            }
        }
    }

    pub(super) fn ask_for_group_info(&mut self, env: &mut CallEnv<'_>) {
        let Some(Place { call_id, .. }) = self.place else {
            return;
        };
        self.state = State::ExpectGroupInfo;
        self.ask(
            env,
            CallAsk::GroupInfo,
            Request::CallGroupInfo(CallRef { call_id }),
        );
    }

    pub(super) fn on_group_info(&mut self, env: &mut CallEnv<'_>, answer: Answer) {
        if !matches!(self.state, State::ExpectGroupInfo) {
            return;
        }
        match answer {
            Ok(Reply::GroupInfo(info)) => self.join_from_outside(env, &info),
            // Nobody is left of the group, or the call is gone: ask anew what is to be done.
            Err(Refusal::Problem(_)) => {
                self.state = State::Outside {
                    retry_at: env.now().plus(RETRY_MS / 10),
                }
            }
            _ => {}
        }
    }

    fn join_from_outside(&mut self, env: &mut CallEnv<'_>, info: &GroupInfoReply) {
        let Some(place) = self.place else { return };
        let place = Place {
            generation: info.generation,
            ..place
        };
        let room = env.room.clone();
        let joined = Group::join_externally(
            env.mls,
            env.key,
            &env.identity.certificate,
            self.group_name(place),
            &info.group_info.0,
            &info.tree.0,
            env.circumstances(&room),
        );
        match joined {
            Ok((group, commit)) => {
                self.place = Some(place);
                self.group = Some(group);
                let message_id = env.message_id();
                self.state = State::JoiningFromOutside;
                let request = Request::CallCommit(CallCommit {
                    call_id: place.call_id,
                    generation: place.generation,
                    message_id,
                    bundle: bundle(commit),
                });
                self.ask(env, CallAsk::ExternalCommit, request);
            }
            Err(error) => {
                tracing::warn!(call.id = %place.call_id, group.epoch = info.epoch.0, %error, "the group was refused");
                if let Some(command) = self.entering_for.take() {
                    env.shell.fail(command, failure("server_untrusted"));
                }
                self.leave(env);
            }
        }
    }

    pub(super) fn on_external_answer(&mut self, env: &mut CallEnv<'_>, answer: Answer) {
        let State::JoiningFromOutside = self.state else {
            return;
        };
        match answer {
            Ok(Reply::CallAccepted(accepted)) => self.enter_group(env, accepted.seq),
            Err(Refusal::Problem(problem)) if problem.code == Code::StaleEpoch => {
                if let Some(group) = self.group.take() {
                    group.delete(env.mls);
                }
                self.ask_for_group_info(env);
            }
            // Guests are inside, who would have to believe that this device is of the room: a member has to say so.
            Err(Refusal::Problem(problem))
                if problem.code == Code::CommitRefused
                    && self.group.as_ref().is_some_and(Group::has_guests) =>
            {
                if let Some(group) = self.group.take() {
                    group.delete(env.mls);
                }
                self.state = State::ExpectWelcome {
                    until: env.now().plus(RETRY_MS),
                };
            }
            Err(refusal) => self.join_refused(env, &refusal),
            Ok(_) => self.end(env),
        }
    }

    fn enter_group(&mut self, env: &mut CallEnv<'_>, seq: Seq) {
        self.state = State::Member;
        self.cursor = seq;
        self.inbox.retain(|entry| entry.seq > seq);
        if let Some(Place {
            call_id, generation, ..
        }) = self.place
        {
            tracing::info!(call.id = %call_id, generation = generation.0, "in the call's group");
        }
        if env.guest.is_some() {
            self.await_proof(env);
            return self.on_time(env);
        }
        self.begin(env);
    }

    /// In the group, and sure of it.
    pub(super) fn begin(&mut self, env: &mut CallEnv<'_>) {
        self.after_epoch(env, false, true);
        self.begin_to_speak(env);
        self.say_name(env);
        self.intent_due = true;
        if let Some(command) = self.entering_for.take() {
            let ice_servers = std::mem::take(&mut self.ice_servers);
            let constant_bitrate = self.is_constant(env.settings);
            let entered = api::Reply::CallEntered {
                ice_servers,
                constant_bitrate,
            };
            env.shell.reply(command, entered);
        }
        self.on_time(env);
    }
}
