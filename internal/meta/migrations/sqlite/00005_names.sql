-- +goose Up

-- Names that packages and owners had before. Pulls find what they name now, as long
-- as nobody has taken the old name. path is one in the namespace of owner_id, which
-- need not be the package's owner any more.
CREATE TABLE package_aliases (
  owner_id   BIGINT NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
  path       TEXT NOT NULL,
  package_id BIGINT NOT NULL REFERENCES packages (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (owner_id, path)
);
CREATE INDEX package_aliases_package ON package_aliases (package_id);

CREATE TABLE owner_aliases (
  folded     TEXT NOT NULL PRIMARY KEY,
  name       TEXT NOT NULL,
  owner_id   BIGINT NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL
);
CREATE INDEX owner_aliases_owner ON owner_aliases (owner_id);
