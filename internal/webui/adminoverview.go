package webui

import (
	"context"
	"net/http"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

// healthWait is how long the overview waits for the stores to say that they are well.
const healthWait = 3 * time.Second

// getOverview shows what the instance holds and does.
func (u *UI) getOverview(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	o, err := u.registry.SiteOverview(r.Context(), v)
	if err != nil {
		return err
	}
	p := overviewPage(o)
	ctx, cancel := context.WithTimeout(r.Context(), healthWait)
	defer cancel()
	p.Healthy = u.registry.Ready(ctx) == nil
	for _, f := range u.site.Requests() {
		p.Faces = append(p.Faces, faceRequests(f))
	}
	return u.show(w, r, v, page{title: "Administration", main: view.Overview(p)})
}

func overviewPage(o registry.SiteOverview) view.OverviewPage {
	p := view.OverviewPage{
		Owners: o.Owners, Users: o.Users, Packages: o.Packages, Versions: o.Versions,
		CountedAt: o.Last.At, Blobs: o.Last.Blobs, Logical: o.Last.Logical, Unique: o.Last.Unique,
		IdleBlobs: o.Last.IdleBlobs, Idle: o.Last.Idle, Reclaimed: o.Reclaimed, DoomedKeys: o.DoomedKeys, LostBlobs: o.LostBlobs,
		Pushes: o.WaitingPushes, Events: o.WaitingEvents, Deliveries: o.WaitingDeliveries, Uploads: o.OpenUploads, Trash: o.Trash,
		GrowthDays: registry.GrowthDays,
	}
	for _, f := range o.Growth {
		p.Growth = append(p.Growth, view.GrowthDay{
			Day: f.Day, Packages: f.Packages, Versions: f.Versions, Logical: f.Logical, Unique: f.Unique, Reclaimed: f.Reclaimed,
		})
	}
	return p
}

// faceRequests adds up an hour. What the server did wrong is told apart from what was
// asked wrong.
func faceRequests(f httpkit.FaceRequests) view.FaceRequests {
	row := view.FaceRequests{Name: faceName(f.Face)}
	var took time.Duration
	for _, m := range f.Minutes {
		row.Minutes = append(row.Minutes, view.RequestMinute{Total: m.Total, Failed: m.Classes[3]})
		row.Total += m.Total
		row.Refused += m.Classes[2]
		row.Failed += m.Classes[3]
		took += m.Took
	}
	if row.Total > 0 {
		row.Mean = took / time.Duration(row.Total)
	}
	return row
}

func faceName(face string) string {
	switch face {
	case "v2":
		return "Registry protocol"
	case "api":
		return "REST API"
	case "web":
		return "Pages"
	default:
		return face
	}
}
