-- Who may see what. What was here before stays visible to its owner alone, who is nobody.

ALTER TABLE images ADD COLUMN visibility TEXT NOT NULL DEFAULT 'private';
-- How often the signed links to it have been revoked.
ALTER TABLE images ADD COLUMN link_epoch INTEGER NOT NULL DEFAULT 0;

ALTER TABLE albums ADD COLUMN visibility TEXT NOT NULL DEFAULT 'private';
ALTER TABLE albums ADD COLUMN link_epoch INTEGER NOT NULL DEFAULT 0;
-- With whom it is shared: a JSON array of owners; nothing for nobody.
ALTER TABLE albums ADD COLUMN readers TEXT NOT NULL DEFAULT '';
-- The id by which links and keys know the album, whatever it is called: 32 hexadecimal digits.
ALTER TABLE albums ADD COLUMN public_id TEXT NOT NULL DEFAULT '';
UPDATE albums SET public_id = lower(hex(randomblob(16)));
CREATE UNIQUE INDEX albums_by_public_id ON albums (public_id);

DROP VIEW placed_images;
CREATE VIEW placed_images AS
    SELECT images.id, images.owner, images.file_name, images.media_type, images.width, images.height,
           images.orientation, images.frames, images.bytes, images.sha256, images.created_ms,
           images.visibility, images.link_epoch,
           images.album_id, albums.name AS album, albums.public_id AS album_public_id,
           albums.visibility AS album_visibility, albums.readers AS album_readers,
           albums.link_epoch AS album_link_epoch,
           MAX(images.created_ms, images.placed_ms, COALESCE(albums.named_ms, 0)) AS placed_ms
    FROM images LEFT JOIN albums ON albums.id = images.album_id;

-- API keys. A key itself is not kept, only its SHA-256.
CREATE TABLE api_keys (
    id         TEXT   PRIMARY KEY NOT NULL,
    sha256     TEXT   NOT NULL,
    owner      TEXT   NOT NULL,
    scopes     TEXT   NOT NULL,           -- separated by spaces
    album      TEXT,                      -- the public id of the only album it is good for
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT                     -- nothing for never
);

CREATE INDEX api_keys_by_owner ON api_keys (owner, id);

-- Links for one upload that have been used, until they would have expired.
CREATE TABLE used_links (
    id         TEXT   PRIMARY KEY NOT NULL,
    expires_ms BIGINT NOT NULL
);

-- What each owner has stored, kept by the statements that change images.
CREATE TABLE usage (
    owner  TEXT   PRIMARY KEY NOT NULL,
    bytes  BIGINT NOT NULL,
    images BIGINT NOT NULL
);

INSERT INTO usage (owner, bytes, images) SELECT owner, SUM(bytes), COUNT(*) FROM images GROUP BY owner;

CREATE TRIGGER usage_added AFTER INSERT ON images BEGIN
    INSERT INTO usage (owner, bytes, images) VALUES (NEW.owner, NEW.bytes, 1)
        ON CONFLICT (owner) DO UPDATE SET bytes = bytes + NEW.bytes, images = images + 1;
END;

CREATE TRIGGER usage_deleted AFTER DELETE ON images BEGIN
    UPDATE usage SET bytes = bytes - OLD.bytes, images = images - 1 WHERE owner = OLD.owner;
END;

CREATE TRIGGER usage_moved AFTER UPDATE OF owner ON images BEGIN
    UPDATE usage SET bytes = bytes - OLD.bytes, images = images - 1 WHERE owner = OLD.owner;
    INSERT INTO usage (owner, bytes, images) VALUES (NEW.owner, NEW.bytes, 1)
        ON CONFLICT (owner) DO UPDATE SET bytes = bytes + NEW.bytes, images = images + 1;
END;
