-- +goose Up

-- Packages -------------------------------------------------------------------

-- updated_at is when a tag was last pushed. What is said of a package is said of
-- the version that was pushed last. A package in the trash has given up its name:
-- its path is then "-/ID/PATH", which nobody can ask for.
ALTER TABLE packages ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE packages ADD COLUMN version_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE packages ADD COLUMN downloads BIGINT NOT NULL DEFAULT 0;
ALTER TABLE packages ADD COLUMN last_pulled_at BIGINT;
ALTER TABLE packages ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE packages ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE packages ADD COLUMN licenses TEXT NOT NULL DEFAULT '';
ALTER TABLE packages ADD COLUMN deleted_at BIGINT;
CREATE INDEX packages_live ON packages (owner_id, path) WHERE published_at IS NOT NULL AND deleted_at IS NULL;

-- How often manifests of a package were pulled on a day, which is counted from
-- 1970-01-01 in UTC.
CREATE TABLE downloads (
  package_id BIGINT NOT NULL REFERENCES packages (id) ON DELETE CASCADE,
  day        BIGINT NOT NULL,
  count      BIGINT NOT NULL,
  PRIMARY KEY (package_id, day)
);

-- One row for each thing that a person deleted and may have back: a package, or a
-- version (digest is its root) with all that belongs to it. path is the name that
-- the package had, tags the names of the version as a JSON list.
CREATE TABLE trash (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  package_id    BIGINT NOT NULL REFERENCES packages (id),
  digest        TEXT,
  path          TEXT NOT NULL,
  tags          TEXT NOT NULL,
  deleted_by    TEXT NOT NULL,
  deleted_by_id BIGINT NOT NULL,
  deleted_at    BIGINT NOT NULL
);
CREATE INDEX trash_package ON trash (package_id, id);
CREATE INDEX trash_deleted ON trash (deleted_at);

-- Content --------------------------------------------------------------------

-- A blob whose bytes were not there when somebody looked.
ALTER TABLE blobs ADD COLUMN lost_at BIGINT;
CREATE INDEX blobs_lost ON blobs (digest) WHERE lost_at IS NOT NULL;

-- A blob that was deleted while only versions in the trash need it.
ALTER TABLE package_blobs ADD COLUMN hidden BOOLEAN NOT NULL DEFAULT FALSE;

-- version is TRUE for a root: what is no referrer, and has a tag or is in no index.
ALTER TABLE manifests ADD COLUMN version BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE manifests ADD COLUMN trash_id BIGINT REFERENCES trash (id);
ALTER TABLE manifests ADD COLUMN downloads BIGINT NOT NULL DEFAULT 0;
ALTER TABLE manifests ADD COLUMN last_pulled_at BIGINT;
ALTER TABLE manifests ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX manifests_versions ON manifests (package_id, id) WHERE version AND trash_id IS NULL;
CREATE INDEX manifests_trash ON manifests (trash_id) WHERE trash_id IS NOT NULL;

-- subject is what a tag such as "sha256-….sig" is for, by its name alone.
ALTER TABLE tags ADD COLUMN subject TEXT;
ALTER TABLE tags ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tags ADD COLUMN downloads BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tags ADD COLUMN last_pulled_at BIGINT;
CREATE INDEX tags_subject ON tags (package_id, subject) WHERE subject IS NOT NULL;

-- What a manifest and its config say of themselves, as the job after a push reads
-- it. summary and details are JSON; problem is why something could not be read.
CREATE TABLE descriptions (
  manifest_id  BIGINT NOT NULL PRIMARY KEY REFERENCES manifests (id) ON DELETE CASCADE,
  kind         TEXT NOT NULL,
  size         BIGINT NOT NULL,
  summary      TEXT NOT NULL,
  details      TEXT NOT NULL,
  problem      TEXT NOT NULL,
  described_at BIGINT NOT NULL
);

-- What the job after a push has still to do: one row for each tag that moved, or one
-- without a tag. before is what the tag named until then. may_link is whether the
-- credentials allowed to link to a repository.
CREATE TABLE pushes (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  package_id  BIGINT NOT NULL REFERENCES packages (id) ON DELETE CASCADE,
  manifest_id BIGINT NOT NULL REFERENCES manifests (id) ON DELETE CASCADE,
  tag         TEXT NOT NULL,
  before      TEXT NOT NULL,
  user_id     BIGINT NOT NULL,
  login       TEXT NOT NULL,
  may_link    BOOLEAN NOT NULL,
  pushed_at   BIGINT NOT NULL,
  attempts    BIGINT NOT NULL,
  not_before  BIGINT NOT NULL
);
CREATE INDEX pushes_due ON pushes (not_before, id);
CREATE INDEX pushes_package ON pushes (package_id);
CREATE INDEX pushes_manifest ON pushes (manifest_id);

-- What was pushed before -----------------------------------------------------

UPDATE tags SET created_at = updated_at, subject = CASE
  WHEN folded LIKE 'sha256-%' AND length(folded) >= 71 THEN 'sha256:' || substr(folded, 8, 64)
  WHEN folded LIKE 'sha512-%' AND length(folded) >= 135 THEN 'sha512:' || substr(folded, 8, 128) END;
UPDATE manifests SET updated_at = pushed_at, version = subject IS NULL AND (
  EXISTS (SELECT 1 FROM tags t WHERE t.package_id = manifests.package_id AND t.digest = manifests.digest
    AND NOT EXISTS (SELECT 1 FROM manifests s WHERE s.package_id = t.package_id AND s.digest = t.subject AND s.digest <> t.digest))
  OR NOT EXISTS (SELECT 1 FROM manifest_children c WHERE c.package_id = manifests.package_id AND c.digest = manifests.digest)
    AND NOT EXISTS (SELECT 1 FROM tags t WHERE t.package_id = manifests.package_id AND t.digest = manifests.digest));
UPDATE packages SET updated_at = COALESCE(published_at, created_at),
  version_count = (SELECT count(*) FROM manifests m WHERE m.package_id = packages.id AND m.version);
INSERT INTO pushes (package_id, manifest_id, tag, before, user_id, login, may_link, pushed_at, attempts, not_before)
  SELECT package_id, id, '', '', 0, '', FALSE, pushed_at, 0, 0 FROM manifests;
