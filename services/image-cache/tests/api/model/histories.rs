//! The checker on histories made by hand: one that is possible, and many that are not.

use domain::{Change, ImageId, Name, Place};

use super::checker::check;
use super::operation::{Answer, Ask, Info, Operation, Target, Way, hash_of, name};
use super::state::State;

const KILLED: u64 = u64::MAX;

fn id(number: u8) -> ImageId {
    format!("01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f{number:02x}").parse().unwrap()
}

fn at(album: &str, file: &str) -> Place {
    Place { album: Some(name(album)), name: file.to_owned() }
}

fn did(client: usize, (begun, ended): (u64, u64), ask: Ask, answer: Answer) -> Operation {
    Operation { client, begun, ended, ask, answer }
}

fn told(text: &str) -> Answer {
    Answer::Told(text.to_owned())
}

fn create(album: &str) -> Ask {
    Ask::CreateAlbum(name(album))
}

fn upload(album: Option<&str>, file: &str, bytes: &[u8]) -> Ask {
    Ask::Upload { album: album.map(name), file: name(file), hash: hash_of(bytes), way: Way::Raw }
}

fn images(album: &str, names: &[&str]) -> (Ask, Answer) {
    (Ask::Images(name(album)), Answer::Names(names.iter().map(|name| (*name).to_owned()).collect()))
}

fn named(album: &str, file: &str) -> Target {
    Target::Named(name(album), name(file))
}

/// A history that is possible: two clients race for a name, one renames what the other
/// reads, one moves an image out, and both are killed, one after its change.
fn possible() -> (Vec<Change>, Vec<Operation>) {
    let added = |number, text: &str| Answer::Added { id: id(number), told: text.to_owned() };
    let out = Place { album: None, name: format!("x-{}.png", id(1)) };
    let file_out = || Ask::Move { which: named("a", "x.png"), file: None, album: Some(None) };
    let told_out = format!("x.png image deleted from album a, {} image added", out.name);
    let info = Info { id: id(1), at: out.clone(), hash: hash_of(b"1") };
    let operations = vec![
        did(0, (1, 4), create("a"), told("a album created")),
        did(1, (2, 5), create("a"), Answer::Taken),
        did(0, (6, 9), upload(Some("a"), "x.png", b"1"), added(1, "x.png image added to album a")),
        did(1, (7, 8), images("a", &[]).0, images("a", &[]).1),
        did(1, (10, 11), Ask::Bytes(named("a", "x.png")), Answer::Bytes(hash_of(b"1"))),
        did(0, (12, 15), file_out(), Answer::Told(told_out)),
        did(1, (13, 14), Ask::Bytes(named("a", "x.png")), Answer::Missing),
        did(1, (16, 17), Ask::Info(Target::Id(id(1))), Answer::Infos(vec![info])),
        did(0, (18, 19), upload(Some("a"), "y", b"2"), added(2, "y image added to album a")),
        did(1, (20, 23), Ask::DeleteAlbum(name("a")), told("a album deleted")),
        did(0, (21, 22), images("a", &["y"]).0, images("a", &["y"]).1),
        did(0, (24, KILLED), create("b c"), Answer::InDoubt),
        did(1, (25, KILLED), create("a"), Answer::InDoubt),
    ];
    let changes = vec![
        Change::AlbumCreated { album: name("a") },
        Change::ImageAdded { image: id(1), at: at("a", "x.png") },
        Change::ImageMoved { image: id(1), from: at("a", "x.png"), to: out },
        Change::ImageAdded { image: id(2), at: at("a", "y") },
        Change::ImageDeleted { image: id(2), at: at("a", "y"), with_album: true },
        Change::AlbumDeleted { album: name("a") },
        Change::AlbumCreated { album: name("b c") },
    ];
    (changes, operations)
}

/// Checks the possible history after it was changed.
fn checked(change: impl FnOnce(&mut Vec<Change>, &mut Vec<Operation>)) -> Result<(), String> {
    let (mut changes, mut operations) = possible();
    change(&mut changes, &mut operations);
    check(&mut State::default(), &changes, &operations)
}

#[test]
fn a_possible_history_passes() {
    checked(|_, _| {}).unwrap();
    // What is in doubt may also not have happened, or both may.
    checked(|changes, _| drop(changes.pop())).unwrap();
    checked(|changes, _| changes.push(Change::AlbumCreated { album: name("a") })).unwrap();
}

#[test]
fn events_that_cannot_be_or_are_not_there_are_found() {
    let nobody = "an event that nobody can have caused";
    let impossible = |change: fn(&mut Vec<Change>)| checked(|changes, _| change(changes)).unwrap_err();
    // Lost: of an upload, of a deletion with its album, of the last acknowledged change.
    assert!(impossible(|changes| drop(changes.remove(3))).starts_with(nobody));
    assert!(impossible(|changes| drop(changes.remove(4))).contains("images that were not deleted"));
    assert!(impossible(|changes| changes.truncate(4)).starts_with("the end"));
    // Half a transaction.
    assert!(impossible(|changes| changes.truncate(5)).starts_with("images went with an album"));
    // Twice, and without anybody who asked for it.
    assert!(impossible(|changes| changes.insert(1, changes[0].clone())).starts_with(nobody));
    assert!(
        impossible(|changes| changes.push(Change::AlbumCreated { album: name("%41") })).starts_with(nobody)
    );
    // In another order than that of real time.
    assert!(impossible(|changes| changes.swap(2, 3)).starts_with(nobody));
    // An image that was somewhere else.
    let elsewhere = Change::ImageDeleted { image: id(2), at: at("a", "x.png"), with_album: true };
    assert!(checked(|changes, _| changes[4] = elsewhere).unwrap_err().contains("the image is not there"));
}

#[test]
fn a_name_that_two_have_is_found() {
    let twice = checked(|changes, operations| {
        operations[1].answer = told("a album created");
        changes.insert(1, changes[0].clone());
    });
    assert!(twice.unwrap_err().contains("there is such an album"));
}

#[test]
fn answers_that_were_right_at_no_time_are_found() {
    let wrong = |index: usize, answer: Answer| {
        let error = checked(|_, operations| operations[index].answer = answer).unwrap_err();
        assert!(error.contains("not explained"), "{error}");
    };
    let names = |names: &[&str]| images("a", names).1;
    // Refused although the name is free, or the image there.
    checked(|_, operations| operations[1].ask = create("%41")).unwrap_err();
    wrong(4, Answer::Missing);
    // What was before, or comes later, or is somebody else's, or was never.
    wrong(4, Answer::Bytes(hash_of(b"2")));
    wrong(3, names(&["y"]));
    let info = Info { id: id(1), at: at("a", "x.png"), hash: hash_of(b"1") };
    wrong(7, Answer::Infos(vec![info]));
    wrong(10, names(&[]));
    // Right, but only before an answer that came before it was asked.
    let late = checked(|_, operations| (operations[6].begun, operations[6].ended) = (10, 11));
    assert!(late.unwrap_err().contains("not explained"));
    // Changed nothing, although it was to change something.
    let nothing = Ask::RenameAlbum { from: name("a"), to: Name::parse("b c").unwrap() };
    checked(|_, operations| operations.push(did(0, (22, 23), nothing, Answer::Taken))).unwrap_err();
}

#[test]
fn of_two_equal_changes_either_may_be_the_first() {
    // The first creation begins before the second and ends after it, and so does a look
    // that still sees nothing.
    let operations = [
        did(0, (1, 20), create("a"), told("a album created")),
        did(1, (2, 5), Ask::DeleteAlbum(name("a")), Answer::Missing),
        did(1, (6, 12), create("a"), told("a album created")),
        did(2, (8, 10), Ask::DeleteAlbum(name("a")), told("a album deleted")),
        did(3, (3, 4), Ask::Images(name("a")), images("a", &[]).1),
    ];
    let changes = [
        Change::AlbumCreated { album: name("a") },
        Change::AlbumDeleted { album: name("a") },
        Change::AlbumCreated { album: name("a") },
    ];
    check(&mut State::default(), &changes, &operations).unwrap();
}
