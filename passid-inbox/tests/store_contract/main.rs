//! What every store does, each sentence of the trait's documentation as a test: one suite over all of
//! them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod bodies;
mod claims;
mod concurrency;
mod counting;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod effects;
mod inserting;
mod leases;
mod listing;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod model;
mod order;
#[cfg(feature = "postgres")]
#[path = "../../../tests/src/postgres.rs"]
pub mod postgres_server;
mod purging;
mod records;
mod replaying;
mod stage;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod transactions;

macro_rules! contract {
    ($($room:ident { $($test:ident)* })*) => {
        contract!(@over memory $($room { $($test)* })*);
        #[cfg(feature = "sqlite")]
        contract!(@over sqlite $($room { $($test)* })*);
        #[cfg(feature = "postgres")]
        contract!(@over postgres $($room { $($test)* })*);
    };
    (@over $store:ident $($room:ident { $($test:ident)* })*) => {
        mod $store {
            $(mod $room {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    if let Some(stage) = crate::stage::Stage::$store().await {
                        crate::$room::$test(&stage).await;
                    }
                })*
            })*
        }
    };
}

contract! {
    inserting {
        an_entry_is_kept_as_it_was_given
        a_repetition_is_told_by_the_hash_of_its_body
        a_repetition_is_told_by_its_semantic_key
        entries_without_a_semantic_key_are_no_repetitions_of_each_other
        kinds_and_environments_never_meet
        a_repetition_changes_nothing
        a_dead_letter_from_the_first_is_never_leased
        numbers_follow_the_order_of_arrival_and_are_not_given_twice
        times_before_1970_and_far_away_come_back
    }
    claims {
        what_is_due_is_leased_in_the_order_of_its_time
        no_more_is_leased_than_was_asked_for
        what_is_not_due_waits
        a_lease_says_all_that_is_known
        kinds_and_environments_are_claimed_apart
        an_event_that_came_late_is_superseded
    }
    order {
        of_one_subject_the_first_that_happened_comes_first
        what_happened_at_the_same_time_comes_in_the_order_of_arrival
        an_earlier_event_that_arrives_later_still_goes_first
        nothing_of_a_subject_is_given_while_another_is_leased
        a_retry_holds_up_its_own_subject_only
        dead_letters_hold_up_nobody
        entries_without_a_subject_are_independent
        one_token_in_two_environments_is_two_subjects
    }
    leases {
        an_ended_lease_is_taken_over_under_another_number
        a_lease_that_was_extended_is_not_taken_over
        a_stale_lease_can_say_nothing
        the_end_of_a_lease_is_said_once
        a_worker_that_never_comes_back_too_often_buries_its_entry
        a_buried_entry_frees_its_subject
        a_failure_waits_for_its_time
        a_failure_without_a_time_is_a_dead_letter
        a_release_gives_the_try_back
        a_handled_entry_forgets_its_last_error
    }
    listing {
        pages_go_from_the_newest_to_the_oldest
        filters_hold_together
        an_entry_is_shown_in_its_own_environment_only
    }
    replaying {
        what_is_not_there_is_unknown
        what_a_worker_has_is_not_replayed
        what_has_no_body_is_not_replayed
        what_has_ended_or_waits_is_ready_at_once
    }
    purging {
        bodies_go_by_the_time_they_ended_and_hashes_stay
        entries_go_by_the_time_they_arrived_once_their_body_is_gone
        what_is_open_is_never_purged
        no_more_is_purged_than_was_asked_for
        environments_are_purged_apart
    }
    counting {
        states_and_ages_are_counted
        an_empty_ledger_counts_nothing
    }
    bodies {
        bodies_under_other_keys_are_found_page_by_page
        a_body_is_replaced_only_if_it_is_the_one
    }
    records {
        a_record_is_kept_as_it_was_given
        a_record_is_put_only_in_the_place_of_what_was_named
        of_many_who_put_at_the_same_time_one_does
        records_go_by_the_end_of_their_time_and_by_environment
        records_under_other_keys_are_found_page_by_page
    }
    concurrency {
        the_same_event_at_the_same_time_is_inserted_once
        claims_at_the_same_time_share_nothing_and_no_subject
        insertions_and_work_at_the_same_time_lose_nothing
    }
}
