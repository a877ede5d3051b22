package restapi_test

import (
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/berthtest/apicheck"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/restapi"
)

// withProvider is a server with an outside provider, corp.
func withProvider(t *testing.T, address string) *berthtest.Server {
	t.Helper()
	return berthtest.New(t, berthtest.Options{Address: address, Account: func(o *account.Options) {
		o.Providers = []account.Provider{{Name: "corp", Title: "The Corp", Issuer: "https://corp.example", ClientID: "berth", ClientSecret: "s"}}
	}})
}

// Who somebody is elsewhere, in the order of a life.
func TestIdentityShapes(t *testing.T) {
	t.Parallel()
	s := withProvider(t, "")
	clients := map[string]*berthtest.Client{
		"":         s.As(""),
		"reads":    s.With("Bearer " + s.Token("ada", berth.ScopeReadUser, 0)),
		"packages": s.With("Bearer " + s.Token("ada", berth.ScopeReadPackages, 0)),
		"narrow":   s.With("Bearer " + s.Token("root", berth.ScopeUser|berth.ScopeReadUser, 0)),
	}
	for _, name := range []string{"ada", "bob", "mia", "root"} {
		clients[name] = s.As(name)
	}
	const (
		one   = `{"provider":"corp","title":"The Corp","subject":"s 1","created_at":*}`
		two   = `{"provider":"corp","title":"The Corp","subject":"auth0|2","created_at":*}`
		end   = `,"documentation_url":"https://github.com/berth-registry/berth/blob/main/docs/api.md","errors":[{"code":"`
		whole = "*" // whatever it says
	)
	for _, step := range []struct { //nolint:paralleltest // one after another
		who, method, path, body string
		status                  int
		want                    string
	}{
		{"ada", "GET", "/user/identities", "", 200, `[]`},
		{"root", "PUT", "/users/ada/identities/corp", `{"subject":"s 1"}`, 204, ""},
		{"root", "PUT", "/users/Ada/identities/corp", `{"subject":"auth0|2"}`, 204, ""},
		{"root", "PUT", "/users/bob/identities/corp", `{"subject":"s 1"}`, 409, `{"message":"it is there already: that identity is linked to an account already"` + end + `exists"}]}`},
		{"root", "PUT", "/users/bob/identities/other", `{"subject":"s 3"}`, 404, `{"message":"identity provider unknown: \"other\" is not in the configuration of this registry"` + end + `provider_unknown"}]}`},
		{"root", "PUT", "/users/eve/identities/corp", `{"subject":"s 3"}`, 404, whole},
		{"root", "PUT", "/users/acme/identities/corp", `{"subject":"s 3"}`, 404, whole},
		{"ada", "PUT", "/users/ada/identities/corp", `{"subject":"s 3"}`, 403, whole},
		{"bob", "PUT", "/users/ada/identities/corp", `{"subject":"s 3"}`, 403, whole},
		{"narrow", "PUT", "/users/ada/identities/corp", `{"subject":"s 3"}`, 403, whole},
		{"", "PUT", "/users/ada/identities/corp", `{"subject":"s 3"}`, 401, whole},
		{"ada", "PUT", "/user/identities/corp", `{"subject":"s 3"}`, 405, whole},

		{"ada", "GET", "/user/identities", "", 200, `[` + one + `,` + two + `]`},
		{"reads", "GET", "/users/ada/identities", "", 200, `[` + one + `,` + two + `]`},
		{"root", "GET", "/users/ADA/identities", "", 200, `[` + one + `,` + two + `]`},
		{"root", "GET", "/user/identities", "", 200, `[]`},
		{"narrow", "GET", "/users/ada/identities", "", 404, whole},
		{"packages", "GET", "/user/identities", "", 403, whole},
		{"bob", "GET", "/users/ada/identities", "", 404, `{"message":"owner unknown: there is no account ada that bob may manage"` + end + `owner_unknown"}]}`},
		{"bob", "GET", "/users/eve/identities", "", 404, `{"message":"owner unknown: there is no account eve that bob may manage"` + end + `owner_unknown"}]}`},
		{"", "GET", "/users/ada/identities", "", 401, whole},
		{"", "GET", "/user/identities", "", 401, whole},

		{"root", "DELETE", "/users/ada/identities/corp", "", 422, `{"message":"request invalid: whom at the provider? Say it with ?subject="` + end + `request_invalid"}]}`},
		{"bob", "DELETE", "/users/ada/identities/corp?subject=s+1", "", 404, whole},
		{"bob", "DELETE", "/user/identities/corp?subject=s+1", "", 404, `{"message":"identity unknown"` + end + `identity_unknown"}]}`},
		{"reads", "DELETE", "/user/identities/corp?subject=s+1", "", 403, whole},
		{"", "DELETE", "/user/identities/corp?subject=s+1", "", 401, whole},
		{"", "DELETE", "/users/ada/identities/corp", "", 401, whole},
		{"ada", "GET", "/user/identities", "", 200, `[` + one + `,` + two + `]`},
		{"ada", "DELETE", "/user/identities/corp?subject=s+1", "", 204, ""},
		{"ada", "DELETE", "/user/identities/corp?subject=s+1", "", 404, whole},
		{"ada", "DELETE", "/user/identities/corp?subject=auth0%7C2", "", 409, `{"message":"the state of things forbids it: the account would have no way to sign in left; set a password first"` + end + `conflict"}]}`},
		{"ada", "GET", "/user/identities", "", 200, `[` + two + `]`},
		{"root", "DELETE", "/users/ada/identities/corp?subject=auth0%7C2", "", 204, ""},
		{"ada", "GET", "/users/ada/identities", "", 200, `[]`},
	} {
		t.Run(step.who+" "+step.method+" "+step.path, func(t *testing.T) {
			r := send(clients[step.who], step.method, step.path, step.body)
			if step.want == whole {
				r.Want(step.status)
				return
			}
			golden(t, r, step.status, step.want)
		})
	}
}

// What is no subject, no provider or no name is refused on both databases, and
// changes nothing.
func TestIdentityInputs(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		s := withProvider(t, address)
		root := s.With("Bearer " + s.Token("root", berth.ScopeAll, 0))
		send(root, "PUT", "/users/ada/identities/corp", `{"subject":"s"}`).Want(204)
		refused := func(method, path, body string) {
			t.Helper()
			if r := send(root, method, path, body); r.Status < 404 || r.Status > 422 {
				t.Errorf("%s %s %q: %d %s", method, path, body, r.Status, r.Body)
			}
		}
		for _, body := range []string{
			`{}`, `{"subject":""}`, `{"subject":null}`, `{"subject":1}`, `{"subject":"a\u0000"}`, `{"subject":"a\nb"}`, "{\"subject\":\"\xff\"}",
			`{"subject":"` + strings.Repeat("s", 256) + `"}`, `{"subject":"a","provider":"corp"}`, `[]`, `"s"`, `{`, `{"subject":"a"} {}`, " ",
		} {
			refused("PUT", "/users/bob/identities/corp", body)
		}
		send(root, "PUT", "/users/bob/identities/corp", `{"subject":"`+strings.Repeat("s", 64<<10)+`"}`).Want(413)
		for _, bad := range []string{"%00", "a%00", "%ff", "%C4%B0", "a%2Fb", "%20", "nobody", "-", "%25", strings.Repeat("x", 1000)} {
			refused("PUT", "/users/"+bad+"/identities/corp", `{"subject":"a"}`)
			refused("PUT", "/users/bob/identities/"+bad, `{"subject":"a"}`)
			refused("GET", "/users/"+bad+"/identities", "")
			refused("DELETE", "/users/"+bad+"/identities/corp?subject=s", "")
			refused("DELETE", "/users/ada/identities/"+bad+"?subject=s", "")
			refused("DELETE", "/users/ada/identities/corp?subject="+bad, "")
			refused("DELETE", "/user/identities/"+bad+"?subject="+bad, "")
		}
		refused("DELETE", "/users/ada/identities/corp?subject="+url.QueryEscape("s\n"), "")
		golden(t, send(root, "GET", "/users/ada/identities", ""), 200, `[{"provider":"corp","title":"The Corp","subject":"s","created_at":*}]`)
		golden(t, send(root, "GET", "/users/bob/identities", ""), 200, `[]`)
	})
}

// The operator of a data directory has no identities, whoever bears his name.
func TestIdentitiesOfTheOperator(t *testing.T) {
	t.Parallel()
	s := withProvider(t, "")
	s.AddUser("operator", false)
	api := restapi.NewLocal(slog.New(slog.DiscardHandler), s.Registry, s.Account, httpkit.Origins{})
	checked := apicheck.Watch(api, "/api/v3", apicheck.Once(api.Document), func(err error) { t.Error(err) })
	ask := func(method, path, body string, want int) {
		t.Helper()
		w := httptest.NewRecorder()
		checked.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/api/v3"+path, strings.NewReader(body)))
		if w.Code != want {
			t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
	}
	ask("PUT", "/users/operator/identities/corp", `{"subject":"s"}`, 204)
	ask("GET", "/user/identities", "", 404)
	ask("DELETE", "/user/identities/corp?subject=s", "", 404)
	ask("GET", "/users/operator/identities", "", 200)
	ask("DELETE", "/users/operator/identities/corp?subject=s", "", 204)
}
