// Package artifact says what a manifest is: its kind, and what it, its config and its
// labels tell of themselves, in a shape that can be stored as JSON and shown. It also
// reads addresses of source code ([ParseSource]) and licences ([NormalizeLicenses]).
//
// It is pure: no database, no network, no clock; the same bytes always give the same
// [Description]. It does not decide whether a manifest is accepted (that is
// berth.ParseManifest, which is strict), does not check signatures, and looks into no
// layer. It may import berth, the standard library, image-spec, go-digest and go-spdx.
//
// # Use
//
// After a push: [ConfigDescriptor] says which blob to read, if any, and [FirstChild]
// which child stands for an index; describe that first, and give both to [Describe].
//
// # Hostile text
//
// Everything here was written by whoever may push. Every text is valid UTF-8 without
// control characters (but for the lines of [Details]) and without marks that turn the
// direction of writing around; every length, number and depth is bounded, and so is
// the whole ([MaxSummary], [MaxDetails]). Nothing is escaped for HTML: that is for who
// prints it. Links are made of the addresses of a [Summary] only, and only of those
// that begin with http: or https:, since Source may be what only git understands.
//
// What is wrong in a document is left out; what is right in it is kept. The first
// thing that was wrong is told in Problem.
package artifact
