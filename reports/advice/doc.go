// Package advice answers the third question: is one cluster enough, and if not, what
// is the next step. Of is a pure function of the saved split measurement, so that the
// advice can be given again from the file, and every rule can be tested by a table.
//
// Opinion: telling somebody wrongly that nothing has to be done is the worst answer.
// A first measurement knows interference and the gain of a second cluster, and
// nothing of growth or of the load at which a promise breaks; verdicts that need
// those are never given here, and each advice says what was not asked.
// Arrow: advice imports reports/result and reports/stats.
package advice
