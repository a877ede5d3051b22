package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/berth-registry/berth"
)

const (
	packageTable = "PACKAGE path, VISIBILITY visibility, REPOSITORY repository.full_name, VERSIONS version_count, PULLS downloads, UPDATED updated_at"
	packageSheet = "PACKAGE path, ID id, VISIBILITY visibility, REPOSITORY repository.full_name, INHERITS inherit, ROLE role, KIND kind, DESCRIPTION description, " +
		"LICENSES license, VERSIONS version_count, PULLS downloads, PULLED last_pulled_at, UPDATED updated_at, CREATED created_at"
)

func (a *app) packageCommand() *cobra.Command {
	return a.group("package", "Manage packages",
		a.packageList(),
		a.onPackage("show OWNER/NAME", "Show a package", 1, func(ctx context.Context, c *client, path string, _ []string) error {
			raw, err := c.do(ctx, http.MethodGet, path, nil)
			if err != nil {
				return err
			}
			return a.showPackage(raw)
		}),
		a.onPackage("visibility OWNER/NAME private|internal|public", "Change who may pull a package", 2, func(ctx context.Context, c *client, path string, args []string) error {
			raw, err := c.do(ctx, http.MethodPatch, path, map[string]string{"visibility": args[1]})
			if err != nil {
				return err
			}
			return a.print(raw, escaped(args[0])+" is %s", "visibility")
		}),
		a.packageGrant(),
		a.packageRevoke(),
		a.onPackage("roles OWNER/NAME", "List who has a role on a package", 1, func(ctx context.Context, c *client, path string, _ []string) error {
			list, err := c.list(ctx, path+"/roles", 0)
			if err != nil {
				return err
			}
			return a.table(list, collaboratorTable)
		}),
		a.onPackage("link OWNER/NAME OWNER/REPOSITORY", "Link a package to a repository", 2, func(ctx context.Context, c *client, path string, args []string) error {
			if _, err := c.do(ctx, http.MethodPut, path+"/repository", map[string]string{"full_name": args[1]}); err != nil {
				return err
			}
			return a.say("%s is linked to %s", args[0], args[1])
		}),
		a.onPackage("unlink OWNER/NAME", "Cut a package from its repository", 1, func(ctx context.Context, c *client, path string, args []string) error {
			if _, err := c.do(ctx, http.MethodDelete, path+"/repository", nil); err != nil {
				return err
			}
			return a.say("%s is no longer linked", args[0])
		}),
		a.packageInherit(),
		a.packageRename(),
		a.packageTransfer(),
		a.packageAliasCommand(),
		a.packageDelete(),
		a.packageUsage(),
		a.packageTrash(),
		a.packageRestore(),
		a.versionCommand(),
		a.tagCommand(),
		a.packageProtect(),
		a.packageUnprotect(),
		a.packageProtections(),
		a.retentionCommand(),
	)
}

// packagePath returns where the server has a package.
func packagePath(name string) (string, error) {
	n, err := berth.ParseName(name)
	return route("/users/%s/packages/container/%s", n.Owner, n.Path), err
}

// onPackage makes a command whose first argument is a package.
func (a *app) onPackage(use, short string, n int, run func(ctx context.Context, c *client, path string, args []string) error) *cobra.Command {
	return a.command(use, short, n, func(ctx context.Context, c *client, args []string) error {
		path, err := packagePath(args[0])
		if err != nil {
			return err
		}
		return run(ctx, c, path, args)
	})
}

// withPath gives packages their full name, which the server has in two parts.
func withPath(raw json.RawMessage) (json.RawMessage, error) {
	o, err := parseObject(raw)
	if err != nil {
		return nil, err
	}
	o["path"] = o.text("owner.login") + "/" + o.text("name")
	return json.Marshal(o)
}

func (a *app) showPackage(raw json.RawMessage) error {
	if a.output == outputText {
		var err error
		if raw, err = withPath(raw); err != nil {
			return err
		}
	}
	return a.show(raw, packageSheet)
}

func (a *app) packageList() *cobra.Command {
	return a.packagesOf("list", "List the packages of an owner, or your own", "/users/%s/packages?package_type=container", packageTable)
}

// packagesOf makes a command that lists packages of an owner.
func (a *app) packagesOf(word, short, path, layout string) *cobra.Command {
	cmd := a.command(word+" [OWNER]", short, 0, func(ctx context.Context, c *client, args []string) error {
		owner := c.user
		if len(args) > 0 {
			owner = args[0]
		}
		if owner == "" {
			return fmt.Errorf("whose packages? Write berth package %s OWNER", word)
		}
		list, err := c.list(ctx, route(path, owner), 0)
		if err != nil {
			return err
		}
		if a.output == outputText {
			for i := range list {
				if list[i], err = withPath(list[i]); err != nil {
					return err
				}
			}
		}
		return a.table(list, layout)
	})
	cmd.Args = cobra.MaximumNArgs(1)
	return cmd
}

// packageHolder is the path of a role on a package.
func (f *holderFlags) packageHolder(pkg string) (string, error) {
	switch {
	case f.team != "":
		return pkg + route("/roles/teams/%s", f.team), nil
	case f.repository != "":
		owner, name, err := cutRepo(f.repository)
		return pkg + route("/roles/repositories/%s/%s", owner, name), err
	}
	return pkg + route("/roles/users/%s", f.user), nil
}

func (a *app) packageGrant() *cobra.Command {
	var f holderFlags
	cmd := a.onPackage("grant OWNER/NAME --user NAME|--team TEAM|--repository OWNER/NAME --role ROLE", "Give a role on a package", 1,
		func(ctx context.Context, c *client, path string, args []string) error {
			holder, err := f.packageHolder(path)
			if err != nil {
				return err
			}
			if _, err := c.do(ctx, http.MethodPut, holder, map[string]string{"role": f.role}); err != nil {
				return err
			}
			return a.say("%s has the role %s on %s", f.who(), f.stored(), args[0])
		})
	f.add(cmd, true, true)
	return cmd
}

func (a *app) packageRevoke() *cobra.Command {
	var f holderFlags
	cmd := a.onPackage("revoke OWNER/NAME --user NAME|--team TEAM|--repository OWNER/NAME", "Take a role on a package away", 1,
		func(ctx context.Context, c *client, path string, args []string) error {
			holder, err := f.packageHolder(path)
			if err != nil {
				return err
			}
			if _, err := c.do(ctx, http.MethodDelete, holder, nil); err != nil {
				return err
			}
			return a.say("%s has no role of its own on %s", f.who(), args[0])
		})
	f.add(cmd, true, false)
	return cmd
}

func (a *app) packageInherit() *cobra.Command {
	return a.onPackage("inherit OWNER/NAME on|off", "Give a package the roles and the visibility of its repository, or its own", 2,
		func(ctx context.Context, c *client, path string, args []string) error {
			on, err := onOff(args[1])
			if err != nil {
				return err
			}
			raw, err := c.do(ctx, http.MethodPatch, path, map[string]bool{"inherit": on})
			if err != nil {
				return err
			}
			how := "does not inherit"
			if on {
				how = "inherits"
			}
			return a.print(raw, escaped(args[0])+" "+how+" and is %s", "visibility")
		})
}

func (a *app) packageUsage() *cobra.Command {
	return a.command("usage OWNER[/NAME]", "Show what a package takes, or all packages of an owner", 1, func(ctx context.Context, c *client, args []string) error {
		path := route("/users/%s", args[0])
		if strings.Contains(args[0], "/") {
			var err error
			if path, err = packagePath(args[0]); err != nil {
				return err
			}
		}
		raw, err := c.do(ctx, http.MethodGet, path+"/usage", nil)
		if err != nil {
			return err
		}
		return a.show(raw, "PACKAGES packages, VERSIONS versions, PULLS downloads, LOGICAL logical_size, UNIQUE unique_size")
	})
}
