package webui

import (
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

// packageRows is how packages look in a list.
func packageRows(list []registry.Package) []view.PackageRow {
	rows := make([]view.PackageRow, len(list))
	for i, p := range list {
		rows[i] = view.PackageRow{
			Name: p.Name.String(), Visibility: string(p.Visibility), Kind: p.Kind, Description: p.Description, Repository: p.Repository,
			Versions: p.Versions, Downloads: p.Downloads, UpdatedAt: p.UpdatedAt,
		}
	}
	return rows
}
