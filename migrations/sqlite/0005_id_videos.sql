-- What a network asks of its users in dealing with contacts: 1 off, 2 optional, 3 required.
ALTER TABLE networks ADD COLUMN verify_inside INTEGER NOT NULL DEFAULT 2;
ALTER TABLE networks ADD COLUMN verify_outside INTEGER NOT NULL DEFAULT 2;
-- 1: there may be contacts of other networks.
ALTER TABLE networks ADD COLUMN outside_contacts INTEGER NOT NULL DEFAULT 1;

-- How users stand with contacts, as far as the server has to enforce it. Since when is not here.
CREATE TABLE contacts (
    user_id BLOB NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    other_id BLOB NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    -- 1 verified, where a policy asks for it; 2 declined or blocked.
    standing INTEGER NOT NULL,
    PRIMARY KEY (user_id, other_id)
);
CREATE INDEX contacts_by_other ON contacts (other_id);

-- Which blob of a user's own room is the user's ID video.
CREATE TABLE id_videos (
    user_id BLOB PRIMARY KEY REFERENCES users (user_id) ON DELETE CASCADE,
    blob_id BLOB NOT NULL UNIQUE REFERENCES blobs (blob_id) ON DELETE CASCADE
);
