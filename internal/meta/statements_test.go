package meta_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/meta"
)

// TestStatementsAreListed compares the list with the constants in the source. A
// query that is not in it fails when it is first used.
func TestStatementsAreListed(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	var groups []*ast.GenDecl
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			if constants, ok := decl.(*ast.GenDecl); ok && constants.Tok == token.CONST {
				groups = append(groups, constants)
			}
		}
	}
	lists := columnLists(groups)
	for _, constants := range groups {
		want = append(want, queries(t, constants, lists)...)
	}
	if len(want) < 50 {
		t.Fatalf("found %d queries only", len(want))
	}
	got := meta.Statements()
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("constants and statements() (-want +got):\n%s", diff)
	}
	if n := len(slices.Compact(slices.Clone(got))); n != len(got) {
		t.Errorf("%d of %d statements are twice in the list", len(got)-n, len(got))
	}
}

// columnLists returns the constants named …Columns, …From and …Where, which several queries
// share.
func columnLists(groups []*ast.GenDecl) map[string]ast.Expr {
	lists := map[string]ast.Expr{}
	for _, constants := range groups {
		for _, spec := range constants.Specs {
			values := spec.(*ast.ValueSpec)
			for i, name := range values.Names {
				if strings.HasSuffix(name.Name, "Columns") || strings.HasSuffix(name.Name, "From") || strings.HasSuffix(name.Name, "Where") {
					lists[name.Name] = values.Values[i]
				}
			}
		}
	}
	return lists
}

// textOf evaluates a query: one literal that everybody can search for, or a few around
// what several share.
func textOf(e ast.Expr, lists map[string]ast.Expr) (string, error) {
	switch e := e.(type) {
	case *ast.BasicLit:
		return strconv.Unquote(e.Value)
	case *ast.Ident:
		if list, ok := lists[e.Name]; ok {
			return textOf(list, lists)
		}
	case *ast.BinaryExpr:
		left, err := textOf(e.X, lists)
		if err != nil {
			return "", err
		}
		right, err := textOf(e.Y, lists)
		return left + right, err
	}
	return "", errors.New("it is neither a literal nor literals around …Columns, …From and …Where")
}

// queries returns the texts of the constants named q and an upper case letter.
func queries(t *testing.T, constants *ast.GenDecl, lists map[string]ast.Expr) []string {
	t.Helper()
	var texts []string
	for _, spec := range constants.Specs {
		values := spec.(*ast.ValueSpec)
		for i, name := range values.Names {
			if len(name.Name) < 2 || name.Name[0] != 'q' || !unicode.IsUpper(rune(name.Name[1])) {
				continue
			}
			text, err := textOf(values.Values[i], lists)
			if err != nil {
				t.Errorf("%s: %v", name.Name, err)
			}
			if strings.Contains(text, "SELECT *") || strings.Contains(text, "RETURNING *") {
				t.Errorf("%s does not spell out its columns", name.Name)
			}
			texts = append(texts, text)
		}
	}
	return texts
}
