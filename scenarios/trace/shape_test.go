package trace

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// A command keeps its shape; of what somebody wrote nothing is left, in values and in
// names that may be an id.
func TestCommandTemplate(t *testing.T) {
	for command, want := range map[string]string{
		`{"find":"users","filter":{"email":"secret@x","age":{"$gt":42}},"sort":{"createdAt":-1},"limit":20,"lsid":{"id":"secret"},"$db":"shop"}`:             `find users filter {email: ?, age: {$gt: ?}} sort {createdAt: ?} limit ?`,
		`{"find":"workspaces","filter":{"$or":[{"permissions.64b0secret.role":"owner"},{"permissions.*.policies.read":true}]}}`:                              `find workspaces filter {$or: [{permissions.…: ?}, {permissions.…: ?}]}`,
		`{"find":"users","filter":{"authData":{"secret":{"id":"secret"}},"64b0f2secret":1,"secret@x":2}}`:                                                    `find users filter {authData: ?, …: ?, …: ?}`,
		`{"find":"t","filter":{"slug":{"$in":["secret","secret"]},"tags":{"$elemMatch":{"name":"secret"}}}}`:                                                 `find t filter {slug: {$in: ?}, tags: {$elemMatch: {name: ?}}}`,
		`{"update":"users","updates":[{"q":{"_id":"secret"},"u":{"$set":{"meta.secret":{"secret":1}},"$inc":{"n":1}},"upsert":true}]}`:                       `update users updates [{q: {_id: ?}, u: {$set: {meta.…: ?}, $inc: {n: ?}}, upsert: ?}]`,
		`{"insert":"users","documents":[{"_id":"secret","secret":"x"}],"ordered":true}`:                                                                      `insert users documents ?`,
		`{"aggregate":"t","pipeline":[{"$match":{"owner":"secret"}},{"$group":{"_id":"$secret","n":{"$sum":1}}},{"$lookup":{"from":"secret"}}],"cursor":{}}`: `aggregate t pipeline [{$match: {owner: ?}}, {$group: {_id: ?, n: {$sum: ?}}}, {$lookup: {from: ?}}]`,
		`{"findandmodify":"t","query":{"k":"secret"},"update":{"$set":{"v":"secret"}},"new":true}`:                                                           `findAndModify t query {k: ?} update {$set: {v: ?}} new ?`,
		`{"createUser":"secret","pwd":"secret"}`:            `createUser …`,
		`{"count":"t","query":{},"comment":"secret"}`:       `count t query {}`,
		`{"getMore":{"$numberLong":"77"},"collection":"t"}`: `getMore t`,
		`{}`: `(not told)`,
	} {
		var document bson.D
		if err := bson.UnmarshalExtJSON([]byte(command), false, &document); err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		raw, err := bson.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		if got := CommandTemplate(raw); got != want {
			t.Errorf("%s\n got %s\nwant %s", command, got, want)
		}
	}
	if got := CommandTemplate([]byte("secret")); strings.Contains(got, "secret") {
		t.Errorf("what is no command: %s", got)
	}
}

// Nothing of a value gets into a template, whatever the command is.
func FuzzCommandTemplate(f *testing.F) {
	f.Add(`{"find":"users","filter":{"email":"a","b":{"$in":["c"]}}}`)
	f.Add(`{"update":"users","updates":[{"q":{"a":{"b":"c"}},"u":{"$set":{"d.e":"f"}}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var document bson.D
		if bson.UnmarshalExtJSON([]byte(text), false, &document) != nil || len(document) == 0 {
			return
		}
		const mark = "zq9sentinel9qz"
		raw, err := bson.Marshal(marked(document[1:], mark))
		if err != nil {
			return
		}
		var again bson.D
		if bson.Unmarshal(raw, &again) != nil {
			return
		}
		raw, err = bson.Marshal(append(bson.D{{Key: document[0].Key, Value: "collection"}}, again...))
		if err == nil && strings.Contains(CommandTemplate(raw), mark) {
			t.Errorf("%s", CommandTemplate(raw))
		}
	})
}

// marked puts a mark in place of every value that is no document.
func marked(v any, mark string) any {
	switch v := v.(type) {
	case bson.D:
		all := make(bson.D, len(v))
		for i, e := range v {
			all[i] = bson.E{Key: e.Key, Value: marked(e.Value, mark)}
		}
		return all
	case bson.A:
		all := make(bson.A, len(v))
		for i, one := range v {
			all[i] = marked(one, mark)
		}
		return all
	}
	return mark
}
