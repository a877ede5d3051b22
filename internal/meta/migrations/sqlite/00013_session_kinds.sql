-- +goose Up

-- Browsers keep the secret of a session in a cookie, programs send it as a bearer. What
-- is good as one must not be good as the other. Sessions of before that say that they
-- are of our command line go on as such, and all others as a browser's.
ALTER TABLE sessions ADD COLUMN program BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE sessions SET program = TRUE WHERE user_agent LIKE 'berth login on %';
