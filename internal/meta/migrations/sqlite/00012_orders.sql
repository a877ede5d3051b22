-- +goose Up

-- An owner's packages are listed in the order of their last push and of their pulls
-- without looking at all of them.
CREATE INDEX packages_updated ON packages (owner_id, updated_at DESC, path) WHERE published_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX packages_downloads ON packages (owner_id, downloads DESC, path) WHERE published_at IS NOT NULL AND deleted_at IS NULL;

-- Versions without a tag are found without reading the others: all that is asked of
-- these lies in the index.
DROP INDEX manifests_versions;
CREATE INDEX manifests_versions ON manifests (package_id, id, digest, version, trash_id) WHERE version AND trash_id IS NULL;
