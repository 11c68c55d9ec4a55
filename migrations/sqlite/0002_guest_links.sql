-- Links by which guests may ask to come into the calls of a room: who made one, and until when it is good. The secret that
-- goes with it is not here.
CREATE TABLE guest_links (
    link_id BLOB PRIMARY KEY,
    room_id BLOB NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    device_id BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    -- By the device's key, over all of the above.
    signature BLOB NOT NULL,
    -- 1: taken back.
    revoked INTEGER NOT NULL
);
CREATE INDEX guest_links_by_room ON guest_links (room_id);
CREATE INDEX guest_links_by_expiry ON guest_links (expires_at);
