package programs

import "context"

// MongoTools returns the folder that holds mongodump and mongorestore, built without
// Kerberos, which would need a C library.
func (c Cache) MongoTools(ctx context.Context) (string, error) {
	const version, commit = "0.0.0-20240723193119-837c2bc263f4", "837c2bc263f4"
	return c.goProgramDir(ctx, goProgram{
		title: "the MongoDB tools", key: "mongo-tools-" + version, mod: "mongotools/go.mod.txt", sum: "mongotools/go.sum.txt",
		packages: map[string]string{
			"mongodump":    "github.com/mongodb/mongo-tools/mongodump/main",
			"mongorestore": "github.com/mongodb/mongo-tools/mongorestore/main",
		},
		defines: []string{"-X main.VersionStr=" + version, "-X main.GitCommit=" + commit},
		checked: "mongodump", version: version,
	})
}
