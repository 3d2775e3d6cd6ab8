//! Accounts, outside identities, budgets; and what refused changes leave: nothing.

use madang_protocol::{Budget, Period};
use madang_store::{AccountRow, Append, PersonChange, Purse, SessionQuery, Store, StoreError, Subject};

use crate::support::people::{account, audit, change};
use crate::support::{at, command, commit, commit_together, creation, one, session, texts, user};

fn is_taken(answer: &Result<(), StoreError>) -> bool {
    matches!(answer, Err(StoreError::Taken))
}

fn subject(issuer: &str, name: &str) -> Subject {
    Subject { issuer: issuer.into(), subject: name.into() }
}

pub(crate) async fn an_account_is_stored_and_changed(store: &dyn Store) {
    assert_eq!(store.account(user(1)).await.unwrap(), None);
    let mina = account(1, "Mina\0 ' 🦦");
    change(store, [PersonChange::Account(mina.clone())]).await.unwrap();
    assert_eq!(store.account(user(1)).await.unwrap(), Some(mina.clone()));
    let changed = AccountRow {
        display_name: "미나".into(),
        color: String::new(),
        language: String::new(),
        password: None,
        admin: true,
        disabled_at: Some(at(9)),
        ..mina
    };
    change(store, [PersonChange::Account(changed.clone())]).await.unwrap();
    assert_eq!(store.account(user(1)).await.unwrap(), Some(changed));
}

pub(crate) async fn a_name_that_looks_like_anothers_is_taken(store: &dyn Store) {
    change(store, [PersonChange::Account(account(1, "Café 미나"))]).await.unwrap();
    for (n, name) in
        ["café 미나", "CAFE\u{301} 미나", "ｃａｆé 미나", "Café \u{1106}\u{1175}\u{1102}\u{1161}"]
            .iter()
            .enumerate()
    {
        let answer = change(store, [PersonChange::Account(account(n as u64 + 2, name))]).await;
        assert!(is_taken(&answer), "{name}: {answer:?}");
        let found = store.account_named(name).await.unwrap().expect("it is the one account");
        assert_eq!(found.user, user(1));
        assert_eq!(store.account(user(n as u64 + 2)).await.unwrap(), None);
    }
    assert_eq!(store.account_named("cafe 미나").await.unwrap(), None);
    assert_eq!(store.account_named(&"x".repeat(1_000_000)).await.unwrap(), None);
    assert_eq!(store.account_named("' OR 1=1 --").await.unwrap(), None);
}

pub(crate) async fn an_account_may_change_its_name_and_free_the_old_one(store: &dyn Store) {
    change(store, [PersonChange::Account(account(1, "one")), PersonChange::Account(account(2, "two"))])
        .await
        .unwrap();
    assert!(is_taken(&change(store, [PersonChange::Account(account(1, "TWO"))]).await));
    change(store, [PersonChange::Account(account(1, "uno")), PersonChange::Account(account(2, "one"))])
        .await
        .unwrap();
    assert_eq!(store.account_named("one").await.unwrap().unwrap().user, user(2));
    assert_eq!(store.account_named("two").await.unwrap(), None);
}

pub(crate) async fn se1_an_outside_identity_belongs_to_one_account(store: &dyn Store) {
    let accounts = (1..=3).map(|n| PersonChange::Account(account(n, &format!("name {n}"))));
    change(store, accounts).await.unwrap();
    let here = subject("https://id.example", "mina");
    for _ in 0..2 {
        change(store, [PersonChange::Subject(user(1), here.clone())]).await.unwrap();
    }
    assert!(is_taken(&change(store, [PersonChange::Subject(user(2), here.clone())]).await));
    assert_eq!(store.account_of_subject(&here).await.unwrap().unwrap().user, user(1));
    let there = subject("https://other.example", "mina");
    assert_eq!(store.account_of_subject(&there).await.unwrap(), None, "another issuer's mina is another");
    let found = store.accounts_of_any_subject("mina").await.unwrap();
    assert_eq!(found.iter().map(|a| a.user).collect::<Vec<_>>(), [user(1)]);
    let third = subject("x", "mina");
    change(store, [PersonChange::Subject(user(2), there), PersonChange::Subject(user(3), third)])
        .await
        .unwrap();
    assert_eq!(store.accounts_of_any_subject("mina").await.unwrap().len(), 2, "two are too many already");
    assert_eq!(store.accounts_of_any_subject("Mina").await.unwrap(), [], "an issuer's names are its own");
    let nobody = change(store, [PersonChange::Subject(user(404), subject("x", "y"))]).await;
    assert!(matches!(nobody, Err(StoreError::Failed { .. })), "{nobody:?}");
}

pub(crate) async fn identities_are_listed_and_taken_away(store: &dyn Store) {
    change(store, (1..=2).map(|n| PersonChange::Account(account(n, &format!("name {n}"))))).await.unwrap();
    let (one, two, others) = (subject("a", "2"), subject("b", "1"), subject("a", "1"));
    for (whose, identity) in [(1, &two), (1, &one), (2, &others)] {
        change(store, [PersonChange::Subject(user(whose), identity.clone())]).await.unwrap();
    }
    assert_eq!(store.subjects_of(user(1)).await.unwrap(), [one.clone(), two.clone()]);
    // Another's stays, whoever wants it away.
    change(
        store,
        [PersonChange::EndSubject(user(1), one), PersonChange::EndSubject(user(1), others.clone())],
    )
    .await
    .unwrap();
    assert_eq!(store.subjects_of(user(1)).await.unwrap(), [two]);
    assert_eq!(store.subjects_of(user(2)).await.unwrap(), [others]);
}

async fn names(store: &dyn Store, part: &str, limit: u32) -> (Vec<String>, u32) {
    let (mut all, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = store.accounts(SessionQuery { title: Some(part.into()), cursor, limit }).await.unwrap();
        assert!(page.accounts.len() <= limit as usize);
        all.extend(page.accounts.into_iter().map(|account| account.name));
        pages += 1;
        match page.next {
            Some(next) => cursor = Some(next),
            None => return (all, pages),
        }
    }
}

pub(crate) async fn accounts_are_paged_by_name(store: &dyn Store) {
    for (n, name) in (1..).zip(["다영", "Bob", "ａｌｉｃｅ", "100%", "가람", "a_b"]) {
        change(store, [PersonChange::Account(account(n, name))]).await.unwrap();
    }
    let named = AccountRow { display_name: "Doctor".into(), ..account(7, "zoe") };
    change(store, [PersonChange::Account(named)]).await.unwrap();
    let all = ["100%", "a_b", "ａｌｉｃｅ", "Bob", "zoe", "가람", "다영"];
    for limit in [1, 3, 7, 100] {
        let (found, pages) = names(store, "", limit).await;
        assert_eq!(found, all);
        assert_eq!(pages, 7_u32.div_ceil(limit));
    }
    for (part, found) in [
        ("ALI", vec!["ａｌｉｃｅ"]),
        ("doc", vec!["zoe"]),
        ("%", vec!["100%"]),
        ("_", vec!["a_b"]),
        ("!", vec![]),
    ] {
        assert_eq!(names(store, part, 9).await.0, found, "{part}");
    }
    let none = store.accounts(SessionQuery::default()).await.unwrap();
    assert!(none.accounts.is_empty() && none.next.is_none());
}

pub(crate) async fn a_foreign_accounts_cursor_is_refused(store: &dyn Store) {
    for cursor in ["", "x", "n", "n.UPPER", "n.ｗ"] {
        let query = SessionQuery { cursor: Some(cursor.into()), limit: 10, title: None };
        let answer = store.accounts(query).await;
        assert!(matches!(answer, Err(StoreError::BadCursor)), "{cursor}: {answer:?}");
    }
}

pub(crate) async fn the_only_administrator_counts_while_in_force(store: &dyn Store) {
    assert!(!store.has_admin().await.unwrap());
    change(store, [PersonChange::Account(account(1, "plain"))]).await.unwrap();
    assert!(!store.has_admin().await.unwrap());
    let admin = AccountRow { admin: true, ..account(2, "admin") };
    change(store, [PersonChange::Account(admin.clone())]).await.unwrap();
    assert!(store.has_admin().await.unwrap());
    let suspended = AccountRow { disabled_at: Some(at(5)), ..admin };
    change(store, [PersonChange::Account(suspended)]).await.unwrap();
    assert!(!store.has_admin().await.unwrap());
}

pub(crate) async fn budgets_are_set_changed_and_taken_away(store: &dyn Store) {
    let day = Budget { tokens: Some(1_000), micro_usd: None, period: Period::Day };
    let month = Budget { tokens: None, micro_usd: Some(u64::MAX >> 1), period: Period::Month };
    let (server, mina) = (Purse::Server, Purse::User(user(1)));
    assert_eq!(store.budget(server).await.unwrap(), None);
    change(store, [PersonChange::Budget(server, Some(day)), PersonChange::Budget(mina, Some(day))])
        .await
        .unwrap();
    change(store, [PersonChange::Budget(mina, Some(month))]).await.unwrap();
    assert_eq!(store.budget(server).await.unwrap(), Some(day));
    assert_eq!(store.budget(mina).await.unwrap(), Some(month));
    change(store, [PersonChange::Budget(server, None), PersonChange::Budget(Purse::User(user(2)), None)])
        .await
        .unwrap();
    assert_eq!(store.budget(server).await.unwrap(), None);
    let own = Purse::Session(session(1));
    let answer = change(store, [PersonChange::Budget(own, Some(day))]).await;
    assert!(matches!(answer, Err(StoreError::Failed { .. })), "{answer:?}");
    assert_eq!(store.budget(own).await.unwrap(), None);
}

pub(crate) async fn a_refused_change_leaves_nothing_of_its_append(store: &dyn Store) {
    commit(store, creation(1, "before")).await.unwrap();
    change(store, [PersonChange::Account(account(1, "taken"))]).await.unwrap();
    let append = Append {
        people: vec![
            PersonChange::Account(account(2, "free")),
            PersonChange::Account(account(3, "Taken")),
            PersonChange::Account(account(4, "never reached")),
        ],
        sessions: creation(1, "after").sessions,
        command: Some(command("c", 1, 1)),
        audit: vec![audit(1)],
        ..one(1, 1, "a")
    };
    assert!(is_taken(&commit(store, append).await));
    for n in 2..=4 {
        assert_eq!(store.account(user(n)).await.unwrap(), None);
    }
    assert_eq!(texts(store, 1).await, Vec::<String>::new());
    assert_eq!(store.command(user(1), "c").await.unwrap(), None);
    assert_eq!(store.audit(0, 10).await.unwrap(), []);
    assert_eq!(crate::support::loaded(store, 1).await.row.title, "before");
    commit(store, one(1, 1, "the position is free")).await.unwrap();
}

pub(crate) async fn a_refused_change_fails_alone_in_its_group(store: &dyn Store) {
    commit(store, creation(1, "")).await.unwrap();
    commit(store, Append { command: Some(command("taken", 1, 1)), ..one(1, 1, "first") }).await.unwrap();
    let named = |n, name: &str, position| Append {
        people: vec![PersonChange::Account(account(n, name))],
        audit: vec![audit(n)],
        ..one(1, position, name)
    };
    // Once as the writer likes it, once with a repeated command that makes it write them one by one.
    for (round, repeats) in [(0, false), (1, true)] {
        let (n, p) = (round * 10, round * 3 + 1);
        let name = |text: &str| format!("{text} {round}");
        let mut group = vec![
            named(n + 1, &name("a"), p + 1),
            named(n + 2, &name("A"), p + 2),
            named(n + 3, &name("b"), p + 2),
            one(1, p + 3, "after"),
        ];
        if repeats {
            group.push(Append { command: Some(command("taken", 1, 1)), ..Append::default() });
        }
        let answers = commit_together(store, group).await;
        let outcome: Vec<bool> = answers.iter().map(Result::is_ok).collect();
        assert_eq!(outcome[..4], [true, false, true, true], "{answers:?}");
        assert!(is_taken(&answers[1]));
        assert_eq!(outcome.get(4), repeats.then_some(&false));
    }
    let expected = ["first", "a 0", "b 0", "after", "a 1", "b 1", "after"];
    assert_eq!(texts(store, 1).await, expected);
    assert_eq!(store.audit(0, 10).await.unwrap().len(), 4);
}

pub(crate) async fn what_one_change_makes_the_next_one_may_need(store: &dyn Store) {
    let here = subject("https://id.example", "new");
    let group = vec![
        Append { people: vec![PersonChange::Account(account(1, "name"))], ..Append::default() },
        Append { people: vec![PersonChange::Subject(user(1), here.clone())], ..Append::default() },
        Append { people: vec![PersonChange::Account(account(1, "renamed"))], ..Append::default() },
        Append { people: vec![PersonChange::Account(account(2, "name"))], ..Append::default() },
    ];
    for answer in commit_together(store, group).await {
        answer.unwrap();
    }
    assert_eq!(store.account_of_subject(&here).await.unwrap().unwrap().name, "renamed");
    assert_eq!(store.account_named("name").await.unwrap().unwrap().user, user(2));
}
