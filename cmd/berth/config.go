package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) configCommand() *cobra.Command {
	return parent("config", "Look at the configuration", &cobra.Command{
		Use:   "check",
		Short: "Report all faults of the configuration",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if _, err := a.loadConfig(); err != nil {
				return fmt.Errorf("the configuration has faults:\n%w", err)
			}
			_, err := fmt.Fprintln(a.stdout, "the configuration is fine")
			return err
		},
	})
}

// version is the release, which the linker may set.
const version = "0.1.0"

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "berth", version+revision())
			return err
		},
	}
}

// revision returns the commit the binary was built from, where it is known.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return " (" + s.Value[:12] + ")"
		}
	}
	return ""
}
