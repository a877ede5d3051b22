package blobtest

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/berth-registry/berth/internal/blob"
)

// testOneWinner races appends of one key: each is whole or refused.
func testOneWinner(t *testing.T, s blob.Store) {
	const racers, size = 8, 300 << 10
	key := blob.NewKey()
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() {
			text := strings.Repeat(string(rune('a'+i)), size)
			n, err := s.Append(t.Context(), key, 0, strings.NewReader(text))
			if !(n == size && err == nil) && !(n == 0 && errors.Is(err, blob.ErrBusy)) {
				t.Errorf("Append = %d, %v, want all or ErrBusy", n, err)
			}
		})
	}
	wg.Wait()
	got := content(t, s, key, 0)
	if got != strings.Repeat(got[:1], size) {
		t.Error("the bytes of two appends are mixed")
	}
}

func testManyKeys(t *testing.T, s blob.Store) {
	var wg sync.WaitGroup
	keys := make([]string, 16)
	text := func(key string) string { return strings.Repeat(key, 1000) }
	for i := range keys {
		keys[i] = blob.NewKey()
		wg.Go(func() {
			all, piece := text(keys[i]), len(text(keys[i]))/4
			for off := 0; off < len(all); off += piece {
				n, err := s.Append(t.Context(), keys[i], int64(off), strings.NewReader(all[off:off+piece]))
				if n != int64(piece) || err != nil {
					t.Errorf("Append at %d = %d, %v, want %d", off, n, err, piece)
				}
			}
			if err := s.Commit(t.Context(), keys[i]); err != nil {
				t.Errorf("Commit: %v", err)
			}
		})
	}
	wg.Wait()
	for _, key := range keys {
		wantContent(t, s, key, text(key))
	}
}

// testOpenDuringCommit looks for a moment in which a key cannot be found.
func testOpenDuringCommit(t *testing.T, s blob.Store) {
	for range 100 {
		key := blob.NewKey()
		appendOK(t, s, key, 0, "abc")
		opened := make(chan error, 1)
		go func() {
			var err error
			for i := 0; i < 20 && err == nil; i++ {
				var r io.ReadCloser
				if r, err = s.Open(t.Context(), key, 0); err == nil {
					err = r.Close()
				}
			}
			opened <- err
		}()
		commitOK(t, s, key)
		if err := <-opened; err != nil {
			t.Fatalf("Open during Commit: %v", err)
		}
	}
}

// listKeys returns at most limit keys after the given one.
func listKeys(t *testing.T, s blob.Store, after string, limit int) []string {
	t.Helper()
	var keys []string
	for key, err := range s.Keys(t.Context(), after) {
		if err != nil {
			t.Fatalf("Keys: %v", err)
		}
		if keys = append(keys, key); len(keys) == limit {
			break
		}
	}
	return keys
}

const noLimit = -1

func testKeys(t *testing.T, s blob.Store) {
	if got := listKeys(t, s, "", noLimit); len(got) != 0 {
		t.Fatalf("Keys of an empty store = %q", got)
	}
	// Neighbours in one shard, on both sides of a border, of unequal length.
	a := strings.Repeat("a", 30)
	want := []string{
		strings.Repeat("0", 26),
		a, a + "0", a + "00", a + "1", a + "p",
		"aaab" + a, "aab" + a, "ab0" + a, "aba" + a, "b0" + a, "zz" + a,
	}
	for i, key := range slices.Backward(want) {
		appendOK(t, s, key, 0, "x")
		if i%2 == 0 {
			commitOK(t, s, key)
		}
	}
	afters := append([]string{"", "!", "a", "aa", "aaa", "ab", "b", "b0", "zz", "zzz", "~", "é"}, want...)
	for _, after := range afters {
		rest := slices.DeleteFunc(slices.Clone(want), func(key string) bool { return key <= after })
		if got := listKeys(t, s, after, noLimit); !slices.Equal(got, rest) {
			t.Errorf("Keys after %q = %q, want %q", after, got, rest)
		}
	}
	if err := s.Delete(t.Context(), want[1]); err != nil {
		t.Fatal(err)
	}
	want = slices.Delete(want, 1, 2)
	if got := listKeys(t, s, "", noLimit); !slices.Equal(got, want) {
		t.Errorf("Keys after a Delete = %q, want %q", got, want)
	}
}

func testKeysPaging(t *testing.T, s blob.Store) {
	const count, page = 40, 7
	var want []string
	for i := range count {
		want = append(want, blob.NewKey())
		appendOK(t, s, want[i], 0, "")
	}
	slices.Sort(want)
	var got []string
	for after := ""; ; after = got[len(got)-1] {
		keys := listKeys(t, s, after, page)
		got = append(got, keys...)
		if len(keys) < page {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages of Keys = %q, want %q", got, want)
	}
}

func testURL(t *testing.T, s blob.Store) {
	key := blob.NewKey()
	appendOK(t, s, key, 0, "abc")
	commitOK(t, s, key)
	url, err := s.URL(t.Context(), key, time.Minute)
	if err != nil || (url != "" && !strings.HasPrefix(url, "http")) {
		t.Errorf("URL = %q, %v, want none or one for HTTP", url, err)
	}
}

// eachMethod calls every method with ctx and key and returns the errors.
func eachMethod(ctx context.Context, s blob.Store, key string) map[string]error {
	_, appendErr := s.Append(ctx, key, 0, strings.NewReader("x"))
	r, openErr := s.Open(ctx, key, 0)
	if openErr == nil {
		openErr = r.Close()
	}
	_, urlErr := s.URL(ctx, key, time.Minute)
	return map[string]error{
		"Append": appendErr,
		"Commit": s.Commit(ctx, key),
		"Open":   openErr,
		"URL":    urlErr,
		"Delete": s.Delete(ctx, key),
	}
}

func testInvalidKeys(t *testing.T, s blob.Store) {
	good := blob.NewKey()
	for _, key := range []string{
		"", ".", "..", "/", "../" + good, "../../" + good, "a/" + good, good + "/b", good + "/..",
		`..\` + good, `a\` + good, "/" + good, good + "\x00", "\x00" + good, good + "\n", " " + good,
		strings.ToUpper(good), good + ".part", good + ".", good + "-", good + "_", good + ":", good + "%2f",
		good + "é", good + "\xff", good[:25], strings.Repeat("a", 65), strings.Repeat("a", 5000),
		"sha256:" + strings.Repeat("a", 64)[:50],
	} {
		for method, err := range eachMethod(t.Context(), s, key) {
			if !errors.Is(err, blob.ErrKey) {
				t.Errorf("%s with key %.70q = %v, want ErrKey", method, key, err)
			}
		}
	}
	if got := listKeys(t, s, "", noLimit); len(got) != 0 {
		t.Errorf("Keys = %q after invalid calls, want none", got)
	}
}

func testCancelled(t *testing.T, s blob.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, begun := range []bool{false, true} {
		key := blob.NewKey()
		if begun {
			appendOK(t, s, key, 0, "abc")
		}
		for method, err := range eachMethod(ctx, s, key) {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s with a cancelled context = %v", method, err)
			}
		}
		_, err := s.Open(t.Context(), key, 0)
		if begun {
			wantContent(t, s, key, "abc")
			appendOK(t, s, key, 3, "d") // so it was not committed either
		} else {
			wantErr(t, "Open after a cancelled Append", err, blob.ErrNotExist)
		}
	}
	calls := 0
	for key, err := range s.Keys(ctx, "") {
		if calls++; key != "" || !errors.Is(err, context.Canceled) {
			t.Errorf("Keys with a cancelled context yields %q, %v", key, err)
		}
	}
	if calls != 1 {
		t.Errorf("Keys with a cancelled context yields %d times, want once", calls)
	}
}
