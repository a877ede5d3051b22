package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

// The forms of output.
const (
	outputText = "text"
	outputJSON = "json"
)

// withOutput gives a command, and those below it, the flag -o.
func (a *app) withOutput(cmd *cobra.Command) *cobra.Command {
	cmd.PersistentFlags().StringVarP(&a.output, "output", "o", outputText, "text or json")
	return cmd
}

// group makes a command that has others below it.
func (a *app) group(use, short string, below ...*cobra.Command) *cobra.Command {
	return a.withOutput(parent(use, short, below...))
}

// parent makes a command that only has others below it. Cobra alone would answer a
// mistyped one with help and success.
func parent(use, short string, below ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown command %q for %q; see %s --help", args[0], cmd.CommandPath(), cmd.CommandPath())
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(below...)
	return cmd
}

// command makes a command with so many arguments that talks to a server or to the
// data directory.
func (a *app) command(use, short string, args int, run func(ctx context.Context, c *client, args []string) error) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.ExactArgs(args),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.checkOutput(); err != nil {
				return err
			}
			return a.connect(cmd.Context(), func(c *client) error { return run(cmd.Context(), c, args) })
		},
	}
}

func (a *app) checkOutput() error {
	if a.output != outputText && a.output != outputJSON {
		return fmt.Errorf("-o: expected text or json, got %q", a.output)
	}
	return nil
}

// object is a thing as the server describes it.
type object map[string]any

func parseObject(raw json.RawMessage) (object, error) {
	o := object{}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&o); err != nil {
		return nil, fmt.Errorf("the answer is not the expected JSON: %w", err)
	}
	return o, nil
}

// text returns a field for people. Fields of fields are joined by dots.
func (o object) text(field string) string {
	name, rest, deeper := strings.Cut(field, ".")
	value := o[name]
	if deeper {
		inner, _ := value.(map[string]any)
		return object(inner).text(rest)
	}
	switch v := value.(type) {
	case nil:
		return "-"
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case []any:
		parts := make([]string, len(v))
		for i, part := range v {
			parts[i] = object{"": part}.text("")
		}
		if len(parts) == 0 {
			return "-"
		}
		return strings.Join(parts, ",")
	case string:
		if t, err := time.Parse(time.RFC3339, v); err == nil && strings.HasSuffix(name, "_at") {
			return t.Local().Format("2006-01-02 15:04")
		}
		if v == "" {
			return "-"
		}
		return printable(v)
	}
	return printable(fmt.Sprint(value))
}

// column is a heading and the field below it.
type column struct{ heading, field string }

// columns reads "HEADING field, HEADING field".
func columns(s string) []column {
	var list []column
	for part := range strings.SplitSeq(s, ", ") {
		heading, field, _ := strings.Cut(part, " ")
		list = append(list, column{heading, field})
	}
	return list
}

// table prints a list: aligned for people, as an array for programs.
func (a *app) table(list []json.RawMessage, layout string) error {
	if a.output == outputJSON {
		if list == nil {
			list = []json.RawMessage{}
		}
		return a.printJSON(list)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	cols := columns(layout)
	headings := make([]string, len(cols))
	for i, c := range cols {
		headings[i] = c.heading
	}
	_, _ = fmt.Fprintln(w, strings.Join(headings, "\t"))
	for _, raw := range list {
		o, err := parseObject(raw)
		if err != nil {
			return err
		}
		cells := make([]string, len(cols))
		for i, c := range cols {
			cells[i] = o.text(c.field)
		}
		_, _ = fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	return w.Flush()
}

// show prints one thing: a line for each field for people.
func (a *app) show(raw json.RawMessage, layout string) error {
	if a.output == outputJSON {
		return a.printJSON(raw)
	}
	o, err := parseObject(raw)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, c := range columns(layout) {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", c.heading, o.text(c.field))
	}
	return w.Flush()
}

// print prints a line made of fields of an answer, or the answer itself for
// programs. Where there is no answer there is nothing for programs.
func (a *app) print(raw json.RawMessage, format string, fields ...string) error {
	if a.output == outputJSON {
		if len(raw) == 0 {
			return nil
		}
		return a.printJSON(raw)
	}
	o := object{}
	if len(fields) > 0 {
		var err error
		if o, err = parseObject(raw); err != nil {
			return err
		}
	}
	args := make([]any, len(fields))
	for i, field := range fields {
		args[i] = o.text(field)
	}
	_, err := fmt.Fprintf(a.stdout, format+"\n", args...)
	return err
}

func (a *app) printJSON(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := a.stdout.Write(b.Bytes())
	return err
}

// confirmed is for commands that destroy: it says what becomes of things, asks a person
// to type the name, and anybody else to pass --yes.
func (a *app) confirmed(ctx context.Context, yes bool, fate, name string) error {
	if yes {
		return nil
	}
	if a.ask == nil {
		return fmt.Errorf("this %s; there is nobody to ask, so pass --yes to do it", fate)
	}
	typed, err := a.ask(ctx, fmt.Sprintf("This %s. Type %s to go on: ", fate, name), false)
	if err != nil {
		return err
	}
	if strings.TrimSpace(typed) != name {
		return errors.New("that is not the name; nothing was deleted")
	}
	return nil
}

// deletion makes a command that deletes for good what its last argument names.
func (a *app) deletion(use, short, what string, args int, del func(ctx context.Context, c *client, args []string) error) *cobra.Command {
	return a.destroying(use, short, what, cobra.ExactArgs(args), func(args []string) (fate, key, name string) {
		name = args[len(args)-1]
		return fmt.Sprintf("deletes the %s %s for good", what, name), name, name
	}, del)
}

// trashing makes a command that moves what its arguments name to the trash.
func (a *app) trashing(use, short, what string, args cobra.PositionalArgs, del func(ctx context.Context, c *client, args []string) error) *cobra.Command {
	return a.destroying(use, short, what, args, func(args []string) (fate, key, name string) {
		name = strings.Join(args, " ")
		return fmt.Sprintf("moves the %s %s to the trash, from which it can be restored for 30 days", what, name), args[0], name
	}, del)
}

// destroying makes a command that first asks. Told says what becomes of which things, and
// what to type to go on.
func (a *app) destroying(use, short, what string, args cobra.PositionalArgs, told func(args []string) (fate, key, name string), del func(ctx context.Context, c *client, args []string) error) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			fate, key, name := told(args)
			if err := errors.Join(a.checkOutput(), a.confirmed(ctx, yes, fate, key)); err != nil {
				return err
			}
			return a.connect(ctx, func(c *client) error {
				if err := del(ctx, c, args); err != nil {
					return err
				}
				return a.say("%s %s deleted", what, name)
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// say prints a line for people, and nothing for programs.
func (a *app) say(format string, args ...any) error {
	return a.print(nil, strings.ReplaceAll(fmt.Sprintf(format, args...), "%", "%%"))
}

// action makes a command that sends one request and prints a line.
func (a *app) action(use, short string, args int, method, path, done string) *cobra.Command {
	return a.command(use, short, args, func(ctx context.Context, c *client, args []string) error {
		if _, err := c.do(ctx, method, route(path, args...), nil); err != nil {
			return err
		}
		said := make([]any, len(args))
		for i, arg := range args {
			said[i] = arg
		}
		return a.say(done, said...)
	})
}

// listing makes a command that prints a list.
func (a *app) listing(use, short string, args int, path, layout string) *cobra.Command {
	return a.command(use, short, args, func(ctx context.Context, c *client, args []string) error {
		list, err := c.list(ctx, route(path, args...), 0)
		if err != nil {
			return err
		}
		return a.table(list, layout)
	})
}

// escaped makes a word part of a format.
func escaped(s string) string { return strings.ReplaceAll(printable(s), "%", "%%") }
