-- 1: what was said in one room may be handed on into another.
ALTER TABLE networks ADD COLUMN forwarding BIGINT NOT NULL DEFAULT 1;
