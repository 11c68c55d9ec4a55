-- What the service stores, and nothing else: of a user's history only when the account was provisioned and when
-- it was registered. No last use, no addresses, no sender of a message. Ids, keys and ciphertext are bytes, times
-- are milliseconds since the Unix epoch. The folders sqlite/ and postgres/ carry the same numbers.

CREATE TABLE deployment (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- Changes when the database was restored from a backup.
    server_generation BLOB NOT NULL,
    public_url TEXT
);

CREATE TABLE networks (
    network_id BLOB PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE users (
    user_id BLOB PRIMARY KEY,
    network_id BLOB NOT NULL REFERENCES networks (network_id),
    email TEXT NOT NULL UNIQUE,
    -- NULL until someone gave one.
    name TEXT,
    -- 1 member, 2 administrator, 3 owner.
    role INTEGER NOT NULL,
    provisioned_at INTEGER NOT NULL,
    -- NULL while the account is pending.
    registered_at INTEGER,
    aik BLOB
);

CREATE TABLE invitations (
    -- SHA-256 of the code.
    code_hash BLOB PRIMARY KEY,
    user_id BLOB NOT NULL UNIQUE REFERENCES users (user_id) ON DELETE CASCADE,
    -- 1: the e-mail is a suggestion (the very first invitation of a deployment).
    email_open INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);

CREATE TABLE credentials (
    user_id BLOB PRIMARY KEY REFERENCES users (user_id) ON DELETE CASCADE,
    opaque_record BLOB NOT NULL,
    sealed_aik BLOB NOT NULL
);

CREATE TABLE device_lists (
    user_id BLOB PRIMARY KEY REFERENCES users (user_id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    list BLOB NOT NULL
);

CREATE TABLE own_states (
    user_id BLOB PRIMARY KEY REFERENCES users (user_id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    blob BLOB NOT NULL
);

CREATE TABLE devices (
    device_id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    device_key BLOB NOT NULL,
    certificate BLOB NOT NULL,
    -- Highest counter of a batch of local state that the device showed.
    highest_batch INTEGER NOT NULL
);
CREATE INDEX devices_by_user ON devices (user_id);

CREATE TABLE sessions (
    device_id BLOB PRIMARY KEY REFERENCES devices (device_id) ON DELETE CASCADE,
    -- SHA-256 of the token.
    token_hash BLOB NOT NULL UNIQUE,
    -- In whole hours, so that it does not tell when the device was last used.
    expires_at INTEGER NOT NULL
);

CREATE TABLE key_packages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device_id BLOB NOT NULL REFERENCES devices (device_id) ON DELETE CASCADE,
    key_package BLOB NOT NULL
);
CREATE INDEX key_packages_by_device ON key_packages (device_id, id);

CREATE TABLE last_resorts (
    device_id BLOB PRIMARY KEY REFERENCES devices (device_id) ON DELETE CASCADE,
    key_package BLOB NOT NULL
);

CREATE TABLE rooms (
    room_id BLOB PRIMARY KEY,
    network_id BLOB NOT NULL REFERENCES networks (network_id),
    -- As in the room's settings: 1 room, 2 direct, 3 own.
    kind INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    last_seq INTEGER NOT NULL
);

CREATE TABLE room_groups (
    room_id BLOB PRIMARY KEY REFERENCES rooms (room_id) ON DELETE CASCADE,
    -- The public half of the MLS group, with its newest GroupInfo.
    state BLOB NOT NULL
);

CREATE TABLE room_members (
    room_id BLOB NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
    user_id BLOB NOT NULL,
    -- 1: left, and waits for the members to remove the leaves.
    gone INTEGER NOT NULL,
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX room_members_by_user ON room_members (user_id);

CREATE TABLE room_leaves (
    room_id BLOB NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
    device_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    -- The device's log starts after this place.
    since INTEGER NOT NULL,
    acked INTEGER NOT NULL,
    PRIMARY KEY (room_id, device_id)
);
CREATE INDEX room_leaves_by_device ON room_leaves (device_id);

CREATE TABLE removals (
    room_id BLOB NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
    device_id BLOB NOT NULL,
    -- 1 left, 2 device revoked, 3 account deleted.
    reason INTEGER NOT NULL,
    PRIMARY KEY (room_id, device_id)
);

CREATE TABLE entries (
    room_id BLOB NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    -- 1 application, 2 commit, 3 founded.
    kind INTEGER NOT NULL,
    message_id BLOB NOT NULL,
    sent_at INTEGER NOT NULL,
    expires_at INTEGER,
    payload BLOB NOT NULL,
    PRIMARY KEY (room_id, seq)
);
CREATE UNIQUE INDEX entries_by_message ON entries (room_id, message_id, kind);
CREATE INDEX entries_by_age ON entries (sent_at);
CREATE INDEX entries_by_expiry ON entries (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE welcome_bundles (
    room_id BLOB NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
    -- Place of the commit.
    seq INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    welcome BLOB NOT NULL,
    tree BLOB NOT NULL,
    PRIMARY KEY (room_id, seq)
);

CREATE TABLE welcomes (
    room_id BLOB NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
    device_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (room_id, device_id)
);
