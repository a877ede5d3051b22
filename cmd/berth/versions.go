package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
)

const (
	versionTable = "ID id, TAGS metadata.container.tags, DIGEST name, KIND kind, SIZE size, PULLS downloads, COMPLETE health.complete, PUSHED created_at"
	trashedTable = "ID id, TAGS metadata.container.tags, DIGEST name, KIND kind, SIZE size, DELETED deleted_at, BY deleted_by"
	versionSheet = "ID id, DIGEST name, TAGS metadata.container.tags, KIND kind, TYPE media_type, SIZE size, UNIQUE unique_size, " +
		"DESCRIPTION description, LICENSES license, SOURCE about.source, PLATFORMS platforms, ATTACHED attached, COMPLETE health.complete, MISSING missing, PROBLEM problem, " +
		"PULLS downloads, PULLED last_pulled_at, PUSHED created_at"
	tagTable    = "TAG name, VERSION version_id, DIGEST digest, PULLS downloads, MOVED updated_at"
	deletedList = "PACKAGE path, ID id, VISIBILITY visibility, VERSIONS version_count, DELETED deleted_at, BY deleted_by, GONE gone_at"
)

// versionCommand is about the versions of a package.
func (a *app) versionCommand() *cobra.Command {
	return parent("version", "Manage the versions of a package",
		a.versionList(),
		a.onPackage("show OWNER/NAME VERSION", "Show a version, by its number or a tag", 2, func(ctx context.Context, c *client, path string, args []string) error {
			id, err := c.findVersion(ctx, path, args[1])
			if err != nil {
				return err
			}
			raw, err := c.do(ctx, http.MethodGet, path+"/versions/"+id, nil)
			if err != nil {
				return err
			}
			return a.showVersion(raw)
		}),
		a.versionDelete(),
		a.versionRestore(),
		a.versionCopy(),
	)
}

func (a *app) versionList() *cobra.Command {
	var deleted bool
	cmd := a.onPackage("list OWNER/NAME", "List the versions of a package, newest first", 1, func(ctx context.Context, c *client, path string, _ []string) error {
		query, layout := "", versionTable
		if deleted {
			query, layout = "?state=deleted", trashedTable
		}
		list, err := c.list(ctx, path+"/versions"+query, 0)
		if err != nil {
			return err
		}
		return a.table(list, layout)
	})
	cmd.Flags().BoolVar(&deleted, "deleted", false, "those in the trash")
	return cmd
}

func (a *app) versionDelete() *cobra.Command {
	return a.trashing("delete OWNER/NAME VERSION...", "Move versions to the trash, by their numbers or tags, all or none", "versions", cobra.MinimumNArgs(2), func(ctx context.Context, c *client, args []string) error {
		path, err := packagePath(args[0])
		if err != nil {
			return err
		}
		var ids []json.Number
		for _, name := range args[1:] {
			id, err := c.findVersion(ctx, path, name)
			if err != nil {
				return err
			}
			ids = append(ids, json.Number(id))
		}
		_, err = c.do(ctx, http.MethodPost, path+"/versions/delete", map[string][]json.Number{"ids": ids})
		return err
	})
}

func (a *app) versionRestore() *cobra.Command {
	var skip bool
	cmd := a.onPackage("restore OWNER/NAME VERSION", "Bring a deleted version back, by its number", 2, func(ctx context.Context, c *client, path string, args []string) error {
		target := path + route("/versions/%s/restore", args[1])
		if skip {
			target += "?skip_taken_tags=true"
		}
		if _, err := c.do(ctx, http.MethodPost, target, nil); err != nil {
			return err
		}
		return a.say("version %s of %s is back", args[1], args[0])
	})
	cmd.Flags().BoolVar(&skip, "skip-taken-tags", false, "leave out tags that name another version now")
	return cmd
}

func (a *app) versionCopy() *cobra.Command {
	var tags []string
	cmd := a.onPackage("copy OWNER/NAME VERSION OWNER/NAME", "Copy a version with all that belongs to it to another package", 3, func(ctx context.Context, c *client, path string, args []string) error {
		id, err := c.findVersion(ctx, path, args[1])
		if err != nil {
			return err
		}
		raw, err := c.do(ctx, http.MethodPost, path+"/versions/"+id+"/copy", map[string]any{"to": args[2], "tags": tags})
		if err != nil {
			return err
		}
		return a.print(raw, "version %s of "+escaped(args[2]), "id")
	})
	cmd.Flags().StringSliceVar(&tags, "tag", nil, "tags that it gets there")
	return cmd
}

// tagCommand is about the tags of a package.
func (a *app) tagCommand() *cobra.Command {
	return parent("tag", "Manage the tags of a package",
		a.onPackage("list OWNER/NAME", "List the tags of a package", 1, func(ctx context.Context, c *client, path string, _ []string) error {
			list, err := c.list(ctx, path+"/tags", 0)
			if err != nil {
				return err
			}
			return a.table(list, tagTable)
		}),
		a.onPackage("set OWNER/NAME TAG VERSION", "Make a tag name a version: a number, another tag or a digest", 3, func(ctx context.Context, c *client, path string, args []string) error {
			body := map[string]any{"reference": args[2]}
			if !strings.Contains(args[2], ":") || strings.HasPrefix(args[2], "id:") || strings.HasPrefix(args[2], "tag:") {
				id, err := c.findVersion(ctx, path, args[2])
				if err != nil {
					return err
				}
				body = map[string]any{"version_id": json.Number(id)}
			}
			raw, err := c.do(ctx, http.MethodPut, path+route("/tags/%s", args[1]), body)
			if err != nil {
				return err
			}
			return a.print(raw, escaped(args[0])+":%s is %s", "name", "digest")
		}),
		a.onPackage("delete OWNER/NAME TAG", "Delete a tag; its version stays", 2, func(ctx context.Context, c *client, path string, args []string) error {
			if _, err := c.do(ctx, http.MethodDelete, path+route("/tags/%s", args[1]), nil); err != nil {
				return err
			}
			return a.say("tag %s of %s deleted", args[1], args[0])
		}),
	)
}

func (a *app) packageTrash() *cobra.Command {
	return a.packagesOf("trash", "List the deleted packages of an owner, or your own, that can be restored", "/users/%s/trash", deletedList)
}

func (a *app) packageRestore() *cobra.Command {
	var id uint
	cmd := a.onPackage("restore OWNER/NAME", "Bring a deleted package back", 1, func(ctx context.Context, c *client, path string, args []string) error {
		target := path + "/restore"
		if id != 0 {
			target += fmt.Sprintf("?id=%d", id)
		}
		if _, err := c.do(ctx, http.MethodPost, target, nil); err != nil {
			return err
		}
		return a.say("package %s is back", args[0])
	})
	cmd.Flags().UintVar(&id, "id", 0, "which, where several of that name were deleted; else the last")
	return cmd
}

func (a *app) packageDelete() *cobra.Command {
	return a.trashing("delete OWNER/NAME", "Move a package with all its versions to the trash", "package", cobra.ExactArgs(1), func(ctx context.Context, c *client, args []string) error {
		path, err := packagePath(args[0])
		if err != nil {
			return err
		}
		_, err = c.do(ctx, http.MethodDelete, path, nil)
		return err
	})
}
