// Package httpkit is what the faces share of HTTP: handlers that return errors,
// a response writer that knows what was sent and keeps sendfile, the access log,
// the request's own address, ranges and pages.
//
// It knows nothing about packages or accounts, and may import package berth only.
package httpkit
