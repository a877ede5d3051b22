package restapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

// session signs a program in without a password, as an outside provider does.
func session(t *testing.T, s *berthtest.Server, user string) *berthtest.Client {
	t.Helper()
	made, err := s.Account.CreateProgramSession(t.Context(), s.Viewer(user).UserID, "test", "192.0.2.1", "test")
	if err != nil {
		t.Fatal(err)
	}
	return s.With("Bearer " + made.Secret)
}

// The audit log tells how somebody came in who has just joined.
func TestJoinIsLogged(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t, berthtest.Options{Account: func(o *account.Options) { o.Registration = true }})
	i, err := s.Account.Invite(t.Context(), berth.Operator(), account.Invitation{})
	if err != nil {
		t.Fatal(err)
	}
	for secret, want := range map[string]string{i.Secret: "sign_in eve: invitation", "": "sign_in kim: registration"} {
		name := strings.TrimSuffix(strings.Fields(want)[1], ":")
		send(s.As(""), "POST", "/join", fmt.Sprintf(`{"invitation":%q,"login":%q,"password":"long enough"}`, secret, name)).Want(201)
		if events := s.Events(); events[len(events)-1] != want {
			t.Errorf("%s, want %s", events[len(events)-1], want)
		}
	}
}

// What somebody does to his own account, in the order of a life. Nobody else, and
// no token without the scope, can.
func TestOwnAccount(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada, reads := session(t, s, "ada"), s.With("Bearer "+s.Token("ada", berth.ScopeReadUser, 0))
	send(ada, "PUT", "/user/password", `{"password":"hunter2hunter2"}`).Want(204) // there was none
	send(ada, "PUT", "/user/password", `{"current":"hunter3","password":"another password"}`).Want(422)
	send(s.As(""), "POST", "/login", `{"login":"ada","password":"wrong"}`).Want(401)
	var made struct{ Token, Login string }
	r := send(s.As(""), "POST", "/login", `{"login":"ada","password":"hunter2hunter2","name":"berth on a laptop"}`).Want(201)
	if err := json.Unmarshal(r.Body, &made); err != nil || made.Login != "ada" || !strings.HasPrefix(made.Token, "brs_") {
		t.Fatal(err, made.Login)
	}
	in := s.With("Bearer " + made.Token)
	browser, err := s.Account.SignIn(t.Context(), "ada", "hunter2hunter2", "", "192.0.2.1", "")
	if err != nil {
		t.Fatal(err)
	}
	send(s.With("Bearer "+browser.Secret), "GET", "/user", "").Want(401) // it has to be a program's
	send(in, "DELETE", fmt.Sprintf("/user/sessions/%d", browser.ID), "").Want(204)

	var list []struct {
		ID        int64
		UserAgent string `json:"user_agent"`
		Current   bool
	}
	if err := json.Unmarshal(send(in, "GET", "/user/sessions", "").Want(200).Body, &list); err != nil || len(list) != 2 || list[1].Current || list[0].UserAgent != "berth on a laptop" || !list[0].Current {
		t.Fatal(err, list)
	}
	send(in, "DELETE", fmt.Sprintf("/user/sessions/%d", list[1].ID), "").Want(204)
	send(ada, "GET", "/user", "").Want(401)
	golden(t, send(s.As("bob"), "GET", "/user/sessions", ""), 200, `[]`)
	for _, id := range []string{"0", "-1", "x", "%00", "99999999999999999999"} {
		send(in, "DELETE", "/user/sessions/"+id, "").Want(404)
	}

	golden(t, send(reads, "GET", "/user/second-factor", ""), 200, `{"enabled":false,"recovery_codes":0}`)
	for target, body := range map[string]string{
		"PUT /user/password":                       `{"current":"hunter2hunter2","password":"another password"}`,
		"DELETE /user/sessions/1":                  "",
		"POST /user/second-factor":                 `{"password":"hunter2hunter2"}`,
		"PUT /user/second-factor":                  `{"code":"123456"}`,
		"DELETE /user/second-factor":               `{"password":"hunter2hunter2","code":"123456"}`,
		"POST /user/second-factor/recovery-codes":  `{"password":"hunter2hunter2","code":"123456"}`,
		"DELETE /admin/users/ada/second-factor":    "",
		"POST /invitations":                        `{}`,
		"DELETE /admin/users/nobody/second-factor": "",
	} {
		method, path, _ := strings.Cut(target, " ")
		if r := send(reads, method, path, body); r.Status != 403 {
			t.Errorf("%s without the scope: %d %s", target, r.Status, r.Body)
		}
		if r := send(s.As(""), method, path, `{"unknown":1}`); r.Status != 401 {
			t.Errorf("%s by nobody: %d %s", target, r.Status, r.Body)
		}
	}
	send(in, "DELETE", "/user/second-factor", `{"password":"hunter2hunter2","code":"123456"}`).Want(422)
	send(in, "POST", "/user/second-factor", `{"password":"hunter3"}`).Want(422)
	var factor struct{ Secret, URL string }
	if err := json.Unmarshal(send(in, "POST", "/user/second-factor", `{"password":"hunter2hunter2"}`).Want(201).Body, &factor); err != nil || len(factor.Secret) != 32 || !strings.HasPrefix(factor.URL, "otpauth://totp/Berth:ada?") {
		t.Fatal(err, factor.URL)
	}
	send(in, "PUT", "/user/second-factor", `{"code":"12345"}`).Want(422)
	send(s.As("root"), "DELETE", "/admin/users/bob/second-factor", "").Want(422) // he has none
	send(in, "GET", "/user", "").Want(200)
}

// What is no good body is refused, and changes nothing.
func TestOwnAccountBodies(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada := session(t, s, "ada")
	for target, bodies := range map[string][]string{
		"PUT /user/password":                      {`{"password":""}`, `{"password":"short"}`, `{"password":1}`, `{"current":1,"password":"long enough"}`, `{"password":"long enough","login":"bob"}`},
		"POST /user/second-factor":                {`{"password":1}`, `{"secret":"x"}`},
		"PUT /user/second-factor":                 {`{}`, `{"code":123456}`, `{"code":""}`, `{"code":"\u0000"}`},
		"DELETE /user/second-factor":              {`{}`, `{"code":1}`, `{"code":"123456"}`},
		"POST /user/second-factor/recovery-codes": {`{}`, `{"code":1}`, `{"code":"123456"}`},
		"POST /orgs/acme/invitations":             {`{"org":"other"}`, `{"expires_in":-1}`, `{"expires_in":99999999999}`, `{"note":"a\nb"}`, `{"note":"` + strings.Repeat("x", 201) + `"}`, `{"owner":"yes"}`, `{"secret":"x"}`},
	} {
		method, path, _ := strings.Cut(target, " ")
		for _, body := range append(bodies, `[]`, `"x"`, `{`, `{} {}`, "\xff", "\x00", `{"unknown":1}`, " ") {
			before := s.State()
			if r := send(ada, method, path, body); r.Status != 422 {
				t.Errorf("%s %q: %d %s", target, body, r.Status, r.Body)
			}
			if s.State() != before {
				t.Errorf("%s %q changed something", target, body)
			}
		}
		send(ada, method, path, `{"code":"`+strings.Repeat("x", 64<<10)+`"}`).Want(http.StatusRequestEntityTooLarge)
	}
}
