//! What every store promises, whatever database is behind it. Each function takes an empty store.

pub(crate) mod journal;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod people;

/// One test for each rule of the contract; `$open` makes an empty store and what must live as long as it.
macro_rules! contract_tests {
    ($open:path: $($group:ident :: { $($rule:ident),* $(,)? })*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                let (store, _kept) = $open().await;
                crate::contract::$group::$rule(&*store).await;
            }
        )*)*
    };
    ($open:path) => {
        crate::contract::contract_tests! { $open:
            log::{
                positions_have_no_gaps,
                records_read_back_as_they_were_written,
                streams_count_on_their_own,
                reading_stops_at_the_limit_and_goes_on_after_it,
                an_append_is_there_whole_or_not_at_all,
                a_conflict_fails_alone_in_its_group,
                later_appends_of_a_session_fail_with_the_one_they_follow,
                appends_are_committed_in_the_order_of_their_submission,
                cm2_a_command_is_found_again_with_its_answer,
                cm2_a_command_id_is_taken_once,
                cm2_the_same_id_of_two_people_is_two_commands,
                dc1_what_was_acked_is_read_at_once,
                many_writers_leave_no_gap,
                an_event_may_have_four_mebibytes_and_no_more,
                a_record_of_no_session_is_refused_alone,
                a_snapshot_replaces_the_older_one,
            }
            list::{
                a_session_is_loaded_with_its_members,
                a_session_that_never_was_is_none,
                the_list_is_paged_by_activity,
                sessions_of_the_same_moment_are_paged_too,
                the_list_shows_only_ones_own_sessions_with_ones_role,
                deleted_sessions_are_left_out,
                titles_are_found_whatever_the_case,
                like_metacharacters_are_plain_characters,
                a_foreign_cursor_is_refused,
                a_page_of_nothing_is_empty,
                odd_titles_read_back,
            }
            journal::{
                rs5_a_running_reply_is_found_with_its_pieces_in_order,
                rs5_an_ended_reply_leaves_nothing,
                rs5_a_whole_reply_in_one_group_leaves_nothing,
                rs5_a_piece_without_a_beginning_harms_nothing,
            }
            people::{
                a_person_is_stored_and_changed,
                the_last_word_in_a_group_counts,
                a_removed_member_can_come_back,
                the_ledger_takes_entries_with_and_without_a_price,
            }
        }
    };
}
pub(crate) use contract_tests;
