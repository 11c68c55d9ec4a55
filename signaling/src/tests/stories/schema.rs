//! What the database may hold.

use super::*;

/// R57: what the schema may hold of a user over time is when the account was provisioned and registered.
pub async fn schema(world: World) {
    let mut allowed = BTreeMap::new();
    for (table, columns) in [
        ("users", vec!["provisioned_at", "registered_at"]),
        ("invitations", vec!["expires_at"]),
        ("sessions", vec!["expires_at"]),
        ("guest_links", vec!["expires_at"]),
        ("blobs", vec!["expires_at"]),
        ("entries", vec!["expires_at", "sent_at"]),
        ("rooms", vec!["ends_at"]),
    ] {
        allowed.insert(
            table.to_owned(),
            columns.into_iter().map(str::to_owned).collect::<Vec<_>>(),
        );
    }
    let mut found = BTreeMap::<String, Vec<String>>::new();
    for (table, column) in columns(&world).await {
        let suspicious = [
            "_at", "time", "date", "seen", "last_", "addr", "ip_", "agent", "sender", "login",
        ];
        let harmless = ["last_seq"];
        if suspicious.iter().any(|word| column.contains(word)) && !harmless.contains(&column.as_str()) {
            found.entry(table).or_default().push(column);
        }
    }
    for columns in found.values_mut() {
        columns.sort();
    }
    assert_eq!(found, allowed);

    // The end of a session is a whole hour: it does not tell when the device was last used.
    let alice = alice(&world).await;
    assert_eq!(alice.session.expires_at.0 % 3_600_000, 0);
    assert!(alice.session.expires_at > world.now());
    assert!(alice.session.expires_at <= Millis(world.now().0 + 24 * 3_600_000));
}

pub(super) async fn columns(world: &World) -> Vec<(String, String)> {
    let mut connection = world.app().store.read().await.unwrap();
    let query = if world.database().is_none() {
        "SELECT m.name AS t, p.name AS c FROM sqlite_master m JOIN pragma_table_info(m.name) p
         WHERE m.type = 'table' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite%'"
    } else {
        "SELECT CAST(table_name AS TEXT) AS t, CAST(column_name AS TEXT) AS c
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'"
    };
    let rows = sqlx::query(query).fetch_all(&mut *connection).await.unwrap();
    assert!(rows.len() > 50);
    rows.iter().map(|row| (row.get("t"), row.get("c"))).collect()
}
