-- +goose Up

-- Lists of packages go along an index for each reason why somebody may read a package,
-- in the order of the list. What stands in these indexes is kept right here, by the
-- database, so that no change anywhere can forget it.

-- From now on packages.visibility is that of the repository where the package inherits.
ALTER TABLE packages ALTER COLUMN visibility TYPE TEXT COLLATE "C";
UPDATE packages SET visibility = (SELECT s.visibility FROM repositories s WHERE s.id = packages.repository_id)
  WHERE inherit AND repository_id IS NOT NULL;

-- Where the package of a role stands in lists, NULL while it is in none.
ALTER TABLE package_roles ADD COLUMN listed_owner BIGINT;
ALTER TABLE package_roles ADD COLUMN listed_visibility TEXT COLLATE "C";
ALTER TABLE package_roles ADD COLUMN listed_path TEXT COLLATE "C";
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

-- Whoever makes a package inherit waits for a change to the repository that is under
-- way, and the other way round: one of the two always sees what the other did. The same
-- is with roles and packages.
-- +goose StatementBegin
CREATE FUNCTION packages_inherit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.visibility := COALESCE((SELECT s.visibility FROM repositories s WHERE s.id = NEW.repository_id FOR SHARE), NEW.visibility);
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER packages_inherit_insert BEFORE INSERT ON packages FOR EACH ROW
  WHEN (NEW.inherit AND NEW.repository_id IS NOT NULL) EXECUTE FUNCTION packages_inherit();
CREATE TRIGGER packages_inherit_update BEFORE UPDATE ON packages FOR EACH ROW
  WHEN (NEW.inherit AND NEW.repository_id IS NOT NULL
    AND (NOT OLD.inherit OR NEW.repository_id IS DISTINCT FROM OLD.repository_id OR NEW.visibility <> OLD.visibility))
  EXECUTE FUNCTION packages_inherit();

-- +goose StatementBegin
CREATE FUNCTION repositories_inherit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE packages SET visibility = NEW.visibility WHERE repository_id = NEW.id AND inherit;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER repositories_inherit AFTER UPDATE ON repositories FOR EACH ROW
  WHEN (NEW.visibility <> OLD.visibility) EXECUTE FUNCTION repositories_inherit();

-- +goose StatementBegin
CREATE FUNCTION package_roles_listed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  p RECORD;
BEGIN
  SELECT owner_id, visibility, path, published_at, deleted_at INTO p FROM packages WHERE id = NEW.package_id FOR SHARE;
  IF p.published_at IS NOT NULL AND p.deleted_at IS NULL THEN
    NEW.listed_owner := p.owner_id;
    NEW.listed_visibility := p.visibility;
    NEW.listed_path := p.path;
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER package_roles_listed BEFORE INSERT ON package_roles FOR EACH ROW EXECUTE FUNCTION package_roles_listed();

-- +goose StatementBegin
CREATE FUNCTION packages_listed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE package_roles SET (listed_owner, listed_visibility, listed_path) = (SELECT p.owner_id, p.visibility, p.path FROM packages p
    WHERE p.id = NEW.id AND p.published_at IS NOT NULL AND p.deleted_at IS NULL) WHERE package_id = NEW.id;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER packages_listed AFTER UPDATE ON packages FOR EACH ROW
  WHEN (NEW.owner_id <> OLD.owner_id OR NEW.visibility <> OLD.visibility OR NEW.path <> OLD.path
    OR NEW.published_at IS DISTINCT FROM OLD.published_at OR NEW.deleted_at IS DISTINCT FROM OLD.deleted_at)
  EXECUTE FUNCTION packages_listed();

-- +goose StatementBegin
CREATE FUNCTION trash_owned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.owner_id := (SELECT p.owner_id FROM packages p WHERE p.id = NEW.package_id FOR SHARE);
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER trash_owned BEFORE INSERT ON trash FOR EACH ROW EXECUTE FUNCTION trash_owned();
-- +goose StatementBegin
CREATE FUNCTION packages_owned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE trash SET owner_id = NEW.owner_id WHERE package_id = NEW.id;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER packages_owned AFTER UPDATE ON packages FOR EACH ROW WHEN (NEW.owner_id <> OLD.owner_id) EXECUTE FUNCTION packages_owned();
