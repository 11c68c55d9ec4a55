//! What a contact said in a direct room while this device did not know that it may be heard (R26): another own device may
//! have verified the contact a moment ago, or its card may be about to be put right. It is kept aside, seen by nobody and
//! announced by nothing, and takes its place in the history when the contact may be heard.

use protocol::{Millis, RoomId, Seq, identity::Certificate, socket::Entry};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{env::Env, state::Room};
use crate::{
    contacts::rules,
    limits::MAX_ASIDE,
    messages::{Content, Envelope, Life},
    store::{BadRecord, Loaded, Store, take_all},
};

/// Where the log has something.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) seq: Seq,
    /// By the server's clock.
    pub(super) sent_at: Millis,
}

impl From<&Entry> for Place {
    fn from(entry: &Entry) -> Self {
        Self {
            seq: entry.seq,
            sent_at: entry.sent_at,
        }
    }
}

/// Something that was opened and not taken.
#[derive(Serialize, Deserialize)]
pub(super) struct Aside {
    place: Place,
    /// By which it was said: another key that is verified later does not make this one heard.
    certificate: Certificate,
    /// CBOR of the envelope.
    envelope: ByteBuf,
    /// As of everything that was said: it is gone at its time, seen or not.
    life: Life,
    /// From when its life counts.
    since: Millis,
}

impl Aside {
    fn record(&self, room_id: RoomId) -> String {
        record(room_id, &self.place.seq.0.to_string())
    }

    fn ends_at(&self) -> Option<Millis> {
        self.life.ends_at(self.since)
    }
}

impl Room {
    pub(super) fn restore_aside(&mut self, loaded: &mut Loaded) -> Result<(), BadRecord> {
        let stored = take_all::<Aside>(loaded, &record(self.id, ""))?;
        self.aside = stored.into_iter().map(|(_, aside)| aside).collect();
        self.aside.sort_by_key(|aside| aside.place.seq);
        Ok(())
    }

    /// Keeps what is not to be heard now, if it may ever be.
    pub(super) fn put_aside(
        &mut self,
        env: &mut Env<'_>,
        place: Place,
        certificate: &Certificate,
        envelope: &Envelope,
        life: Life,
    ) {
        let trust = env
            .people
            .trust(certificate.body().user_id, Some(certificate), env.me(), env.own);
        // Receipts come again with the next one.
        let passing = matches!(envelope.content, Content::Receipt { .. } | Content::Read { .. });
        if !rules::may_show(trust) || passing || self.aside.len() >= MAX_ASIDE {
            tracing::info!(room.id = %self.id, seq = place.seq.0, "passed over what is not wanted of a contact");
            return;
        }
        let aside = Aside {
            place,
            certificate: certificate.clone(),
            envelope: ByteBuf::from(envelope.encode().to_vec()),
            life,
            since: envelope.at.min(place.sent_at).min(env.now()),
        };
        if aside.ends_at().is_some_and(|at| at <= env.now()) {
            return;
        }
        env.shell.store.put(aside.record(self.id), &aside);
        self.aside.push(aside);
    }

    /// What may be heard now takes its place; what is not wanted at all goes.
    pub(crate) fn hear_aside(&mut self, env: &mut Env<'_>) {
        for aside in std::mem::take(&mut self.aside) {
            let Some(envelope) = Envelope::decode(&aside.envelope) else {
                env.shell.store.delete(aside.record(self.id));
                continue;
            };
            let author = aside.certificate.body().user_id;
            let trust = env
                .people
                .trust(author, Some(&aside.certificate), env.me(), env.own);
            let heard = rules::may_hear(env.people.verify(), trust);
            if !heard && rules::may_show(trust) {
                self.aside.push(aside);
                continue;
            }
            env.shell.store.delete(aside.record(self.id));
            if heard {
                let mut life = aside.life;
                if let Some(settings) = self.settings() {
                    life.cap(settings);
                }
                self.take_heard(env, aside.place, &aside.certificate, envelope, life);
            }
        }
    }

    /// Where the first of it is in the log.
    pub(super) fn first_aside(&self) -> Option<Seq> {
        self.aside.first().map(|aside| aside.place.seq)
    }

    /// How much waits.
    pub(crate) fn count_aside(&self) -> u32 {
        u32::try_from(self.aside.len()).unwrap_or(u32::MAX)
    }

    /// When something of it ends.
    pub(super) fn next_end_aside(&self) -> Option<Millis> {
        self.aside.iter().filter_map(Aside::ends_at).min()
    }

    pub(super) fn purge_aside(&mut self, store: &mut Store, now: Millis) {
        let room_id = self.id;
        self.aside.retain(|aside| {
            let over = aside.ends_at().is_some_and(|at| at <= now);
            if over {
                store.delete(aside.record(room_id));
            }
            !over
        });
    }

    /// The clock went back: no life is longer for it.
    pub(super) fn lose_aside(&mut self, store: &mut Store, ms: u64) {
        self.change_lives(store, |_, life| life.lose(ms));
    }

    /// The user read the room up to here on some device, where it may have been seen.
    pub(super) fn read_aside(&mut self, store: &mut Store, seq: Seq, at: Millis) {
        self.change_lives(store, |place, life| {
            if place.seq <= seq && at >= place.sent_at && life.burns() {
                life.read(at);
            }
        });
    }

    fn change_lives(&mut self, store: &mut Store, change: impl Fn(Place, &mut Life)) {
        for aside in &mut self.aside {
            let before = aside.life;
            change(aside.place, &mut aside.life);
            if aside.life != before {
                store.put(aside.record(self.id), &*aside);
            }
        }
    }

    pub(super) fn delete_aside(&mut self, store: &mut Store) {
        for aside in std::mem::take(&mut self.aside) {
            store.delete(aside.record(self.id));
        }
    }
}

/// Name of the record of what is kept aside of an entry.
fn record(room_id: RoomId, seq: &str) -> String {
    format!("aside/{room_id}/{seq}")
}
