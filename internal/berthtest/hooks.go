package berthtest

import (
	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// Happen writes down that something happened to a package, as the core does.
func (s *Server) Happen(e berth.PackageEvent) {
	s.t.Helper()
	ctx := s.t.Context()
	if err := s.Meta.Update(ctx, func(tx *meta.Tx) error { return tx.AddPackageEvent(ctx, e) }); err != nil {
		s.t.Fatal(err)
	}
}

// TellHooks does what the jobs do: it turns events into deliveries, sends all that is
// due, and returns when it is sent. One call at a time: see Service.Wait of webhook.
func (s *Server) TellHooks() {
	s.t.Helper()
	s.StartHooks()
	s.Hooks.Wait()
}

// StartHooks is TellHooks that does not wait for receivers.
func (s *Server) StartHooks() {
	s.t.Helper()
	if _, err := s.Hooks.Expand(s.t.Context()); err != nil {
		s.t.Error(err)
	}
	if _, err := s.Hooks.Start(s.t.Context()); err != nil {
		s.t.Error(err)
	}
}
