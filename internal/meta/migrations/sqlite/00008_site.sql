-- +goose Up

-- What owners hold ------------------------------------------------------------

-- Each blob that packages of an owner hold, once, with how many of them do. Triggers
-- keep it, so that no change anywhere can forget it.
CREATE TABLE owner_blobs (
  owner_id BIGINT NOT NULL,
  digest   TEXT NOT NULL,
  size     BIGINT NOT NULL,
  packages BIGINT NOT NULL,
  PRIMARY KEY (owner_id, digest)
) WITHOUT ROWID;

-- The bytes that an owner holds: each blob once, and each manifest. What changed since
-- they were added up last stands in usage_changes: pushes to one owner only add rows
-- there, and none waits for another one.
CREATE TABLE owner_usage (
  owner_id BIGINT NOT NULL PRIMARY KEY REFERENCES owners (id) ON DELETE CASCADE,
  bytes    BIGINT NOT NULL
);

CREATE TABLE usage_changes (
  id       INTEGER PRIMARY KEY,
  owner_id BIGINT NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
  bytes    BIGINT NOT NULL
);
CREATE INDEX usage_changes_owner ON usage_changes (owner_id, bytes);

INSERT INTO owner_blobs (owner_id, digest, size, packages)
  SELECT k.owner_id, p.digest, max(b.size), count(*) FROM package_blobs p
  JOIN packages k ON k.id = p.package_id JOIN blobs b ON b.digest = p.digest GROUP BY k.owner_id, p.digest;
INSERT INTO owner_usage (owner_id, bytes)
  SELECT o.id, COALESCE((SELECT sum(b.size) FROM owner_blobs b WHERE b.owner_id = o.id), 0)
    + COALESCE((SELECT sum(m.size) FROM packages k JOIN manifests m ON m.package_id = k.id WHERE k.owner_id = o.id), 0) FROM owners o;

-- How many bytes an owner may hold, -1 for any number. Without a row it is the
-- instance's default.
CREATE TABLE quotas (
  owner_id BIGINT NOT NULL PRIMARY KEY REFERENCES owners (id) ON DELETE CASCADE,
  bytes    BIGINT NOT NULL
);

-- What the whole instance held on a day, which is counted from 1970-01-01 in UTC, when
-- it was last looked at. held is each blob and manifest once, idle what no package
-- holds. reclaimed is what was deleted from the blob store on that day.
CREATE TABLE figures (
  day        BIGINT NOT NULL PRIMARY KEY,
  at         BIGINT NOT NULL,
  owners     BIGINT NOT NULL,
  users      BIGINT NOT NULL,
  packages   BIGINT NOT NULL,
  versions   BIGINT NOT NULL,
  blobs      BIGINT NOT NULL,
  logical    BIGINT NOT NULL,
  held       BIGINT NOT NULL,
  idle_blobs BIGINT NOT NULL,
  idle       BIGINT NOT NULL,
  reclaimed  BIGINT NOT NULL
);

-- +goose StatementBegin
CREATE TRIGGER owner_blobs_more AFTER INSERT ON owner_blobs BEGIN
  INSERT INTO usage_changes (owner_id, bytes) VALUES (NEW.owner_id, NEW.size);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER owner_blobs_less AFTER DELETE ON owner_blobs BEGIN
  INSERT INTO usage_changes (owner_id, bytes) VALUES (OLD.owner_id, -OLD.size);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER package_blobs_more AFTER INSERT ON package_blobs BEGIN
  INSERT INTO owner_blobs (owner_id, digest, size, packages)
    SELECT k.owner_id, NEW.digest, b.size, 1 FROM packages k JOIN blobs b ON b.digest = NEW.digest WHERE k.id = NEW.package_id
    ON CONFLICT (owner_id, digest) DO UPDATE SET packages = packages + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER package_blobs_less AFTER DELETE ON package_blobs BEGIN
  UPDATE owner_blobs SET packages = packages - 1 WHERE digest = OLD.digest AND owner_id = (SELECT k.owner_id FROM packages k WHERE k.id = OLD.package_id);
  DELETE FROM owner_blobs WHERE digest = OLD.digest AND owner_id = (SELECT k.owner_id FROM packages k WHERE k.id = OLD.package_id) AND packages = 0;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER manifests_more AFTER INSERT ON manifests BEGIN
  INSERT INTO usage_changes (owner_id, bytes) SELECT k.owner_id, NEW.size FROM packages k WHERE k.id = NEW.package_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER manifests_less AFTER DELETE ON manifests BEGIN
  INSERT INTO usage_changes (owner_id, bytes) SELECT k.owner_id, -OLD.size FROM packages k WHERE k.id = OLD.package_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER packages_usage AFTER UPDATE OF owner_id ON packages WHEN NEW.owner_id <> OLD.owner_id BEGIN
  INSERT INTO usage_changes (owner_id, bytes) SELECT NEW.owner_id, sum(m.size) FROM manifests m WHERE m.package_id = NEW.id HAVING count(*) > 0;
  INSERT INTO usage_changes (owner_id, bytes) SELECT OLD.owner_id, -sum(m.size) FROM manifests m WHERE m.package_id = NEW.id HAVING count(*) > 0;
  INSERT INTO owner_blobs (owner_id, digest, size, packages)
    SELECT NEW.owner_id, p.digest, b.size, 1 FROM package_blobs p JOIN blobs b ON b.digest = p.digest WHERE p.package_id = NEW.id
    ON CONFLICT (owner_id, digest) DO UPDATE SET packages = owner_blobs.packages + 1;
  UPDATE owner_blobs SET packages = packages - 1 WHERE owner_id = OLD.owner_id
    AND digest IN (SELECT p.digest FROM package_blobs p WHERE p.package_id = NEW.id);
  DELETE FROM owner_blobs WHERE owner_id = OLD.owner_id AND packages = 0
    AND digest IN (SELECT p.digest FROM package_blobs p WHERE p.package_id = NEW.id);
END;
-- +goose StatementEnd
