-- When a room ends by its settings; NULL = never. Then it goes with everything in it.
ALTER TABLE rooms ADD COLUMN ends_at BIGINT;
CREATE INDEX rooms_by_end ON rooms (ends_at) WHERE ends_at IS NOT NULL;
