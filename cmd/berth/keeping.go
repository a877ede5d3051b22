package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

const (
	tagRuleTable   = "ID id, PATTERN pattern, OF of, USERS users, TEAMS teams, REPOSITORIES repositories, CREATED created_at"
	retentionSheet = "ACTIVE active, OF of, KEEP-NEWEST keep_newest, KEEP-DAYS keep_days, KEEP-PULLED-DAYS keep_pulled_days, " +
		"KEEP-UNTAGGED keep_untagged, KEEP-TAGS keep_tags, REMOVE-TAGS remove_tags, CHANGED updated_at"
	planTable = "ID id, TAGS tags, DIGEST digest, PUSHED created_at, TAGGED updated_at, PULLED last_pulled_at"
	planSheet = "VERSIONS versions, REMOVED removed, MORE more, KEPT kept, UNIQUE unique_size"
)

// keepingPath returns where the server has a package, or an owner: rules hang at both.
func keepingPath(name string) (string, error) {
	if strings.Contains(name, "/") {
		return packagePath(name)
	}
	return route("/users/%s", name), nil
}

// onKept makes a command whose first argument is a package or an owner.
func (a *app) onKept(use, short string, n int, run func(ctx context.Context, c *client, path string, args []string) error) *cobra.Command {
	return a.command(use, short, n, func(ctx context.Context, c *client, args []string) error {
		path, err := keepingPath(args[0])
		if err != nil {
			return err
		}
		return run(ctx, c, path, args)
	})
}

func (a *app) packageProtect() *cobra.Command {
	var users, teams, repositories []string
	cmd := a.onKept("protect OWNER[/NAME] PATTERN", "Protect tags of a package, or of all packages of an owner, from being moved and deleted", 2,
		func(ctx context.Context, c *client, path string, args []string) error {
			body := map[string]any{"pattern": args[1], "users": users, "teams": teams, "repositories": repositories}
			raw, err := c.do(ctx, http.MethodPost, path+"/tag-rules", body)
			if err != nil {
				return err
			}
			return a.print(raw, "rule %s protects the tags "+escaped(args[1])+" of "+escaped(args[0]), "id")
		})
	cmd.Flags().StringSliceVar(&users, "user", []string{}, "users who may move and delete them (default nobody)")
	cmd.Flags().StringSliceVar(&teams, "team", []string{}, "teams of the owner whose members may")
	cmd.Flags().StringSliceVar(&repositories, "repository", []string{}, "OWNER/NAME of repositories whose CI may")
	return cmd
}

func (a *app) packageUnprotect() *cobra.Command {
	return a.onKept("unprotect OWNER[/NAME] RULE", "Remove a rule that protects tags, by its number", 2,
		func(ctx context.Context, c *client, path string, args []string) error {
			if _, err := c.do(ctx, http.MethodDelete, path+route("/tag-rules/%s", args[1]), nil); err != nil {
				return err
			}
			return a.say("rule %s of %s removed", args[1], args[0])
		})
}

func (a *app) packageProtections() *cobra.Command {
	return a.onKept("protections OWNER[/NAME]", "List the rules that protect tags of a package, or of all packages of an owner", 1,
		func(ctx context.Context, c *client, path string, _ []string) error {
			raw, err := c.do(ctx, http.MethodGet, path+"/tag-rules", nil)
			if err != nil {
				return err
			}
			var list []json.RawMessage // in one page: there are few
			if err := json.Unmarshal(raw, &list); err != nil {
				return err
			}
			return a.table(list, tagRuleTable)
		})
}

// retentionCommand is about the removal of old versions.
func (a *app) retentionCommand() *cobra.Command {
	return parent("retention", "Manage which old versions are removed",
		a.onKept("show OWNER[/NAME]", "Show the rule that counts for a package, or that of an owner", 1, func(ctx context.Context, c *client, path string, _ []string) error {
			raw, err := c.do(ctx, http.MethodGet, path+"/retention", nil)
			if err != nil {
				return err
			}
			return a.show(raw, retentionSheet)
		}),
		a.retentionSet(),
		a.onKept("remove OWNER[/NAME]", "Remove the rule of a package or an owner", 1, func(ctx context.Context, c *client, path string, args []string) error {
			if _, err := c.do(ctx, http.MethodDelete, path+"/retention", nil); err != nil {
				return err
			}
			return a.say("%s has no rule of its own on old versions", args[0])
		}),
		a.retentionPreview(),
	)
}

// retentionFlags are a rule on old versions.
type retentionFlags struct {
	newest, days, pulled uint
	untagged             bool
	keep, remove         []string
}

func (f *retentionFlags) add(cmd *cobra.Command) {
	cmd.Flags().UintVar(&f.newest, "keep-newest", 0, "keep so many of the versions that the rule is about")
	cmd.Flags().UintVar(&f.days, "keep-days", 0, "keep what was pushed or tagged in so many days")
	cmd.Flags().UintVar(&f.pulled, "keep-pulled-days", 0, "keep what was pulled in so many days")
	cmd.Flags().BoolVar(&f.untagged, "keep-untagged", false, "keep versions without a tag")
	cmd.Flags().StringSliceVar(&f.keep, "keep-tag", []string{}, "patterns of tags; a version with one of them stays")
	cmd.Flags().StringSliceVar(&f.remove, "remove-tag", []string{}, "patterns of tags; the rule is about versions all of whose tags match")
}

func (f *retentionFlags) body(active bool) map[string]any {
	return map[string]any{
		"active": active, "keep_newest": f.newest, "keep_days": f.days, "keep_pulled_days": f.pulled,
		"keep_untagged": f.untagged, "keep_tags": f.keep, "remove_tags": f.remove,
	}
}

func (a *app) retentionSet() *cobra.Command {
	var f retentionFlags
	var inactive bool
	cmd := a.onKept("set OWNER[/NAME]", "Make or replace the rule of a package, or of all packages of an owner; preview it first", 1,
		func(ctx context.Context, c *client, path string, _ []string) error {
			raw, err := c.do(ctx, http.MethodPut, path+"/retention", f.body(!inactive))
			if err != nil {
				return err
			}
			return a.show(raw, retentionSheet)
		})
	f.add(cmd)
	cmd.Flags().BoolVar(&inactive, "inactive", false, "only store it, or keep a package from the rule of its owner")
	return cmd
}

func (a *app) retentionPreview() *cobra.Command {
	var f retentionFlags
	var stored bool
	cmd := a.onPackage("preview OWNER/NAME", "Tell what a rule would remove from a package now", 1,
		func(ctx context.Context, c *client, path string, _ []string) error {
			method, body := http.MethodPost, any(f.body(true))
			if stored {
				method, body = http.MethodGet, nil
			}
			raw, err := c.do(ctx, method, path+"/retention/preview", body)
			if err != nil {
				return err
			}
			return a.showPlan(raw)
		})
	f.add(cmd)
	cmd.Flags().BoolVar(&stored, "stored", false, "the rule that counts for the package, instead of the other flags")
	for _, name := range []string{"keep-newest", "keep-days", "keep-pulled-days", "keep-untagged", "keep-tag", "remove-tag"} {
		cmd.MarkFlagsMutuallyExclusive("stored", name)
	}
	return cmd
}

// showPlan prints what would be removed, and then how much that is.
func (a *app) showPlan(raw json.RawMessage) error {
	if a.output == outputJSON {
		return a.print(raw, "")
	}
	var plan struct {
		Remove []json.RawMessage `json:"remove"`
		Kept   map[string]int    `json:"kept"`
	}
	if err := json.Unmarshal(raw, &plan); err != nil {
		return err
	}
	if err := a.table(plan.Remove, planTable); err != nil {
		return err
	}
	o, err := parseObject(raw)
	if err != nil {
		return err
	}
	o["removed"] = len(plan.Remove)
	kept := []string{}
	for _, why := range slices.Sorted(maps.Keys(plan.Kept)) {
		kept = append(kept, fmt.Sprintf("%d %s", plan.Kept[why], why))
	}
	o["kept"] = kept
	if raw, err = json.Marshal(o); err != nil {
		return err
	}
	return a.show(raw, planSheet)
}
