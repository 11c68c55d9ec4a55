-- Sealed files of rooms; their bytes lie in the folder of blobs. Who made one is not here.
CREATE TABLE blobs (
    blob_id BLOB PRIMARY KEY,
    room_id BLOB NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
    size INTEGER NOT NULL,
    -- How much of it is durable.
    received INTEGER NOT NULL,
    -- SHA-256 of what lets its maker go on with it and delete it.
    secret_hash BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    -- When an upload is given up that nobody goes on with; none where all is there.
    unfinished_until INTEGER
);
CREATE INDEX blobs_by_room ON blobs (room_id);
CREATE INDEX blobs_by_expiry ON blobs (expires_at);
CREATE INDEX blobs_unfinished ON blobs (unfinished_until);
