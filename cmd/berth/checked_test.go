package main

import (
	"net/http"
	"testing"

	"github.com/berth-registry/berth/internal/berthtest/apicheck"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/restapi"
)

// checked compares all answers with the OpenAPI document.
func checked(t *testing.T) func(http.Handler) http.Handler {
	t.Helper()
	checker := apicheck.Once(restapi.NewLocal(nil, nil, nil, httpkit.Origins{}).Document)
	return func(h http.Handler) http.Handler {
		return apicheck.Watch(h, "/api/v3", checker, func(err error) { t.Error(err) })
	}
}
