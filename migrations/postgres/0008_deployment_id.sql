-- Which files are those of this database: the same id lies beside them. It stays when a backup is restored. NULL until the
-- server starts.
ALTER TABLE deployment ADD COLUMN deployment_id BYTEA;
