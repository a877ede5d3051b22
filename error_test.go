package berth_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
)

func TestErrorIs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		err, target error
		want        bool
	}{
		{"itself", berth.ErrDenied, berth.ErrDenied, true},
		{"another", berth.ErrDenied, berth.ErrUnauthenticated, false},
		{"another of the same kind", berth.ErrTagInvalid, berth.ErrNameInvalid, false},
		{"with detail", berth.ErrDenied.With("no"), berth.ErrDenied, true},
		{"details do not count", berth.ErrDenied.With("a"), berth.ErrDenied.With("b"), true},
		{"with a cause", berth.ErrDenied.Because(io.EOF), berth.ErrDenied, true},
		{"the cause", berth.ErrDenied.Because(io.EOF), io.EOF, true},
		{"the cause under detail", berth.ErrDenied.Because(io.EOF).With("x"), io.EOF, true},
		{"a named cause", berth.ErrUnavailable.Because(berth.ErrDenied), berth.ErrDenied, true},
		{"wrapped", fmt.Errorf("put: %w", berth.ErrDenied.With("x")), berth.ErrDenied, true},
		{"joined", errors.Join(io.EOF, berth.ErrDenied), berth.ErrDenied, true},
		{"not a cause", berth.ErrDenied, io.EOF, false},
		{"a plain error", io.EOF, berth.ErrDenied, false},
		{"nil", nil, berth.ErrDenied, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := errors.Is(test.err, test.target); got != test.want {
				t.Errorf("errors.Is(%v, %v) = %t", test.err, test.target, got)
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	e := berth.ErrBlobUnknown.With("%d bytes, 100%% of %q", 7, "x").Because(io.EOF)
	if want := `blob unknown: 7 bytes, 100% of "x"`; e.Msg != want {
		t.Errorf("public message %q, want %q", e.Msg, want)
	}
	if want := `blob unknown: 7 bytes, 100% of "x": EOF`; e.Error() != want {
		t.Errorf("log text %q, want %q", e, want)
	}
	if e.Unwrap() != io.EOF { //nolint:errorlint // it is about this one call
		t.Errorf("Unwrap() = %v", e.Unwrap())
	}
	if e.Kind != berth.KindNotFound || e.ID != "blob_unknown" {
		t.Errorf("kind %d, ID %s", e.Kind, e.ID)
	}
	if got := e.With("more").Because(io.ErrUnexpectedEOF).Error(); got != e.Msg+": more: unexpected EOF" {
		t.Errorf("the second cause: %q", got)
	}
	// The variables are shared: no copy may reach them.
	if berth.ErrBlobUnknown.Msg != "blob unknown" || berth.ErrBlobUnknown.Unwrap() != nil {
		t.Errorf("ErrBlobUnknown became %+v", berth.ErrBlobUnknown)
	}
}

// A face proves with Errors that it maps all; so Errors must have all.
func TestErrorsIsComplete(t *testing.T) {
	t.Parallel()
	var listed []string
	for _, e := range berth.Errors() {
		listed = append(listed, e.ID)
	}
	declared := declaredErrors(t)
	slices.Sort(listed)
	slices.Sort(declared)
	if diff := cmp.Diff(declared, listed); diff != "" {
		t.Errorf("error.go declares (-), Errors lists (+)\n%s", diff)
	}
	if n := len(slices.Compact(listed)); n != len(declared) {
		t.Errorf("%d errors share %d IDs", len(declared), n)
	}
}

// declaredErrors returns the IDs of the Err… variables in error.go, each of
// which must be called after its ID.
func declaredErrors(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "error.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	capital := regexp.MustCompile(`[A-Z]`)
	var ids []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			if !strings.HasPrefix(name.Name, "Err") {
				continue
			}
			id, err := strconv.Unquote(spec.Values[i].(*ast.UnaryExpr).X.(*ast.CompositeLit).Elts[1].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			snake := strings.ToLower(capital.ReplaceAllString(strings.TrimPrefix(name.Name, "Err"), "_$0"))
			if "_"+id != snake {
				t.Errorf("%s has the ID %s", name, id)
			}
			ids = append(ids, id)
		}
		return true
	})
	if len(ids) < 30 {
		t.Fatalf("found only %d errors in error.go", len(ids))
	}
	return ids
}

func TestErrorsAreFitToShow(t *testing.T) {
	t.Parallel()
	for _, e := range berth.Errors() {
		if e.Kind == berth.KindInternal || e.Msg == "" || strings.TrimSpace(e.Msg) != e.Msg || e.Unwrap() != nil {
			t.Errorf("%s: %+v", e.ID, e)
		}
	}
}
