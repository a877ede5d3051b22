package restapi_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

func TestReadme(t *testing.T) {
	t.Parallel()
	c := berthtest.New(t).As("ada")
	const at = "/api/v3/repos/acme/web/readme"
	do := func(method, path, body string, want int) *berthtest.Response {
		t.Helper()
		return c.Do(method, path, strings.NewReader(body), "Content-Type", "application/json").Want(want)
	}
	do("POST", "/api/v3/orgs/acme/repos", `{"name":"web"}`, 201)
	c.Get(at).Want(404)
	text := "# Web\n" + strings.Repeat("ü", 100)
	encoded := base64.StdEncoding.EncodeToString([]byte(text))
	for _, body := range []string{`{"content":"` + encoded[:60] + `\n` + encoded[60:] + `","encoding":"base64"}`, `{"content":"` + strings.ReplaceAll(text, "\n", `\n`) + `"}`} {
		do("PUT", at, body, 200)
		var got struct {
			Name, Encoding, Content string
			Size                    int
		}
		if err := json.Unmarshal(c.Get(at).Want(200).Body, &got); err != nil {
			t.Fatal(err)
		}
		read, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(got.Content, "\n", ""))
		if err != nil || string(read) != text || got.Size != len(text) || got.Name != "README.md" || got.Encoding != "base64" || got.Content[60] != '\n' {
			t.Errorf("%+v, %v", got, err)
		}
	}
	do("PUT", at, `{"content":"*","encoding":"base64"}`, 422)
	do("PUT", at, `{"content":"x","encoding":"utf-16"}`, 422)
	do("PUT", at, `{"content":"`+strings.Repeat("a", account.MaxReadme)+`"}`, 200)
	do("PUT", at, `{"content":"`+strings.Repeat("a", account.MaxReadme+1)+`"}`, 413)
	do("PUT", at, `{"content":""}`, 200)
	c.Get(at).Want(404)
}
