-- +goose Up

-- What the manifests of a package take is added up without reading them.
CREATE INDEX manifests_sizes ON manifests (package_id, size);
