package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// totp is what an authenticator shows (RFC 6238).
func totp(t *testing.T, secret string) string {
	t.Helper()
	key, err := base32.StdEncoding.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	_, _ = mac.Write(binary.BigEndian.AppendUint64(nil, uint64(time.Now().Unix()/30)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1e6)
}

// another is the server of the place too, with somebody else logged in by password.
func (p *place) another(name, password string) *place {
	p.t.Helper()
	q := &place{t: p.t, data: p.data, env: []string{"XDG_CONFIG_HOME=" + p.t.TempDir()}}
	q.ok(password, "login "+p.address()+" -u "+name+" --password-stdin")
	return q
}

// address is that of the server.
func (p *place) address() string {
	_, address, _ := strings.Cut(strings.TrimSpace(p.ok("", "whoami")), " on ")
	return address
}

// recoveryOf reads what is printed for people.
func recoveryOf(t *testing.T, out string) []string {
	t.Helper()
	const line = `[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}\n`
	if !regexp.MustCompile(`(?m)^recovery codes, .*not shown again:\n(` + line + `){10}\z`).MatchString(out) {
		t.Fatalf("no recovery codes: %s", out)
	}
	return strings.Fields(out[strings.Index(out, "\n"):])
}

func TestAccount(t *testing.T) {
	t.Parallel()
	server := serverPlace(t)
	server.ok("hunter2hunter2", "user create Ada --password-stdin")
	p := server.another("ada", "hunter2hunter2")
	server.another("ada", "hunter2hunter2")
	p.tell([]step{
		{"account show", "", `^LOGIN +Ada\nTYPE +User\nID +\d+\nADMIN +no\nBLOCKED +no\nSECOND-FACTOR +no\nVISIBILITY +-\n`},
		{"account show -o json", "", `^\{"login":"Ada",.*"two_factor_authentication":false`},
		{"account show ada", "", `!expected berth account show`},
		{"account frobnicate", "", `!unknown command "frobnicate" for "berth account"`},
		{"account sessions -o xml", "", `!expected text or json`},
		{"account sessions", "", `^ID +PROGRAM +ADDRESS +CREATED +USED +EXPIRES +THIS\n(\d+ +berth login.* +127\.0\.0\.1 +(` + stamp + ` +){3}(yes|no)\n){2}$`},
		{"account end-session x", "", `!expected the ID of a session, a number`},
		{"account end-session 4711", "", `!session unknown`},

		{"account password", "", `!printf '%s\\n' … … \| berth account password --password-stdin`},
		{"account password --password-stdin", "hunter2hunter2\n", `!expected two lines on standard input`},
		{"account password --password-stdin", "hunter2hunter2\nx\ny\n", `!expected two lines on standard input`},
		{"account password --password-stdin", "hunter3hunter3\nanother password\n", `!the current password of Ada is wrong`},
		{"account password --password-stdin", "hunter2hunter2\nshort\n", `!expected 8`},
	})
	var sessions []struct {
		ID      int64
		Current bool
	}
	list := func() {
		t.Helper()
		sessions = nil
		if err := json.Unmarshal([]byte(p.ok("", "account sessions -o json")), &sessions); err != nil {
			t.Fatal(err)
		}
	}
	list()
	for _, s := range sessions {
		if !s.Current {
			p.tell([]step{{fmt.Sprintf("account end-session %d", s.ID), "", fmt.Sprintf(`^session %d ended\n$`, s.ID)}})
		}
	}
	if list(); len(sessions) != 1 || !sessions[0].Current {
		t.Errorf("%v", sessions)
	}
	other := server.another("ada", "hunter2hunter2")
	p.tell([]step{{"account password --password-stdin", "hunter2hunter2\r\nanother password\r\n", `^password of Ada changed; your other sessions have ended\n$`}})
	if status, _, errs := other.run("", "account show"); status == 0 || !strings.Contains(errs, "log in again") {
		t.Errorf("the other session: %d %s", status, errs)
	}
	p.ask = answers(t, "another password<-Current password", "hunter2hunter2<-New password: ", "hunter3hunter3<-Again: ")
	p.tell([]step{{"account password", "", `!the passwords differ`}})
	p.ask = answers(t, "another password<-Current password", "hunter2hunter2<-New password: ", "hunter2hunter2<-Again: ")
	if out := p.ok("", "account password -o json"); out != "" {
		t.Error(out)
	}
	server.another("ada", "hunter2hunter2")
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	server := serverPlace(t)
	server.ok("hunter2hunter2", "user create ada --password-stdin")
	p := server.another("ada", "hunter2hunter2")
	const password = "hunter2hunter2\n"
	p.tell([]step{
		{"account second-factor", "", `^ON +no\nRECOVERY-CODES +0\n$`},
		{"account second-factor -o json", "", `^\{"enabled":false,"recovery_codes":0\}\n$`},
		{"account second-factor frobnicate", "", `!unknown command "frobnicate" for "berth account second-factor"`},
		{"account second-factor confirm 123456", "", `!none that waits for its first code`},
		{"account second-factor confirm", "", `!expected berth `},
		{"account second-factor on", "", `!pass your password on standard input: echo … \| berth account second-factor on --password-stdin`},
		{"account second-factor on --password-stdin", "wrong password", `!the current password of ada is wrong`},
		{"account second-factor off --password-stdin", password, `!pass a code of the second factor, or a recovery code, with --code`},
		{"account second-factor off --code 123456", "", `!pass your password on standard input: echo … \| berth account second-factor off --password-stdin`},
		{"account second-factor off --password-stdin --code 123456", password, `!the account has none`},
		{"account second-factor recovery-codes --password-stdin --code 123456", password, `!the account has none`},
		{"account second-factor on --password-stdin", password, `^SECRET +[A-Z2-7]{32}\nURL +otpauth://totp/Berth:ada\?\S+\nput that into an authenticator, then: berth account second-factor confirm CODE\n$`},
		{"account second-factor", "", `^ON +no\n`},
	})

	// In two steps, for programs. What was started before does not count any more.
	var factor struct{ Secret, URL string }
	if err := json.Unmarshal([]byte(p.ok(password, "account second-factor on --password-stdin -o json")), &factor); err != nil || !strings.Contains(factor.URL, factor.Secret) {
		t.Fatal(err, factor)
	}
	p.tell([]step{{"account second-factor confirm 12345", "", `!the code is wrong`}})
	recovery := recoveryOf(t, p.ok("", "account second-factor confirm "+totp(t, factor.Secret)))
	p.tell([]step{
		{"account second-factor", "", `^ON +yes\nRECOVERY-CODES +10\n$`},
		{"account second-factor on --password-stdin", password, `!the account ada has a second factor; remove it first`},
		{"account second-factor off --password-stdin --code " + recovery[0], "wrong password", `!the current password of ada is wrong`},
		{"account second-factor recovery-codes --password-stdin --code 123456", password, `!the code is wrong`},
	})
	var fresh struct {
		Codes []string `json:"recovery_codes"`
	}
	out := p.ok(password, "account second-factor recovery-codes --password-stdin -o json --code "+recovery[0])
	if err := json.Unmarshal([]byte(out), &fresh); err != nil || len(fresh.Codes) != 10 || slices.Contains(fresh.Codes, recovery[1]) {
		t.Fatal(err, out)
	}
	p.tell([]step{
		{"account second-factor off --password-stdin --code " + recovery[1], password, `!the code is wrong`},
		{"account second-factor off --password-stdin --code " + fresh.Codes[0], password, `^ada has no second factor; your other sessions have ended\n$`},
		{"account second-factor", "", `^ON +no\nRECOVERY-CODES +0\n$`},
	})
}

// At a terminal it is one conversation.
func TestSecondFactorAtATerminal(t *testing.T) {
	t.Parallel()
	server := serverPlace(t)
	server.ok("hunter2hunter2", "user create ada --password-stdin")
	p := server.another("ada", "hunter2hunter2")
	p.ask = answers(t, "hunter2hunter2<-Password: ", " 12345 <-authenticator. Code: ")
	status, out, errs := p.run("", "account second-factor on")
	if status == 0 || !strings.Contains(errs, "the code is wrong") || !strings.Contains(errs, "try again: berth account second-factor confirm CODE") {
		t.Errorf("%d %s", status, errs)
	}
	secret := regexp.MustCompile(`[A-Z2-7]{32}`).FindString(out)
	if secret == "" || strings.Contains(errs, secret) {
		t.Fatalf("%s%s", out, errs)
	}
	recovery := recoveryOf(t, p.ok("", "account second-factor confirm "+totp(t, secret)))
	p.ask = answers(t, "hunter2hunter2<-Password: ", " "+recovery[0]+" <-Code: ")
	recovery = recoveryOf(t, p.ok("", "account second-factor recovery-codes"))
	p.ask = answers(t, "hunter2hunter2<-Password: ", recovery[0]+"<-Code: ")
	p.tell([]step{{"account second-factor off", "", `^ada has no second factor`}})

	// All at once: the code is of the secret that was printed before it is asked for.
	var printed, complaints bytes.Buffer
	password := answers(t, "hunter2hunter2<-Password: ")
	status = run(t.Context(), []string{"account", "second-factor", "on"}, system{
		stdin: strings.NewReader(""), stdout: &printed, stderr: &complaints, environ: p.env, readFile: os.ReadFile,
		ask: func(ctx context.Context, question string, secret bool) (string, error) {
			if strings.Contains(question, "Code: ") {
				return totp(t, regexp.MustCompile(`[A-Z2-7]{32}`).FindString(printed.String())), nil
			}
			return password(ctx, question, secret)
		},
	})
	if status != 0 {
		t.Fatalf("%d %s", status, complaints.String())
	}
	recoveryOf(t, printed.String())
	p.tell([]step{{"account second-factor", "", `^ON +yes\nRECOVERY-CODES +10\n$`}})
}

// The operator has no account, and nothing is opened to find that out.
func TestAccountOfNobody(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	p := &place{t: t, args: []string{"--data", data}, ask: answers(t)}
	for _, line := range []string{
		"show", "password", "password --password-stdin", "sessions", "end-session 7", "second-factor", "second-factor on",
		"second-factor confirm 123456", "second-factor off", "second-factor recovery-codes",
	} {
		status, out, errs := p.run("", "account "+line)
		if status != 1 || out != "" || !strings.Contains(errs, "the operator of a data directory has none; log in to a server") {
			t.Errorf("%s: %d %s%s", line, status, out, errs)
		}
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("a data directory was made")
	}
}
