package ociapi_test

import (
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/registry"
)

func sensitive() berthtest.Options {
	return berthtest.Options{Registry: func(o *registry.Options) { o.CaseSensitiveTags = true }}
}

func smallLimits() berthtest.Options {
	return berthtest.Options{Registry: func(o *registry.Options) {
		o.MaxBlob = 100
		o.MaxUploads = 3
	}}
}
