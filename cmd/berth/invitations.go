package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

const invitationTable = "ID id, ORGANIZATION org, OWNER owner, NOTE note, BY created_by, CREATED created_at, EXPIRES expires_at"

func (a *app) invitationCommand() *cobra.Command {
	return a.group("invitation", "Invite people to make an account",
		a.invitationCreate(), a.invitationList(), a.invitationDelete())
}

func (a *app) invitationCreate() *cobra.Command {
	var (
		org, note, expires string
		owner              bool
	)
	cmd := a.command("create", "Make an invitation for one person, and print the address to send, once", 0, func(ctx context.Context, c *client, _ []string) error {
		body := map[string]any{}
		for field, value := range map[string]string{"org": org, "note": note} {
			if value != "" {
				body[field] = value
			}
		}
		if owner {
			body["owner"] = true
		}
		if expires != "" {
			life, err := parseLife(expires, "90 days")
			if err != nil {
				return fmt.Errorf("--expires: %w", err)
			}
			body["expires_in"] = int64(life / time.Second)
		}
		raw, err := c.do(ctx, http.MethodPost, "/invitations", body)
		if err != nil {
			return err
		}
		return a.print(raw, "%s", "url")
	})
	f := cmd.Flags()
	f.StringVar(&org, "org", "", "organization whose member the account becomes (default none)")
	f.BoolVar(&owner, "as-owner", false, "make it an owner of the organization")
	f.StringVar(&note, "note", "", "whom it is for")
	f.StringVar(&expires, "expires", "", "how long it is good, such as 48h or 7d (default a week)")
	return cmd
}

func (a *app) invitationList() *cobra.Command {
	var org string
	cmd := a.command("list", "List the invitations that nobody has used yet", 0, func(ctx context.Context, c *client, _ []string) error {
		path := "/invitations"
		if org != "" {
			path += "?" + url.Values{"org": {org}}.Encode()
		}
		list, err := c.list(ctx, path, 0)
		if err != nil {
			return err
		}
		return a.table(list, invitationTable)
	})
	cmd.Flags().StringVar(&org, "org", "", "into this organization (default all, for administrators)")
	return cmd
}

func (a *app) invitationDelete() *cobra.Command {
	return a.command("delete ID", "Take an invitation back", 1, func(ctx context.Context, c *client, args []string) error {
		if _, err := strconv.ParseUint(args[0], 10, 63); err != nil {
			return errors.New("expected the ID of an invitation, a number: see berth invitation list")
		}
		if _, err := c.do(ctx, http.MethodDelete, route("/invitations/%s", args[0]), nil); err != nil {
			return err
		}
		return a.say("invitation %s deleted", args[0])
	})
}
