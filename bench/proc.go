package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is USER_HZ, the unit of times in /proc. It is 100 on every
// architecture that Go supports, so one reading is exact to 10 ms.
const ticksPerSecond = 100

// procfs reads process figures below root, usually /proc.
type procfs struct{ root string }

// procStat is what bench needs of /proc/PID/stat.
type procStat struct {
	ppid  int
	ticks int64 // utime+stime, and those of children that were waited for
}

// parseStat reads a line of /proc/PID/stat. The command name in parentheses may
// itself hold spaces and parentheses, hence the search from the right.
func parseStat(line string) (procStat, error) {
	i := strings.LastIndexByte(line, ')')
	if i < 0 {
		return procStat{}, errors.New("stat: no command name")
	}
	f := strings.Fields(line[i+1:])
	if len(f) < 15 {
		return procStat{}, fmt.Errorf("stat: %d fields after the name", len(f))
	}
	// Counting from 1 as proc(5) does, f[0] is field 3.
	ppid, err := strconv.Atoi(f[1])
	if err != nil {
		return procStat{}, fmt.Errorf("stat: ppid: %w", err)
	}
	s := procStat{ppid: ppid}
	for _, field := range f[11:15] { // utime, stime, cutime, cstime
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return procStat{}, fmt.Errorf("stat: time: %w", err)
		}
		s.ticks += n
	}
	return s, nil
}

// parseHWM returns VmHWM, the peak of resident memory, in bytes.
func parseHWM(status string) (int64, error) {
	for line := range strings.Lines(status) {
		rest, ok := strings.CutPrefix(line, "VmHWM:")
		if !ok {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("VmHWM: %w", err)
		}
		return kib << 10, nil
	}
	return 0, errors.New("status: no VmHWM")
}

// stat reads the figures of one process.
func (p procfs) stat(pid int) (procStat, error) {
	b, err := os.ReadFile(p.path(pid, "stat"))
	if err != nil {
		return procStat{}, err
	}
	return parseStat(string(b))
}

// path names a file of a process.
func (p procfs) path(pid int, file string) string {
	return filepath.Join(p.root, strconv.Itoa(pid), file)
}

// tree returns pid and its living descendants with their figures. Processes
// that end while it looks are left out; pid itself must be there.
func (p procfs) tree(pid int) (map[int]procStat, error) {
	root, err := p.stat(pid)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(p.root)
	if err != nil {
		return nil, err
	}
	all := map[int]procStat{pid: root}
	for _, e := range entries {
		n, err := strconv.Atoi(e.Name())
		if err != nil || n == pid {
			continue
		}
		if s, err := p.stat(n); err == nil {
			all[n] = s
		}
	}
	for n := range all {
		if !descends(all, n, pid) {
			delete(all, n)
		}
	}
	return all, nil
}

// descends reports whether n is root or below it.
func descends(all map[int]procStat, n, root int) bool {
	for range len(all) { // a bound, in case ids were reused into a loop
		if n == root {
			return true
		}
		s, ok := all[n]
		if !ok {
			return false
		}
		n = s.ppid
	}
	return n == root
}

// cpu returns the CPU time, user and system, that pid and its children have used.
func (p procfs) cpu(pid int) (time.Duration, error) {
	all, err := p.tree(pid)
	if err != nil {
		return 0, err
	}
	var ticks int64
	for _, s := range all {
		ticks += s.ticks
	}
	return time.Duration(ticks) * (time.Second / ticksPerSecond), nil
}

// self returns the CPU time of the bench process, without children that live:
// with -compare the servers are among them.
func (p procfs) self() (time.Duration, error) {
	s, err := p.stat(os.Getpid())
	return time.Duration(s.ticks) * (time.Second / ticksPerSecond), err
}

// parseBusy returns the CPU time that all processors together have spent on
// anything but idling, from the first line of /proc/stat.
func parseBusy(stat string) (time.Duration, error) {
	line, _, _ := strings.Cut(stat, "\n")
	f := strings.Fields(line)
	if len(f) < 9 || f[0] != "cpu" {
		return 0, fmt.Errorf("stat: %q is not the sum of all processors", line)
	}
	var ticks int64
	for i, field := range f[1:9] { // user nice system idle iowait irq softirq steal
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("stat: cpu: %w", err)
		}
		if i != 3 && i != 4 {
			ticks += n
		}
	}
	return time.Duration(ticks) * (time.Second / ticksPerSecond), nil
}

// others returns the CPU time that everything but bench and the given
// processes has used since boot, as far as it can be told.
func (p procfs) others(pids []int) (time.Duration, error) {
	b, err := os.ReadFile(filepath.Join(p.root, "stat"))
	if err != nil {
		return 0, err
	}
	rest, err := parseBusy(string(b))
	if err != nil {
		return 0, err
	}
	own, err := p.self()
	if err != nil {
		return 0, err
	}
	rest -= own
	for _, pid := range pids {
		c, err := p.cpu(pid)
		if err != nil {
			return 0, err
		}
		rest -= c
	}
	return rest, nil
}

// peak returns the peak resident memory of pid plus that of its children.
func (p procfs) peak(pid int) (int64, error) {
	all, err := p.tree(pid)
	if err != nil {
		return 0, err
	}
	var sum int64
	for n := range all {
		b, err := os.ReadFile(p.path(n, "status"))
		if err != nil {
			continue
		}
		hwm, err := parseHWM(string(b))
		if err != nil {
			return 0, err
		}
		sum += hwm
	}
	return sum, nil
}

// resetPeak makes the peak begin anew at the present size, where permitted.
func (p procfs) resetPeak(pid int) error {
	all, err := p.tree(pid)
	if err != nil {
		return err
	}
	for n := range all {
		if err := os.WriteFile(p.path(n, "clear_refs"), []byte("5\n"), 0o200); err != nil {
			return err
		}
	}
	return nil
}
