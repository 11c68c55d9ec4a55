//! How users stand with contacts, in the database.

use std::collections::HashMap;

use protocol::{
    UserId,
    socket::{ContactPut, ContactStanding},
};
use sqlx::{AnyConnection, any::AnyRow};

use super::{Pair, rules::check_open};
use crate::{
    failure::{Failure, StoreError},
    store::Row,
};

/// How two users stand with each other, seen by the first.
pub async fn pair(
    connection: &mut AnyConnection,
    user_id: UserId,
    other_id: UserId,
) -> Result<Pair, StoreError> {
    let rows = sqlx::query(
        "SELECT user_id, standing FROM contacts
         WHERE (user_id = $1 AND other_id = $2) OR (user_id = $2 AND other_id = $1)",
    )
    .bind(user_id.as_bytes().as_slice())
    .bind(other_id.as_bytes().as_slice())
    .fetch_all(connection)
    .await?;
    let mut pair = Pair {
        mine: ContactStanding::Open,
        theirs: ContactStanding::Open,
    };
    for row in &rows {
        let standing = standing_of(row)?;
        if row.get_as::<UserId>("user_id")? == user_id {
            pair.mine = standing;
        } else {
            pair.theirs = standing;
        }
    }
    Ok(pair)
}

/// What is known of how a user stands with contacts.
pub async fn known_of(
    connection: &mut AnyConnection,
    user_id: UserId,
) -> Result<Vec<ContactPut>, StoreError> {
    let rows = sqlx::query("SELECT other_id, standing FROM contacts WHERE user_id = $1 ORDER BY other_id")
        .bind(user_id.as_bytes().as_slice())
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(ContactPut {
                user_id: row.get_as("other_id")?,
                standing: standing_of(row)?,
            })
        })
        .collect()
}

/// How a user and all contacts stand with each other, as far as anything is known.
pub struct Contacts {
    mine: HashMap<UserId, ContactStanding>,
    theirs: HashMap<UserId, ContactStanding>,
}

impl Contacts {
    pub async fn read(connection: &mut AnyConnection, user_id: UserId) -> Result<Self, StoreError> {
        let known = known_of(connection, user_id).await?;
        let mine = known.into_iter().map(|one| (one.user_id, one.standing)).collect();
        let rows = sqlx::query("SELECT user_id, standing FROM contacts WHERE other_id = $1")
            .bind(user_id.as_bytes().as_slice())
            .fetch_all(connection)
            .await?;
        let theirs = rows
            .iter()
            .map(|row| Ok((row.get_as("user_id")?, standing_of(row)?)));
        Ok(Self {
            mine,
            theirs: theirs.collect::<Result<_, StoreError>>()?,
        })
    }

    pub fn pair(&self, other: UserId) -> Pair {
        let of = |known: &HashMap<_, _>| known.get(&other).copied().unwrap_or(ContactStanding::Open);
        Pair {
            mine: of(&self.mine),
            theirs: of(&self.theirs),
        }
    }
}

/// Keeps how a user stands with a contact, or forgets it.
pub async fn put(
    connection: &mut AnyConnection,
    user_id: UserId,
    contact: ContactPut,
) -> Result<(), StoreError> {
    let Some(stored) = to_stored(contact.standing) else {
        sqlx::query("DELETE FROM contacts WHERE user_id = $1 AND other_id = $2")
            .bind(user_id.as_bytes().as_slice())
            .bind(contact.user_id.as_bytes().as_slice())
            .execute(connection)
            .await?;
        return Ok(());
    };
    sqlx::query(
        "INSERT INTO contacts (user_id, other_id, standing) VALUES ($1, $2, $3)
         ON CONFLICT (user_id, other_id) DO UPDATE SET standing = excluded.standing",
    )
    .bind(user_id.as_bytes().as_slice())
    .bind(contact.user_id.as_bytes().as_slice())
    .bind(stored)
    .execute(connection)
    .await?;
    Ok(())
}

fn standing_of(row: &AnyRow) -> Result<ContactStanding, StoreError> {
    let stored = row.get_as("standing")?;
    [ContactStanding::Accepted, ContactStanding::Declined]
        .into_iter()
        .find(|standing| to_stored(*standing) == Some(stored))
        .ok_or(StoreError::Damaged { column: "standing" })
}

fn to_stored(standing: ContactStanding) -> Option<i64> {
    match standing {
        ContactStanding::Open => None,
        ContactStanding::Accepted => Some(1),
        ContactStanding::Declined => Some(2),
    }
}

/// Nobody brings those into a room whom they declined, or who declined them: what passes between them would begin anew in
/// each new room.
pub async fn check_added(
    connection: &mut AnyConnection,
    by: UserId,
    added: impl Iterator<Item = UserId>,
) -> Result<(), Failure> {
    let others: Vec<UserId> = added.filter(|user_id| *user_id != by).collect();
    if others.is_empty() {
        return Ok(());
    }
    let contacts = Contacts::read(connection, by).await?;
    for other in others {
        check_open(contacts.pair(other)).map_err(Failure::Refused)?;
    }
    Ok(())
}
