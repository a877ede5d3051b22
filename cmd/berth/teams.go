package main

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"
)

func (a *app) teamCommand() *cobra.Command {
	return a.group("team", "Manage the teams of an organization",
		a.command("create ORG TEAM", "Make a team", 2, func(ctx context.Context, c *client, args []string) error {
			raw, err := c.do(ctx, http.MethodPost, route("/orgs/%s/teams", args[0]), map[string]string{"name": args[1]})
			if err != nil {
				return err
			}
			return a.print(raw, "team "+escaped(args[0])+"/%s created", "slug")
		}),
		a.listing("list ORG", "List the teams of an organization", 1, "/orgs/%s/teams", teamTable),
		a.deletion("delete ORG TEAM", "Delete a team", "team", 2, func(ctx context.Context, c *client, args []string) error {
			_, err := c.do(ctx, http.MethodDelete, route("/orgs/%s/teams/%s", args...), nil)
			return err
		}),
		a.listing("members ORG TEAM", "List the members of a team", 2, "/orgs/%s/teams/%s/members", "LOGIN login, TYPE type"),
		a.action("add ORG TEAM USER", "Add a user to a team", 3, http.MethodPut, "/orgs/%s/teams/%s/memberships/%s", "%[3]s is in %[1]s/%[2]s"),
		a.action("remove ORG TEAM USER", "Remove a user from a team", 3, http.MethodDelete, "/orgs/%s/teams/%s/memberships/%s", "%[3]s is not in %[1]s/%[2]s"),
	)
}
