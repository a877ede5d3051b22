package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options is what the command line asked for.
type options struct {
	targets     targetList
	scenarios   string
	rounds      int
	roundTime   time.Duration
	timeout     time.Duration
	scale       float64
	out         string
	allowRemote bool
	list        bool
	compare     compareOptions
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run is the program without its process: arguments in, table out.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseOptions(args, stderr)
	if err != nil {
		return err
	}
	if o.list {
		return listScenarios(stdout)
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	chosen, err := selectScenarios(allScenarios(), o.scenarios)
	if err != nil {
		return err
	}
	if o.compare.enabled {
		targets, stop, err := startBoth(ctx, o.compare, stderr)
		if err != nil {
			return err
		}
		defer stop()
		o.targets = targets
	}
	if len(o.targets) == 0 {
		return errors.New("no target: give -target NAME=URL,... or -compare")
	}
	return measure(ctx, o, chosen, stdout, stderr)
}

// measure runs the chosen scenarios and prints the tables.
func measure(ctx context.Context, o options, chosen []scenario, stdout, stderr io.Writer) error {
	var envs []*env
	for _, t := range o.targets {
		e, err := newEnv(ctx, t, o.allowRemote)
		if err != nil {
			return fmt.Errorf("target %s: %w", t.name, err)
		}
		envs = append(envs, e)
	}
	r := &runner{
		envs: envs, proc: procfs{"/proc"}, log: stderr,
		rounds: o.rounds, roundTime: o.roundTime, scale: o.scale,
	}
	rep, err := r.runAll(ctx, chosen)
	if err != nil {
		return err
	}
	text := rep.markdown()
	if o.out != "" {
		if err := os.WriteFile(o.out, []byte(text), 0o600); err != nil {
			return err
		}
	}
	_, err = io.WriteString(stdout, text)
	return err
}

// parseOptions reads the command line.
func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Var(&o.targets, "target", "NAME=URL[,pid=N][,user=U][,password=P|,password-env=VAR][,namespace=NS]; repeat to compare")
	fs.StringVar(&o.scenarios, "scenario", "", "comma separated names or prefixes* of scenarios (default all)")
	fs.IntVar(&o.rounds, "rounds", 3, "rounds per scenario and target; the median is reported")
	fs.DurationVar(&o.roundTime, "round-time", time.Second, "start no further operation of a round after this long")
	fs.DurationVar(&o.timeout, "timeout", 10*time.Minute, "give up on the whole run after this long")
	fs.Float64Var(&o.scale, "scale", 1, "multiply the number of operations per round")
	fs.StringVar(&o.out, "out", "", "also write the Markdown to this file")
	fs.BoolVar(&o.allowRemote, "allow-remote", false, "allow targets that are not on loopback")
	fs.BoolVar(&o.list, "list", false, "list the scenarios and exit")
	fs.BoolVar(&o.compare.enabled, "compare", false, "build and start berth and docker-registry, and compare them")
	fs.StringVar(&o.compare.berth, "berth", "", "with -compare: use this binary instead of building one")
	fs.StringVar(&o.compare.dir, "dir", "", "with -compare: keep the data of both under this directory (default the system's temporary one)")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	switch {
	case fs.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case o.rounds < 1 || o.rounds > 100:
		return o, errors.New("-rounds must be within 1 and 100")
	case o.scale <= 0 || o.scale > 100:
		return o, errors.New("-scale must be above 0 and at most 100")
	case o.compare.enabled && len(o.targets) > 0:
		return o, errors.New("-compare starts its own targets: leave out -target")
	}
	return o, checkTargets(o.targets, o.allowRemote)
}

// listScenarios prints the names and titles of all scenarios.
func listScenarios(w io.Writer) error {
	for _, s := range allScenarios() {
		if _, err := fmt.Fprintf(w, "%-24s %s\n", s.name, s.title); err != nil {
			return err
		}
	}
	return nil
}

// selectScenarios picks the scenarios named in spec, in their own order. A name
// ending in * picks every scenario that begins so.
func selectScenarios(all []scenario, spec string) ([]scenario, error) {
	if spec == "" {
		return all, nil
	}
	picked := make([]bool, len(all))
	for want := range strings.SplitSeq(spec, ",") {
		prefix, wild := strings.CutSuffix(strings.TrimSpace(want), "*")
		found := false
		for i, s := range all {
			if s.name == prefix || wild && strings.HasPrefix(s.name, prefix) {
				picked[i], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("no scenario %q: see -list", want)
		}
	}
	var out []scenario
	for i, s := range all {
		if picked[i] {
			out = append(out, s)
		}
	}
	return out, nil
}
