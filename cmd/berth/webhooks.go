package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/spf13/cobra"
)

const (
	hookTable     = "ID id, URL config.url, TYPE config.content_type, EVENTS events, ACTIVE active, LAST last_response.status"
	deliveryTable = "ID id, EVENT event, ACTION action, STATUS status, ATTEMPTS attempts, NEXT next_attempt_at, AGAIN redelivery, CREATED created_at"
)

func (a *app) webhookCommand() *cobra.Command {
	return a.group("webhook", "Manage webhooks of an organization, a repository, or your own account",
		a.webhookList(), a.webhookAdd(), a.webhookSet(), a.webhookRemove(), a.webhookPing(), a.webhookDeliveries(), a.webhookRedeliver())
}

// hookPlace is where webhooks hang; nothing is one's own account.
type hookPlace struct{ org, repo string }

func (p *hookPlace) add(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVar(&p.org, "org", "", "organization that it hangs at (default your own account)")
	cmd.Flags().StringVar(&p.repo, "repo", "", "OWNER/NAME of a repository that it hangs at")
	cmd.MarkFlagsMutuallyExclusive("org", "repo")
	return cmd
}

// path is that of the list, or of one webhook, with what comes after it.
func (p *hookPlace) path(c *client, id ...string) (string, error) {
	base := "/user/hooks"
	switch {
	case p.org != "":
		base = route("/orgs/%s/hooks", p.org)
	case p.repo != "":
		at, err := repoPath(p.repo)
		if err != nil {
			return "", err
		}
		base = at + "/hooks"
	case c.local != nil:
		return "", errors.New("whose webhooks? Pass --org NAME or --repo OWNER/NAME")
	}
	for i, part := range id {
		if i%2 == 0 {
			if _, err := strconv.ParseUint(part, 10, 63); err != nil {
				return "", fmt.Errorf("%q is no ID, which is a number: see berth webhook list", part)
			}
		}
		base += "/" + part
	}
	return base, nil
}

func (a *app) webhookList() *cobra.Command {
	var p hookPlace
	return p.add(a.command("list", "List webhooks", 0, func(ctx context.Context, c *client, _ []string) error {
		path, err := p.path(c)
		if err != nil {
			return err
		}
		list, err := c.list(ctx, path, 0)
		if err != nil {
			return err
		}
		return a.table(list, hookTable)
	}))
}

// hookFlags is what can be said of a webhook.
type hookFlags struct {
	url, contentType string
	events           words
	secretStdin      bool
	noSecret         bool // of those that are there already
	insecureSSL      bool
	active           bool
}

func (f *hookFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.contentType, "content-type", "json", "json, or form: a field payload")
	flags.Var(&f.events, "event", "package, registry_package or '*'; may be repeated (default package)")
	flags.BoolVar(&f.secretStdin, "secret-stdin", false, "read the secret that signs what is sent from standard input")
	flags.BoolVar(&f.insecureSSL, "insecure-ssl", false, "do not check the certificate of the receiver")
	flags.BoolVar(&f.active, "active", true, "send to it")
}

// body returns those of the flags that were given.
func (f *hookFlags) body(a *app, cmd *cobra.Command) (map[string]any, error) {
	config := map[string]any{}
	body := map[string]any{}
	given := cmd.Flags().Changed
	if f.url != "" {
		config["url"] = f.url
	}
	if given("content-type") {
		config["content_type"] = f.contentType
	}
	if given("insecure-ssl") {
		config["insecure_ssl"] = map[bool]string{false: "0", true: "1"}[f.insecureSSL]
	}
	switch {
	case f.noSecret:
		config["secret"] = ""
	case f.secretStdin:
		secret, err := readPassword(a.stdin)
		if err == nil && secret == "" {
			err = errors.New("the secret on standard input is empty")
		}
		if err != nil {
			return nil, err
		}
		config["secret"] = secret
	}
	if len(config) > 0 {
		body["config"] = config
	}
	if given("event") {
		body["events"] = f.events
	}
	if given("active") {
		body["active"] = f.active
	}
	return body, nil
}

func (a *app) webhookAdd() *cobra.Command {
	var p hookPlace
	var f hookFlags
	var cmd *cobra.Command
	cmd = a.command("add URL", "Make a webhook; it is sent a ping", 1, func(ctx context.Context, c *client, args []string) error {
		path, err := p.path(c)
		if err != nil {
			return err
		}
		f.url = args[0]
		body, err := f.body(a, cmd)
		if err != nil {
			return err
		}
		raw, err := c.do(ctx, http.MethodPost, path, body)
		if err != nil {
			return err
		}
		return a.print(raw, "webhook %s made", "id")
	})
	f.add(cmd)
	return p.add(cmd)
}

func (a *app) webhookSet() *cobra.Command {
	var p hookPlace
	var f hookFlags
	var cmd *cobra.Command
	cmd = a.command("set ID", "Change a webhook", 1, func(ctx context.Context, c *client, args []string) error {
		path, err := p.path(c, args[0])
		if err != nil {
			return err
		}
		body, err := f.body(a, cmd)
		if err != nil {
			return err
		}
		raw, err := c.do(ctx, http.MethodPatch, path, body)
		if err != nil {
			return err
		}
		return a.print(raw, "webhook %s changed", "id")
	})
	f.add(cmd)
	cmd.Flags().StringVar(&f.url, "url", "", "where it is sent")
	cmd.Flags().BoolVar(&f.noSecret, "no-secret", false, "sign nothing any more")
	cmd.MarkFlagsMutuallyExclusive("secret-stdin", "no-secret")
	cmd.MarkFlagsOneRequired("url", "content-type", "event", "secret-stdin", "no-secret", "insecure-ssl", "active")
	return p.add(cmd)
}

func (a *app) webhookRemove() *cobra.Command {
	var p hookPlace
	return p.add(a.deletion("remove ID", "Delete a webhook with its log", "webhook", 1, func(ctx context.Context, c *client, args []string) error {
		path, err := p.path(c, args[0])
		if err != nil {
			return err
		}
		_, err = c.do(ctx, http.MethodDelete, path, nil)
		return err
	}))
}

func (a *app) webhookPing() *cobra.Command {
	var p hookPlace
	return p.add(a.command("ping ID", "Have a ping sent", 1, func(ctx context.Context, c *client, args []string) error {
		path, err := p.path(c, args[0])
		if err != nil {
			return err
		}
		if _, err := c.do(ctx, http.MethodPost, path+"/pings", nil); err != nil {
			return err
		}
		return a.say("webhook %s will be sent a ping; see berth webhook deliveries", args[0])
	}))
}

func (a *app) webhookDeliveries() *cobra.Command {
	var p hookPlace
	var limit uint16
	cmd := a.command("deliveries ID", "List what was sent, newest first", 1, func(ctx context.Context, c *client, args []string) error {
		path, err := p.path(c, args[0])
		if err != nil {
			return err
		}
		list, err := c.list(ctx, path+"/deliveries", int(limit))
		if err != nil {
			return err
		}
		return a.table(list, deliveryTable)
	})
	cmd.Flags().Uint16Var(&limit, "limit", 100, "how many at most, 0 for all")
	return p.add(cmd)
}

func (a *app) webhookRedeliver() *cobra.Command {
	var p hookPlace
	return p.add(a.command("redeliver ID DELIVERY", "Have the same sent once more", 2, func(ctx context.Context, c *client, args []string) error {
		path, err := p.path(c, args[0], "deliveries", args[1])
		if err != nil {
			return err
		}
		if _, err := c.do(ctx, http.MethodPost, path+"/attempts", nil); err != nil {
			return err
		}
		return a.say("delivery %s will be sent again", args[1])
	}))
}
