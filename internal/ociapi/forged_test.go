package ociapi_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/berthtest"
)

// Bearers whose header or payload was tampered with are refused: the algorithm is
// fixed, keys named in the header are not looked at, and the signature counts.
func TestForgedBearers(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	good := decode[tokenReply](t, s.As("bob").Get("/token").Want(http.StatusOK)).Token
	parts := strings.Split(good, ".")
	b64 := base64.RawURLEncoding
	var header, payload map[string]any
	for i, into := range []*map[string]any{&header, &payload} {
		raw, err := b64.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatal(err)
		}
	}
	enc := func(m map[string]any, change map[string]any) string {
		c := maps.Clone(m)
		maps.Copy(c, change)
		raw, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		return b64.EncodeToString(raw)
	}
	type change = map[string]any
	forged := map[string]string{
		"other user":       parts[0] + "." + enc(payload, change{"sub": "1"}) + "." + parts[2],
		"no signature":     parts[0] + "." + parts[1] + ".",
		"alg none":         enc(header, change{"alg": "none"}) + "." + parts[1] + ".",
		"alg RS256":        enc(header, change{"alg": "RS256"}) + "." + parts[1] + "." + parts[2],
		"alg HS512":        enc(header, change{"alg": "HS512"}) + "." + parts[1] + "." + parts[2],
		"kid unknown":      enc(header, change{"kid": "x"}) + "." + parts[1] + "." + parts[2],
		"kid traversal":    enc(header, change{"kid": "../../dev/null"}) + "." + parts[1] + "." + parts[2],
		"kid SQL":          enc(header, change{"kid": "' OR 1=1 --"}) + "." + parts[1] + "." + parts[2],
		"kid number":       enc(header, change{"kid": 1}) + "." + parts[1] + "." + parts[2],
		"jwk":              enc(header, change{"jwk": change{"kty": "oct", "k": "AAAA"}}) + "." + parts[1] + "." + parts[2],
		"claims of a list": parts[0] + "." + b64.EncodeToString([]byte(`[]`)) + "." + parts[2],
		"truncated":        good[:len(good)-3],
		"four parts":       good + ".x",
	}
	for name, token := range forged {
		s.With("Bearer " + token).Get("/v2/").Want(http.StatusUnauthorized)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	s.With("Bearer " + good).Get("/v2/").Want(http.StatusOK)
}
