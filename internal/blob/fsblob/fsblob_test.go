package fsblob_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/blob"
	"github.com/berth-registry/berth/internal/blob/blobtest"
	"github.com/berth-registry/berth/internal/blob/fsblob"
)

func openStore(t *testing.T, dir string, opts ...fsblob.Option) *fsblob.Store {
	t.Helper()
	s, err := fsblob.Open(dir, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store { return openStore(t, t.TempDir()) })
}

func TestStoreWithoutSync(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store {
		return openStore(t, t.TempDir(), fsblob.WithoutSync())
	})
}

// write stores text as a crashed process could have left it.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func wantFile(t *testing.T, path, want string, mode os.FileMode) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s = %q, %v, want %q", filepath.Base(path), got, err, want)
	}
	if runtime.GOOS == "windows" {
		return // it has no such modes
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
		t.Errorf("mode of %s = %v, %v, want %v", filepath.Base(path), info.Mode(), err, mode)
	}
}

// Each state that a crash can leave, and the same push going on after it.
func TestCrashLeftovers(t *testing.T) {
	t.Parallel()
	key := blob.NewKey()
	final := filepath.Join(key[:2], key)
	tests := []struct {
		name  string
		files map[string]string
		acked int64 // what the caller has recorded
		done  bool  // the caller has appended all and is about to commit
	}{
		{"nothing", nil, 0, false},
		{"created", map[string]string{final + ".part": ""}, 0, false},
		{"half written", map[string]string{final + ".part": "abGARBAGE"}, 2, false},
		{"never acknowledged", map[string]string{final + ".part": "abGARBAGE"}, 0, false},
		{"written", map[string]string{final + ".part": "abcdef"}, 6, false},
		{"before rename", map[string]string{final + ".part": "abcdef"}, 6, true},
		{"after rename", map[string]string{final: "abcdef"}, 6, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, text := range tt.files {
				write(t, dir, name, text)
			}
			s := openStore(t, dir)
			if !tt.done {
				rest := "abcdef"[tt.acked:]
				n, err := s.Append(t.Context(), key, tt.acked, strings.NewReader(rest))
				if n != int64(len(rest)) || err != nil {
					t.Fatalf("Append = %d, %v, want %d", n, err, len(rest))
				}
			}
			for range 2 {
				if err := s.Commit(t.Context(), key); err != nil {
					t.Fatalf("Commit: %v", err)
				}
				wantFile(t, filepath.Join(dir, final), "abcdef", 0o440)
			}
			if _, err := os.Stat(filepath.Join(dir, final+".part")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the unfinished file is still there: %v", err)
			}
		})
	}
}

func TestReopen(t *testing.T) {
	t.Parallel()
	dir, key := t.TempDir(), blob.NewKey()
	for i, piece := range []string{"ab", "cd", "ef"} {
		s := openStore(t, dir)
		if _, err := s.Append(t.Context(), key, int64(2*i), strings.NewReader(piece)); err != nil {
			t.Fatal(err)
		}
	}
	if err := openStore(t, dir).Commit(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	_, err := openStore(t, dir).Append(t.Context(), key, 6, strings.NewReader("x"))
	if !errors.Is(err, blob.ErrCommitted) {
		t.Errorf("Append after reopening = %v, want ErrCommitted", err)
	}
	wantFile(t, filepath.Join(dir, key[:2], key), "abcdef", 0o440)
}

// net/http uses sendfile only when it is handed an *os.File.
func TestOpenReturnsFile(t *testing.T) {
	t.Parallel()
	s, key := openStore(t, t.TempDir()), blob.NewKey()
	if _, err := s.Append(t.Context(), key, 0, strings.NewReader("abc")); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(t.Context(), key, 1)
	if err != nil {
		t.Fatal(err)
	}
	f, ok := r.(*os.File)
	if !ok {
		t.Fatalf("Open returns a %T, want *os.File", r)
	}
	if off, err := f.Seek(0, io.SeekCurrent); off != 1 || err != nil {
		t.Errorf("the file stands at %d, %v, want 1", off, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		fsblob.Cannot(t, "Windows has no such modes")
	}
	dir := filepath.Join(t.TempDir(), "new", "blobs")
	s, key := openStore(t, dir), blob.NewKey()
	if _, err := s.Append(t.Context(), key, 0, strings.NewReader("abc")); err != nil {
		t.Fatal(err)
	}
	shard := filepath.Join(dir, key[:2])
	wantFile(t, filepath.Join(shard, key+".part"), "abc", 0o600)
	for _, d := range []string{filepath.Dir(dir), dir, shard} {
		if info, err := os.Stat(d); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("mode of %s = %v, %v, want 0700", d, info.Mode(), err)
		}
	}
}

func TestOpenOnFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "file", "")
	for _, name := range []string{"file", "file/below"} {
		if _, err := fsblob.Open(filepath.Join(dir, name)); err == nil {
			t.Errorf("Open(%q) works on a file", name)
		}
	}
}

func TestKeysPassesStrangersOver(t *testing.T) {
	t.Parallel()
	dir, key := t.TempDir(), blob.NewKey()
	other := "0" + key[1:] // grammatical, but in the wrong shard below
	if key[0] == '0' {
		other = "1" + key[1:]
	}
	for _, name := range []string{
		"lost+found/x", ".DS_Store", "zz", "a", "00/README", "abc/" + key,
		key[:2] + "/" + other, key[:2] + "/" + key + ".part", key[:2] + "/" + key, key[:2] + "/" + key + ".tmp",
	} {
		write(t, dir, name, "")
	}
	var got []string
	for key, err := range openStore(t, dir).Keys(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, key)
	}
	if want := []string{key}; !slices.Equal(got, want) {
		t.Errorf("Keys = %q, want %q", got, want)
	}
}

// A planted link must not lead out of the directory.
func TestLinksStayInside(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		fsblob.Cannot(t, "Windows needs a privilege for links")
	}
	dir, outside, key := t.TempDir(), t.TempDir(), blob.NewKey()
	if err := os.Symlink(outside, filepath.Join(dir, key[:2])); err != nil {
		t.Fatal(err)
	}
	write(t, outside, key, "secret")
	s := openStore(t, dir)
	if r, err := s.Open(t.Context(), key, 0); err == nil {
		t.Errorf("Open follows a link out of the directory: %v", r.Close())
	}
	if _, err := s.Append(t.Context(), key[:2]+blob.NewKey(), 0, strings.NewReader("x")); err == nil {
		t.Error("Append follows a link out of the directory")
	}
	if err := s.Delete(t.Context(), key); err == nil {
		t.Error("Delete follows a link out of the directory")
	}
	wantFile(t, filepath.Join(outside, key), "secret", 0o600)
}
