-- What the service stores, and nothing else: of a user's history only when the account was provisioned and when
-- it was registered. No last use, no addresses, no sender of a message. Ids, keys and ciphertext are bytes, times
-- are milliseconds since the Unix epoch. The folders sqlite/ and postgres/ carry the same numbers.

CREATE TABLE deployment (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    -- Changes when the database was restored from a backup.
    server_generation BYTEA NOT NULL,
    public_url TEXT
);

CREATE TABLE networks (
    network_id BYTEA PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE users (
    user_id BYTEA PRIMARY KEY,
    network_id BYTEA NOT NULL REFERENCES networks (network_id),
    email TEXT NOT NULL UNIQUE,
    -- NULL until someone gave one.
    name TEXT,
    -- 1 member, 2 administrator, 3 owner.
    role BIGINT NOT NULL,
    provisioned_at BIGINT NOT NULL,
    -- NULL while the account is pending.
    registered_at BIGINT,
    aik BYTEA
);

CREATE TABLE invitations (
    -- SHA-256 of the code.
    code_hash BYTEA PRIMARY KEY,
    user_id BYTEA NOT NULL UNIQUE REFERENCES users (user_id) ON DELETE CASCADE,
    -- 1: the e-mail is a suggestion (the very first invitation of a deployment).
    email_open BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE credentials (
    user_id BYTEA PRIMARY KEY REFERENCES users (user_id) ON DELETE CASCADE,
    opaque_record BYTEA NOT NULL,
    sealed_aik BYTEA NOT NULL
);

CREATE TABLE device_lists (
    user_id BYTEA PRIMARY KEY REFERENCES users (user_id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    list BYTEA NOT NULL
);

CREATE TABLE own_states (
    user_id BYTEA PRIMARY KEY REFERENCES users (user_id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    blob BYTEA NOT NULL
);

CREATE TABLE devices (
    device_id BYTEA PRIMARY KEY,
    user_id BYTEA NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    device_key BYTEA NOT NULL,
    certificate BYTEA NOT NULL,
    -- Highest counter of a batch of local state that the device showed.
    highest_batch BIGINT NOT NULL
);
CREATE INDEX devices_by_user ON devices (user_id);

CREATE TABLE sessions (
    device_id BYTEA PRIMARY KEY REFERENCES devices (device_id) ON DELETE CASCADE,
    -- SHA-256 of the token.
    token_hash BYTEA NOT NULL UNIQUE,
    -- In whole hours, so that it does not tell when the device was last used.
    expires_at BIGINT NOT NULL
);

CREATE TABLE key_packages (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id BYTEA NOT NULL REFERENCES devices (device_id) ON DELETE CASCADE,
    key_package BYTEA NOT NULL
);
CREATE INDEX key_packages_by_device ON key_packages (device_id, id);

CREATE TABLE last_resorts (
    device_id BYTEA PRIMARY KEY REFERENCES devices (device_id) ON DELETE CASCADE,
    key_package BYTEA NOT NULL
);

CREATE TABLE rooms (
    room_id BYTEA PRIMARY KEY,
    network_id BYTEA NOT NULL REFERENCES networks (network_id),
    -- As in the room's settings: 1 room, 2 direct, 3 own.
    kind BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    last_seq BIGINT NOT NULL
);

CREATE TABLE room_groups (
    room_id BYTEA PRIMARY KEY REFERENCES rooms (room_id) ON DELETE CASCADE,
    -- The public half of the MLS group, with its newest GroupInfo.
    state BYTEA NOT NULL
);

CREATE TABLE room_members (
    room_id BYTEA NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
    user_id BYTEA NOT NULL,
    -- 1: left, and waits for the members to remove the leaves.
    gone BIGINT NOT NULL,
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX room_members_by_user ON room_members (user_id);

CREATE TABLE room_leaves (
    room_id BYTEA NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
    device_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    -- The device's log starts after this place.
    since BIGINT NOT NULL,
    acked BIGINT NOT NULL,
    PRIMARY KEY (room_id, device_id)
);
CREATE INDEX room_leaves_by_device ON room_leaves (device_id);

CREATE TABLE removals (
    room_id BYTEA NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
    device_id BYTEA NOT NULL,
    -- 1 left, 2 device revoked, 3 account deleted.
    reason BIGINT NOT NULL,
    PRIMARY KEY (room_id, device_id)
);

CREATE TABLE entries (
    room_id BYTEA NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    -- 1 application, 2 commit, 3 founded.
    kind BIGINT NOT NULL,
    message_id BYTEA NOT NULL,
    sent_at BIGINT NOT NULL,
    expires_at BIGINT,
    payload BYTEA NOT NULL,
    PRIMARY KEY (room_id, seq)
);
CREATE UNIQUE INDEX entries_by_message ON entries (room_id, message_id, kind);
CREATE INDEX entries_by_age ON entries (sent_at);
CREATE INDEX entries_by_expiry ON entries (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE welcome_bundles (
    room_id BYTEA NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
    -- Place of the commit.
    seq BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    welcome BYTEA NOT NULL,
    tree BYTEA NOT NULL,
    PRIMARY KEY (room_id, seq)
);

CREATE TABLE welcomes (
    room_id BYTEA NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
    device_id BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (room_id, device_id)
);
