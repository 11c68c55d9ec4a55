-- Sealed files of rooms; their bytes lie in the folder of blobs. Who made one is not here.
CREATE TABLE blobs (
    blob_id BYTEA PRIMARY KEY,
    room_id BYTEA NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
    size BIGINT NOT NULL,
    -- How much of it is durable.
    received BIGINT NOT NULL,
    -- SHA-256 of what lets its maker go on with it and delete it.
    secret_hash BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    -- When an upload is given up that nobody goes on with; none where all is there.
    unfinished_until BIGINT
);
CREATE INDEX blobs_by_room ON blobs (room_id);
CREATE INDEX blobs_by_expiry ON blobs (expires_at);
CREATE INDEX blobs_unfinished ON blobs (unfinished_until);
