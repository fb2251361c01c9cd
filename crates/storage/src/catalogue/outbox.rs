//! The outbox: one row for each change, written in the transaction of the change.

use std::time::{Duration, SystemTime};

use domain::ImageId;
use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

use super::images::millis;

/// How long an event that nobody has taken is kept. It bounds the table.
const KEEP: Duration = Duration::from_secs(7 * 24 * 3600);

/// What happened to an image.
pub(super) enum Kind {
    Added,
    Deleted,
}

/// Adds an event, and removes a few that have grown too old.
pub(super) async fn add(
    transaction: &mut Transaction<'_, Sqlite>,
    kind: Kind,
    image: ImageId,
    name: &str,
    now: SystemTime,
) -> Result<(), sqlx::Error> {
    let kind = match kind {
        Kind::Added => "imageAdded",
        Kind::Deleted => "imageDeleted",
    };
    sqlx::query("INSERT INTO outbox (id, kind, image_id, name, created_ms) VALUES ($1, $2, $3, $4, $5)")
        .bind(Uuid::now_v7().to_string())
        .bind(kind)
        .bind(image.to_string())
        .bind(name)
        .bind(millis(now))
        .execute(&mut **transaction)
        .await?;
    // Several for each that comes, so that the table shrinks back after a long pause.
    sqlx::query(
        "DELETE FROM outbox WHERE sequence IN \
         (SELECT sequence FROM outbox ORDER BY sequence LIMIT 16) AND created_ms < $1",
    )
    .bind(millis(now.checked_sub(KEEP).unwrap_or(SystemTime::UNIX_EPOCH)))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
