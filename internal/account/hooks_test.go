package account_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

func TestHookEvents(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx, ada := t.Context(), s.Viewer("ada")
	acme, name := account.HookPlace{Org: "ACME"}, "src"
	_, err := s.Account.CreateRepository(ctx, ada, "acme", account.RepositoryChange{Name: &name})
	must(t, err)
	address, secret, kind := "https://ci.example.com/hook?token=hunter2", "geheim", "form"
	h, err := s.Account.CreateHook(ctx, ada, acme, account.HookChange{URL: &address, Secret: &secret})
	must(t, err)
	off, next, none := false, "https://next.example.com/?token=hunter2", ""
	changed, err := s.Account.UpdateHook(ctx, ada, acme, h.ID, account.HookChange{
		URL: &next, Secret: &none, ContentType: &kind, AddEvents: []string{"registry_package"}, Active: &off,
	})
	must(t, err)
	if changed.HasSecret || !h.HasSecret || changed.ContentType != "form" || changed.Active || len(changed.Events) != 2 {
		t.Errorf("%+v", changed)
	}
	same, err := s.Account.UpdateHook(ctx, ada, acme, h.ID, account.HookChange{URL: &next})
	must(t, err)
	if diff := cmp.Diff(changed, same); diff != "" {
		t.Errorf("without a change (-want +got)\n%s", diff)
	}
	list, err := s.Account.ListDeliveries(ctx, ada, acme, h.ID, 0, 10)
	must(t, err)
	must(t, s.Account.Redeliver(ctx, ada, acme, h.ID, list[0].ID), s.Account.PingHook(ctx, ada, acme, h.ID), s.Account.DeleteHook(ctx, ada, acme, h.ID))
	src := account.HookPlace{Owner: "acme", Repository: "SRC"}
	_, err = s.Account.CreateHook(ctx, ada, src, account.HookChange{URL: &address})
	must(t, err)
	var got []string
	events, err := s.Account.ListEvents(ctx, ada, account.AuditQuery{Owner: "acme", Limit: 100})
	must(t, err)
	for _, e := range events {
		if strings.HasPrefix(e.Action, "hook.") {
			got = append([]string{e.Action + " " + e.Target + " " + e.Detail}, got...)
		}
	}
	want := []string{
		fmt.Sprintf("hook.create acme webhook %d: https://ci.example.com/…", h.ID),
		fmt.Sprintf("hook.update acme webhook %d: url: https://ci.example.com/… -> https://next.example.com/…, content type: json -> form, secret, events: package -> package,registry_package, active: true -> false", h.ID),
		fmt.Sprintf("hook.redeliver acme webhook %d, delivery %s", h.ID, list[0].GUID),
		fmt.Sprintf("hook.delete acme webhook %d: https://next.example.com/…", h.ID),
		fmt.Sprintf("hook.create acme/src webhook %d: https://ci.example.com/…", h.ID+1),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if strings.Contains(s.State(), "geheim") {
		t.Error("the secret is in the database")
	}
}

// An owner has no more webhooks than he may, and neither has a repository.
func TestHookLimit(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx, ada, name, address := t.Context(), s.Viewer("ada"), "src", "https://ci.example.com/"
	_, err := s.Account.CreateRepository(ctx, ada, "acme", account.RepositoryChange{Name: &name})
	must(t, err)
	for _, at := range []account.HookPlace{{Org: "acme"}, {Owner: "acme", Repository: "src"}, {}} {
		for range account.MaxHooks {
			_, err := s.Account.CreateHook(ctx, ada, at, account.HookChange{URL: &address})
			must(t, err)
		}
		if _, err := s.Account.CreateHook(ctx, ada, at, account.HookChange{URL: &address}); !errors.Is(err, berth.ErrConflict) {
			t.Errorf("%+v: one too many: %v", at, err)
		}
	}
}

// The operator has no packages, and a token that is limited does not reach webhooks of
// other owners. Who may not see a place is told that it is not there.
func TestHookPlaces(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx, address := t.Context(), "https://ci.example.com/"
	try := func(v berth.Viewer, at account.HookPlace) error {
		_, err := s.Account.CreateHook(ctx, v, at, account.HookChange{URL: &address})
		return err
	}
	limited := s.Viewer("ada")
	limited.Limited, limited.Limits = true, []berth.Limit{{OwnerID: s.OwnerID("bob")}}
	packages := s.Viewer("ada")
	packages.Scopes = berth.ScopeWritePackages
	for name, tt := range map[string]struct{ got, want error }{
		"operator, none":     {try(berth.Operator(), account.HookPlace{}), berth.ErrRequestInvalid},
		"operator":           {try(berth.Operator(), account.HookPlace{Org: "acme"}), nil},
		"a user as org":      {try(s.Viewer("ada"), account.HookPlace{Org: "ada"}), berth.ErrOwnerUnknown},
		"member":             {try(s.Viewer("mia"), account.HookPlace{Org: "acme"}), berth.ErrDenied},
		"stranger":           {try(s.Viewer("bob"), account.HookPlace{Org: "acme"}), berth.ErrOwnerUnknown},
		"no such repository": {try(s.Viewer("ada"), account.HookPlace{Owner: "acme", Repository: "src"}), berth.ErrRepositoryUnknown},
		"limited":            {try(limited, account.HookPlace{Org: "acme"}), berth.ErrDenied},
		"limited, own":       {try(limited, account.HookPlace{}), berth.ErrDenied},
		"scope":              {try(packages, account.HookPlace{}), berth.ErrDenied},
		"nobody":             {try(berth.Viewer{}, account.HookPlace{}), berth.ErrUnauthenticated},
	} {
		if !errors.Is(tt.got, tt.want) {
			t.Errorf("%s: %v, want %v", name, tt.got, tt.want)
		}
	}
}
