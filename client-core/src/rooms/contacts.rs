//! The two people of a direct room: whether anything passes between them, and their ID videos.

use protocol::{Code, Millis, UserId, identity::Certificate, policies::Verify, socket::RoomKindTag};

use super::{Lens, env::Env, send::happened, state::Room};
use crate::{
    contacts::{ShownVideo, rules},
    files::FileDescriptor,
    messages::{Content, Envelope},
};

impl Room {
    /// The other person of a direct room.
    pub(crate) fn other(&self, me: UserId) -> Option<UserId> {
        if self.stored.kind != RoomKindTag::Direct {
            return None;
        }
        self.users().into_iter().find(|user| *user != me)
    }

    /// Why neither messages nor calls pass, if so: by what the user said of the other, else by the server's word.
    pub(crate) fn refusal(&self, lens: Lens<'_>) -> Option<&'static str> {
        let other = self.other(lens.me)?;
        let trust = lens
            .people
            .trust(other, self.certificate_of(other), lens.me, lens.own);
        if let Err(refused) = rules::may_talk(lens.people.verify(), trust) {
            return Some(refused);
        }
        Some(match self.summary.as_ref()?.refusal? {
            Code::VerifyFirst => "verify_first",
            Code::ContactDeclined => "contact_declined",
            _ => "not_verified",
        })
    }

    /// Whether what somebody says here is taken. In a direct room a contact is not heard that is not wanted, nor one that is
    /// to be verified first, but for who it is.
    pub(super) fn hears(&self, env: &Env<'_>, certificate: &Certificate, content: &Content) -> bool {
        let author = certificate.body().user_id;
        if self.stored.kind != RoomKindTag::Direct || author == env.me() {
            return true;
        }
        let trust = env.people.trust(author, Some(certificate), env.me(), env.own);
        match content {
            Content::IdVideo { .. } => rules::may_show(trust),
            // Whoever said it, and whatever became of them since: what they take back is gone.
            Content::Delete { of } => {
                self.history.get(*of).is_some() || rules::may_hear(env.people.verify(), trust)
            }
            _ => rules::may_hear(env.people.verify(), trust),
        }
    }

    /// Somebody shows an ID video. Answers whether that is news.
    pub(super) fn take_id_video(
        &self,
        env: &mut Env<'_>,
        certificate: &Certificate,
        at: Millis,
        video: FileDescriptor,
        day: u32,
    ) -> bool {
        let author = certificate.body();
        if self.stored.kind != RoomKindTag::Direct || !rules::is_id_video(&video) {
            return false;
        }
        let (now, room_id, blob_id) = (env.now(), self.id, video.blob_id);
        let own = author.user_id == env.me();
        env.notes.contacts_changed = true;
        env.own.change_contacts(&mut env.shell.store, now, |book| {
            if own {
                // Another own device told it here; the video itself is in the own state.
                let shown = book
                    .video(author.user_id)
                    .filter(|shown| shown.file.blob_id == blob_id);
                let at = shown.map(|shown| shown.at);
                return at.is_some_and(|at| book.tell(room_id, at, blob_id));
            }
            let shown = ShownVideo {
                at,
                aik: author.aik,
                day,
                file: video,
            };
            book.show(author.user_id, shown)
        })
    }

    /// Tells the other which ID video is one's own now, if that was not told yet, and is wanted.
    pub(crate) fn show_id_video(&mut self, env: &mut Env<'_>) {
        let me = env.me();
        let Some(other) = self.other(me).filter(|_| self.is_member()) else {
            return;
        };
        let Some(own) = env.own.contacts().video(me) else {
            return;
        };
        let trust = env.people.trust(other, self.certificate_of(other), me, env.own);
        let blob_id = own.file.blob_id;
        let told = env.own.contacts().told(self.id) == Some(blob_id);
        if told || env.people.verify() == Verify::Off || !rules::may_show(trust) {
            return;
        }
        let content = Content::IdVideo {
            video: Box::new(own.file.clone()),
            day: own.day,
        };
        let (now, room_id, at) = (env.now(), self.id, own.at);
        let news = env
            .own
            .change_contacts(&mut env.shell.store, now, |book| book.tell(room_id, at, blob_id));
        if !news {
            return;
        }
        self.send_content(env, content, Some(happened("id_video", me)));
    }

    /// The other wants nothing of it now.
    pub(super) fn id_video_refused(&mut self, env: &mut Env<'_>) {
        let (now, room_id) = (env.now(), self.id);
        env.own.change_contacts(&mut env.shell.store, now, |book| {
            book.untell(room_id);
            true
        });
        env.notes.videos_refused.push(self.id);
    }
}

/// Whether content of the outbox is an ID video.
pub(super) fn is_id_video(content: &[u8]) -> bool {
    let envelope = Envelope::decode(content);
    matches!(
        envelope.map(|envelope| envelope.content),
        Some(Content::IdVideo { .. })
    )
}
