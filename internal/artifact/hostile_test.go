package artifact_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/artifact"
)

func TestBrokenConfig(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		config string
		want   string // part of the problem, "" for none
		os     string // what was read all the same
	}{
		"nothing":         {``, "the config: it is not valid JSON", ""},
		"half":            {`{"os":"linux"`, "the config: it is not valid JSON", ""},
		"null":            {`null`, "the config: expected an object, found null", ""},
		"list":            {`[1]`, "the config: expected an object, found a list", ""},
		"text":            {`"linux"`, "the config: expected an object, found a text", ""},
		"empty":           {`{}`, "", ""},
		"nulls":           {`{"os":"linux","config":null,"history":null,"created":null}`, "", "linux"},
		"nulls within":    {`{"os":"linux","config":{"Env":null,"Cmd":[null],"Labels":{"a":null},"User":null,"Volumes":null},"history":[null,{"created_by":null,"empty_layer":null}]}`, "", "linux"},
		"text for object": {`{"config":"x","os":"linux"}`, "config: expected an object, found a text", "linux"},
		"number for text": {`{"config":{"Labels":{"a":1}},"os":"linux"}`, "the config: config.Labels.a: expected a text, found a number", "linux"},
		"object for list": {`{"history":{},"os":"linux"}`, "the config: history: expected a list, found an object", "linux"},
		"text for flag":   {`{"history":[{"empty_layer":"yes"}],"os":"linux"}`, "the config: history.empty_layer: expected true or false, found a text", "linux"},
		"truth for text":  {`{"author":true,"os":"linux"}`, "the config: author: expected a text, found true or false", "linux"},
		"twice":           {`{"os":"linux","os":"windows"}`, `the config: the key "os" appears twice`, "linux"},
		"label twice":     {`{"config":{"Labels":{"a":"1","a":"2"}},"os":"linux"}`, `the config: config.Labels: the key "a" appears twice`, "linux"},
		"escaped twice":   {`{"config":{"Labels":{"a":"1","\u0061":"2"}},"os":"linux"}`, `the config: config.Labels: the key "a" appears twice`, "linux"},
		"no UTF-8":        {"{\"author\":\"\xff\",\"os\":\"linux\"}", "the config: it is not valid UTF-8", "linux"},
		"deep":            {`{"os":"linux","x":` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `}`, "nested deeper than 64 levels", "linux"},
		"deep enough":     {`{"x":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `,"os":"linux"}`, "", "linux"},
		"deepest":         {`{"os":` + strings.Repeat("[", 1<<20), "not valid JSON", ""},
		"many keys":       {`{"os":"linux","config":{"Labels":{` + manyKeys(60_000) + `}}}`, "more than 50000 keys", "linux"},
		"not objects":     {`{"config":{"Volumes":[1,2],"ExposedPorts":7},"os":"linux"}`, "config.Volumes: expected an object, found a list", "linux"},
		"long key":        {`{"config":{"Labels":{"` + strings.Repeat("k", 1<<20) + `":1}}}`, "the config: config.Labels.kkk", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := describe(tc.config)
			if d.Kind != artifact.KindImage || !strings.Contains(d.Problem, tc.want) || (tc.want == "") != (d.Problem == "") {
				t.Errorf("kind %q, problem %q, want %q", d.Kind, d.Problem, tc.want)
			}
			got := ""
			if len(d.Summary.Platforms) > 0 {
				got = d.Summary.Platforms[0].OS
			}
			if got != tc.os {
				t.Errorf("os %q, want %q", got, tc.os)
			}
			checkBounds(t, d)
		})
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"k%d":"v",`, i)
	}
	return b.String() + `"org.opencontainers.image.title":"last"`
}

func TestConfigThatWasNotRead(t *testing.T) {
	t.Parallel()
	large := strings.Replace(image, `"size":7`, `"size":4194305`, 1)
	for name, tc := range map[string]struct {
		in   artifact.Input
		want string
	}{
		"missing":       {artifact.Input{Manifest: []byte(image)}, "the config could not be read"},
		"large":         {artifact.Input{Manifest: []byte(large)}, "the config is larger than 4 MiB and was not read"},
		"large, read":   {artifact.Input{Manifest: []byte(image), Config: make([]byte, artifact.MaxConfig+1)}, "the config is larger than 4 MiB and was not read"},
		"no manifest":   {artifact.Input{}, "the manifest: it is not valid JSON, or nested too deep"},
		"null manifest": {artifact.Input{Manifest: []byte("null")}, "the manifest: expected an object, found null"},
	} {
		if got := artifact.Describe(tc.in).Problem; got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
	first := describe("{")
	index := artifact.Describe(artifact.Input{
		Manifest: []byte(`{"schemaVersion":2,"manifests":[{"digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]}`), First: &first,
	})
	if want := "the first image: the config: it is not valid JSON, or nested too deep"; index.Problem != want {
		t.Errorf("%q, want %q", index.Problem, want)
	}
}

func TestCaps(t *testing.T) {
	t.Parallel()
	labels := map[string]string{}
	for i := range 10_000 {
		labels[fmt.Sprint("label-", i)] = "v"
	}
	for key, value := range map[string]string{
		"title": strings.Repeat("ä", 300), "description": strings.Repeat("ä", 600), "licenses": strings.Repeat("ä", 300),
		"version": strings.Repeat("1", 300), "url": "https://example.com/" + strings.Repeat("a", 2048), "source": "javascript:alert(1)",
		"vendor": "a\u0000b\u202ec\r\n\td\u2028e\x1b[1m",
	} {
		labels["org.opencontainers.image."+key] = value
	}
	history := make([]map[string]any, 500)
	for i := range history {
		history[i] = map[string]any{"created_by": strings.Repeat("A", 5000)}
	}
	config, err := json.Marshal(map[string]any{"config": map[string]any{"Labels": labels, "Env": []string{strings.Repeat("A", 100<<10)}}, "history": history})
	if err != nil {
		t.Fatal(err)
	}
	d := describe(string(config))
	checkBounds(t, d)
	want := artifact.Summary{
		Title: strings.Repeat("ä", 256), Description: strings.Repeat("ä", 512), Licenses: strings.Repeat("ä", 256),
		Version: strings.Repeat("1", 256), Vendor: "abc d e[1m",
	}
	if diff := cmp.Diff(want, d.Summary); diff != "" {
		t.Error(diff)
	}
	if d.Problem != "" || !d.Details.Cut || len(d.Details.Labels) != 256 || len(d.Details.Env[0]) != 4096 {
		t.Errorf("problem %q, cut %v, %d labels, %d bytes", d.Problem, d.Details.Cut, len(d.Details.Labels), len(d.Details.Env[0]))
	}
	if n := len(d.Details.History); n == 0 || n > 16 { // 64 KiB of 4 KiB each
		t.Errorf("%d steps", n)
	}
	if d := describe(`{"config":{"Labels":{"a":"b"}}}`); d.Details.Cut {
		t.Error("cut, and nothing was")
	}
}

// A manifest of as many entries as it may have.
func TestManyReferences(t *testing.T) {
	t.Parallel()
	child := `{"digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","size":1,"platform":{"os":"linux","architecture":"amd64"}}`
	all := strings.Repeat(child+",", 4095) + child
	for _, manifest := range []string{`{"manifests":[` + all + `]}`, `{"layers":[` + all + `]}`} {
		d := artifact.Describe(artifact.Input{Manifest: []byte(manifest)})
		checkBounds(t, d)
		if !d.Details.Cut || d.Problem != "" || len(d.Details.Children)+len(d.Details.Layers) != 256 || len(d.Summary.Platforms) > 64 {
			t.Errorf("cut %v, problem %q, %d children, %d layers", d.Details.Cut, d.Problem, len(d.Details.Children), len(d.Details.Layers))
		}
	}
	d := artifact.Describe(artifact.Input{Manifest: []byte(`{"manifests":[` + all + `,` + child + `]}`)})
	if want := "the manifest: manifests: more than 4096 entries"; d.Problem != want {
		t.Errorf("%q, want %q", d.Problem, want)
	}
}

// A step that was left out, or a history that does not fit, leaves layers unnamed.
func TestStepsOfLayers(t *testing.T) {
	t.Parallel()
	for history, want := range map[string]int{
		`{"created_by":"a"}`: 1,
		`{"created_by":"a","empty_layer":true},{"created_by":"b"}`: 2,
		`{"created_by":"a"},{"created_by":"b"}`:                    0,
		`{"created_by":"a","empty_layer":true}`:                    0,
		``:                                                         0,
		strings.Repeat(`{"empty_layer":true},`, 255) + `{"created_by":"b"}`: 256,
		strings.Repeat(`{"empty_layer":true},`, 256) + `{"created_by":"b"}`: 0,
	} {
		d := describe(`{"history":[` + history + `]}`)
		if got := d.Details.Layers[0].Step; got != want {
			t.Errorf("%.60s: step %d, want %d", history, got, want)
		}
	}
}

// checkBounds checks what a database and a page rely on.
func checkBounds(t *testing.T, d artifact.Description) {
	t.Helper()
	for name, tc := range map[string]struct {
		value   any
		maximum int
	}{
		"summary": {d.Summary, artifact.MaxSummary}, "details": {d.Details, artifact.MaxDetails}, "problem": {d.Problem, 2048}, "kind": {d.Kind, 16},
	} {
		b, err := json.Marshal(tc.value)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > tc.maximum {
			t.Errorf("%s has %d bytes, at most %d are allowed", name, len(b), tc.maximum)
		}
		if !utf8.Valid(b) || strings.Contains(string(b), `\u0000`) && !strings.Contains(string(b), `\\u0000`) {
			t.Errorf("%s is no text that a database takes: %.200q", name, b)
		}
	}
	s := d.Summary
	for maximum, texts := range map[int][]string{
		512:  {s.Description},
		256:  {s.Licenses, s.Title, s.Version, s.Revision, s.Authors, s.Vendor, d.Problem},
		2048: {s.Source, s.URL, s.Documentation},
	} {
		for _, text := range texts {
			if utf8.RuneCountInString(text) > maximum || strings.TrimSpace(text) != text || strings.ContainsAny(text, "\x00\n\r\t\u202e") {
				t.Errorf("%.300q is not one line of at most %d characters", text, maximum)
			}
		}
	}
	for _, u := range []string{s.URL, s.Documentation} {
		if u != "" && !strings.HasPrefix(u, "http://") && !strings.HasPrefix(u, "https://") {
			t.Errorf("%q is not an address of the web", u)
		}
	}
}
