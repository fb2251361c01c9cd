-- Owners of images and albums, and how many frames an image has. Everything that was here
-- before is nobody's, which is written as nothing.

ALTER TABLE albums ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE images ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE images ADD COLUMN frames INTEGER NOT NULL DEFAULT 1;

-- Names of albums are unique among those of one owner.
DROP INDEX albums_by_name;
CREATE UNIQUE INDEX albums_by_owner ON albums (owner, name);

-- An owner's images by age.
CREATE INDEX images_by_owner ON images (owner, id);

DROP VIEW placed_images;
CREATE VIEW placed_images AS
    SELECT images.id, images.owner, images.file_name, images.media_type, images.width, images.height,
           images.orientation, images.frames, images.bytes, images.sha256, images.created_ms,
           images.album_id, albums.name AS album,
           MAX(images.created_ms, images.placed_ms, COALESCE(albums.named_ms, 0)) AS placed_ms
    FROM images LEFT JOIN albums ON albums.id = images.album_id;
