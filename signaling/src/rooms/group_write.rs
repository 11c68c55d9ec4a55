//! What a commit or a founding changes in the database, once it was judged.

use std::collections::HashSet;

use protocol::{
    DeviceId, Epoch, Generation, Millis, RoomId, Seq, UserId,
    socket::{CommitBundle, RoomWelcome},
};
use sqlx::AnyConnection;

use super::{members::ask_for_removals, store, types::Leaf};
use crate::{
    failure::{Failure, StoreError, refuse},
    groups::{GroupLeaf, PublicGroupState},
};

/// A group as it was judged, ready to be written.
pub struct Judged {
    /// The group's bytes.
    pub state: Vec<u8>,
    /// Its leaves.
    pub leaves: Vec<Leaf>,
    /// Devices whose log starts with their own commit: who joined by it, or founded.
    pub own_entry: Vec<DeviceId>,
    /// Devices that came by an Add.
    pub added: Vec<Leaf>,
    /// For the welcome, if there is one.
    pub tree: Option<Vec<u8>>,
    /// When the room ends by the group's settings.
    pub ends_at: Option<Millis>,
}

impl Judged {
    /// Takes what has to be written of a group after its change.
    pub fn of(
        group: &PublicGroupState,
        bundle: Option<&CommitBundle>,
        own_entry: Vec<DeviceId>,
        added: &[GroupLeaf],
    ) -> Result<Self, Failure> {
        let welcomes = bundle.is_some_and(|bundle| bundle.welcome.is_some());
        Ok(Self {
            state: group.save().map_err(into_failure)?,
            leaves: group.leaves().iter().map(leaf_of).collect(),
            own_entry,
            added: added.iter().map(leaf_of).collect(),
            tree: if welcomes {
                Some(group.tree().map_err(into_failure)?)
            } else {
                None
            },
            ends_at: group.settings().end(),
        })
    }

    /// The users that have a leaf.
    pub fn users(&self) -> Vec<UserId> {
        let mut users = self.leaves.iter().map(|leaf| leaf.user_id).collect::<Vec<_>>();
        users.sort_unstable();
        users.dedup();
        users
    }
}

fn leaf_of(leaf: &GroupLeaf) -> Leaf {
    let body = leaf.certificate.body();
    Leaf {
        device_id: body.device_id,
        user_id: body.user_id,
    }
}

fn into_failure(error: crate::groups::GroupError) -> Failure {
    Failure::Refused(error.into())
}

/// Where a group stands in the log after its change.
#[derive(Clone, Copy)]
pub struct Standing {
    pub room_id: RoomId,
    pub generation: Generation,
    /// After the change.
    pub epoch: Epoch,
    /// Of the commit, or of the founding where there is none.
    pub seq: Seq,
    /// Where the log of [`Judged::own_entry`] devices starts.
    pub own_since: Seq,
}

/// Who has to be told of a change.
#[derive(Default)]
pub struct GroupChange {
    /// Devices that had a live leaf before and may see the commit: who stays, and who was removed by it.
    pub witnesses: Vec<DeviceId>,
    /// Devices that are welcomed.
    pub welcomed: Vec<DeviceId>,
    /// Whether members came or went, or leaves are to go.
    pub tell_users: bool,
    /// Users who were members before or are now.
    pub users: Vec<UserId>,
}

/// Writes the group, its leaves, members and welcomes.
pub async fn write_group(
    connection: &mut AnyConnection,
    judged: &Judged,
    standing: Standing,
    bundle: Option<&CommitBundle>,
) -> Result<GroupChange, Failure> {
    let Standing { room_id, .. } = standing;
    check_live(connection, judged).await?;
    store::put_group(connection, room_id, &judged.state).await?;
    store::set_end(connection, room_id, judged.ends_at).await?;

    let before = store::leaves(connection, room_id).await?;
    let live = store::live_leaves(connection, room_id).await?;
    let old = before.iter().map(|leaf| leaf.device_id).collect::<HashSet<_>>();
    let new = judged
        .leaves
        .iter()
        .map(|leaf| leaf.device_id)
        .collect::<HashSet<_>>();
    for device_id in old.difference(&new) {
        delete_leaf(connection, room_id, *device_id).await?;
    }
    for leaf in judged.leaves.iter().filter(|leaf| !old.contains(&leaf.device_id)) {
        let own = judged.own_entry.contains(&leaf.device_id);
        let since = if own { standing.own_since } else { standing.seq };
        insert_leaf(connection, room_id, *leaf, since).await?;
    }

    let (users, users_changed) = write_members(connection, room_id, judged).await?;
    let welcomed = match (bundle.and_then(|bundle| bundle.welcome.as_ref()), &judged.tree) {
        (Some(welcome), Some(tree)) => write_welcomes(connection, judged, standing, &welcome.0, tree).await?,
        _ => Vec::new(),
    };
    let asked = ask_for_removals(connection, room_id).await?;
    Ok(GroupChange {
        witnesses: live
            .iter()
            .map(|leaf| leaf.device_id)
            .filter(|id| !welcomed.contains(id))
            .collect(),
        welcomed,
        tell_users: users_changed || asked,
        users,
    })
}

/// Devices may have been revoked since the commit was judged: none enters after its end.
async fn check_live(connection: &mut AnyConnection, judged: &Judged) -> Result<(), Failure> {
    let entering = judged
        .added
        .iter()
        .map(|leaf| leaf.device_id)
        .chain(judged.own_entry.iter().copied());
    for device_id in entering {
        let row = sqlx::query("SELECT device_id FROM devices WHERE device_id = $1")
            .bind(device_id.as_bytes().as_slice())
            .fetch_optional(&mut *connection)
            .await?;
        if row.is_none() {
            return Err(refuse(
                protocol::Code::CommitRefused,
                "a device that enters was revoked",
            ));
        }
    }
    Ok(())
}

async fn delete_leaf(
    connection: &mut AnyConnection,
    room_id: RoomId,
    device_id: DeviceId,
) -> Result<(), StoreError> {
    for query in [
        "DELETE FROM room_leaves WHERE room_id = $1 AND device_id = $2",
        "DELETE FROM removals WHERE room_id = $1 AND device_id = $2",
        "DELETE FROM welcomes WHERE room_id = $1 AND device_id = $2",
    ] {
        sqlx::query(query)
            .bind(room_id.as_bytes().as_slice())
            .bind(device_id.as_bytes().as_slice())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn insert_leaf(
    connection: &mut AnyConnection,
    room_id: RoomId,
    leaf: Leaf,
    since: Seq,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO room_leaves (room_id, device_id, user_id, since, acked) VALUES ($1, $2, $3, $4, $4)",
    )
    .bind(room_id.as_bytes().as_slice())
    .bind(leaf.device_id.as_bytes().as_slice())
    .bind(leaf.user_id.as_bytes().as_slice())
    .bind(since.0.cast_signed())
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes the members those users that have a leaf. Who left and was added again is a member again.
async fn write_members(
    connection: &mut AnyConnection,
    room_id: RoomId,
    judged: &Judged,
) -> Result<(Vec<UserId>, bool), StoreError> {
    let before = store::members(connection, room_id, true).await?;
    let now = judged.users();
    let mut changed = false;
    for user_id in before.iter().filter(|user_id| !now.contains(user_id)) {
        changed = true;
        sqlx::query("DELETE FROM room_members WHERE room_id = $1 AND user_id = $2")
            .bind(room_id.as_bytes().as_slice())
            .bind(user_id.as_bytes().as_slice())
            .execute(&mut *connection)
            .await?;
    }
    for user_id in &now {
        let added = judged.added.iter().any(|leaf| leaf.user_id == *user_id);
        let known = before.contains(user_id);
        if known && !added {
            continue;
        }
        changed |= !known;
        sqlx::query(
            "INSERT INTO room_members (room_id, user_id, gone) VALUES ($1, $2, 0)
             ON CONFLICT (room_id, user_id) DO UPDATE SET gone = 0",
        )
        .bind(room_id.as_bytes().as_slice())
        .bind(user_id.as_bytes().as_slice())
        .execute(&mut *connection)
        .await?;
        // The removals of a user who had left are off, now that a member brought the user back.
        sqlx::query(
            "DELETE FROM removals WHERE room_id = $1 AND reason = 1 AND device_id IN
                 (SELECT device_id FROM room_leaves WHERE room_id = $1 AND user_id = $2)",
        )
        .bind(room_id.as_bytes().as_slice())
        .bind(user_id.as_bytes().as_slice())
        .execute(&mut *connection)
        .await?;
    }
    let mut users = before;
    users.extend(now);
    users.sort_unstable();
    users.dedup();
    Ok((users, changed))
}

async fn write_welcomes(
    connection: &mut AnyConnection,
    judged: &Judged,
    standing: Standing,
    welcome: &[u8],
    tree: &[u8],
) -> Result<Vec<DeviceId>, StoreError> {
    sqlx::query(
        "INSERT INTO welcome_bundles (room_id, seq, generation, epoch, welcome, tree)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(standing.room_id.as_bytes().as_slice())
    .bind(standing.seq.0.cast_signed())
    .bind(standing.generation.0.cast_signed())
    .bind(standing.epoch.0.cast_signed())
    .bind(welcome)
    .bind(tree)
    .execute(&mut *connection)
    .await?;
    let mut welcomed = Vec::with_capacity(judged.added.len());
    for leaf in &judged.added {
        sqlx::query(
            "INSERT INTO welcomes (room_id, device_id, seq) VALUES ($1, $2, $3)
             ON CONFLICT (room_id, device_id) DO UPDATE SET seq = excluded.seq",
        )
        .bind(standing.room_id.as_bytes().as_slice())
        .bind(leaf.device_id.as_bytes().as_slice())
        .bind(standing.seq.0.cast_signed())
        .execute(&mut *connection)
        .await?;
        welcomed.push(leaf.device_id);
    }
    Ok(welcomed)
}

/// The event for those who are welcomed.
pub fn welcome_event(
    standing: Standing,
    bundle: &CommitBundle,
    tree: Option<Vec<u8>>,
) -> Option<RoomWelcome> {
    Some(RoomWelcome {
        room_id: standing.room_id,
        generation: standing.generation,
        epoch: standing.epoch,
        seq: standing.seq,
        welcome: bundle.welcome.clone()?,
        tree: tree?.into(),
    })
}
