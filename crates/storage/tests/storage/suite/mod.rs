//! What every store promises, whatever it keeps its blobs and its catalogue in: functions
//! that take a store that was just opened and is empty.

pub(crate) mod access;
pub(crate) mod albums;
pub(crate) mod images;
pub(crate) mod outbox;
pub(crate) mod owners;

use std::sync::Arc;

use bytes::Bytes;
use domain::plan::Source;
use domain::{MediaType, Name, Orientation, Owner, Size, Visibility};
use storage::{AlbumRef, AlbumUpdate, Condition, ImageRecord, ImageRef, NewImage, Storage, StorageError};

/// One test for each promise, over the stores that `$open` gives: the store, and what must
/// live as long as it does.
macro_rules! conformance {
    ($open:path: $($group:ident::$promise:ident,)*) => {
        $(
            #[tokio::test]
            async fn $promise() {
                let (storage, _folder) = $open().await;
                $crate::suite::$group::$promise(storage).await;
            }
        )*
    };
    ($open:path) => {
        $crate::suite::conformance! { $open:
            access::who_may_see_an_image_is_kept_with_it_and_told_once,
            access::who_may_see_an_album_is_known_of_its_images,
            access::lists_show_what_they_are_asked_for_and_no_more,
            access::a_key_is_kept_until_it_is_revoked,
            access::a_link_for_one_upload_is_good_for_one,
            access::what_is_nobodys_is_adopted_whole_or_by_album,
            albums::an_image_goes_into_between_and_out_of_albums_and_keeps_its_bytes,
            albums::a_name_that_is_taken_leaves_everything_as_it_was,
            albums::a_missing_album_and_a_missing_image_are_told_apart,
            albums::deleting_an_album_deletes_its_images_and_not_the_bytes_of_others,
            albums::names_come_in_pages_in_the_order_of_their_bytes,
            albums::two_who_race_for_one_name_are_one_success_and_one_conflict,
            albums::what_changes_nothing_is_told_to_its_caller_alone,
            images::bytes_are_read_whole_and_in_ranges,
            images::images_come_in_pages_newest_first,
            images::an_image_is_deleted_once,
            images::a_condition_that_does_not_hold_leaves_everything_as_it_was,
            images::equal_bytes_stay_until_the_last_image_of_them_goes,
            outbox::each_change_has_its_event_in_order,
            outbox::positions_are_dense_and_in_the_order_of_the_answers,
            outbox::a_reader_beside_many_writers_misses_nothing,
            outbox::what_was_published_is_remembered_and_never_goes_back,
            outbox::whoever_waits_is_woken_by_a_change,
            owners::each_owner_has_names_of_albums_and_lists_of_their_own,
        }
    };
}
pub(crate) use conformance;

pub(crate) fn always() -> Condition {
    Arc::new(|_| Ok(()))
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// A new name for an album.
pub(crate) fn rename(to: &str) -> AlbumUpdate {
    AlbumUpdate { name: Some(name(to)), ..AlbumUpdate::default() }
}

/// Nobody's album.
pub(crate) fn album(text: &str) -> AlbumRef {
    AlbumRef { owner: Owner::NOBODY, name: name(text) }
}

pub(crate) fn named(in_album: &str, image: &str) -> ImageRef {
    ImageRef::Named { album: album(in_album), name: name(image) }
}

pub(crate) async fn stored(storage: &Storage, bytes: &'static [u8]) -> ImageRecord {
    add(storage, bytes, "a.jpg", None).await.unwrap()
}

pub(crate) async fn add(
    storage: &Storage,
    bytes: &'static [u8],
    file_name: &str,
    album: Option<&str>,
) -> Result<ImageRecord, StorageError> {
    add_for(&Owner::NOBODY, storage, bytes, file_name, album).await
}

pub(crate) async fn add_for(
    owner: &Owner,
    storage: &Storage,
    bytes: &'static [u8],
    file_name: &str,
    album: Option<&str>,
) -> Result<ImageRecord, StorageError> {
    let mut blob = storage.stage().await.unwrap();
    blob.write(Bytes::from_static(bytes)).await.unwrap();
    let source = Source {
        media_type: MediaType::Jpeg,
        size: Size::new(3, 2).unwrap(),
        orientation: Orientation::UPRIGHT,
        frames: 3,
    };
    let new = NewImage {
        owner: owner.clone(),
        file_name: name(file_name),
        album: album.map(name),
        source,
        visibility: Visibility::Private,
        once: None,
    };
    storage.commit(blob.complete().await.unwrap(), new).await.map(|added| added.value)
}

/// What was told, in order.
pub(crate) async fn sentences(storage: &Storage) -> Vec<String> {
    let events = storage.outbox().after(0, 1000).await.unwrap();
    events.iter().flat_map(|recorded| recorded.event.as_ref().unwrap().change.sentences()).collect()
}
