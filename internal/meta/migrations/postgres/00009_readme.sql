-- +goose Up

-- What the repository's own page says of it, in Markdown. Lists never read it.
ALTER TABLE repositories ADD COLUMN readme TEXT NOT NULL DEFAULT '';
ALTER TABLE repositories ADD COLUMN readme_at BIGINT NOT NULL DEFAULT 0;

-- Tags of a package, the one that was moved last at the end.
CREATE INDEX tags_newest ON tags (package_id, updated_at, folded);

-- Tokens that run out.
CREATE INDEX tokens_expiring ON tokens (user_id, expires_at) WHERE revoked_at IS NULL AND expires_at IS NOT NULL;
