//! Who may do what: the whole table, and what holds whatever is asked.

use std::sync::Arc;

use access::link::{Link, LinkScope, Subject};
use access::{
    Acl, Action, AlbumAcl, ApiKey, Caller, Holder, Refusal, Scope, Scopes, Verdict, may, permit,
    refuse_missing,
};
use domain::{AlbumId, ImageId, Owner, Visibility};
use proptest::prelude::*;
use uuid::Uuid;

const OF_A_THING: [(char, Action); 8] = [
    ('o', Action::ReadOriginal),
    ('d', Action::ReadDerived),
    ('i', Action::ReadInfo),
    ('l', Action::List),
    ('a', Action::Add),
    ('c', Action::Change),
    ('x', Action::Delete),
    ('s', Action::Share),
];
const OF_NO_THING: [(char, Action); 6] = [
    ('c', Action::Create),
    ('b', Action::Browse),
    ('k', Action::ManageKeys),
    ('o', Action::Observe),
    ('i', Action::Introspect),
    ('a', Action::Administer),
];

fn owner(text: &str) -> Owner {
    Owner::parse(text).unwrap()
}

fn album_id(number: u128) -> AlbumId {
    AlbumId::from_uuid(Uuid::from_u128(number))
}

fn image() -> ImageId {
    ImageId::from_uuid(Uuid::from_u128(7))
}

fn album(number: u128, visibility: Visibility, readers: &[&str]) -> Arc<AlbumAcl> {
    let readers = readers.iter().map(|reader| owner(reader)).collect();
    Arc::new(AlbumAcl { id: album_id(number), visibility, readers, link_epoch: 3 })
}

fn user(name: &str, scopes: &str) -> Caller {
    Caller::User(Holder { owner: owner(name), scopes: scopes.parse().unwrap() })
}

fn key(name: &str, scopes: &str, album: Option<AlbumId>) -> Caller {
    let holder = Holder { owner: owner(name), scopes: scopes.parse().unwrap() };
    Caller::Key { id: ApiKey::from_random(&[1; 37]).id, holder, album }
}

fn link(scope: LinkScope, subject: Subject, epoch: u32) -> Caller {
    Caller::Link(Link { scope, subject, kid: "k".to_owned(), epoch, expires: 1 })
}

fn callers() -> Vec<(&'static str, Caller)> {
    let upload = Subject::Upload { album: album_id(1), max_bytes: 1, nonce: 1 };
    vec![
        ("operator", Caller::Operator),
        ("anonymous", Caller::Anonymous),
        ("owner", user("alice", "read write delete share")),
        ("owner, to read", user("alice", "read")),
        ("owner, to write", user("alice", "write")),
        ("owner, for nothing", user("alice", "")),
        ("reader", user("bob", "read write delete share")),
        ("stranger", user("carol", "read write delete share metrics")),
        ("admin", user("root", "admin")),
        ("key", key("alice", "read write delete share", None)),
        ("key of the album", key("alice", "read write delete share", Some(album_id(1)))),
        ("key of another album", key("alice", "read write delete share", Some(album_id(2)))),
        ("link to a URL", link(LinkScope::Url, Subject::Image(image()), 5)),
        ("link to what is derived", link(LinkScope::Derived, Subject::Image(image()), 5)),
        ("link to the image", link(LinkScope::Image, Subject::Image(image()), 5)),
        ("revoked link", link(LinkScope::Image, Subject::Image(image()), 4)),
        ("link to the album", link(LinkScope::Album, Subject::Album(album_id(1)), 3)),
        ("revoked link to the album", link(LinkScope::Album, Subject::Album(album_id(1)), 2)),
        ("link to another album", link(LinkScope::Album, Subject::Album(album_id(2)), 3)),
        ("link to upload", link(LinkScope::Upload, upload, 3)),
        ("service", Caller::Service),
    ]
}

/// Alice's image, alone or in her album 1.
fn things() -> Vec<Acl> {
    let of = |visibility, album| Acl { owner: owner("alice"), visibility, album, link_epoch: 5 };
    use Visibility::{Private, Public, Unlisted};
    vec![
        of(Private, None),
        of(Unlisted, None),
        of(Public, None),
        of(Private, Some(album(1, Public, &["bob"]))),
        of(Public, Some(album(1, Private, &["bob"]))),
        of(Public, Some(album(1, Unlisted, &[]))),
    ]
}

/// For each caller what is allowed to each thing, in the order of `things`, and at last what is
/// allowed to no thing in particular. `?` is where the thing is hidden.
const TABLE: &str = "
    operator                  | odilacxs | odilacxs | odilacxs | odilacxs | odilacxs | odilacxs | cbkoia
    anonymous                 | ?        | odi      | odil     | ?        | ?        | odi      |
    owner                     | odilacxs | odilacxs | odilacxs | odilacxs | odilacxs | odilacxs | cbk
    owner, to read            | odil     | odil     | odil     | odil     | odil     | odil     | b
    owner, to write           | ?ac      | odiac    | odilac   | ?ac      | ?ac      | odiac    | c
    owner, for nothing        | ?        | odi      | odil     | ?        | ?        | odi      |
    reader                    | ?        | odi      | odil     | odil     | odil     | odi      | cbk
    stranger                  | ?        | odi      | odil     | ?        | ?        | odi      | cbko
    admin                     | odilacxs | odilacxs | odilacxs | odilacxs | odilacxs | odilacxs | cbkoia
    key                       | odilacxs | odilacxs | odilacxs | odilacxs | odilacxs | odilacxs | cb
    key of the album          | ?        | odi      | odil     | odilacxs | odilacxs | odilacxs | b
    key of another album      | ?        | odi      | odil     | ?        | ?        | odi      | b
    link to a URL             | odi      | odi      | odil     | odi      | odi      | odi      |
    link to what is derived   | d        | odi      | odil     | d        | d        | odi      |
    link to the image         | od       | odi      | odil     | od       | od       | odi      |
    revoked link              | ?        | odi      | odil     | ?        | ?        | odi      |
    link to the album         | ?        | odi      | odil     | odil     | odil     | odil     |
    revoked link to the album | ?        | odi      | odil     | ?        | ?        | odi      |
    link to another album     | ?        | odi      | odil     | ?        | ?        | odi      |
    link to upload            | ?        | odi      | odil     | ?a       | ?a       | odia     |
    service                   | odil     | odil     | odil     | odil     | odil     | odil     | bi
";

#[test]
fn the_table_holds() {
    let rows: Vec<&str> = TABLE.trim().lines().collect();
    let callers = callers();
    assert_eq!(rows.len(), callers.len());
    for (row, (name, caller)) in rows.into_iter().zip(callers) {
        let mut cells = row.split('|').map(str::trim);
        assert_eq!(cells.next(), Some(name));
        for (acl, cell) in things().iter().zip(cells.by_ref()) {
            let refused = if cell.contains('?') { Verdict::Hidden } else { Verdict::No };
            for (letter, action) in OF_A_THING {
                let expected = if cell.contains(letter) { Verdict::Yes } else { refused };
                assert_eq!(may(&caller, action, acl), expected, "{name}: {action:?} of {acl:?}");
            }
        }
        let cell = cells.next().unwrap();
        for (letter, action) in OF_NO_THING {
            let expected = if cell.contains(letter) { Verdict::Yes } else { Verdict::No };
            assert_eq!(may(&caller, action, &Acl::default()), expected, "{name}: {action:?}");
        }
    }
}

#[test]
fn a_refusal_says_who_must_do_what() {
    let private = &things()[0];
    let public = &things()[2];
    for (caller, action, acl, refusal) in [
        (Caller::Anonymous, Action::ReadOriginal, private, Refusal::Unauthenticated),
        (Caller::Anonymous, Action::Delete, public, Refusal::Unauthenticated),
        (user("carol", "read delete"), Action::ReadOriginal, private, Refusal::Missing),
        (user("carol", "read delete"), Action::Delete, private, Refusal::Missing),
        (user("carol", "read delete"), Action::Delete, public, Refusal::Forbidden),
        (user("alice", "read"), Action::Delete, private, Refusal::Forbidden),
        (user("alice", "write"), Action::ReadOriginal, private, Refusal::Forbidden),
        (Caller::Service, Action::Delete, private, Refusal::Forbidden),
    ] {
        assert_eq!(permit(&caller, action, Some(acl)), Err(refusal), "{caller}: {action:?}");
    }
}

#[test]
fn what_is_nobodys_is_no_subjects() {
    let nobodys = Acl::default();
    for (name, caller) in callers() {
        let expected = match name {
            "operator" | "admin" | "service" => Verdict::Yes,
            _ => Verdict::Hidden,
        };
        assert_eq!(may(&caller, Action::ReadOriginal, &nobodys), expected, "{name}");
    }
}

fn any_visibility() -> impl Strategy<Value = Visibility> {
    prop::sample::select(Visibility::ALL.to_vec())
}

fn any_owner() -> impl Strategy<Value = Owner> {
    prop::sample::select(vec![owner("alice"), owner("bob"), owner("carol")])
}

fn any_scopes() -> impl Strategy<Value = Scopes> {
    prop::sample::subsequence(Scope::ALL.to_vec(), 0..=6)
        .prop_map(|scopes| scopes.into_iter().fold(Scopes::NONE, Scopes::with))
}

fn any_album() -> impl Strategy<Value = Arc<AlbumAcl>> {
    let readers = prop::collection::vec(any_owner(), 0..3);
    (1..3_u128, any_visibility(), readers, 0..3_u32).prop_map(|(id, visibility, readers, link_epoch)| {
        Arc::new(AlbumAcl { id: album_id(id), visibility, readers, link_epoch })
    })
}

fn any_acl() -> impl Strategy<Value = Acl> {
    let owner = prop_oneof![any_owner(), Just(Owner::NOBODY)];
    (owner, any_visibility(), prop::option::of(any_album()), 0..3_u32)
        .prop_map(|(owner, visibility, album, link_epoch)| Acl { owner, visibility, album, link_epoch })
}

fn any_caller() -> impl Strategy<Value = Caller> {
    let holder = || (any_owner(), any_scopes()).prop_map(|(owner, scopes)| Holder { owner, scopes });
    let album = prop::option::of((1..3_u128).prop_map(album_id));
    let key_id = ApiKey::from_random(&[1; 37]).id;
    let link = (0..5_usize, 1..3_u128, 0..3_u32).prop_map(|(scope, album, epoch)| {
        let album = album_id(album);
        match scope {
            0 => link(LinkScope::Url, Subject::Image(image()), epoch),
            1 => link(LinkScope::Derived, Subject::Image(image()), epoch),
            2 => link(LinkScope::Image, Subject::Image(image()), epoch),
            3 => link(LinkScope::Album, Subject::Album(album), epoch),
            _ => link(LinkScope::Upload, Subject::Upload { album, max_bytes: 1, nonce: 1 }, epoch),
        }
    });
    prop_oneof![
        Just(Caller::Operator),
        Just(Caller::Anonymous),
        holder().prop_map(Caller::User),
        (holder(), album).prop_map(move |(holder, album)| Caller::Key { id: key_id.clone(), holder, album }),
        link,
        Just(Caller::Service),
    ]
}

fn any_action() -> impl Strategy<Value = Action> {
    prop::sample::select(Action::ALL.to_vec())
}

fn is_yes(caller: &Caller, action: Action, acl: &Acl) -> bool {
    may(caller, action, acl) == Verdict::Yes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn rights_are_what_their_words_say(
        caller in any_caller(), action in any_action(), acl in any_acl(), narrower in any_visibility(), fewer in any_scopes()
    ) {
        let verdict = may(&caller, action, &acl);

        // Nobody has less than who shows nothing, the operator has everything, and no
        // verdict but Yes depends on what was asked.
        prop_assert!(!is_yes(&Caller::Anonymous, action, &acl) || verdict == Verdict::Yes);
        prop_assert!(is_yes(&Caller::Operator, action, &acl));
        let sees = OF_A_THING[..4].iter().any(|(_, read)| is_yes(&caller, *read, &acl));
        if verdict != Verdict::Yes && action.is_of_a_thing() {
            prop_assert_eq!(verdict, if sees { Verdict::No } else { Verdict::Hidden });
        }

        // What is hidden is refused as what is missing.
        if verdict == Verdict::Hidden {
            prop_assert_eq!(permit(&caller, action, Some(&acl)), permit(&caller, action, None));
            prop_assert_eq!(permit(&caller, action, None), Err(refuse_missing(&caller, action)));
        }

        // Only the owner and the operator change anything, and who was given just that.
        if matches!(action, Action::Change | Action::Delete | Action::Share) && verdict == Verdict::Yes {
            let is_admin = caller == Caller::Operator
                || matches!(&caller, Caller::User(holder) | Caller::Key { holder, .. } if holder.scopes.has(Scope::Admin));
            prop_assert!(is_admin || *caller.owner() == acl.owner);
            prop_assert!(!matches!(caller, Caller::Link(_) | Caller::Service | Caller::Anonymous));
        }

        // Narrower visibility gives no right.
        let narrowed = Acl { visibility: acl.visibility.min(narrower), ..acl.clone() };
        prop_assert!(!is_yes(&caller, action, &narrowed) || verdict == Verdict::Yes);

        // Fewer scopes give no right, nor does a key instead of a token.
        if let Caller::User(holder) = &caller {
            let scopes = Scope::ALL.into_iter()
                .filter(|scope| fewer.has(*scope) && holder.scopes.has(*scope))
                .fold(Scopes::NONE, Scopes::with);
            let less = Holder { scopes, ..holder.clone() };
            for lesser in [Caller::User(less), Caller::Key { id: ApiKey::from_random(&[1; 37]).id, holder: holder.clone(), album: Some(album_id(1)) }] {
                prop_assert!(!is_yes(&lesser, action, &acl) || verdict == Verdict::Yes);
            }
        }

        // A link of another epoch opens nothing, and no link opens what is not its album's.
        if let Caller::Link(link) = &caller {
            let current = match &link.subject {
                Subject::Image(_) => acl.link_epoch == link.epoch,
                Subject::Album(id) | Subject::Upload { album: id, .. } =>
                    acl.album.as_ref().is_some_and(|album| album.id == *id && album.link_epoch == link.epoch),
            };
            if !current {
                prop_assert_eq!(verdict, may(&Caller::Anonymous, action, &acl));
            }
        }
    }
}
