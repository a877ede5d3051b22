-- +goose Up

-- When the user of a session last showed that it is still him. Signing in shows it.
ALTER TABLE sessions ADD COLUMN confirmed_at BIGINT NOT NULL DEFAULT 0;
UPDATE sessions SET confirmed_at = created_at;
