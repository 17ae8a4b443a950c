// Package transfer takes the three stores from one engine family to the other, as the
// platform's import from MongoDB to PostgreSQL does, and back: ids kept, camelCase to
// snake_case, the platform's own seeded roles left out, and a second run that changes
// nothing.
//
// A Copy is one way between two deployments; it reads the source a row at a time, inserts
// what the target lacks and overwrites nothing. Drill starts two clusters, fills one, and
// records what arrived, judged by others: the content against the data set as it is
// computed again, the fields against what each server says that it holds.
//
// Arrow: transfer imports drivers, scenarios/dataset and reports/result.
package transfer
