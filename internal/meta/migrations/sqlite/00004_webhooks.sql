-- +goose Up

-- What happened to packages and was not told to the webhooks yet. Ids stand here
-- without foreign keys: an event outlives its package.
CREATE TABLE package_events (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  at         BIGINT NOT NULL,
  action     TEXT NOT NULL,
  owner_id   BIGINT NOT NULL,
  package_id BIGINT NOT NULL,
  owner      TEXT NOT NULL,
  path       TEXT NOT NULL,
  version_id BIGINT NOT NULL,
  digest     TEXT NOT NULL,
  tag        TEXT NOT NULL,
  user_id    BIGINT NOT NULL,
  login      TEXT NOT NULL
);

-- A hook without a repository is its owner's. secret is sealed with a key that is not
-- in the database, NULL for none. busy_until is a lease: until then a replica is
-- sending to it. paused_until keeps a receiver that does not answer from being asked
-- all the time; failures is how often in a row it did not. last_code and last_error
-- are what came of the last try.
CREATE TABLE hooks (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  owner_id      BIGINT NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
  repository_id BIGINT REFERENCES repositories (id) ON DELETE CASCADE,
  url           TEXT NOT NULL,
  content_type  TEXT NOT NULL CHECK (content_type IN ('json', 'form')),
  secret        BYTEA,
  insecure_ssl  BOOLEAN NOT NULL,
  events        TEXT NOT NULL,
  active        BOOLEAN NOT NULL,
  created_at    BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL,
  busy_until    BIGINT NOT NULL,
  paused_until  BIGINT NOT NULL,
  failures      BIGINT NOT NULL,
  last_code     BIGINT NOT NULL,
  last_error    TEXT NOT NULL
);
CREATE INDEX hooks_owner ON hooks (owner_id, id);
CREATE INDEX hooks_repository ON hooks (repository_id, id) WHERE repository_id IS NOT NULL;

-- not_before is when the next try is due, NULL when there is none any more. The
-- payload of a ping is made when it is sent. Headers are JSON.
CREATE TABLE deliveries (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  guid             TEXT NOT NULL UNIQUE,
  hook_id          BIGINT NOT NULL REFERENCES hooks (id) ON DELETE CASCADE,
  event            TEXT NOT NULL,
  action           TEXT NOT NULL,
  redelivery       BOOLEAN NOT NULL,
  user_id          BIGINT NOT NULL,
  login            TEXT NOT NULL,
  created_at       BIGINT NOT NULL,
  not_before       BIGINT,
  attempts         BIGINT NOT NULL,
  delivered_at     BIGINT,
  duration         BIGINT NOT NULL,
  status_code      BIGINT NOT NULL,
  error            TEXT NOT NULL,
  request_headers  TEXT NOT NULL,
  response_headers TEXT NOT NULL,
  response_body    BYTEA NOT NULL,
  payload          BYTEA NOT NULL
);
CREATE INDEX deliveries_due ON deliveries (not_before, hook_id, id) WHERE not_before IS NOT NULL;
CREATE INDEX deliveries_hook ON deliveries (hook_id, id);
CREATE INDEX deliveries_created ON deliveries (created_at);
