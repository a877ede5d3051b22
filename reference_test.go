package berth_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/distribution/reference"
	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	"pgregory.net/rapid"

	"github.com/berth-registry/berth"
)

// specTag is the tag of the distribution-spec, word for word.
var specTag = regexp.MustCompile(`^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$`)

const (
	sha256Of = "sha256:5c2f64c7f21efd5fb5e3d6a499abe5eacb248ae6f6f0085387c9a056d10ef5fd"
	sha512Of = "sha512:f2f75a88498c730550877e9562d84abc1c29f8d1f70c80b7bd4738488639268981674534169a397183b97c69aad7a5a12c78ba0fc44931a3e66908cdaa1b6f8a"
)

func TestParseTag(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in  string
		msg string
	}{
		{in: "latest"},
		{in: "v1.2.3-rc.1_x"},
		{in: "_"},
		{in: "0"},
		{in: "A"},
		{in: strings.Repeat("a", 128)},
		{in: strings.Repeat("a", 129), msg: "129 characters"},
		{in: "", msg: "0 characters"},
		{in: ".a", msg: "the first not"},
		{in: "-a", msg: "the first not"},
		{in: "a b", msg: "are allowed"},
		{in: "a/b", msg: "are allowed"},
		{in: "a+b", msg: "are allowed"},
		{in: "a\n", msg: "are allowed"},
		{in: "a\x00", msg: "are allowed"},
		{in: "\u00e9", msg: "are allowed"},
		{in: "a\xff", msg: "are allowed"},
		{in: "sha256:abc", msg: "are allowed"},
	}
	for _, test := range tests {
		t.Run(test.in, func(t *testing.T) {
			t.Parallel()
			got, err := berth.ParseTag(test.in)
			checkMessage(t, err, berth.ErrTagInvalid, test.msg)
			want := berth.Tag(test.in)
			if test.msg != "" {
				want = ""
			}
			if got != want {
				t.Errorf("ParseTag(%q) = %q", test.in, got)
			}
		})
	}
}

func TestTagFold(t *testing.T) {
	t.Parallel()
	for in, want := range map[berth.Tag]string{"": "", "v1": "v1", "V1.0-RC_X": "v1.0-rc_x", "Latest": "latest"} {
		if got := in.Fold(); got != want {
			t.Errorf("%q.Fold() = %q, want %q", in, got, want)
		}
	}
}

func TestParseDigest(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, msg string }{
		{in: sha256Of},
		{in: sha512Of},
		{in: "", msg: "expected ALGORITHM:HEX"},
		{in: "latest", msg: "expected ALGORITHM:HEX"},
		{in: ":", msg: "algorithm not supported"},
		{in: "sha256", msg: "expected ALGORITHM:HEX"},
		{in: "sha256:", msg: "sha256 needs 64 lower-case hex digits"},
		{in: sha256Of[:70], msg: "needs 64"},
		{in: sha256Of + "0", msg: "needs 64"},
		{in: sha256Of + "\n", msg: "needs 64"},
		{in: "sha256:" + strings.ToUpper(sha256Of[7:]), msg: "needs 64"},
		{in: "sha256:" + strings.Repeat("g", 64), msg: "needs 64"},
		{in: "sha256:" + strings.Repeat("../", 21) + "a", msg: "needs 64"},
		{in: "sha256::" + sha256Of[8:], msg: "needs 64"},
		{in: "sha512:" + sha256Of[7:], msg: "sha512 needs 128"},
		{in: "SHA256:" + sha256Of[7:], msg: "algorithm not supported"},
		{in: "sha384:" + strings.Repeat("a", 96), msg: "algorithm not supported"},
		{in: "md5:" + strings.Repeat("a", 32), msg: "algorithm not supported"},
		{in: "sha256+b64:" + sha256Of[7:], msg: "algorithm not supported"},
	}
	for _, test := range tests {
		t.Run(test.in, func(t *testing.T) {
			t.Parallel()
			got, err := berth.ParseDigest(test.in)
			checkMessage(t, err, berth.ErrDigestInvalid, test.msg)
			want := berth.Digest(test.in)
			if test.msg != "" {
				want = ""
			}
			if got != want {
				t.Errorf("ParseDigest(%q) = %q", test.in, got)
			}
		})
	}
}

func TestParseAlgorithm(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]digest.Algorithm{"sha256": digest.SHA256, "sha512": digest.SHA512, "sha384": "", "SHA256": "", "": ""} {
		got, err := berth.ParseAlgorithm(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("ParseAlgorithm(%q) = %q, %v, want %q", in, got, err, want)
		}
		if err != nil && !errors.Is(err, berth.ErrDigestInvalid) {
			t.Errorf("ParseAlgorithm(%q): error %v is not digest_invalid", in, err)
		}
	}
}

func TestParseReference(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want berth.Reference
		err  *berth.Error
	}{
		{in: "latest", want: berth.Reference{Tag: "latest"}},
		{in: "Latest", want: berth.Reference{Tag: "Latest"}},
		{in: sha256Of, want: berth.Reference{Digest: digest.Digest(sha256Of)}},
		{in: sha512Of, want: berth.Reference{Digest: digest.Digest(sha512Of)}},
		// The hash alone is a fine tag.
		{in: sha256Of[7:], want: berth.Reference{Tag: berth.Tag(sha256Of[7:])}},
		{in: "sha256-" + sha256Of[7:], want: berth.Reference{Tag: berth.Tag("sha256-" + sha256Of[7:])}},
		{in: "", err: berth.ErrTagInvalid},
		{in: "a/b", err: berth.ErrTagInvalid},
		{in: "a:b", err: berth.ErrDigestInvalid},
		{in: "latest@" + sha256Of, err: berth.ErrDigestInvalid},
		{in: "sha256:x", err: berth.ErrDigestInvalid},
	}
	for _, test := range tests {
		t.Run(test.in, func(t *testing.T) {
			t.Parallel()
			got, err := berth.ParseReference(test.in)
			if test.err == nil && err != nil || test.err != nil && !errors.Is(err, test.err) {
				t.Errorf("error %v, want %v", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if err == nil && got.String() != test.in {
				t.Errorf("String() = %q, want %q", got, test.in)
			}
		})
	}
}

func TestParseReferenceProperties(t *testing.T) {
	t.Parallel()
	draw := rapid.OneOf(
		rapid.StringMatching(`[a-zA-Z0-9_][a-zA-Z0-9._-]{0,130}`),
		rapid.StringMatching(`(sha256|sha512|md5):([0-9a-f]{64}|[0-9a-fA-F]{64}|[0-9a-f]{128})`),
		rapid.StringOfN(rapid.SampledFrom([]rune("aA0._-:@/\u00e9")), 0, 8, -1),
		rapid.String(),
	)
	rapid.Check(t, func(t *rapid.T) { checkReference(t, draw.Draw(t, "reference")) })
}

// checkReference compares ParseReference with the spec's expression, go-digest
// and the parser that Docker and containerd use.
func checkReference(t interface {
	Helper()
	Errorf(string, ...any)
}, s string,
) {
	t.Helper()
	name, err := reference.WithName("registry.example/alice/app")
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	r, err := berth.ParseReference(s)
	d := digest.Digest(s)
	goodDigest := d.Validate() == nil && d.Algorithm() != digest.SHA384
	if goodDigest != (err == nil && r.Digest != "") {
		t.Errorf("ParseReference(%q) = %+v, %v; a digest: %t", s, r, err, goodDigest)
	}
	if good := specTag.MatchString(s); good != (err == nil && r.Tag != "") {
		t.Errorf("ParseReference(%q) = %+v, %v; a tag: %t", s, r, err, good)
	}
	if _, tagErr := reference.WithTag(name, s); (tagErr == nil) != (err == nil && r.Tag != "") {
		t.Errorf("ParseReference(%q) = %+v, %v; distribution/reference: %v", s, r, err, tagErr)
	}
	switch {
	case err != nil:
		if r != (berth.Reference{}) || !errors.Is(err, berth.ErrTagInvalid) && !errors.Is(err, berth.ErrDigestInvalid) {
			t.Errorf("ParseReference(%q) = %+v, %v", s, r, err)
		}
	case (r.Tag == "") == (r.Digest == "") || r.String() != s:
		t.Errorf("ParseReference(%q) = %+v, String() %q", s, r, r)
	}
}

func FuzzParseReference(f *testing.F) {
	for _, s := range []string{"latest", sha256Of, sha512Of, "sha256:", "-a", "a:b", "", "sha384:" + strings.Repeat("a", 96)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkReference(t, s) })
}
