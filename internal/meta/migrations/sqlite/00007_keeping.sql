-- +goose Up

-- Rules on tags, of all packages of an owner or of one: only the holders of a rule
-- move or delete what its pattern names, and nobody where there are none. A holder who
-- goes leaves the rule the stricter.
CREATE TABLE tag_rules (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  owner_id   BIGINT REFERENCES owners (id) ON DELETE CASCADE,
  package_id BIGINT REFERENCES packages (id) ON DELETE CASCADE,
  pattern    TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  CHECK ((owner_id IS NULL) <> (package_id IS NULL))
);
CREATE INDEX tag_rules_owner ON tag_rules (owner_id, id) WHERE owner_id IS NOT NULL;
CREATE INDEX tag_rules_package ON tag_rules (package_id, id) WHERE package_id IS NOT NULL;

CREATE TABLE tag_rule_holders (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  rule_id       BIGINT NOT NULL REFERENCES tag_rules (id) ON DELETE CASCADE,
  user_id       BIGINT REFERENCES users (owner_id) ON DELETE CASCADE,
  team_id       BIGINT REFERENCES teams (id) ON DELETE CASCADE,
  repository_id BIGINT REFERENCES repositories (id) ON DELETE CASCADE,
  CHECK (CASE WHEN user_id IS NULL THEN 0 ELSE 1 END + CASE WHEN team_id IS NULL THEN 0 ELSE 1 END
    + CASE WHEN repository_id IS NULL THEN 0 ELSE 1 END = 1)
);
CREATE INDEX tag_rule_holders_rule ON tag_rule_holders (rule_id, id);
CREATE INDEX tag_rule_holders_user ON tag_rule_holders (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX tag_rule_holders_team ON tag_rule_holders (team_id) WHERE team_id IS NOT NULL;
CREATE INDEX tag_rule_holders_repository ON tag_rule_holders (repository_id) WHERE repository_id IS NOT NULL;

-- Which versions are removed after a while: one rule of an owner for all his packages,
-- and one of a package in its place. Patterns are separated by spaces.
CREATE TABLE retention (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  owner_id         BIGINT REFERENCES owners (id) ON DELETE CASCADE,
  package_id       BIGINT REFERENCES packages (id) ON DELETE CASCADE,
  active           BOOLEAN NOT NULL,
  keep_newest      BIGINT NOT NULL,
  keep_days        BIGINT NOT NULL,
  keep_pulled_days BIGINT NOT NULL,
  keep_untagged    BOOLEAN NOT NULL,
  keep_tags        TEXT NOT NULL,
  remove_tags      TEXT NOT NULL,
  updated_at       BIGINT NOT NULL,
  CHECK ((owner_id IS NULL) <> (package_id IS NULL))
);
CREATE UNIQUE INDEX retention_owner ON retention (owner_id) WHERE owner_id IS NOT NULL;
CREATE UNIQUE INDEX retention_package ON retention (package_id) WHERE package_id IS NOT NULL;
