//! One's own ID video.
//!
//! What is to be shown is stored before the server hears of it: once it keeps the new video, the one before is gone for
//! good, so that a device that stops in between, or hears no answer, says it again. Of two devices that show one each, the
//! server's clock says which came last, as it kept that one.

use protocol::{
    BlobId, Millis,
    limits::{MAX_ID_VIDEO_LEN, MAX_ID_VIDEO_MS},
    policies::Verify,
    socket::{IdVideoPut, Reply, Request, RoomKindTag},
};

use super::{
    asks::Ask,
    contacts::{DAY_MS, day_of},
    device::Device,
    pace::Pace,
    shell::{Answer, Shell},
};
use crate::{
    account::opaque::PasswordCost,
    api::{self, Failure, FileCard, IdVideoPlan},
    contacts::{ShownVideo, rules},
    failure::{failure, of_refusal},
    files::FileDescriptor,
    rooms::Room,
    store::{BadRecord, Loaded, take_one},
};

/// Name of the record of the video that is to be shown.
const NEXT: &str = "id_video/next";

/// How far the server's clock may be ahead of this device's: what it says beyond would hold against every later video.
const MAX_AHEAD_MS: u64 = DAY_MS;

/// A video that the server is to keep.
#[derive(Default)]
pub(super) struct Showing {
    video: Option<ShownVideo>,
    /// Who waits for it.
    command: Option<u32>,
    pace: Pace,
}

impl Showing {
    pub(super) fn load(loaded: &mut Loaded) -> Result<Self, BadRecord> {
        Ok(Self {
            video: take_one(loaded, NEXT)?,
            ..Self::default()
        })
    }

    pub(super) fn disconnect(&mut self) {
        self.pace.disconnect();
    }

    pub(super) fn take_command(&mut self) -> Option<u32> {
        self.command.take()
    }

    fn end(&mut self, shell: &mut Shell) -> Option<ShownVideo> {
        let video = self.video.take();
        if video.is_some() {
            shell.store.delete(NEXT);
        }
        video
    }
}

impl Device {
    /// What it takes to record an ID video now.
    pub(super) fn plan_id_video(&mut self, cost: PasswordCost, now: Millis) -> Result<api::Reply, Failure> {
        if self.people.policies().verify_inside == Verify::Off {
            return Err(failure("forbidden"));
        }
        let own = self.rooms.values().find(|room| room.kind() == RoomKindTag::Own);
        let room_id = own.filter(|room| room.is_member()).map(|room| room.id);
        let room_id = room_id.ok_or_else(|| failure("not_ready"))?;
        let day = day_of(now);
        let words = self.words(cost, self.account.aik, day)?;
        Ok(api::Reply::IdVideoPlan(IdVideoPlan {
            words,
            day,
            room_id,
            max_ms: MAX_ID_VIDEO_MS,
            max_len: MAX_ID_VIDEO_LEN,
        }))
    }

    /// Has the server keep the blob as the user's ID video, and delete the one before.
    pub(super) fn show_id_video(
        &mut self,
        shell: &mut Shell,
        command: u32,
        file: FileCard,
        day: u32,
    ) -> Result<(), Failure> {
        let file = FileDescriptor::try_from(file).map_err(|_| failure("malformed"))?;
        // A recording may last over midnight, or wait for the network a while.
        let recent = day <= day_of(shell.now) && day + 1 >= day_of(shell.now);
        if !rules::is_id_video(&file) || !recent {
            return Err(failure("id_video_refused"));
        }
        let video = ShownVideo {
            at: shell.now,
            aik: self.account.aik,
            day,
            file,
        };
        shell.store.put(NEXT, &video);
        let before = std::mem::replace(
            &mut self.showing,
            Showing {
                video: Some(video),
                command: Some(command),
                ..Showing::default()
            },
        );
        if let Some(before) = before.command {
            shell.fail(before, failure("id_video_old"));
        }
        self.drive_id_video(shell);
        Ok(())
    }

    /// Asks the server, if there is something to ask, and it can be asked.
    pub(super) fn drive_id_video(&mut self, shell: &mut Shell) {
        let can = self.session.knows_rooms() && self.may_ask() && self.showing.pace.may_ask(shell.now);
        if can && self.is_stale_id_video(shell.now) {
            self.showing.end(shell);
            if let Some(command) = self.showing.take_command() {
                shell.fail(command, failure("id_video_refused"));
            }
        }
        if let Some(video) = self.showing.video.as_ref().filter(|_| can) {
            self.showing.pace.asks();
            let blob_id = video.file.blob_id;
            let request = IdVideoPut {
                blob_id: Some(blob_id),
            };
            shell.request(Ask::IdVideoPut { blob_id }, Request::IdVideoPut(request));
        }
    }

    /// Whether another own device has shown a later one meanwhile, or too much time went by: the words are those of a day.
    fn is_stale_id_video(&self, now: Millis) -> bool {
        let Some(video) = &self.showing.video else {
            return false;
        };
        let known = self.own.contacts().video(self.identity.user_id());
        let later =
            known.is_some_and(|known| known.at > video.at && known.file.blob_id != video.file.blob_id);
        later || video.aik != self.account.aik || video.day.saturating_add(1) < day_of(now)
    }

    pub(super) fn on_id_video_put(&mut self, shell: &mut Shell, blob_id: BlobId, answer: Answer) {
        let asked = |video: &ShownVideo| video.file.blob_id == blob_id;
        if !self.showing.video.as_ref().is_some_and(asked) {
            return;
        }
        if !self.showing.pace.is_answered(shell.now, &answer) {
            return;
        }
        let failure = match answer {
            Ok(Reply::IdVideo { kept_at }) => return self.id_video_kept(shell, kept_at),
            Ok(_) => failure("internal"),
            Err(refusal) => of_refusal(&refusal),
        };
        self.showing.end(shell);
        match self.showing.take_command() {
            Some(command) => shell.fail(command, failure),
            None => tracing::warn!("the server does not keep the ID video"),
        }
    }

    fn id_video_kept(&mut self, shell: &mut Shell, kept_at: Millis) {
        let Some(mut video) = self.showing.end(shell) else {
            return;
        };
        let (me, now) = (self.identity.user_id(), shell.now);
        let known = self.own.contacts().video(me);
        let before = known.map_or(Millis(0), |known| known.at.plus(1));
        // What this device knows of was kept before.
        video.at = kept_at.min(now.plus(MAX_AHEAD_MS)).max(before);
        self.own
            .change_contacts(&mut shell.store, now, |book| book.show(me, video));
        self.own.hurry(now);
        self.contacts.change();
        self.changed = true;
        if let Some(command) = self.showing.take_command() {
            shell.reply(command, api::Reply::Done);
        }
    }

    /// Contacts that were not told of it yet are told.
    pub(super) fn tell_id_video(&mut self, shell: &mut Shell) {
        let own = self.own.contacts();
        let Some(video) = own.video(self.identity.user_id()).map(|video| video.file.blob_id) else {
            return;
        };
        let untold = |room: &&Room| {
            room.kind() == RoomKindTag::Direct
                && own.told(room.id) != Some(video)
                && !self.contacts.videos_refused.contains(&room.id)
        };
        let (ready, joining): (Vec<_>, Vec<_>) = self
            .rooms
            .values()
            .map(Box::as_ref)
            .filter(untold)
            .partition(|room| room.is_member());
        // What is on its way in is told when it is in.
        self.contacts.due |= !joining.is_empty();
        let ready: Vec<_> = ready.into_iter().map(|room| room.id).collect();
        for room_id in ready {
            self.with_room(shell, room_id, |room, env| room.show_id_video(env));
        }
    }

    /// When the server is to be asked again.
    pub(super) fn id_video_wakes(&self) -> Option<Millis> {
        let waits = self.showing.video.is_some() && self.may_ask();
        self.showing.pace.wakes().filter(|_| waits)
    }
}
