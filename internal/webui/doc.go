// Package webui is the face for people with browsers: the pages for signing in,
// joining, and letting a command line in.
//
// It prints HTML and takes forms; what may be done is decided in account and
// registry. Pages need no scripts, and none may run. A browser is signed in by a
// cookie that other sites cannot make it send with a form, and forms of other
// sites are refused. It may import packages berth, httpkit, registry and account.
package webui
