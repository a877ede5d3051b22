package restapi

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
)

// prefixV1 is where the routes of Forgejo and Gitea live, which are those on packages.
const prefixV1 = "/api/v1"

// versionV1 is the release of Gitea whose package routes these are. Its clients ask
// for it, and refuse to talk to what is too old.
const versionV1 = "1.24.0+berth"

func (a *API) v1Routes() []route {
	const (
		one     = "/packages/{owner}/{type}/{package}"
		version = one + "/{version}"
	)
	list := []route{
		{"GET", "/version", a.v1Version},
		{"GET", "/user", a.v1Self},
		{"GET", "/packages/{owner}", a.v1ListPackages},
		{"GET", one, a.v1ListVersions},
		{"GET", one + "/-/latest", a.v1GetLatest},
		{"POST", one + "/-/link/{repo}", a.v1Link},
		{"POST", one + "/-/unlink", a.v1Unlink},
		{"GET", version, a.v1GetVersion},
		{"DELETE", version, a.v1DeleteVersion},
		{"GET", version + "/files", a.v1ListFiles},
	}
	for i := range list {
		list[i].handle = asOneself(list[i].handle)
	}
	return list
}

// asOneself refuses what is to be done in the name of somebody else, which would be
// done in one's own where nobody looked.
func asOneself(next handler) handler {
	return func(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
		if r.Header.Get("Sudo") != "" || r.URL.Query().Has("sudo") {
			return berth.ErrRequestInvalid.With("nobody acts as somebody else here; leave sudo out, or send a token of that user")
		}
		return next(w, r, v)
	}
}

// v1Error is Gitea's error body.
type v1Error struct {
	Message string `json:"message"`
	URL     string `json:"url"`
}

// statusesV1 are those that Forgejo and Gitea send. What cannot be a name of anything
// is not found there.
func statusesV1() map[string]int {
	table := statuses()
	for _, id := range []string{"owner_invalid", "name_invalid", "name_without_owner", "tag_invalid", "digest_invalid"} {
		table[id] = http.StatusNotFound
	}
	table["conflict"] = http.StatusBadRequest
	return table
}

func (a *API) failV1(w *httpkit.Writer, r *http.Request, err error) {
	status, message, _ := explain(w, r, err, a.errorsV1)
	_ = writeJSON(w, status, v1Error{message, documentation + "#forgejos-and-giteas-routes"})
}

// v1User is an owner as Forgejo and Gitea print one. What we do not keep is empty.
type v1User struct {
	ID        int64  `json:"id"`
	Login     string `json:"login"`
	Username  string `json:"username"`
	FullName  string `json:"full_name"`
	Email     string `json:"email"`
	AvatarURL string `json:"avatar_url"`
	HTMLURL   string `json:"html_url"`
}

func (a *API) v1Owner(r *http.Request, id int64, login string) v1User {
	return v1User{ID: id, Login: login, Username: login, HTMLURL: a.origins.Of(r) + "/" + strings.ToLower(login)}
}

// v1SelfDoc is what somebody sees of himself.
type v1SelfDoc struct {
	v1User

	Admin   bool    `json:"is_admin"`
	Active  bool    `json:"active"`
	Created *string `json:"created"`
}

func (a *API) v1Version(w *httpkit.Writer, _ *http.Request, _ berth.Viewer) error {
	return writeJSON(w, http.StatusOK, struct {
		Version string `json:"version"`
	}{versionV1})
}

func (a *API) v1Self(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	u, err := a.account.Self(r.Context(), v)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, v1SelfDoc{a.v1Owner(r, u.ID, u.Login), u.Admin, true, stamp(u.CreatedAt)})
}

const (
	v1DefaultPage = 30
	v1MaxPage     = 50
)

// v1Page is a part of a list by its number, from 1.
type v1Page struct{ number, size int }

// readV1Page reads page and limit. Their clients send 0 for what is to be as usual.
// Errors: berth.ErrPageInvalid, berth.ErrPageTooDeep.
func readV1Page(r *http.Request) (v1Page, error) {
	number, err := v1Number(r, "page", 1)
	if err != nil {
		return v1Page{}, err
	}
	size, err := v1Number(r, "limit", v1DefaultPage)
	if err != nil {
		return v1Page{}, err
	}
	p := v1Page{number, min(size, v1MaxPage)}
	if p.number > registry.MaxReferences/p.size {
		return p, berth.ErrPageTooDeep.With("page %d of %d entries lies behind the first %d; ask for less with q, or list versions under %s", p.number, p.size, registry.MaxReferences, prefix)
	}
	return p, nil
}

func v1Number(r *http.Request, name string, absent int) (int, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return absent, nil
	}
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0, berth.ErrPageInvalid.With("%s must be a whole number, got %.20q", name, s)
	}
	if n == 0 {
		return absent, nil
	}
	return int(n), nil
}

func (p v1Page) skip() int { return (p.number - 1) * p.size }

// writeV1Page prints a page, how many entries there are, and where the others are.
func (a *API) writeV1Page(w *httpkit.Writer, r *http.Request, p v1Page, total int, list any) error {
	w.Header().Set("X-Total-Count", strconv.Itoa(total))
	var links []string
	link := func(rel string, number int) {
		q := r.URL.Query()
		q.Set("page", strconv.Itoa(number))
		links = append(links, fmt.Sprintf(`<%s%s?%s>; rel=%q`, a.origins.Of(r), r.URL.EscapedPath(), q.Encode(), rel))
	}
	if last := (total + p.size - 1) / p.size; p.number < last {
		link("next", p.number+1)
		link("last", last)
	}
	if p.number > 1 {
		link("first", 1)
		link("prev", p.number-1)
	}
	if len(links) > 0 {
		w.Header().Set("Link", strings.Join(links, ","))
	}
	return writeJSON(w, http.StatusOK, list)
}
