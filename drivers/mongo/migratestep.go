package mongo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// step is one versioned file.
type step struct {
	version  int64
	name     string // without its endings, such as 0001_accounts
	commands []bson.D
}

var stepName = regexp.MustCompile(`^(([0-9]{1,18})_.+)\.up\.json$`)

// readSteps reads every upward file, by version.
func readSteps(files fs.FS) ([]step, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, fmt.Errorf("reading the migration files: %w", err)
	}
	var steps []step
	for _, entry := range entries {
		parts := stepName.FindStringSubmatch(entry.Name())
		if parts == nil {
			continue
		}
		content, err := fs.ReadFile(files, entry.Name())
		if err != nil {
			return nil, fmt.Errorf("reading the migration files: %w", err)
		}
		one := step{name: parts[1]}
		if one.version, err = strconv.ParseInt(parts[2], 10, 64); err != nil {
			return nil, fmt.Errorf("reading the version of %s: %w", entry.Name(), err)
		}
		if one.commands, err = readCommands(content); err != nil {
			return nil, fmt.Errorf("reading %s: %w", entry.Name(), err)
		}
		steps = append(steps, one)
	}
	slices.SortFunc(steps, func(a, b step) int { return int(a.version - b.version) })
	for i := 1; i < len(steps); i++ {
		if steps[i].version == steps[i-1].version {
			return nil, fmt.Errorf("version %d is given twice, by %s and %s", steps[i].version, steps[i-1].name, steps[i].name)
		}
	}
	return steps, nil
}

// readCommands reads a JSON list of database commands.
func readCommands(content []byte) ([]bson.D, error) {
	var wrapped struct {
		List []bson.D `bson:"list"`
	}
	if !json.Valid(content) || !bytes.HasPrefix(bytes.TrimSpace(content), []byte("[")) { // else what follows a list could add keys beside it
		return nil, errors.New("it is no JSON list of database commands")
	}
	whole := bytes.Join([][]byte{[]byte(`{"list":`), content, []byte(`}`)}, nil)
	if err := bson.UnmarshalExtJSON(whole, false, &wrapped); err != nil {
		return nil, fmt.Errorf("it is no JSON list of database commands: %w", err)
	}
	for i, command := range wrapped.List {
		if len(command) == 0 {
			return nil, fmt.Errorf("command %d is empty", i+1)
		}
	}
	return wrapped.List, nil
}

// unrepeatable names a command whose second run could do something else than its first.
func (s step) unrepeatable() string {
	for _, command := range s.commands {
		if name := command[0].Key; name != "create" && name != "createIndexes" {
			return name
		}
	}
	return ""
}

// withoutComment gives the command as it is sent, and the feature its comment asks for:
// not every server of this family takes comments.
func withoutComment(command bson.D) (sent bson.D, needs string) {
	for _, field := range command {
		if field.Key != "comment" {
			sent = append(sent, field)
			continue
		}
		text, _ := field.Value.(string)
		if feature, is := strings.CutPrefix(text, "needs "); is && command[0].Key == "createIndexes" {
			needs = feature
		}
	}
	return sent, needs
}

// The kinds of index that not every server has.
const (
	needsTTL      = "ttl"
	needsText     = "text"
	needsWildcard = "wildcard"
)

// lacks makes an index of the kind in a collection of its own, writes through it and
// reads it back; a server may accept what it cannot keep. It tells why not, or nothing.
func (s session) lacks(ctx context.Context, feature string) (why string, err error) {
	var index bson.D
	var kept string // the option that must be read back
	switch feature {
	case needsTTL:
		index, kept = equal("name", "probe", "key", equal("at", 1), "expireAfterSeconds", 0), "expireAfterSeconds"
	case needsText:
		index, kept = equal("name", "probe", "key", equal("text", "text")), "weights"
	case needsWildcard:
		index, kept = equal("name", "probe", "key", equal("map.$**", 1)), "key"
	default:
		return "", fmt.Errorf("feature %q is not known", feature)
	}
	probe := s.in.Collection("tristore_probe_" + newID())
	defer func() { err = errors.Join(err, probe.Drop(context.WithoutCancel(ctx))) }()
	for _, try := range []func() error{
		func() error {
			return s.in.RunCommand(ctx, equal("createIndexes", probe.Name(), "indexes", bson.A{index})).Err()
		},
		func() error {
			_, err := probe.InsertOne(ctx, equal("_id", 1, "map", equal("a", equal("b", "c"))))
			return err
		},
		func() error {
			_, err := probe.UpdateOne(ctx, equal("_id", 1), equal("$set", equal("map.d", equal("b", "e"))))
			return err
		},
	} {
		if err := try(); err != nil {
			if _, answered := codeOf(err); answered {
				return "the server refuses it: " + err.Error(), nil
			}
			return "", err
		}
	}
	specs, err := s.indexSpecs(ctx, probe.Name())
	if err != nil {
		return "", err
	}
	for _, spec := range specs {
		if spec.Lookup("name").StringValue() == "probe" {
			if _, err := spec.LookupErr(kept); err == nil {
				return "", nil
			}
		}
	}
	return "the server accepts it and does not keep it", nil
}
