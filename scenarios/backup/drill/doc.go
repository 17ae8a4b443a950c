// Package drill loses three filled stores and gets them back, timed and counted: they are
// dumped one after the other, idle or under load, fetched and restored into an empty
// cluster as the administrator, and the application starts on the copy, serves every
// sign-in and writes on.
//
// Opinion: a drill that only reads exit codes is no drill. A ledger holds every write that
// the stores acknowledged, with its time, so that what is lost is counted in rows and in
// seconds; the three dumps are of three moments, so that references between the stores are
// looked up; and the time is told by its parts, since only the largest is worth work.
// Where the engine has snapshots to share, dump and fingerprint are of the same moment, so
// that content is compared to the row also under load.
//
// Somebody's own databases are only read, and come back on a throwaway cluster: own.go looks
// at them and dumps, ownlook.go looks at what came back.
//
// In order: plan.go says what is asked; run.go is the road; source.go fills and loads;
// ledger.go writes; dumps.go takes; restore.go brings back; refs.go looks across; look.go
// records what came of it.
// Arrow: drill imports scenarios and those below it, drivers and reports/result.
package drill
