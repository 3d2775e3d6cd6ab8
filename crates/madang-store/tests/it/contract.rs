//! What every store promises, whatever database is behind it. Each function takes an empty store.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod invites;
pub(crate) mod journal;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod logins;
pub(crate) mod people;
pub(crate) mod reads;
pub(crate) mod redaction;
pub(crate) mod search;
pub(crate) mod usage;

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
                the_parts_of_a_snapshot_are_replaced_one_by_one,
                one_part_of_any_stream_is_read_by_itself,
                dc1_a_document_is_a_stream_of_its_own,
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
            accounts::{
                an_account_is_stored_and_changed,
                a_name_that_looks_like_anothers_is_taken,
                an_account_may_change_its_name_and_free_the_old_one,
                se1_an_outside_identity_belongs_to_one_account,
                identities_are_listed_and_taken_away,
                accounts_are_paged_by_name,
                a_foreign_accounts_cursor_is_refused,
                the_only_administrator_counts_while_in_force,
                budgets_are_set_changed_and_taken_away,
                a_refused_change_leaves_nothing_of_its_append,
                a_refused_change_fails_alone_in_its_group,
                what_one_change_makes_the_next_one_may_need,
            }
            logins::{
                a_login_is_found_by_its_hash_until_it_ends,
                se4_an_ended_login_does_not_come_back_by_being_seen,
                se4_all_logins_of_a_person_end_but_one,
                a_hash_is_one_logins,
                tokens_are_found_used_and_ended,
                se4_an_ended_token_does_not_come_back_by_being_used,
            }
            invites::{
                se5_an_invite_is_found_by_its_hash_used_up_or_not,
                se5_fifty_racers_use_a_link_exactly_as_often_as_it_says,
                se5_a_link_past_its_time_or_revoked_lets_nobody_in,
                se5_what_comes_with_a_refused_use_is_not_kept,
                invites_are_listed_newest_first,
            }
            audit::{
                the_audit_log_counts_without_gaps,
                the_audit_log_is_read_backwards_in_pages,
                lines_of_a_refused_append_are_not_in_the_audit_log,
                many_writers_make_one_chain,
                an_empty_audit_log_is_whole,
            }
            reads::{
                se9_read_marks_are_loaded_and_listed,
                se9_the_last_mark_in_a_group_counts,
                se9_what_concerns_people_is_loaded_and_listed,
                all_sessions_are_listed_for_administrators,
                a_mark_in_no_session_is_refused_alone,
            }
            redaction::{
                tu5_a_redacted_record_says_something_else_and_is_whole,
                tu5_a_record_can_be_redacted_in_the_append_that_makes_it,
                tu5_redacting_what_is_not_there_fails_alone,
                tu5_a_redaction_has_the_limit_of_an_event,
            }
            search::{
                korean_words_are_found_wherever_they_stand,
                english_words_are_found_by_their_beginning,
                hits_are_those_of_ones_sessions_alone,
                hits_of_many_sessions_are_ones_own_too,
                hits_come_newest_first_in_pages,
                messages_of_one_moment_are_all_found,
                a_changed_text_is_found_by_its_new_words_alone,
                a_forks_copies_are_texts_of_their_own,
                texts_are_found_and_changed_before_and_after_they_are_indexed,
                a_deleted_text_is_not_found,
                what_is_sought_is_never_syntax,
                any_part_of_a_text_finds_it,
                a_foreign_search_cursor_is_refused,
                a_text_in_no_session_is_refused_alone,
            }
            usage::{
                se8_what_was_spent_is_summed_up_since_a_moment,
                se8_spending_in_the_same_group_counts,
                usage_is_summed_up_by_what_is_asked,
                numbers_nobody_can_believe_do_not_break_the_sums,
            }
        }
    };
}
pub(crate) use contract_tests;
