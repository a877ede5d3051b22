package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
)

const (
	repoTable         = "REPOSITORY full_name, VISIBILITY visibility, DESCRIPTION description, CREATED created_at"
	repoSheet         = "REPOSITORY full_name, ID id, VISIBILITY visibility, DESCRIPTION description, HOMEPAGE homepage, ADMIN permissions.admin, PUSH permissions.push, CREATED created_at"
	collaboratorTable = "KIND kind, NAME name, ROLE role"
)

func (a *app) repoCommand() *cobra.Command {
	return a.group("repo", "Manage the records of source repositories",
		a.repoCreate(),
		a.repoList(),
		a.command("show OWNER/NAME", "Show a repository", 1, func(ctx context.Context, c *client, args []string) error {
			path, err := repoPath(args[0])
			if err != nil {
				return err
			}
			raw, err := c.do(ctx, http.MethodGet, path, nil)
			if err != nil {
				return err
			}
			return a.show(raw, repoSheet)
		}),
		a.repoSet(),
		a.repoReadme(),
		a.deletion("delete OWNER/NAME", "Delete a repository; packages linked to it stay", "repository", 1, func(ctx context.Context, c *client, args []string) error {
			path, err := repoPath(args[0])
			if err != nil {
				return err
			}
			_, err = c.do(ctx, http.MethodDelete, path, nil)
			return err
		}),
		a.repoGrant(),
		a.repoRevoke(),
		a.repoCollaborators(),
	)
}

// cutRepo splits OWNER/NAME.
func cutRepo(s string) (owner, name string, err error) {
	owner, name, ok := strings.Cut(s, "/")
	if !ok || owner == "" || name == "" || strings.Contains(name, "/") {
		return "", "", fmt.Errorf("%q is not OWNER/NAME of a repository", s)
	}
	return owner, name, nil
}

func repoPath(s string) (string, error) {
	owner, name, err := cutRepo(s)
	return route("/repos/%s/%s", owner, name), err
}

// repoFlags is what can be said of a repository.
type repoFlags struct{ name, visibility, description, homepage string }

func (f *repoFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.visibility, "visibility", "", "private, internal or public")
	cmd.Flags().StringVar(&f.description, "description", "", "what it is, in a line")
	cmd.Flags().StringVar(&f.homepage, "homepage", "", "address of its page")
}

// body returns those of the flags that were given.
func (f *repoFlags) body(cmd *cobra.Command) map[string]any {
	body := map[string]any{}
	for flag, value := range map[string]string{"name": f.name, "visibility": f.visibility, "description": f.description, "homepage": f.homepage} {
		if cmd.Flags().Changed(flag) {
			body[flag] = value
		}
	}
	return body
}

func (a *app) repoCreate() *cobra.Command {
	var f repoFlags
	var cmd *cobra.Command
	cmd = a.command("create [OWNER/]NAME", "Make a repository, your own or an organization's", 1, func(ctx context.Context, c *client, args []string) error {
		owner, name, ok := strings.Cut(args[0], "/")
		path := route("/orgs/%s/repos", owner)
		if !ok {
			if c.local != nil {
				return errors.New("whose is it? Write OWNER/" + name + owner)
			}
			path, name = "/user/repos", owner
		}
		body := f.body(cmd)
		body["name"] = name
		raw, err := c.do(ctx, http.MethodPost, path, body)
		if err != nil {
			return err
		}
		return a.print(raw, "repository %s created, %s", "full_name", "visibility")
	})
	f.add(cmd)
	return cmd
}

func (a *app) repoList() *cobra.Command {
	cmd := a.command("list [OWNER]", "List the repositories of an owner, or those that you work with", 0, func(ctx context.Context, c *client, args []string) error {
		path := "/user/repos"
		if len(args) > 0 {
			path = route("/users/%s/repos", args[0])
		}
		list, err := c.list(ctx, path, 0)
		if err != nil {
			return err
		}
		return a.table(list, repoTable)
	})
	cmd.Args = cobra.MaximumNArgs(1)
	return cmd
}

func (a *app) repoSet() *cobra.Command {
	var f repoFlags
	var cmd *cobra.Command
	cmd = a.command("set OWNER/NAME", "Change or rename a repository", 1, func(ctx context.Context, c *client, args []string) error {
		path, err := repoPath(args[0])
		if err != nil {
			return err
		}
		raw, err := c.do(ctx, http.MethodPatch, path, f.body(cmd))
		if err != nil {
			return err
		}
		return a.print(raw, "repository %s changed, %s", "full_name", "visibility")
	})
	f.add(cmd)
	cmd.Flags().StringVar(&f.name, "name", "", "its new name")
	cmd.MarkFlagsOneRequired("name", "visibility", "description", "homepage")
	return cmd
}

func (a *app) repoReadme() *cobra.Command {
	return a.command("readme OWNER/NAME FILE", "Write the README of a repository from a file of Markdown, or from - for standard input", 2, func(ctx context.Context, c *client, args []string) error {
		path, err := repoPath(args[0])
		if err != nil {
			return err
		}
		text, err := a.readme(args[1])
		if err != nil {
			return err
		}
		raw, err := c.do(ctx, http.MethodPut, path+"/readme", map[string]any{"content": base64.StdEncoding.EncodeToString(text), "encoding": "base64"})
		if err != nil {
			return err
		}
		return a.print(raw, "README of "+args[0]+" written, %s bytes", "size")
	})
}

// readme reads a file, or standard input for "-", of which no more than one byte is read
// that is too many.
func (a *app) readme(name string) ([]byte, error) {
	in := a.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, account.MaxReadme+1))
	if err == nil && len(text) > account.MaxReadme {
		err = fmt.Errorf("%s: a README has at most %d bytes", name, account.MaxReadme)
	}
	return text, err
}

// holderFlags is who gets a role.
type holderFlags struct{ user, team, repository, role string }

func (f *holderFlags) add(cmd *cobra.Command, withRepository, withRole bool) {
	flags := []string{"user", "team"}
	cmd.Flags().StringVar(&f.user, "user", "", "name of a user or service account")
	cmd.Flags().StringVar(&f.team, "team", "", "name of a team of the owner")
	if withRepository {
		cmd.Flags().StringVar(&f.repository, "repository", "", "OWNER/NAME of a repository, for its CI")
		flags = append(flags, "repository")
	}
	cmd.MarkFlagsOneRequired(flags...)
	cmd.MarkFlagsMutuallyExclusive(flags...)
	if withRole {
		cmd.Flags().StringVar(&f.role, "role", "", "read, write or admin")
		must(cmd.MarkFlagRequired("role"))
	}
}

// who names the holder.
func (f *holderFlags) who() string {
	switch {
	case f.team != "":
		return "team " + f.team
	case f.repository != "":
		return "repository " + f.repository
	}
	return "user " + f.user
}

// stored is the role as the server keeps it: the finer ones of forges collapse.
func (f *holderFlags) stored() string {
	if role, err := berth.ParseRole(f.role); err == nil {
		return role.String()
	}
	return f.role
}

// repoHolder is the path of a role on a repository.
func (f *holderFlags) repoHolder(repo string) (string, error) {
	owner, name, err := cutRepo(repo)
	if err != nil || f.team == "" {
		return route("/repos/%s/%s/collaborators/%s", owner, name, f.user), err
	}
	return route("/orgs/%s/teams/%s/repos/%s/%s", owner, f.team, owner, name), nil
}

func (a *app) repoGrant() *cobra.Command {
	var f holderFlags
	cmd := a.command("grant OWNER/NAME --user NAME|--team TEAM --role ROLE", "Give a role on a repository", 1, func(ctx context.Context, c *client, args []string) error {
		path, err := f.repoHolder(args[0])
		if err != nil {
			return err
		}
		if _, err := c.do(ctx, http.MethodPut, path, map[string]string{"permission": f.role}); err != nil {
			return err
		}
		return a.say("%s has the role %s on %s", f.who(), f.stored(), args[0])
	})
	f.add(cmd, false, true)
	return cmd
}

func (a *app) repoRevoke() *cobra.Command {
	var f holderFlags
	cmd := a.command("revoke OWNER/NAME --user NAME|--team TEAM", "Take a role on a repository away", 1, func(ctx context.Context, c *client, args []string) error {
		path, err := f.repoHolder(args[0])
		if err != nil {
			return err
		}
		if _, err := c.do(ctx, http.MethodDelete, path, nil); err != nil {
			return err
		}
		return a.say("%s has no role of its own on %s", f.who(), args[0])
	})
	f.add(cmd, false, false)
	return cmd
}

// repoCollaborators joins two lists that the server keeps apart, under one shape.
func (a *app) repoCollaborators() *cobra.Command {
	return a.command("collaborators OWNER/NAME", "List users and teams with a role on a repository", 1, func(ctx context.Context, c *client, args []string) error {
		path, err := repoPath(args[0])
		if err != nil {
			return err
		}
		users, err := c.list(ctx, path+"/collaborators", 0)
		if err != nil {
			return err
		}
		teams, err := c.list(ctx, path+"/teams", 0)
		if err != nil {
			return err
		}
		joined, err := holders(users, teams)
		if err != nil {
			return err
		}
		return a.table(joined, collaboratorTable)
	})
}

// holder is who has a role, in the shape that the roles on packages have.
type holder struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	Role string `json:"role"`
}

func holders(users, teams []json.RawMessage) ([]json.RawMessage, error) {
	var list []json.RawMessage
	add := func(raw json.RawMessage, kind, name, role string) error {
		o, err := parseObject(raw)
		if err != nil {
			return err
		}
		h := holder{Kind: kind, Name: o.text(name), Role: o.text(role)}
		if parsed, err := berth.ParseRole(h.Role); err == nil {
			h.Role = parsed.String() // for teams the server has other words
		}
		b, err := json.Marshal(h)
		list = append(list, b)
		return err
	}
	for _, raw := range users {
		if err := add(raw, "user", "login", "role_name"); err != nil {
			return nil, err
		}
	}
	for _, raw := range teams {
		if err := add(raw, "team", "slug", "permission"); err != nil {
			return nil, err
		}
	}
	return list, nil
}
