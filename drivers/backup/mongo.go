package backup

import (
	"context"
	"fmt"
	"io"
	"net/url"

	"tristore/drivers"
	"tristore/drivers/cluster"
)

// asArchive is what is done other than the platform's page shows.
const asArchive = "one --archive stream in place of a folder (--out)"

// mongodump writes one database to out.
func mongodump(ctx context.Context, from Place, how How, out io.Writer) (Report, error) {
	program, err := from.Cluster.Tools.Find(ctx, "mongodump")
	if err != nil {
		return Report{Tool: "mongodump"}, err
	}
	invoke := configured(from, program, "--archive", "--gzip", "--db="+from.Database)
	for _, collection := range how.Without {
		invoke.Args = append(invoke.Args, "--excludeCollection="+collection)
	}
	if how.Only != "" {
		invoke.Args = append(invoke.Args, "--collection="+how.Only)
	}
	if how.Jobs > 0 {
		invoke.Args = append(invoke.Args, fmt.Sprintf("--numParallelCollections=%d", how.Jobs))
	}
	invoke.Out = out
	report, err := call{program, from.Cluster.Admin.URL.Password(), invoke}.run(ctx)
	report.Way = asArchive
	return report, err
}

// renaming is an archive whose database gets another name.
type renaming struct {
	archive io.Reader
	from    string
	without []string // collections left out
}

// mongorestore restores into another database and stops at the first error.
func mongorestore(ctx context.Context, to Place, r renaming) (Report, error) {
	program, err := to.Cluster.Tools.Find(ctx, "mongorestore")
	if err != nil {
		return Report{Tool: "mongorestore"}, err
	}
	args := []string{"--archive", "--gzip", "--stopOnError", "--nsInclude=" + r.from + ".*", "--nsFrom=" + r.from + ".*", "--nsTo=" + to.Database + ".*"}
	way := asArchive + "; --nsFrom and --nsTo give the copy another name"
	for _, collection := range r.without {
		args = append(args, "--nsExclude="+r.from+"."+collection)
	}
	if LeavesIndexesOut(to.Cluster.Engine) {
		args = append(args, "--noIndexRestore")
		way += "; --noIndexRestore, since " + to.Cluster.Engine.Title() + " refuses the options mongorestore sends with an index"
	}
	invoke := configured(to, program, args...)
	invoke.In = r.archive
	report, err := call{program, to.Cluster.Admin.URL.Password(), invoke}.run(ctx)
	report.Way = way
	return report, err
}

// configured puts the address, password included, into a file that only the tool reads.
func configured(at Place, program *cluster.Program, args ...string) cluster.Invocation {
	admin := at.Cluster.Admin
	options := url.Values{"tls": {"true"}}
	switch source := admin.URL.Option("authSource"); {
	case source != "":
		options.Set("authSource", source)
	case admin.URL.Database() != "":
		options.Set("authSource", admin.URL.Database())
	}
	if mechanism := admin.URL.Option("authMechanism"); mechanism != "" {
		options.Set("authMechanism", mechanism)
	}
	if program.CAFile != "" {
		options.Set("tlsCAFile", program.CAFile)
	}
	if admin.SelfSigned {
		options.Set("tlsInsecure", "true")
	}
	address := drivers.Address{Scheme: "mongodb", User: admin.URL.User(), Password: admin.URL.Password(), HostPort: program.Host + ":" + program.Port, Options: options}.URL()
	return cluster.Invocation{Args: append([]string{"--config={config}"}, args...),
		Files: map[string][]byte{"config": []byte(fmt.Sprintf("uri: %q\n", address.Reveal()))}}
}
