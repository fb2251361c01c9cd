-- Times are milliseconds since 1970, ids and hashes are text, so that the same
-- statements run on other databases later.

CREATE TABLE images (
    id          TEXT   PRIMARY KEY NOT NULL, -- UUID v7, so the key sorts by age
    file_name   TEXT   NOT NULL,             -- as the client named the file, NFC
    media_type  TEXT   NOT NULL,
    width       BIGINT NOT NULL,             -- as stored, before the orientation
    height      BIGINT NOT NULL,
    orientation BIGINT NOT NULL,             -- Exif, 1 to 8
    bytes       BIGINT NOT NULL,
    sha256      TEXT   NOT NULL,             -- names the blob; several images may share it
    created_ms  BIGINT NOT NULL
);

CREATE INDEX images_by_sha256 ON images (sha256);

-- One row for each change, written in the transaction of the change and removed once
-- it has been published or has grown too old.
CREATE TABLE outbox (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    id         TEXT   NOT NULL,              -- the event's id, for de-duplication
    kind       TEXT   NOT NULL,              -- imageAdded, imageDeleted
    image_id   TEXT   NOT NULL,
    name       TEXT   NOT NULL,              -- the stored name at the time of the change
    created_ms BIGINT NOT NULL
);
