//! The service as a whole, over its HTTP routes and its requests; the same stories on SQLite and PostgreSQL.

mod accounts;
mod description;
mod sockets;
mod stories;

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
                // On the heap, for all of them together are too large for a stack.
                Box::pin($story(World::on_postgres(&postgres).await)).await;
            )*
        }
    };
}

stories! {
    /// R1, R4, R7: an account is made by a link that works once; the ID is the e-mail.
    an_invitation_makes_an_account_once: stories::people::registration;
    /// R2, R3: exactly the typed ID is found, in the own network alone.
    people_are_found_by_their_exact_id: stories::people::look_up;
    messages_reach_all_devices_once_and_in_order: stories::delivery::messages;
    the_same_message_id_is_the_same_message: stories::delivery::idempotency;
    one_commit_wins_an_epoch: stories::membership::racing_commits;
    /// R37, R48: nothing from before the own add.
    a_device_never_gets_entries_from_before_its_add: stories::delivery::history;
    /// R56: an entry goes when the last live device acknowledged it, when it expires, and after 30 days.
    acknowledged_and_aged_entries_go: stories::delivery::trimming;
    a_revoked_device_is_cut_off_and_its_leaf_is_to_go: stories::membership::revocation;
    who_signs_out_the_last_device_keeps_the_rooms: stories::membership::signing_out;
    who_leaves_hears_nothing_more: stories::membership::leaving;
    a_state_that_went_back_is_refused: stories::delivery::rollback;
    key_packages_are_used_once_but_for_the_last: stories::people::key_packages;
    own_state_is_compared_and_swapped: stories::people::own_state;
    two_devices_hand_each_other_messages: stories::pairing::mailbox;
    pairings_are_opened_and_asked_so_often: stories::pairing::limits;
    a_room_is_founded_anew_by_its_moderator_only: stories::membership::refounding;
    a_new_device_joins_by_an_external_commit: stories::membership::external_join;
    /// Nobody is put out by who comes in from outside, and no stranger comes in.
    external_commits_evict_nobody_and_let_no_stranger_in: stories::hostile::external_commits;
    what_a_member_may_not_is_refused: stories::hostile::members_beyond_the_rules;
    malformed_commits_are_refused_and_leave_nothing: stories::hostile::malformed_commits;
    /// R57, B15: no column holds when or from where someone used the service, nor who sent an entry.
    the_schema_holds_no_trace_of_use: stories::schema::schema;
    a_refused_write_leaves_nothing_and_its_neighbours_stand: stories::writer::refusals;
    what_was_written_is_what_was_acknowledged: stories::writer::failures;
    what_follows_a_write_comes_in_order_and_before_its_answer: stories::writer::order;
    who_enters_a_call_gets_credentials_of_the_relay: stories::calls::relays;
    guest_links_are_made_kept_and_taken_back: stories::guests::links;
    /// B4: a session of a guest opens nothing but the door.
    a_guest_session_opens_nothing_but_the_door: stories::guests::sessions;
    files_come_in_parts_and_go_on_after_a_restart: stories::blobs::parts;
    a_part_of_a_file_is_what_was_asked_for: stories::blobs::ranges;
    /// A room's files are its members', and only who has the secret changes one.
    files_are_for_the_members_of_their_room: stories::blobs::foreign_rooms;
    who_left_a_room_has_its_files_no_more: stories::blobs::who_is_gone;
    a_part_that_breaks_off_is_gone_on_with: stories::blobs::broken_parts;
    files_have_as_much_space_as_they_may: stories::blobs::space;
    parts_that_bring_little_are_few: stories::blob_parts::tiny;
    a_connection_that_breaks_loses_nothing_that_came: stories::blobs::broken_connection;
    /// R44: a file dies when its message does.
    a_file_whose_time_is_over_is_gone: stories::blob_ends::expiry;
    /// R38: a room ends at its time, with everything in it.
    a_room_whose_time_is_over_is_gone: stories::room_ends::by_time;
    /// R38: a room ends by hand, with everything in it.
    a_room_that_a_moderator_deletes_is_gone_at_once: stories::room_ends::by_hand;
    rooms_end_in_rounds: stories::room_ends::many;
    /// R29: nothing passes either way, not by another room nor by another name; shared rooms stay as they are.
    between_who_declined_and_who_was_declined_nothing_passes: stories::contacts::declining;
    a_stranger_can_be_declined_and_nobody_that_is_not: stories::contacts::standing_of_strangers;
    /// R26: a policy that requires it stops everything but ID videos until both have verified the other.
    what_a_policy_requires_is_refused_until_both_verified: stories::contacts::policy;
    /// R21: who is of no network here is refused with a reason.
    contacts_from_outside_are_refused_where_the_network_allows_none: stories::contacts::outside;
    /// R28, R30, R31: one video of each user, for contacts alone; the one before is gone with the next.
    an_id_video_is_for_contacts_and_goes_with_the_next: stories::contacts::id_videos;
    an_id_video_has_a_largest_size: stories::contacts::too_large;
    /// R55: who is away is woken once, by what is worth it, and not by rooms that are silent.
    who_is_away_is_woken: stories::push::waking;
    /// R54: who mutes a room mutes it for all own devices, also those that are closed.
    a_room_is_muted_for_all_devices: stories::push::muting;
    /// R55: only push services are asked, and an address goes with its device.
    only_push_services_are_asked: stories::push::addresses;
    a_sign_reaches_the_others_who_are_connected_and_nobody_else: stories::signs::handed_on;
    /// R57: nothing of a sign is kept.
    a_sign_leaves_nothing_in_the_database: stories::signs::nothing_kept;
    who_is_no_member_gives_no_sign: stories::signs::strangers;
    /// R26, R29: no sign passes where no message does.
    a_sign_passes_where_a_message_does: stories::signs::contacts;
    signs_have_a_rate: stories::signs::rate;
    a_reader_that_is_behind_gets_no_sign_and_stays: stories::signs::slow_readers;
    files_that_cannot_be_deleted_hide_no_others: stories::blob_ends::many_expired;
    what_nobody_wants_any_more_is_swept_away: stories::blob_ends::leftovers;
    nothing_is_swept_away_where_the_database_knows_of_no_file: stories::blob_ends::without_rows;
    what_was_acknowledged_survives_a_restart: stories::delivery::restart;
}

/// The stories of files once more, with these on an S3 service.
macro_rules! stories_on_s3 {
    ($($(#[$doc:meta])* $name:ident: $story:path;)*) => {
        mod on_s3 {
            use super::*;
            $($(#[$doc])* #[tokio::test] async fn $name() { $story(World::on_s3().await).await; })*
        }
    };
}

stories_on_s3! {
    files_come_in_parts_and_go_on_after_a_restart: stories::blobs::parts;
    a_part_of_a_file_is_what_was_asked_for: stories::blobs::ranges;
    files_are_for_the_members_of_their_room: stories::blobs::foreign_rooms;
    who_left_a_room_has_its_files_no_more: stories::blobs::who_is_gone;
    a_part_that_breaks_off_is_gone_on_with: stories::blobs::broken_parts;
    files_have_as_much_space_as_they_may: stories::blobs::space;
    parts_that_bring_little_are_few: stories::blob_parts::tiny;
    a_connection_that_breaks_loses_nothing_that_came: stories::blobs::broken_connection;
    /// R44: a file dies when its message does.
    a_file_whose_time_is_over_is_gone: stories::blob_ends::expiry;
    /// R38: a room ends by hand, with everything in it.
    a_room_that_a_moderator_deletes_is_gone_at_once: stories::room_ends::by_hand;
    /// R28, R30, R31: one video of each user, for contacts alone; the one before is gone with the next.
    an_id_video_is_for_contacts_and_goes_with_the_next: stories::contacts::id_videos;
    what_nobody_wants_any_more_is_swept_away: stories::blob_ends::leftovers;
    nothing_is_swept_away_where_the_database_knows_of_no_file: stories::blob_ends::without_rows;
    a_service_that_is_away_is_said_and_gone_on_with: stories::blob_places::away;
    a_file_of_many_objects_is_one: stories::blob_places::many_objects;
    files_of_another_database_are_left_alone: stories::blob_places::of_another_database;
    a_file_that_cannot_be_deleted_keeps_no_other: stories::blob_places::that_keeps_some;
}
