-- Albums, names that are unique within one, and events for all of it.

CREATE TABLE albums (
    id       INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, -- never used again
    name     TEXT    NOT NULL,                           -- NFC, compared byte by byte
    named_ms BIGINT  NOT NULL                            -- when it got this name
);

CREATE UNIQUE INDEX albums_by_name ON albums (name);

ALTER TABLE images ADD COLUMN album_id INTEGER REFERENCES albums (id);
-- When the image got its present name and album; 0 is with its upload.
ALTER TABLE images ADD COLUMN placed_ms BIGINT NOT NULL DEFAULT 0;

-- Within an album the file name is the image's name.
CREATE UNIQUE INDEX images_by_album ON images (album_id, file_name) WHERE album_id IS NOT NULL;

ALTER TABLE outbox RENAME TO outbox_of_images;

-- One row for each change, in the order of the changes, written in the transaction of the
-- change. Kept for a while also after it was published, for those who ask what they missed.
CREATE TABLE outbox (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    id         TEXT    NOT NULL, -- the event's id, for de-duplication
    kind       TEXT    NOT NULL, -- albumCreated, albumRenamed, …, imageDeletedWithAlbum
    image_id   TEXT,
    album      TEXT,             -- where it was, or is if it has not moved
    name       TEXT,
    to_album   TEXT,             -- where it is, if it has moved
    to_name    TEXT,
    created_ms BIGINT  NOT NULL
);

INSERT INTO outbox (sequence, id, kind, image_id, name, created_ms)
    SELECT sequence, id, kind, image_id, name, created_ms FROM outbox_of_images;

DROP TABLE outbox_of_images;

CREATE INDEX outbox_by_id ON outbox (id);

-- One row: the last event that the broker has acknowledged.
CREATE TABLE published (sequence BIGINT NOT NULL);
INSERT INTO published (sequence) VALUES (0);

-- Images as they are read: with the name of their album, and since when they are where
-- they are.
CREATE VIEW placed_images AS
    SELECT images.id, images.file_name, images.media_type, images.width, images.height,
           images.orientation, images.bytes, images.sha256, images.created_ms, images.album_id,
           albums.name AS album,
           MAX(images.created_ms, images.placed_ms, COALESCE(albums.named_ms, 0)) AS placed_ms
    FROM images LEFT JOIN albums ON albums.id = images.album_id;
