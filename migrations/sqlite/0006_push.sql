-- Where a device is woken while it is not connected: an address at a push service.
CREATE TABLE push_endpoints (
    device_id BLOB PRIMARY KEY REFERENCES devices (device_id) ON DELETE CASCADE,
    endpoint TEXT NOT NULL
);

-- Rooms that do not wake a device.
CREATE TABLE push_silent_rooms (
    device_id BLOB NOT NULL REFERENCES push_endpoints (device_id) ON DELETE CASCADE,
    room_id BLOB NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
    PRIMARY KEY (device_id, room_id)
);
CREATE INDEX push_silent_rooms_by_room ON push_silent_rooms (room_id);
