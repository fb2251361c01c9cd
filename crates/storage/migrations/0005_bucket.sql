-- Which bucket the originals are in, by the id that is written there as well; no row while
-- they are in the folder.

CREATE TABLE bucket (store_id TEXT NOT NULL);
