package main

import (
	"context"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/berth-registry/berth"
)

const aliasTable = "OLD-NAME name, PACKAGE package, SINCE created_at"

func (a *app) packageRename() *cobra.Command {
	return a.onPackage("rename OWNER/NAME NEW-NAME", "Give a package another name; pulls by the old one go on", 2,
		func(ctx context.Context, c *client, path string, args []string) error {
			n, err := berth.ParseName(args[0])
			if err != nil {
				return err
			}
			// Both OWNER/NEW-NAME and NEW-NAME are what people write.
			name := strings.TrimPrefix(args[1], n.Owner+"/")
			raw, err := c.do(ctx, http.MethodPost, path+"/rename", map[string]string{"name": name})
			if err != nil {
				return err
			}
			return a.sayMoved(args[0], raw)
		})
}

func (a *app) packageTransfer() *cobra.Command {
	return a.onPackage("transfer OWNER/NAME NEW-OWNER[/NEW-NAME]", "Give a package to another owner; pulls by the old name go on", 2,
		func(ctx context.Context, c *client, path string, args []string) error {
			owner, name, named := strings.Cut(args[1], "/")
			body := map[string]string{"new_owner": owner}
			if named {
				body["new_name"] = name
			}
			raw, err := c.do(ctx, http.MethodPost, path+"/transfer", body)
			if err != nil {
				return err
			}
			return a.sayMoved(args[0], raw)
		})
}

// sayMoved prints the new name of a package that the server answered with.
func (a *app) sayMoved(from string, raw []byte) error {
	if a.output == outputJSON {
		return a.print(raw, "")
	}
	full, err := withPath(raw)
	if err != nil {
		return err
	}
	return a.print(full, escaped(from)+" is now %s", "path")
}

func (a *app) packageAliasCommand() *cobra.Command {
	list := a.command("list OWNER/NAME|OWNER", "List the old names of a package, or those kept in a namespace", 1,
		func(ctx context.Context, c *client, args []string) error {
			path := route("/users/%s/package-aliases", args[0])
			if strings.Contains(args[0], "/") {
				one, err := packagePath(args[0])
				if err != nil {
					return err
				}
				path = one + "/aliases"
			}
			found, err := c.list(ctx, path, 0)
			if err != nil {
				return err
			}
			return a.table(found, aliasTable)
		})
	remove := a.command("remove OWNER/OLD-NAME", "Free the old name of a package: nothing is pulled by it any more", 1,
		func(ctx context.Context, c *client, args []string) error {
			n, err := berth.ParseName(args[0])
			if err != nil {
				return err
			}
			if _, err := c.do(ctx, http.MethodDelete, route("/users/%s/package-aliases/%s", n.Owner, n.Path), nil); err != nil {
				return err
			}
			return a.say("the name %s is free", n)
		})
	return parent("alias", "Manage names that packages had before", list, remove)
}

// renaming makes a command whose last argument is the new name of what the ones before
// name.
func (a *app) renaming(use, short string, named int, path, what string) *cobra.Command {
	return a.command(use, short, named+1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.do(ctx, http.MethodPost, route(path, args[:named]...), map[string]string{"login": args[named]})
		if err != nil {
			return err
		}
		return a.print(raw, escaped(what+" "+args[named-1])+" is now %s", "login")
	})
}

// userRename renames anybody as an administrator, and oneself on a server.
func (a *app) userRename() *cobra.Command {
	return a.command("rename NAME NEW-NAME", "Give a user another name; pulls by the old one go on", 2,
		func(ctx context.Context, c *client, args []string) error {
			me := ""
			if c.local == nil {
				var err error
				if me, err = verify(ctx, c); err != nil {
					return err
				}
			}
			if !strings.EqualFold(me, args[0]) {
				if _, err := c.do(ctx, http.MethodPatch, route("/admin/users/%s", args[0]), map[string]string{"login": args[1]}); err != nil {
					return err
				}
				return a.say("user %s is now %s", args[0], args[1])
			}
			raw, err := c.do(ctx, http.MethodPost, "/user/rename", map[string]string{"login": args[1]})
			if err != nil {
				return err
			}
			if err := a.renameLogin(c.base.String(), args[1]); err != nil {
				return err
			}
			return a.print(raw, escaped("user "+args[0])+" is now %s", "login")
		})
}

// renameLogin writes down that whoever is logged in to a server has another name.
func (a *app) renameLogin(server, name string) error {
	l, err := a.loadLogins()
	if err != nil {
		return err
	}
	one := l.Servers[server]
	one.User = name
	l.Servers[server] = one
	return a.saveLogins(l)
}
