// Package artifact says what a manifest is: its kind, and what it, its config and
// its labels tell of themselves, in a shape that can be stored and shown.
package artifact
