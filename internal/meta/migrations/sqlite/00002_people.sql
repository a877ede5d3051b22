-- +goose Up

-- Signing keys are sealed from now on. Bearers live for minutes, so that nobody
-- misses the old ones.
DELETE FROM signing_keys;

-- People ---------------------------------------------------------------------

-- A service account may be the CI of one repository: it then has that
-- repository's roles.
ALTER TABLE users ADD COLUMN repository_id BIGINT REFERENCES repositories (id);
CREATE INDEX users_org ON users (org_id) WHERE org_id IS NOT NULL;
CREATE INDEX users_repository ON users (repository_id) WHERE repository_id IS NOT NULL;

-- Names of deleted owners, which nobody may choose for himself for a while.
CREATE TABLE held_names (
  folded TEXT NOT NULL PRIMARY KEY,
  until  BIGINT NOT NULL
);

-- secret is sealed with a key that is not in the database.
CREATE TABLE second_factors (
  user_id      BIGINT NOT NULL PRIMARY KEY REFERENCES users (owner_id),
  secret       BYTEA NOT NULL,
  last_step    BIGINT NOT NULL,
  created_at   BIGINT NOT NULL,
  confirmed_at BIGINT
);

CREATE TABLE recovery_codes (
  user_id BIGINT NOT NULL REFERENCES users (owner_id),
  hash    TEXT NOT NULL,
  PRIMARY KEY (user_id, hash)
);

-- Who somebody is at an outside identity provider.
CREATE TABLE identities (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id    BIGINT NOT NULL REFERENCES users (owner_id),
  provider   TEXT NOT NULL,
  subject    TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (provider, subject)
);
CREATE INDEX identities_user ON identities (user_id);

CREATE TABLE sessions (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id    BIGINT NOT NULL REFERENCES users (owner_id),
  hash       TEXT NOT NULL UNIQUE,
  user_agent TEXT NOT NULL,
  address    TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expires ON sessions (expires_at);

CREATE TABLE invitations (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  hash       TEXT NOT NULL UNIQUE,
  note       TEXT NOT NULL,
  org_id     BIGINT REFERENCES orgs (owner_id),
  owner      BOOLEAN NOT NULL,
  created_by TEXT NOT NULL,
  created_by_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX invitations_org ON invitations (org_id);

-- actions is a list such as "pull,push", empty for all. A token that is limited
-- reaches only what token_limits has, also when that is nothing any more. One that
-- was made with another token ends with it.
ALTER TABLE tokens ADD COLUMN actions TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN limited BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE tokens ADD COLUMN parent_id BIGINT REFERENCES tokens (id);
CREATE INDEX tokens_parent ON tokens (parent_id) WHERE parent_id IS NOT NULL;

-- An empty path is everything of the owner.
CREATE TABLE token_limits (
  token_id BIGINT NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
  owner_id BIGINT NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
  path     TEXT NOT NULL,
  PRIMARY KEY (token_id, owner_id, path)
);
CREATE INDEX token_limits_owner ON token_limits (owner_id);

-- Packages -------------------------------------------------------------------

-- linked_by_hand keeps a push from changing what a person has set or cut.
ALTER TABLE packages ADD COLUMN linked_by_hand BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX packages_repository ON packages (repository_id) WHERE repository_id IS NOT NULL;
CREATE INDEX package_roles_of_user ON package_roles (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX package_roles_of_team ON package_roles (team_id) WHERE team_id IS NOT NULL;
CREATE INDEX package_roles_of_repository ON package_roles (repository_id) WHERE repository_id IS NOT NULL;
CREATE INDEX repository_roles_of_user ON repository_roles (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX repository_roles_of_team ON repository_roles (team_id) WHERE team_id IS NOT NULL;

-- Audit ----------------------------------------------------------------------

-- Names stand beside the ids, without foreign keys: the log outlives what it
-- tells of.
CREATE TABLE audit (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  at       BIGINT NOT NULL,
  actor_id BIGINT NOT NULL,
  actor    TEXT NOT NULL,
  token_id BIGINT NOT NULL,
  address  TEXT NOT NULL,
  owner_id BIGINT NOT NULL,
  owner    TEXT NOT NULL,
  action   TEXT NOT NULL,
  target   TEXT NOT NULL,
  detail   TEXT NOT NULL
);
CREATE INDEX audit_owner ON audit (owner_id, id);
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_name ON audit (owner, owner_id);

-- +goose StatementBegin
CREATE TRIGGER audit_keep_update BEFORE UPDATE ON audit BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_keep_delete BEFORE DELETE ON audit BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
