-- +goose Up

-- People ---------------------------------------------------------------------

CREATE TABLE settings (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE signing_keys (
  id         TEXT NOT NULL PRIMARY KEY,
  secret     BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE owners (
  id                 INTEGER PRIMARY KEY AUTOINCREMENT,
  kind               TEXT NOT NULL CHECK (kind IN ('user', 'org')),
  name               TEXT NOT NULL,
  folded             TEXT NOT NULL UNIQUE,
  default_visibility TEXT CHECK (default_visibility IN ('private', 'internal', 'public')),
  created_at         BIGINT NOT NULL
);

CREATE TABLE orgs (
  owner_id       BIGINT NOT NULL PRIMARY KEY REFERENCES owners (id),
  base_role      BIGINT NOT NULL CHECK (base_role BETWEEN 0 AND 3),
  members_create BOOLEAN NOT NULL,
  allow_public   BOOLEAN NOT NULL
);

CREATE TABLE users (
  owner_id      BIGINT NOT NULL PRIMARY KEY REFERENCES owners (id),
  org_id        BIGINT REFERENCES orgs (owner_id),
  password_hash TEXT NOT NULL,
  admin         BOOLEAN NOT NULL,
  blocked_at    BIGINT
);

CREATE TABLE members (
  org_id     BIGINT NOT NULL REFERENCES orgs (owner_id),
  user_id    BIGINT NOT NULL REFERENCES users (owner_id),
  owner      BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, user_id)
);
CREATE INDEX members_user ON members (user_id);

CREATE TABLE teams (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  org_id     BIGINT NOT NULL REFERENCES orgs (owner_id),
  name       TEXT NOT NULL,
  folded     TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (org_id, folded)
);

CREATE TABLE team_members (
  team_id BIGINT NOT NULL REFERENCES teams (id),
  user_id BIGINT NOT NULL REFERENCES users (owner_id),
  PRIMARY KEY (team_id, user_id)
);
CREATE INDEX team_members_user ON team_members (user_id);

CREATE TABLE tokens (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id      BIGINT NOT NULL REFERENCES users (owner_id),
  name         TEXT NOT NULL,
  hash         TEXT NOT NULL UNIQUE,
  scopes       TEXT NOT NULL,
  created_at   BIGINT NOT NULL,
  expires_at   BIGINT,
  last_used_at BIGINT,
  revoked_at   BIGINT
);
CREATE INDEX tokens_user ON tokens (user_id);

-- Packages -------------------------------------------------------------------

CREATE TABLE repositories (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  owner_id    BIGINT NOT NULL REFERENCES owners (id),
  name        TEXT NOT NULL,
  folded      TEXT NOT NULL,
  visibility  TEXT NOT NULL CHECK (visibility IN ('private', 'internal', 'public')),
  description TEXT NOT NULL,
  web_url     TEXT NOT NULL,
  created_at  BIGINT NOT NULL,
  UNIQUE (owner_id, folded)
);

CREATE TABLE repository_roles (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  repository_id BIGINT NOT NULL REFERENCES repositories (id),
  user_id       BIGINT REFERENCES users (owner_id),
  team_id       BIGINT REFERENCES teams (id),
  role          BIGINT NOT NULL CHECK (role BETWEEN 1 AND 3),
  CHECK ((user_id IS NULL) <> (team_id IS NULL))
);
CREATE UNIQUE INDEX repository_roles_user ON repository_roles (repository_id, user_id) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX repository_roles_team ON repository_roles (repository_id, team_id) WHERE team_id IS NOT NULL;

CREATE TABLE packages (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  owner_id      BIGINT NOT NULL REFERENCES owners (id),
  path          TEXT NOT NULL,
  visibility    TEXT NOT NULL CHECK (visibility IN ('private', 'internal', 'public')),
  repository_id BIGINT REFERENCES repositories (id),
  inherit       BOOLEAN NOT NULL,
  created_at    BIGINT NOT NULL,
  published_at  BIGINT,
  UNIQUE (owner_id, path)
);

CREATE INDEX packages_unpublished ON packages (created_at) WHERE published_at IS NULL;

CREATE TABLE package_roles (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  package_id    BIGINT NOT NULL REFERENCES packages (id),
  user_id       BIGINT REFERENCES users (owner_id),
  team_id       BIGINT REFERENCES teams (id),
  repository_id BIGINT REFERENCES repositories (id),
  role          BIGINT NOT NULL CHECK (role BETWEEN 1 AND 3),
  CHECK (CASE WHEN user_id IS NULL THEN 0 ELSE 1 END + CASE WHEN team_id IS NULL THEN 0 ELSE 1 END
    + CASE WHEN repository_id IS NULL THEN 0 ELSE 1 END = 1)
);
CREATE INDEX package_roles_package ON package_roles (package_id);
CREATE UNIQUE INDEX package_roles_user ON package_roles (package_id, user_id) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX package_roles_team ON package_roles (package_id, team_id) WHERE team_id IS NOT NULL;
CREATE UNIQUE INDEX package_roles_repository ON package_roles (package_id, repository_id) WHERE repository_id IS NOT NULL;

-- Content --------------------------------------------------------------------

-- No foreign key that points here cascades: the database refuses to forget a
-- blob that something still needs.
CREATE TABLE blobs (
  digest      TEXT NOT NULL PRIMARY KEY,
  size        BIGINT NOT NULL,
  storage_key TEXT NOT NULL UNIQUE,
  state       TEXT NOT NULL CHECK (state IN ('live', 'deleting')),
  generation  BIGINT NOT NULL,
  lease_until BIGINT NOT NULL,
  created_at  BIGINT NOT NULL
);

CREATE TABLE package_blobs (
  package_id BIGINT NOT NULL REFERENCES packages (id),
  digest     TEXT NOT NULL REFERENCES blobs (digest),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (package_id, digest)
);
CREATE INDEX package_blobs_digest ON package_blobs (digest, package_id);

CREATE TABLE manifests (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  package_id    BIGINT NOT NULL REFERENCES packages (id),
  digest        TEXT NOT NULL,
  media_type    TEXT NOT NULL,
  artifact_type TEXT NOT NULL,
  subject       TEXT,
  annotations   TEXT NOT NULL,
  size          BIGINT NOT NULL,
  body          BYTEA NOT NULL,
  pushed_at     BIGINT NOT NULL,
  UNIQUE (package_id, digest)
);
CREATE INDEX manifests_subject ON manifests (package_id, subject, id) WHERE subject IS NOT NULL;

CREATE TABLE manifest_blobs (
  manifest_id BIGINT NOT NULL REFERENCES manifests (id) ON DELETE CASCADE,
  package_id  BIGINT NOT NULL,
  digest      TEXT NOT NULL,
  PRIMARY KEY (manifest_id, digest),
  FOREIGN KEY (package_id, digest) REFERENCES package_blobs (package_id, digest)
);
CREATE INDEX manifest_blobs_digest ON manifest_blobs (package_id, digest);

CREATE TABLE manifest_children (
  manifest_id BIGINT NOT NULL REFERENCES manifests (id) ON DELETE CASCADE,
  package_id  BIGINT NOT NULL,
  digest      TEXT NOT NULL,
  PRIMARY KEY (manifest_id, digest),
  FOREIGN KEY (package_id, digest) REFERENCES manifests (package_id, digest)
);
CREATE INDEX manifest_children_digest ON manifest_children (package_id, digest);

-- folded is the form in which tags are compared; name is how it was written.
CREATE TABLE tags (
  package_id BIGINT NOT NULL REFERENCES packages (id),
  folded     TEXT NOT NULL,
  name       TEXT NOT NULL,
  digest     TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (package_id, folded),
  FOREIGN KEY (package_id, digest) REFERENCES manifests (package_id, digest)
);
CREATE INDEX tags_digest ON tags (package_id, digest);

CREATE TABLE uploads (
  id          TEXT NOT NULL PRIMARY KEY,
  package_id  BIGINT NOT NULL REFERENCES packages (id),
  user_id     BIGINT NOT NULL REFERENCES users (owner_id),
  storage_key TEXT NOT NULL UNIQUE,
  algorithm   TEXT NOT NULL,
  received    BIGINT NOT NULL,
  hash_state  BYTEA NOT NULL,
  started_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL
);
CREATE INDEX uploads_updated ON uploads (updated_at);
CREATE INDEX uploads_package ON uploads (package_id);
CREATE INDEX uploads_user ON uploads (user_id);

-- Bytes whose rows are gone. A key is random and never used again, so deleting
-- late or twice harms nobody.
CREATE TABLE doomed_keys (
  storage_key TEXT NOT NULL PRIMARY KEY,
  doomed_at   BIGINT NOT NULL
);
CREATE INDEX doomed_keys_doomed ON doomed_keys (doomed_at);
