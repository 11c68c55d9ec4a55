//! The service as a whole, over its HTTP routes and its requests; the same stories on SQLite and PostgreSQL.

mod accounts;
mod stories;
mod sockets;

use crate::testing::{Postgres, World};

/// Every story on SQLite as a test of its own.
macro_rules! stories {
    ($($(#[$doc:meta])* $name:ident: $story:path;)*) => {
        $($(#[$doc])* #[tokio::test] async fn $name() { $story(World::new().await).await; })*

        /// The same stories on PostgreSQL, one database each.
        #[tokio::test]
        async fn postgres_passes_the_same_suite() {
            let Some(postgres) = Postgres::find().await else { return };
            $(
                println!("on PostgreSQL: {}", stringify!($name));
                $story(World::on_postgres(&postgres).await).await;
            )*
        }
    };
}

stories! {
    /// R1, R4, R7: an account is made by a link that works once; the ID is the e-mail.
    an_invitation_makes_an_account_once: stories::registration;
    /// R2: exactly the typed ID is found, in the own network.
    people_are_found_by_their_exact_id: stories::look_up;
    messages_reach_all_devices_once_and_in_order: stories::messages;
    the_same_message_id_is_the_same_message: stories::idempotency;
    one_commit_wins_an_epoch: stories::racing_commits;
    /// R37, R48: nothing from before the own add.
    a_device_never_gets_entries_from_before_its_add: stories::history;
    /// R56: an entry goes when the last live device acknowledged it, when it expires, and after 30 days.
    acknowledged_and_aged_entries_go: stories::trimming;
    a_revoked_device_is_cut_off_and_its_leaf_is_to_go: stories::revocation;
    who_leaves_hears_nothing_more: stories::leaving;
    a_state_that_went_back_is_refused: stories::rollback;
    key_packages_are_used_once_but_for_the_last: stories::key_packages;
    own_state_is_compared_and_swapped: stories::own_state;
    a_room_is_founded_anew_by_its_moderator_only: stories::refounding;
    a_new_device_joins_by_an_external_commit: stories::external_join;
    /// R57: no column holds when or from where someone used the service.
    the_schema_holds_no_trace_of_use: stories::schema;
    what_was_acknowledged_survives_a_restart: stories::restart;
}
