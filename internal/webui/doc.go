// Package webui is the face for people with browsers.
//
// It parses paths and forms, calls the use cases of registry and account, which
// decide, and hands what they return to package view, which prints it. A file is
// about one page or a few that belong together: its routes, its handlers, and how
// what the core returns becomes what the view shows.
//
// Every page works without scripts; with them it is better. A browser is signed in by
// a cookie that other sites cannot make it send with a form, and forms of other sites
// are refused. It may import packages berth, httpkit, registry, account, artifact and
// markdown, and view below it.
package webui
