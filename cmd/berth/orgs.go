package main

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"
)

const (
	orgTable     = "LOGIN login, BASE-ROLE base_role, MEMBERS-CREATE members_can_create_packages, PUBLIC allow_public, CREATED created_at"
	orgSheet     = "LOGIN login, ID id, BASE-ROLE base_role, MEMBERS-CREATE members_can_create_packages, PUBLIC allow_public, VISIBILITY default_visibility, CREATED created_at"
	memberTable  = "LOGIN login, TYPE type, ROLE role"
	serviceTable = "LOGIN login, REPOSITORY repository, CREATED created_at"
	teamTable    = "TEAM name, SLUG slug"
)

func (a *app) orgCommand() *cobra.Command {
	return a.group("org", "Manage organizations",
		a.orgCreate(),
		a.orgList(),
		a.command("show ORG", "Show an organization", 1, func(ctx context.Context, c *client, args []string) error {
			raw, err := c.do(ctx, http.MethodGet, route("/orgs/%s", args...), nil)
			if err != nil {
				return err
			}
			return a.show(raw, orgSheet)
		}),
		a.orgSet(),
		a.renaming("rename ORG NEW-NAME", "Give an organization another name", 1, "/orgs/%s/rename", "organization"),
		a.orgDelete(),
		a.listing("members ORG", "List the members of an organization", 1, "/orgs/%s/members", memberTable),
		a.orgAddMember(),
		a.action("remove-member ORG USER", "Remove a user from an organization", 2,
			http.MethodDelete, "/orgs/%s/memberships/%s", "%[2]s is no member of %[1]s"),
		a.serviceAccountCommand(),
	)
}

func (a *app) orgCreate() *cobra.Command {
	var owner string
	cmd := a.command("create ORG --owner USER", "Make an organization", 1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.do(ctx, http.MethodPost, "/admin/organizations", map[string]string{"login": args[0], "admin": owner})
		if err != nil {
			return err
		}
		return a.print(raw, "organization %s created, owned by "+escaped(owner), "login")
	})
	cmd.Flags().StringVar(&owner, "owner", "", "user who owns it")
	must(cmd.MarkFlagRequired("owner"))
	return a.founding(cmd)
}

func (a *app) orgList() *cobra.Command {
	var all bool
	cmd := a.command("list", "List the organizations that you belong to", 0, func(ctx context.Context, c *client, _ []string) error {
		path := "/user/orgs"
		if all || c.local != nil { // the operator belongs to none
			path = "/organizations"
		}
		list, err := c.list(ctx, path, 0)
		if err != nil {
			return err
		}
		return a.table(list, orgTable)
	})
	cmd.Flags().BoolVar(&all, "all", false, "list all organizations, for administrators of the registry")
	return cmd
}

func (a *app) orgSet() *cobra.Command {
	var (
		role, visibility string
		create, public   bool
	)
	var cmd *cobra.Command
	cmd = a.command("set ORG", "Change the settings of an organization", 1, func(ctx context.Context, c *client, args []string) error {
		body := map[string]any{}
		for flag, set := range map[string]func(){
			"base-role":          func() { body["base_role"] = role },
			"members-create":     func() { body["members_can_create_packages"] = create },
			"allow-public":       func() { body["allow_public"] = public },
			"default-visibility": func() { body["default_visibility"] = orInstance(visibility) },
		} {
			if cmd.Flags().Changed(flag) {
				set()
			}
		}
		raw, err := c.do(ctx, http.MethodPatch, route("/orgs/%s", args...), body)
		if err != nil {
			return err
		}
		return a.print(raw, "organization %s changed", "login")
	})
	f := cmd.Flags()
	f.StringVar(&role, "base-role", "", "what every member has on every package: none, read, write or admin")
	f.BoolVar(&create, "members-create", true, "let members make packages and repositories")
	f.BoolVar(&public, "allow-public", true, "let packages and repositories be public")
	f.StringVar(&visibility, "default-visibility", "", "of new packages: private, internal, public, or instance for what the registry says")
	cmd.MarkFlagsOneRequired("base-role", "members-create", "allow-public", "default-visibility")
	return cmd
}

func (a *app) orgDelete() *cobra.Command {
	var d disposal
	return d.flags(a.deletion("delete ORG", "Delete an organization", "organization", 1, func(ctx context.Context, c *client, args []string) error {
		return d.remove(ctx, c, route("/orgs/%s", args...))
	}))
}

func (a *app) orgAddMember() *cobra.Command {
	var owner bool
	cmd := a.command("add-member ORG USER", "Make a user a member of an organization", 2, func(ctx context.Context, c *client, args []string) error {
		role, what := "member", "a member"
		if owner {
			role, what = "admin", "an owner"
		}
		raw, err := c.do(ctx, http.MethodPut, route("/orgs/%s/memberships/%s", args...), map[string]string{"role": role})
		if err != nil {
			return err
		}
		return a.print(raw, "%s is "+what+" of "+escaped(args[0]), "user.login")
	})
	cmd.Flags().BoolVar(&owner, "as-owner", false, "make the user an owner")
	return cmd
}

func (a *app) serviceAccountCommand() *cobra.Command {
	var repository string
	create := a.command("create ORG NAME", "Make an account for programs, which has no password", 2, func(ctx context.Context, c *client, args []string) error {
		body := map[string]string{"login": args[1]}
		if repository != "" {
			body["repository"] = repository
		}
		raw, err := c.do(ctx, http.MethodPost, route("/orgs/%s/service-accounts", args[0]), body)
		if err != nil {
			return err
		}
		return a.print(raw, "service account %s created", "login")
	})
	create.Flags().StringVar(&repository, "repository", "", "OWNER/NAME of the repository whose CI it is")
	var d disposal
	remove := d.flags(a.deletion("delete ORG NAME", "Delete a service account", "service account", 2, func(ctx context.Context, c *client, args []string) error {
		return d.remove(ctx, c, route("/orgs/%s/service-accounts/%s", args...))
	}))
	list := a.listing("list ORG", "List the service accounts of an organization", 1, "/orgs/%s/service-accounts", serviceTable)
	rename := a.renaming("rename ORG NAME NEW-NAME", "Give a service account another name", 2, "/orgs/%s/service-accounts/%s/rename", "service account")
	return parent("service-account", "Manage accounts for programs", create, list, rename, remove)
}
