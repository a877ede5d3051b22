package httpkit_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/berth-registry/berth/internal/httpkit"
)

// helperFile is the variable that makes this test binary a server of that file.
const helperFile = "BERTH_TEST_SENDFILE"

// serveFile serves a file by CopyBody on a port it prints, until its input ends.
func serveFile(path string) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	h := httpkit.Handle(slog.New(slog.DiscardHandler), func(w *httpkit.Writer, _ *http.Request) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.FormatInt(info.Size(), 10))
		w.WriteHeader(http.StatusOK)
		return w.CopyBody(f, info.Size())
	}, failWith)
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	fmt.Println("http://" + l.Addr().String())
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = server.Close()
	return 0
}

// sizeOf finds the result of a system call in a line of strace.
var sizeOf = regexp.MustCompile(`(sendfile|write|splice|sendto|writev)\(.*= (\d+)$`)

// A blob must go from the file to the socket inside the kernel.
func TestSendfile(t *testing.T) {
	t.Parallel()
	const size = 16 << 20
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/blob", make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	trace := dir + "/trace"
	calls := traced(t, trace, dir+"/blob", size)
	bytes := map[string]int{}
	count := map[string]int{}
	for line := range strings.SplitSeq(calls, "\n") {
		// A call that another thread interrupted is printed in two lines.
		line = regexp.MustCompile(`<\.\.\. (\w+) resumed>`).ReplaceAllString(line, "$1(")
		if m := sizeOf.FindStringSubmatch(line); m != nil {
			n, err := strconv.Atoi(m[2])
			if err != nil {
				t.Fatal(err)
			}
			bytes[m[1]] += n
			count[m[1]]++
		}
	}
	t.Logf("calls %v, bytes %v", count, bytes)
	if count["sendfile"] == 0 || bytes["sendfile"] < size-4096 {
		t.Errorf("sendfile moved %d of %d bytes in %d calls", bytes["sendfile"], size, count["sendfile"])
	}
	if n := bytes["write"] + bytes["sendto"] + bytes["writev"]; n > 64<<10 {
		t.Errorf("%d bytes were written from user space", n)
	}
}

// traced fetches the file from a server under strace and returns its calls.
func traced(t *testing.T, trace, blob string, size int64) string {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if runtime.GOOS != "linux" || err != nil {
		cannot(t, "strace is needed to see the system calls: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, strace, "-f", "-o", trace, "-e", "trace=sendfile,splice,write,writev,sendto", os.Args[0])
	cmd.Env = append(os.Environ(), helperFile+"="+blob)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	url, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		stdin.Close()
		_ = cmd.Wait()
		cannot(t, "strace may not trace here: %s", stderr.String())
	}
	status, body, err := get(t, strings.TrimSpace(url))
	if status != http.StatusOK || int64(len(body)) != size || err != nil {
		t.Errorf("%d, %d bytes, %v", status, len(body), err)
	}
	stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, stderr.String())
	}
	out, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// cannot skips a test whose tool is missing, but not where all tools must be.
func cannot(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}
