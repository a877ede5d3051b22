// Command provider is a small OpenID provider for tests: the certified library of
// Zitadel with people in memory, a form for name and password, PKCE and RS256. What
// people are called is told at its userinfo endpoint only, as the standard has it.
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"flag"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/op"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "provider:", err)
		os.Exit(1)
	}
}

func run() error {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	clientID := flag.String("client", "berth", "client id")
	secret := flag.String("secret", "", "client secret")
	redirect := flag.String("redirect", "", "where the client may be called back")
	people := flag.String("people", "", "NAME:SUBJECT:PASSWORD, separated by commas")
	flag.Parse()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	s := &storage{
		client:   client{id: *clientID, redirect: *redirect},
		secret:   *secret,
		key:      key,
		requests: map[string]*request{},
		codes:    map[string]string{},
		tokens:   map[string]string{},
	}
	for one := range strings.SplitSeq(*people, ",") {
		f := strings.Split(one, ":")
		if len(f) != 3 {
			return fmt.Errorf("-people: %q", one)
		}
		s.people = append(s.people, person{name: f[0], subject: f[1], password: f[2]})
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	config := &op.Config{CryptoKey: sha256.Sum256([]byte(rand.Text())), CodeMethodS256: true}
	provider, err := op.NewProvider(config, s, op.StaticIssuer("http://"+l.Addr().String()),
		op.WithAllowInsecure(), op.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, nil))))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	intercept := op.NewIssuerInterceptor(provider.IssuerFromRequest)
	callback := op.AuthCallbackURL(provider)
	mux.HandleFunc("GET /people", showForm)
	mux.HandleFunc("POST /people", intercept.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.PostFormValue("id")
		if err := s.logIn(id, r.PostFormValue("name"), r.PostFormValue("password")); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		http.Redirect(w, r, callback(r.Context(), id), http.StatusFound)
	}))
	mux.Handle("/", provider)
	fmt.Println("http://" + l.Addr().String())
	return http.Serve(l, mux)
}

func showForm(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, `<form method="post"><input type="hidden" name="id" value="%s"><input name="name"><input name="password" type="password"><button>Sign in</button></form>`,
		template.HTMLEscapeString(r.FormValue("id")))
}
