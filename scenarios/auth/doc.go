// Package auth is the load of people and programs signing in and asking for what they
// may see: the path that must not suffer from whatever agents do.
//
// One arrival is one authenticated request: a few reads of the users store, then a few
// of the permissions store, one after the other as the platform's services do (or, when
// asked, those that need no earlier answer together, as they could); now and then a
// sign-in, a visitor, a share. What is asked is a function of the arrival's
// number, and the answers are compared with what the data set says.
//
// The package knows nothing of rates, phases or pages. Arrow: auth imports scenarios,
// dataset, load, drivers and reports/result.
package auth
