// Package render turns a saved run into pages: JUnit for the build server, Markdown
// for its summary, and one HTML file for people.
//
// Opinion: a page is a pure function of the saved run, so it can be drawn again with
// every server gone; it says first what failed and with what evidence, then what is
// not known, then what was not tried at all; a finding that is missing is shown as
// INCONCLUSIVE and never left blank. The HTML needs no network, no script and no
// other file. Arrow: render imports reports/result, reports/stats, reports/advice
// and reports/latency.
package render
