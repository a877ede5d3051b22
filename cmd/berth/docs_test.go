package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every command has an example in docs/cli.md, and every line there is a command.
func TestEveryCommandHasAnExample(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, below := range cmd.Commands() {
			walk(below)
		}
		if !cmd.HasSubCommands() && !regexp.MustCompile(`(?m)(^|\| )`+cmd.CommandPath()+`( |$)`).Match(text) {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		if cmd.Short == "" {
			t.Errorf("%s does not say what it does", cmd.CommandPath())
		}
	}
	a := &app{}
	root := a.rootCommand()
	walk(root)
	for _, m := range regexp.MustCompile(`(?m)^(?:echo "\$\w+" \| )?berth (.*)$`).FindAllStringSubmatch(string(text), -1) {
		line, _, _ := strings.Cut(m[1], " | ")
		line, _, _ = strings.Cut(line, "  ")
		var args []string
		for _, arg := range regexp.MustCompile(`"([^"]*)"|(\S+)`).FindAllStringSubmatch(line, -1) {
			args = append(args, arg[1]+arg[2])
		}
		cmd, rest, err := a.rootCommand().Find(args)
		if err == nil {
			err = cmd.ParseFlags(rest)
		}
		if err == nil {
			err = cmd.ValidateArgs(cmd.Flags().Args())
		}
		if err == nil {
			err = cmd.ValidateRequiredFlags()
		}
		if err == nil {
			err = cmd.ValidateFlagGroups()
		}
		// What only has others below it takes any word, to say which it does not know.
		if err != nil || !cmd.Runnable() || cmd.HasSubCommands() && cmd.ValidateArgs([]string{"x"}) == nil {
			t.Errorf("berth %s: %v", line, err)
		}
	}
}
