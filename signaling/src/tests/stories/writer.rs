//! The one writer: what is gathered into one transaction stands, falls and answers each on its own.

use std::sync::{Arc, Mutex};

use sqlx::AnyConnection;

use super::*;
use crate::{
    failure::{Failure, StoreError, refuse},
    store::Written,
};

/// How a write goes.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Well,
    RefusesAfterWriting,
    FailsAfterWriting,
    Panics,
}

async fn network(world: &World, name: String, way: Way, atomic: bool) -> Result<(), Failure> {
    let store = &world.app().store;
    if atomic {
        store
            .write(move |connection| Box::pin(insert(connection, name, way)))
            .await
    } else {
        store
            .append(move |connection| Box::pin(insert(connection, name, way)))
            .await
    }
}

async fn insert(connection: &mut AnyConnection, name: String, way: Way) -> Result<Written<()>, Failure> {
    sqlx::query("INSERT INTO networks (network_id, name) VALUES ($1, $2)")
        .bind(random::<16>().as_slice())
        .bind(name.as_str())
        .execute(&mut *connection)
        .await?;
    match way {
        Way::Well => Ok(Written::answer(())),
        Way::RefusesAfterWriting => Err(refuse(Code::Conflict, "refused")),
        Way::FailsAfterWriting => {
            sqlx::query("INSERT INTO no_such_table VALUES (1)")
                .execute(connection)
                .await?;
            unreachable!()
        }
        Way::Panics => panic!("a fault in a write"),
    }
}

async fn names(world: &World) -> Vec<String> {
    let mut connection = world.app().store.read().await.unwrap();
    let rows = sqlx::query("SELECT name FROM networks WHERE name <> 'Conclave' ORDER BY name");
    rows.fetch_all(&mut *connection)
        .await
        .unwrap()
        .iter()
        .map(|row| row.get("name"))
        .collect()
}

pub async fn refusals(world: World) {
    let write = |name: &str, way| network(&world, name.to_owned(), way, true);
    let (one, two, three, four) = tokio::join!(
        write("one", Way::Well),
        write("two", Way::RefusesAfterWriting),
        write("three", Way::FailsAfterWriting),
        write("four", Way::Well),
    );
    assert!(one.is_ok() && four.is_ok());
    assert!(matches!(two, Err(Failure::Refused(_))));
    assert!(matches!(three, Err(Failure::Store(StoreError::Sql(_)))));
    assert_eq!(names(&world).await, ["four", "one"]);
}

pub async fn failures(world: World) {
    let mut acknowledged = Vec::new();
    for round in 0..20 {
        let write = |n: u32, way| {
            let name = format!("{round:02}-{n}");
            let world = &world;
            async move { network(world, name.clone(), way, false).await.map(|()| name) }
        };
        let way = if round % 2 == 0 {
            Way::FailsAfterWriting
        } else {
            Way::Panics
        };
        let (one, bad, two) = tokio::join!(write(1, Way::Well), write(2, way), write(3, Way::Well));
        assert!(bad.is_err());
        acknowledged.extend([one, two].into_iter().filter_map(Result::ok));
        // The next write finds a writer that works.
        acknowledged.push(write(4, Way::Well).await.unwrap());
    }
    assert_eq!(names(&world).await, acknowledged);
}

pub async fn order(world: World) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let write = |n: u32| {
        let (seen, answered) = (Arc::clone(&seen), Arc::clone(&seen));
        let store = &world.app().store;
        async move {
            let after = move || seen.lock().unwrap().push(format!("after {n}"));
            store
                .append(move |_| Box::pin(async move { Ok(Written::then((), after)) }))
                .await
                .unwrap();
            answered.lock().unwrap().push(format!("answer {n}"));
        }
    };
    tokio::join!(write(0), write(1), write(2), write(3));
    let seen = seen.lock().unwrap().clone();
    let afters = seen
        .iter()
        .filter(|line| line.starts_with("after"))
        .cloned()
        .collect::<Vec<_>>();
    assert_eq!(afters, ["after 0", "after 1", "after 2", "after 3"]);
    for n in 0..4 {
        let place = |what: &str| {
            seen.iter()
                .position(|line| *line == format!("{what} {n}"))
                .unwrap()
        };
        assert!(place("after") < place("answer"));
    }
}
