// Package browser drives the pages of a running berth with Chromium, as people do.
//
// The flows are JavaScript, one file each in flows, for node's own test runner; what
// they share is in lib. Each file gets a server of its own, on a free port of the
// loopback and an empty data directory. The test here finds what they need (Node,
// Chromium, the two libraries of package.json, a container engine) and runs them.
//
// A flow fails on whatever goes wrong in the browser while it runs: an error or a
// warning on the console, what the policy of a page refuses, a request to another
// host, a dialog, a script that throws. Pages that it looks at have to pass axe in
// both themes, fit 360 pixels, come in less than 100 KB and stand still.
//
// One file alone, with a binary that was built by make build:
//
//	cd e2e/browser && npm ci && node --test flows/signin.test.js
//
// BERTH_BIN names a binary to test instead, BERTH_CHROMIUM a browser, and
// BERTH_BROWSER_OUT a directory for pictures of what failed. BERTH_DOCKER is the
// address of a container engine; without it, flows with docker are left out.
package browser
