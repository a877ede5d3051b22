package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// terminal returns how to ask the person at a terminal, nil when there is none.
func terminal(in *os.File, out io.Writer) func(ctx context.Context, question string, secret bool) (string, error) {
	fd := int(in.Fd())
	if !term.IsTerminal(fd) {
		return nil
	}
	lines := bufio.NewReader(in)
	return func(ctx context.Context, question string, secret bool) (string, error) {
		before, err := term.GetState(fd)
		if err != nil {
			return "", err
		}
		if _, err := fmt.Fprint(out, question); err != nil {
			return "", err
		}
		type answer struct {
			text string
			err  error
		}
		answers := make(chan answer, 1)
		go func() {
			if secret {
				b, err := term.ReadPassword(fd)
				_, _ = fmt.Fprintln(out)
				answers <- answer{string(b), err}
				return
			}
			line, err := lines.ReadString('\n')
			answers <- answer{strings.TrimRight(line, "\r\n"), err}
		}()
		select {
		case got := <-answers:
			return got.text, got.err
		case <-ctx.Done(): // else the terminal would go on hiding what is typed
			_, _ = fmt.Fprintln(out)
			_ = term.Restore(fd, before)
			return "", ctx.Err()
		}
	}
}
