-- +goose Up

-- Lists of packages go along an index for each reason why somebody may read a package,
-- in the order of the list. What stands in these indexes is kept right here, by the
-- database, so that no change anywhere can forget it.

-- From now on packages.visibility is that of the repository where the package inherits.
UPDATE packages SET visibility = (SELECT s.visibility FROM repositories s WHERE s.id = packages.repository_id)
  WHERE inherit AND repository_id IS NOT NULL;

-- Where the package of a role stands in lists, NULL while it is in none.
ALTER TABLE package_roles ADD COLUMN listed_owner BIGINT;
ALTER TABLE package_roles ADD COLUMN listed_visibility TEXT;
ALTER TABLE package_roles ADD COLUMN listed_path TEXT;
UPDATE package_roles SET (listed_owner, listed_visibility, listed_path) = (SELECT p.owner_id, p.visibility, p.path FROM packages p
  WHERE p.id = package_roles.package_id AND p.published_at IS NOT NULL AND p.deleted_at IS NULL);

-- Who owns the package of a deletion.
ALTER TABLE trash ADD COLUMN owner_id BIGINT;
UPDATE trash SET owner_id = (SELECT p.owner_id FROM packages p WHERE p.id = trash.package_id);
CREATE INDEX trash_owner ON trash (owner_id, id) WHERE digest IS NULL;

DROP INDEX package_roles_of_user;
DROP INDEX package_roles_of_team;
DROP INDEX package_roles_of_repository;
CREATE INDEX package_roles_of_user ON package_roles (user_id, listed_owner, listed_visibility, listed_path, package_id) WHERE user_id IS NOT NULL;
CREATE INDEX package_roles_of_team ON package_roles (team_id, listed_owner, listed_visibility, listed_path, package_id) WHERE team_id IS NOT NULL;
CREATE INDEX package_roles_of_repository ON package_roles (repository_id, listed_owner, listed_visibility, listed_path, package_id) WHERE repository_id IS NOT NULL;
CREATE INDEX packages_visible ON packages (owner_id, visibility, path) WHERE published_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX packages_inherited ON packages (repository_id, path) WHERE inherit AND published_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX repository_roles_repository ON repository_roles (repository_id);

-- The tags of a version are listed in order, and only some where there are very many.
DROP INDEX tags_digest;
CREATE INDEX tags_digest ON tags (package_id, digest, folded);

-- +goose StatementBegin
CREATE TRIGGER packages_inherit_insert AFTER INSERT ON packages WHEN NEW.inherit AND NEW.repository_id IS NOT NULL BEGIN
  UPDATE packages SET visibility = COALESCE((SELECT s.visibility FROM repositories s WHERE s.id = NEW.repository_id), visibility) WHERE id = NEW.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER packages_inherit_update AFTER UPDATE OF inherit, repository_id, visibility ON packages
WHEN NEW.inherit AND NEW.repository_id IS NOT NULL
  AND (NOT OLD.inherit OR NEW.repository_id IS NOT OLD.repository_id OR NEW.visibility <> OLD.visibility) BEGIN
  UPDATE packages SET visibility = COALESCE((SELECT s.visibility FROM repositories s WHERE s.id = NEW.repository_id), visibility) WHERE id = NEW.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER repositories_inherit AFTER UPDATE OF visibility ON repositories WHEN NEW.visibility <> OLD.visibility BEGIN
  UPDATE packages SET visibility = NEW.visibility WHERE repository_id = NEW.id AND inherit;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER package_roles_listed AFTER INSERT ON package_roles BEGIN
  UPDATE package_roles SET (listed_owner, listed_visibility, listed_path) = (SELECT p.owner_id, p.visibility, p.path FROM packages p
    WHERE p.id = NEW.package_id AND p.published_at IS NOT NULL AND p.deleted_at IS NULL) WHERE id = NEW.id;
END;
-- +goose StatementEnd
-- What was said of the package may have changed again by another trigger: look.
-- +goose StatementBegin
CREATE TRIGGER packages_listed AFTER UPDATE OF owner_id, visibility, path, published_at, deleted_at ON packages
WHEN NEW.owner_id <> OLD.owner_id OR NEW.visibility <> OLD.visibility OR NEW.path <> OLD.path
  OR NEW.published_at IS NOT OLD.published_at OR NEW.deleted_at IS NOT OLD.deleted_at BEGIN
  UPDATE package_roles SET (listed_owner, listed_visibility, listed_path) = (SELECT p.owner_id, p.visibility, p.path FROM packages p
    WHERE p.id = NEW.id AND p.published_at IS NOT NULL AND p.deleted_at IS NULL) WHERE package_id = NEW.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER trash_owned AFTER INSERT ON trash BEGIN
  UPDATE trash SET owner_id = (SELECT p.owner_id FROM packages p WHERE p.id = NEW.package_id) WHERE id = NEW.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER packages_owned AFTER UPDATE OF owner_id ON packages WHEN NEW.owner_id <> OLD.owner_id BEGIN
  UPDATE trash SET owner_id = NEW.owner_id WHERE package_id = NEW.id;
END;
-- +goose StatementEnd
