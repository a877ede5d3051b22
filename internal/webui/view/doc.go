// Package view is what pages look like: templ components for the frame, for the
// pieces that pages share, and one file for each page.
//
// A component prints what it is given and decides nothing: no component reads a
// cookie, asks a use case or knows an error. Texts are escaped by templ wherever they
// stand; markup of others comes in as [templ.Component] only, and is made by package
// markdown. Styles and scripts are in package webui's static folder, never inline,
// for the policy of pages forbids them there. It may import package berth.
package view
