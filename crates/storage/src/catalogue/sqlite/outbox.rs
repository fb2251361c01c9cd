//! The outbox: one row for each change, written in the transaction of the change.
//!
//! The number of a row is its position. SQLite has one writer at a time and gives back the
//! numbers of a transaction that it undoes, so numbers are given out in the order in which
//! transactions commit, without a gap: that is the order that `Outbox` promises. A database
//! with several writers gives numbers out before it commits, and must number rows after.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::{Change, Event, EventId, Name, Owner, Place};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Transaction};
use uuid::Uuid;

use super::Sqlite;
use super::rows::{instant, millis};
use crate::StorageError;
use crate::catalogue::{Backlog, Recorded};

/// How long after its change an event is kept that was published.
const KEEP_PUBLISHED: Duration = Duration::from_secs(24 * 3600);
/// How many rows one statement adds; SQLite takes 32,766 values at most.
const ROWS_AT_ONCE: usize = 500;
/// How many rows may be removed in a transaction, so that the table shrinks back after a
/// long pause without any one change paying for it.
const PRUNED_AT_ONCE: i64 = 16;

/// One change as a row.
#[derive(Default)]
struct OutboxRow {
    kind: &'static str,
    image: Option<String>,
    from: (Option<String>, Option<String>),
    to: (Option<String>, Option<String>),
}

impl OutboxRow {
    fn of(change: &Change) -> Self {
        let album = |name: &Name| (Some(name.as_str().to_owned()), None);
        let place = |place: &Place| {
            (place.album.as_ref().map(|name| name.as_str().to_owned()), Some(place.name.clone()))
        };
        match change {
            Change::AlbumCreated { album: name } => {
                Self { kind: "albumCreated", from: album(name), ..Self::default() }
            }
            Change::AlbumRenamed { from, to } => {
                Self { kind: "albumRenamed", from: album(from), to: album(to), ..Self::default() }
            }
            Change::AlbumDeleted { album: name } => {
                Self { kind: "albumDeleted", from: album(name), ..Self::default() }
            }
            Change::ImageAdded { image, at } => Self {
                kind: "imageAdded",
                image: Some(image.to_string()),
                from: place(at),
                ..Self::default()
            },
            Change::ImageMoved { image, from, to } => {
                Self { kind: "imageMoved", image: Some(image.to_string()), from: place(from), to: place(to) }
            }
            Change::ImageDeleted { image, at, with_album } => Self {
                kind: if *with_album { "imageDeletedWithAlbum" } else { "imageDeleted" },
                image: Some(image.to_string()),
                from: place(at),
                ..Self::default()
            },
            Change::ImageShared { image, at } => Self {
                kind: "imageShared",
                image: Some(image.to_string()),
                from: place(at),
                ..Self::default()
            },
            Change::AlbumShared { album: name } => {
                Self { kind: "albumShared", from: album(name), ..Self::default() }
            }
            Change::KeyRevoked { key } => {
                Self { kind: "keyRevoked", from: (None, Some(key.clone())), ..Self::default() }
            }
        }
    }
}

/// Adds changes in their order, and removes a few events that have grown too old: a day
/// after the change those that were published, all others after `keep`. Returns how many were removed
/// that had not been published.
pub(super) async fn add(
    transaction: &mut Transaction<'_, sqlx::Sqlite>,
    owner: &Owner,
    changes: &[Change],
    now: SystemTime,
    keep: Duration,
) -> Result<u64, sqlx::Error> {
    for changes in changes.chunks(ROWS_AT_ONCE) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO outbox (id, owner, kind, image_id, album, name, to_album, to_name, created_ms) ",
        );
        insert.push_values(changes, |mut values, change| {
            let row = OutboxRow::of(change);
            values
                .push_bind(Uuid::now_v7().to_string())
                .push_bind(owner.as_str())
                .push_bind(row.kind)
                .push_bind(row.image)
                .push_bind(row.from.0)
                .push_bind(row.from.1)
                .push_bind(row.to.0)
                .push_bind(row.to.1)
                .push_bind(millis(now));
        });
        insert.build().execute(&mut **transaction).await?;
    }
    let before = |age| millis(now.checked_sub(age).unwrap_or(UNIX_EPOCH));
    let removed: Vec<bool> = sqlx::query_scalar(
        "DELETE FROM outbox WHERE sequence IN (SELECT sequence FROM outbox ORDER BY sequence LIMIT $1) \
         AND (created_ms < $2 OR created_ms > $4 \
              OR (created_ms < $3 AND sequence <= (SELECT sequence FROM published))) \
         RETURNING sequence > (SELECT sequence FROM published)",
    )
    .bind(PRUNED_AT_ONCE)
    .bind(before(keep))
    .bind(before(KEEP_PUBLISHED))
    // Written while the clock was wrong. They must not stand in the way of all others.
    .bind(millis(now.checked_add(keep).unwrap_or(now)))
    .fetch_all(&mut **transaction)
    .await?;
    Ok(removed.iter().map(|unpublished| u64::from(*unpublished)).sum())
}

impl Sqlite {
    pub(crate) async fn events_after(
        &self,
        position: i64,
        limit: u32,
    ) -> Result<Vec<Recorded>, StorageError> {
        let rows = sqlx::query(
            "SELECT sequence, id, owner, kind, image_id, album, name, to_album, to_name, created_ms \
             FROM outbox WHERE sequence > $1 ORDER BY sequence LIMIT $2",
        )
        .bind(position)
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(StorageError::catalogue("read events"))?;
        let recorded = |row: &SqliteRow| {
            let position = row.get("sequence");
            let event = match read(row) {
                Ok(event) => Some(event),
                Err(reason) => {
                    log::error!("skip event {position}, whose row is damaged: {reason}");
                    None
                }
            };
            Recorded { position, event }
        };
        Ok(rows.iter().map(recorded).collect())
    }

    pub(crate) async fn position_of(&self, id: EventId) -> Result<Option<i64>, StorageError> {
        sqlx::query_scalar("SELECT sequence FROM outbox WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.readers)
            .await
            .map_err(StorageError::catalogue("find an event"))
    }

    pub(crate) async fn last_event(&self) -> Result<Option<(i64, EventId)>, StorageError> {
        let row = sqlx::query("SELECT sequence, id FROM outbox ORDER BY sequence DESC LIMIT 1")
            .fetch_optional(&self.readers)
            .await
            .map_err(StorageError::catalogue("find the last event"))?;
        Ok(row.and_then(|row| Some((row.get("sequence"), row.get::<String, _>("id").parse().ok()?))))
    }

    pub(crate) async fn published(&self) -> Result<i64, StorageError> {
        sqlx::query_scalar("SELECT sequence FROM published")
            .fetch_one(&self.readers)
            .await
            .map_err(StorageError::catalogue("find what was published"))
    }

    pub(crate) async fn set_published(&self, position: i64) -> Result<(), StorageError> {
        sqlx::query("UPDATE published SET sequence = $1 WHERE sequence < $1")
            .bind(position)
            .execute(&self.writer)
            .await
            .map(drop)
            .map_err(StorageError::catalogue("remember what was published"))
    }

    pub(crate) async fn backlog(&self) -> Result<Backlog, StorageError> {
        let row = sqlx::query(
            // By the numbers of the first and the last row: counting would read them all.
            "SELECT created_ms, (SELECT MAX(sequence) FROM outbox) - sequence + 1 AS events FROM outbox \
             WHERE sequence > (SELECT sequence FROM published) ORDER BY sequence LIMIT 1",
        )
        .fetch_optional(&self.readers)
        .await
        .map_err(StorageError::catalogue("count what was not published"))?;
        Ok(Backlog {
            events: row
                .as_ref()
                .map_or(0, |row| u64::try_from(row.get::<i64, _>("events")).unwrap_or_default()),
            oldest: row.and_then(|row| instant(row.get("created_ms"))),
        })
    }
}

/// Reads a row, trusting nothing in it.
fn read(row: &SqliteRow) -> Result<Event, String> {
    let text = |column| row.try_get::<Option<String>, _>(column).map_err(|error| error.to_string());
    let needed = |column| text(column)?.ok_or_else(|| format!("{column} is missing"));
    let name = |column| Name::parse(&needed(column)?).map_err(|error| format!("{column}: {error}"));
    let image = || needed("image_id")?.parse().map_err(|error| format!("image_id: {error}"));
    let place = |album: &'static str, column| {
        let album = match text(album)? {
            Some(album) => Some(Name::parse(&album).map_err(|error| format!("album: {error}"))?),
            None => None,
        };
        Ok::<_, String>(Place { album, name: needed(column)? })
    };
    let change = match needed("kind")?.as_str() {
        "albumCreated" => Change::AlbumCreated { album: name("album")? },
        "albumRenamed" => Change::AlbumRenamed { from: name("album")?, to: name("to_album")? },
        "albumDeleted" => Change::AlbumDeleted { album: name("album")? },
        "imageAdded" => Change::ImageAdded { image: image()?, at: place("album", "name")? },
        "imageMoved" => Change::ImageMoved {
            image: image()?,
            from: place("album", "name")?,
            to: place("to_album", "to_name")?,
        },
        "imageDeleted" => {
            Change::ImageDeleted { image: image()?, at: place("album", "name")?, with_album: false }
        }
        "imageDeletedWithAlbum" => {
            Change::ImageDeleted { image: image()?, at: place("album", "name")?, with_album: true }
        }
        "imageShared" => Change::ImageShared { image: image()?, at: place("album", "name")? },
        "albumShared" => Change::AlbumShared { album: name("album")? },
        "keyRevoked" => Change::KeyRevoked { key: needed("name")? },
        other => return Err(format!("there is no kind `{other}`")),
    };
    let created: i64 = row.try_get("created_ms").map_err(|error| error.to_string())?;
    Ok(Event {
        id: needed("id")?.parse().map_err(|error| format!("id: {error}"))?,
        time: instant(created).ok_or("created_ms is out of range")?,
        owner: Owner::parse_stored(&needed("owner")?).map_err(|error| format!("owner: {error}"))?,
        change,
    })
}
