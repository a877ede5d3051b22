// Command powercut mounts a file as a disk that loses its unsynced blocks on
// SIGUSR1. See package powercut. SIGINT and SIGTERM unmount it.
//
//	truncate -s 2G disk.raw && mkfs.ext4 -q -F disk.raw
//	powercut -base disk.raw -mnt /mnt/f -reorder -seed 7 &
//	losetup --find --show --direct-io=on /mnt/f/disk.img
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/berth-registry/berth/e2e/crash/powercut"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("powercut", flag.ContinueOnError)
	base := flags.String("base", "", "file that holds the disk")
	mnt := flags.String("mnt", "", "directory to mount on")
	reorder := flags.Bool("reorder", false, "keep a random half of the unsynced blocks")
	seed := flags.Uint64("seed", 1, "seed of the random half")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *base == "" || *mnt == "" {
		return errors.New("powercut: -base and -mnt are required")
	}
	disk, err := powercut.OpenDisk(*base)
	if err != nil {
		return err
	}
	defer func() { _ = disk.Close() }()
	m, err := powercut.Mount(*mnt, disk)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGINT, syscall.SIGTERM)
	gone := make(chan struct{})
	go func() {
		m.Wait()
		close(gone)
	}()
	return serve(disk, m, powercut.Plan{Reorder: *reorder, Seed: *seed}, signals, gone, out)
}

// serve obeys signals until the disk is unmounted, here or from outside.
func serve(disk *powercut.Disk, m *powercut.Mounted, plan powercut.Plan, signals <-chan os.Signal, gone <-chan struct{}, out io.Writer) error {
	for {
		select {
		case <-gone:
			return nil
		case s := <-signals:
			if s == syscall.SIGUSR1 {
				loss, err := disk.Cut(plan, func() {})
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintf(out, "cut: seed=%d dropped=%d kept=%d\n", plan.Seed, loss.Dropped, loss.Kept); err != nil {
					return err
				}
				continue
			}
			if err := m.Unmount(); err != nil {
				return fmt.Errorf("powercut: unmount: %w", err)
			}
		}
	}
}
