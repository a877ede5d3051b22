package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/berth-registry/berth"
)

func (a *app) adminCommand() *cobra.Command {
	return a.group("admin", "Administer the data directory", a.adminCredentials())
}

// adminCredentials works on the data directory only: whoever may read that may do
// everything anyhow.
func (a *app) adminCredentials() *cobra.Command {
	var reset bool
	cmd := &cobra.Command{
		Use:   "credentials",
		Short: "Print name and password of the first account, until somebody changes it",
		Long: `Print name and password of the first account, until somebody changes it.

  berth admin credentials -o json | jq -r .password | docker login HOST -u admin --password-stdin`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			if err := a.checkOutput(); err != nil {
				return err
			}
			return a.withCore(ctx, func(c *core) error {
				read := c.account.AdminCredentials
				if reset {
					read = c.account.ResetAdminPassword
				}
				name, password, err := read(ctx, berth.Operator())
				if err != nil {
					return err
				}
				raw, err := json.Marshal(struct { //nolint:gosec // showing it is the point
					Username string `json:"username"`
					Password string `json:"password"`
				}{name, password})
				if err != nil {
					return err
				}
				return a.show(raw, "USERNAME username, PASSWORD password")
			})
		},
	}
	cmd.Flags().BoolVar(&reset, "reset", false, "give the account a new random password, and keep that")
	return cmd
}
