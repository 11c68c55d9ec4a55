//! Wishes of the user interface, each to who fulfils it.

use protocol::{
    Bytes, LeafIndex, MessageId, Millis, RoomId,
    limits::{MAX_TEXT_LEN, MAX_TITLE_LEN},
    socket::{Request, RoomKindTag},
};

use super::{
    Core, Options,
    asks::Ask,
    calls::try_media,
    device::{Device, Ended},
    entering::Purpose,
    shell::Shell,
    visit::is_for_guests,
};
use crate::{
    api::{self, Command, DeviceCard, Failure},
    calls::{Call, CallEnv, Presence},
    failure::{failure, failure_with},
    limits::{MAX_DRAFT_LEN, MAX_ROOM_ABOUT_LEN},
    messages::{Act, Body, Content, FaceChange, Timers},
    rooms::{AT_ONCE, Env, Intent, Room, Setting},
    tasks::{Goal, Task},
};

impl Core {
    pub(super) fn on_command(&mut self, id: u32, command: Command) {
        self.shell.began(id);
        if self.shell.store_failed() {
            return self.shell.fail(id, failure("store_failed"));
        }
        match command {
            Command::LookUpInvitation { code } => self.look_up_invitation(id, &code),
            Command::Register {
                code,
                email,
                name,
                password,
            } => self.register(id, code, &email, &name, password),
            Command::SignIn { email, password } => self.sign_in(id, &email, password),
            Command::RevokeDevice { device_id, password } => {
                self.ask_password(id, Purpose::Revoke(device_id), password);
            }
            Command::SetLock { password, .. } => self.ask_password(id, Purpose::Check, password),
            Command::OpenPairing => self.open_pairing(id),
            Command::EnterPairing { code } => self.enter_pairing(id, &code),
            Command::AdmitPaired { password } => self.admit_paired(id, password),
            Command::JoinPaired => self.join_paired(id),
            Command::EndPairing => self.end_pairing(id),
            Command::BecomeGuest {
                link_id,
                secret,
                name,
            } => self.become_guest(id, &link_id, &secret, &name),
            command => self.on_device_command(id, command),
        }
    }

    fn on_device_command(&mut self, id: u32, command: Command) {
        let Self {
            shell,
            device,
            options,
            ..
        } = self;
        match device {
            Some(device) if device.is_enrolled() => {
                if let Err(failure) = device.on_command(shell, *options, id, command) {
                    shell.fail(id, failure);
                }
            }
            // What the server alone ended is still here, and may be erased.
            Some(device) if device.is_shut_out() && matches!(command, Command::SignOut) => {
                device.end(Ended::Erase { reason: None });
                shell.reply(id, api::Reply::Done);
            }
            _ => shell.fail(id, failure("unauthenticated")),
        }
    }
}

impl Device {
    fn on_command(
        &mut self,
        shell: &mut Shell,
        options: Options,
        id: u32,
        command: Command,
    ) -> Result<(), Failure> {
        if self.visit.is_some() && !is_for_guests(&command) {
            return Err(failure("forbidden"));
        }
        match command {
            Command::SignOut if self.visit.is_some() => {
                self.with_call(shell, Call::leave);
                self.end(Ended::Erase { reason: None });
                shell.reply(id, api::Reply::Done);
            }
            Command::JoinCall { room_id } if self.visit.is_some() => {
                self.begin_to_knock();
                self.enter_call(shell, room_id, id);
            }
            Command::SignOut => self.sign_out(shell, id),
            Command::LookUpPerson { email } => self.look_up(shell, id, &email)?,
            Command::CreateRoom { title, people } => {
                let title = title_of(&title)?;
                self.begin_task(shell, id, Goal::CreateRoom { title }, &people)?;
            }
            Command::OpenDirect { email } => self.begin_task(shell, id, Goal::OpenDirect, &[email])?,
            Command::AddPeople { room_id, people } => {
                self.room(room_id)?;
                self.begin_task(shell, id, Goal::AddTo { room_id }, &people)?;
            }
            Command::RemovePerson { room_id, user_id } => {
                let intent = Intent::RemoveUser {
                    command: Some(id),
                    user_id,
                };
                self.with_member(shell, room_id, |room, env| room.wish(env, intent))?;
            }
            Command::LeaveRoom { room_id } => {
                self.must_be_online()?;
                self.in_room(shell, room_id, |room, env| room.leave(env, id))?;
            }
            Command::RenameRoom { room_id, title } => {
                let title = title_of(&title)?;
                self.with_member(shell, room_id, |room, env| rename(room, env, title))?;
                shell.reply(id, api::Reply::Done);
            }
            Command::DescribeRoom { room_id, about } => {
                let about = about.trim().to_owned();
                if about.len() > MAX_ROOM_ABOUT_LEN {
                    return Err(failure_with(
                        "text_too_long",
                        "max",
                        MAX_ROOM_ABOUT_LEN.to_string(),
                    ));
                }
                let change = FaceChange {
                    about: Some(about),
                    ..FaceChange::default()
                };
                self.change_face(shell, id, room_id, change)?;
            }
            Command::SetRoomPicture { room_id, picture } => {
                let picture = picture.unwrap_or_default();
                let picture = Bytes::from_base64url(&picture).ok_or_else(|| failure("malformed"))?;
                let change = FaceChange {
                    picture: Some(picture.0.into()),
                    ..FaceChange::default()
                };
                self.change_face(shell, id, room_id, change)?;
            }
            Command::GetRoomPicture { room_id } => {
                let picture = self.room(room_id)?.picture();
                let picture = picture.map(|picture| Bytes(picture.to_vec()).to_base64url());
                shell.reply(id, api::Reply::RoomPicture { picture });
            }
            Command::SetConstantBitrate { room_id, on } => {
                self.set(shell, id, room_id, Setting::ConstantBitrate(on))?;
            }
            Command::SetTimers {
                room_id,
                ttl_ms,
                burn_ms,
            } => self.set(shell, id, room_id, Setting::Timers { ttl_ms, burn_ms })?,
            Command::SetRoomEnd { room_id, life_ms } => {
                let at = match life_ms {
                    0 => Millis(0),
                    life => shell.now.plus(life),
                };
                self.set(shell, id, room_id, Setting::EndsAt(at))?;
            }
            Command::DeleteRoom { room_id } => {
                self.must_be_online()?;
                self.set(shell, id, room_id, Setting::EndsAt(AT_ONCE))?;
            }
            Command::SetMuted { room_id, on } => {
                self.room(room_id)?;
                self.own.set_muted(&mut shell.store, shell.now, room_id, on);
                self.changed = true;
                shell.reply(id, api::Reply::Done);
            }
            Command::SetPush { endpoint } => self.set_push(shell, id, endpoint.as_deref())?,
            Command::SetReceipts { on } => {
                self.own.set_receipts(&mut shell.store, shell.now, on);
                self.rooms.values_mut().for_each(|room| room.history.mark_all());
                let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
                for room_id in rooms {
                    self.plan_receipt(shell, room_id);
                }
                shell.reply(id, api::Reply::Done);
            }
            Command::SetTyping { room_id, on } => {
                // At each key; most change nothing.
                if self.room(room_id)?.wants_typing(shell.now, on) {
                    self.in_room(shell, room_id, |room, env| room.give_typing(env, on))?;
                }
                shell.reply(id, api::Reply::Done);
            }
            Command::SetTypingSigns { on } => {
                // Nobody is left with a sign that one gave before.
                let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
                for room_id in rooms {
                    self.with_room(shell, room_id, |room, env| room.give_typing(env, false));
                }
                self.own.set_typing(&mut shell.store, shell.now, on);
                shell.reply(id, api::Reply::Done);
            }
            Command::SaveDraft { room_id, draft } => {
                if draft.len() > MAX_DRAFT_LEN {
                    return Err(failure_with("text_too_long", "max", MAX_TEXT_LEN.to_string()));
                }
                self.in_room(shell, room_id, |room, env| {
                    room.save_draft(&mut env.shell.store, draft)
                })?;
                shell.reply(id, api::Reply::Done);
            }
            Command::Search { query, room_id } => {
                let found = self.search(&query, room_id);
                shell.reply(id, api::Reply::Found(found));
            }
            Command::SendText {
                room_id,
                text,
                reply_to,
                mentions,
                ttl_ms,
                burn_ms,
                message_id,
            } => {
                check_text(&text)?;
                let body = Body::Text(text.clone());
                let content = Content::Text {
                    text,
                    re: reply_to,
                    mentions,
                    fwd: false,
                };
                let timers = Timers {
                    ttl: ttl_ms,
                    burn: burn_ms,
                };
                let message_id = self.say(shell, room_id, message_id, timers, content, body)?;
                shell.reply(id, api::Reply::Message { message_id });
            }
            Command::ForwardMessage {
                room_id,
                message_id,
                to,
                copy_id,
            } => {
                let message_id = self.forward(shell, (room_id, message_id), to, copy_id)?;
                shell.reply(id, api::Reply::Message { message_id });
            }
            Command::SaveMessage {
                room_id,
                message_id,
                on,
            } => {
                self.save_message(shell, room_id, message_id, on)?;
                shell.reply(id, api::Reply::Done);
            }
            Command::ListSaved => shell.reply(id, api::Reply::Found(self.saved())),
            Command::SetQuickReplies { replies } => {
                self.set_quick_replies(shell, &replies)?;
                shell.reply(id, api::Reply::Done);
            }
            Command::SendFile(said) => {
                let message_id = self.send_file(shell, *said)?;
                shell.reply(id, api::Reply::Message { message_id });
            }
            command @ (Command::LookAtContact { .. }
            | Command::ListContacts
            | Command::ContactWords { .. }
            | Command::JudgeContact { .. }
            | Command::PlanIdVideo
            | Command::ShowIdVideo { .. }) => {
                self.on_contacts_command(shell, options, id, command)?;
            }
            command @ (Command::GiveToken { .. }
            | Command::NoteUpload { .. }
            | Command::ListUploads
            | Command::DropUpload { .. }) => {
                let reply = self.on_files_command(shell, command)?;
                shell.reply(id, reply);
            }
            Command::EditMessage {
                room_id,
                message_id,
                text,
                mentions,
            } => {
                check_text(&text)?;
                self.act(shell, id, room_id, message_id, Act::Edit { text, mentions })?;
            }
            Command::ReactToMessage {
                room_id,
                message_id,
                emoji,
                on,
            } => self.act(shell, id, room_id, message_id, Act::React { emoji, on })?,
            Command::DeleteMessage { room_id, message_id } => {
                self.act(shell, id, room_id, message_id, Act::Delete)?;
            }
            Command::RetryMessage { room_id, message_id } => {
                self.talk_in(shell, room_id)?;
                let found = self.in_room(shell, room_id, |room, env| room.retry(env, message_id))?;
                let reply = if found {
                    api::Reply::Done
                } else {
                    api::Reply::Failed(failure("not_found"))
                };
                shell.reply(id, reply);
            }
            Command::OpenRoom { room_id } => self.show(shell, id, room_id, Room::open)?,
            Command::LoadOlder { room_id } => {
                self.show(shell, id, room_id, |room| room.history.load_older())?;
            }
            Command::CloseRoom { room_id } => self.show(shell, id, room_id, Room::close)?,
            Command::MarkRead { room_id } => {
                self.room(room_id)?;
                self.mark_read(shell, room_id);
                shell.reply(id, api::Reply::Done);
            }
            Command::ListDevices => {
                let devices = self.device_cards();
                shell.reply(id, api::Reply::Devices(devices));
            }
            Command::JoinCall { room_id } => {
                self.must_be_online()?;
                if !self.room(room_id)?.is_member() {
                    return Err(failure("not_ready"));
                }
                self.check_contact(shell, self.room(room_id)?)?;
                self.enter_call(shell, room_id, id);
            }
            Command::LeaveCall => {
                self.with_call(shell, Call::leave);
                shell.reply(id, api::Reply::Done);
            }
            Command::DeclineCall { room_id } => {
                self.in_room(shell, room_id, Room::decline_call)??;
                shell.reply(id, api::Reply::Done);
            }
            Command::MediaOffer {
                side,
                fresh,
                sdp,
                tracks,
            } => {
                self.must_be_online()?;
                self.in_call(shell, |call, env| call.offer(env, id, side, fresh, sdp, tracks))?;
            }
            Command::TryNetwork { sdp } => {
                self.must_be_online()?;
                try_media(shell, id, sdp);
            }
            Command::ShowVideo { video } => {
                self.in_call(shell, |call, env| call.show_video(env, video))?;
                shell.reply(id, api::Reply::Done);
            }
            Command::SetMedia {
                microphone,
                camera,
                screen,
                hand,
            } => {
                let presence = Presence {
                    microphone,
                    camera,
                    screen,
                    hand,
                    spotlight: None,
                };
                self.in_call(shell, |call, env| call.set_presence(env, presence))?;
                shell.reply(id, api::Reply::Done);
            }
            Command::SayInCall { text } => {
                let message_id = self.in_call(shell, |call, env| call.say(env, text))??;
                shell.reply(id, api::Reply::Message { message_id });
            }
            Command::React { reaction } => {
                self.in_call(shell, |call, env| call.react(env, reaction))??;
                shell.reply(id, api::Reply::Done);
            }
            Command::AskParticipant { leaf, ask } => {
                self.in_call(shell, |call, env| call.ask_participant(env, leaf, ask))??;
                shell.reply(id, api::Reply::Done);
            }
            Command::RemoveParticipant { leaf } => {
                self.in_call(shell, |call, env| call.remove_participant(env, leaf))??;
                shell.reply(id, api::Reply::Done);
            }
            Command::LockCall { locked } => {
                self.in_call(shell, |call, env| call.lock(env, locked))??;
                shell.reply(id, api::Reply::Done);
            }
            Command::KeepStranger { leaf } => {
                self.in_call(shell, |call, env| call.keep_stranger(env, LeafIndex(leaf)))??;
                shell.reply(id, api::Reply::Done);
            }
            Command::Spotlight { leaf } => {
                self.in_call(shell, |call, env| call.spotlight(env, leaf))??;
                shell.reply(id, api::Reply::Done);
            }
            Command::EndCall => {
                self.in_call(shell, Call::end_for_all)??;
                shell.reply(id, api::Reply::Done);
            }
            Command::MakeGuestLink { room_id, life_ms } => {
                self.must_be_online()?;
                self.with_member(shell, room_id, |room, env| room.make_guest_link(env, id, life_ms))??;
            }
            Command::RevokeGuestLink { room_id, link_id } => {
                self.must_be_online()?;
                self.with_member(shell, room_id, |room, env| {
                    room.withdraw_guest_link(env, id, link_id)
                })??;
            }
            Command::AdmitGuests { knocks } => {
                self.in_call(shell, |call, env| call.admit(env, &knocks))??;
                shell.reply(id, api::Reply::Done);
            }
            Command::DenyGuest { device_id } => {
                self.in_call(shell, |call, env| call.deny(env, id, device_id))??;
            }
            // Of the core itself.
            Command::LookUpInvitation { .. }
            | Command::Register { .. }
            | Command::SignIn { .. }
            | Command::BecomeGuest { .. }
            | Command::RevokeDevice { .. }
            | Command::OpenPairing
            | Command::EnterPairing { .. }
            | Command::AdmitPaired { .. }
            | Command::JoinPaired
            | Command::EndPairing
            | Command::SetLock { .. }
            | Command::Unlock { .. } => return Err(failure("internal")),
        }
        Ok(())
    }

    fn change_face(
        &mut self,
        shell: &mut Shell,
        id: u32,
        room_id: RoomId,
        change: FaceChange,
    ) -> Result<(), Failure> {
        if !change.fits() {
            return Err(failure("too_large"));
        }
        let me = self.identity.user_id();
        let room = self.room(room_id)?;
        if room.kind() != RoomKindTag::Room || room.group().is_some() && !room.may_add(me) {
            return Err(failure("forbidden"));
        }
        self.with_member(shell, room_id, |room, env| room.change_face(env, change))?;
        shell.reply(id, api::Reply::Done);
        Ok(())
    }

    pub(super) fn must_be_online(&self) -> Result<(), Failure> {
        if self.may_ask() {
            Ok(())
        } else {
            Err(failure("offline"))
        }
    }

    pub(super) fn room(&self, room_id: RoomId) -> Result<&Room, Failure> {
        let room = self.rooms.get(&room_id).ok_or_else(|| failure("room_gone"))?;
        Ok(room)
    }

    fn in_room<T>(
        &mut self,
        shell: &mut Shell,
        room_id: RoomId,
        act: impl FnOnce(&mut Room, &mut Env<'_>) -> T,
    ) -> Result<T, Failure> {
        self.with_room(shell, room_id, act)
            .ok_or_else(|| failure("room_gone"))
    }

    /// For what changes the group: it must be there, and the server too.
    fn with_member<T>(
        &mut self,
        shell: &mut Shell,
        room_id: RoomId,
        act: impl FnOnce(&mut Room, &mut Env<'_>) -> T,
    ) -> Result<T, Failure> {
        if !self.room(room_id)?.is_member() {
            return Err(failure("not_ready"));
        }
        self.in_room(shell, room_id, act)
    }

    fn in_call<T>(
        &mut self,
        shell: &mut Shell,
        act: impl FnOnce(&mut Call, &mut CallEnv<'_>) -> T,
    ) -> Result<T, Failure> {
        self.with_call(shell, act).ok_or_else(|| failure("call_gone"))
    }

    fn sign_out(&mut self, shell: &mut Shell, id: u32) {
        if self.may_ask() {
            self.identity.leaving = true;
            self.save_identity(shell);
            shell.request(Ask::SignOut { command: id }, Request::SignOut);
        } else {
            self.end(Ended::Erase { reason: None });
            shell.reply(id, api::Reply::Done);
        }
    }

    fn begin_task(
        &mut self,
        shell: &mut Shell,
        id: u32,
        goal: Goal,
        emails: &[String],
    ) -> Result<(), Failure> {
        self.must_be_online()?;
        let task = Task::start(id, goal, emails, self.identity.email())?;
        self.start_task(shell, task);
        Ok(())
    }

    pub(super) fn say(
        &mut self,
        shell: &mut Shell,
        room_id: RoomId,
        message_id: Option<MessageId>,
        timers: Timers,
        content: Content,
        body: Body,
    ) -> Result<MessageId, Failure> {
        self.talk_in(shell, room_id)?;
        self.in_room(shell, room_id, |room, env| {
            if let Some(id) = message_id.filter(|id| room.has_own(env, *id)) {
                return id;
            }
            room.give_typing(env, false);
            let timers = room.clamp(timers);
            room.send_content_as(env, message_id, content, timers, Some(body))
        })
    }

    fn set(&mut self, shell: &mut Shell, id: u32, room_id: RoomId, setting: Setting) -> Result<(), Failure> {
        self.talk_in(shell, room_id)?;
        let intent = Intent::Set {
            command: Some(id),
            setting,
        };
        self.with_member(shell, room_id, |room, env| room.wish(env, intent))
    }

    fn act(
        &mut self,
        shell: &mut Shell,
        id: u32,
        room_id: RoomId,
        message_id: MessageId,
        act: Act,
    ) -> Result<(), Failure> {
        // What nobody has is taken back wherever it is.
        let unsent = self.room(room_id)?.is_unsent(message_id);
        if act != Act::Delete || !unsent {
            self.talk_in(shell, room_id)?;
        }
        self.in_room(shell, room_id, |room, env| room.act(env, message_id, act))??;
        self.changed = true;
        shell.reply(id, api::Reply::Done);
        Ok(())
    }

    /// The own devices' group is no place to talk in, nor is a direct room with somebody of whom nothing is wanted.
    fn talk_in(&self, shell: &Shell, room_id: RoomId) -> Result<(), Failure> {
        let room = self.room(room_id)?;
        if room.kind() == RoomKindTag::Own {
            return Err(failure("room_gone"));
        }
        self.check_contact(shell, room)
    }

    fn show(
        &mut self,
        shell: &mut Shell,
        id: u32,
        room_id: RoomId,
        act: impl FnOnce(&mut Room),
    ) -> Result<(), Failure> {
        let room = self.rooms.get_mut(&room_id).ok_or_else(|| failure("room_gone"))?;
        act(room);
        self.changed = true;
        shell.reply(id, api::Reply::Done);
        Ok(())
    }

    fn device_cards(&self) -> Vec<DeviceCard> {
        let listed = self.identity.device_list.body().devices.iter();
        listed
            .map(|device| DeviceCard {
                device_id: device.device_id,
                name: device.name.clone(),
                added_at: device.added_at,
                this_device: device.device_id == self.identity.device_id,
            })
            .collect()
    }
}

fn rename(room: &mut Room, env: &mut Env<'_>, title: String) {
    let me = env.me();
    let body = Body::Happened {
        code: "renamed".to_owned(),
        users: [("by".to_owned(), me)].into(),
        texts: [("title".to_owned(), title.clone())].into(),
    };
    room.send_content(env, Content::RoomState { title }, Some(body));
}

pub(super) fn check_text(text: &str) -> Result<(), Failure> {
    if text.len() > MAX_TEXT_LEN {
        return Err(failure_with("text_too_long", "max", MAX_TEXT_LEN.to_string()));
    }
    Ok(())
}

fn title_of(text: &str) -> Result<String, Failure> {
    let title = text.trim();
    if title.len() > MAX_TITLE_LEN {
        return Err(failure_with("title_too_long", "max", MAX_TITLE_LEN.to_string()));
    }
    Ok(title.to_owned())
}
