package mongo

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"tristore/drivers/store"
)

func fuzzed() *declared {
	return newDeclared(store.Schema{Collection: store.Collection{Namespace: "ws", Name: "t"}, Properties: []store.Property{
		{Name: "key", Type: store.Text}, {Name: "n", Type: store.Integer}, {Name: "tags", Type: store.TextArray},
		{Name: "doc", Type: store.JSON}, {Name: "at", Type: store.Datetime}}})
}

// asSent decodes a request's value as the command's users send it: JSON, or else plain text.
func asSent(text string) any {
	var decoded any
	if json.Unmarshal([]byte(text), &decoded) != nil {
		return text
	}
	return decoded
}

// checkSent: what is sent can be encoded, and every word that a server would obey is one
// that the request was allowed.
func checkSent(t *testing.T, document bson.D, allowed ...string) {
	t.Helper()
	if _, err := bson.Marshal(document); err != nil {
		t.Errorf("%v cannot be sent: %v", document, err)
	}
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case bson.D:
			for _, pair := range v {
				if strings.HasPrefix(pair.Key, "$") && !slices.Contains(allowed, pair.Key) {
					t.Errorf("%q stands in %v", pair.Key, document)
				}
				walk(pair.Value)
			}
		case bson.A:
			for _, one := range v {
				walk(one)
			}
		}
	}
	walk(document)
}

// Whatever a filter says, the operators in the query are the one asked for and our own.
func FuzzFilterQuery(f *testing.F) {
	f.Add("key", "$eq", `{"$gt": ""}`)
	f.Add("doc.$where", "$in", `["a", {"$ne": 1}]`)
	f.Add("doc", "$elemMatch", `{"k": {"$exists": true}}`)
	f.Add("tags", "$regex", `"^(a|b)$"`)
	f.Fuzz(func(t *testing.T, field, op, value string) {
		condition := store.Condition{Field: field, Op: store.Op(op), Value: asSent(value)}
		query, err := fuzzed().where(store.Filter{All: []store.Condition{condition}, Any: []store.Filter{store.Where(condition), store.Where(condition)}})
		if err != nil {
			return
		}
		if root, _, _ := strings.Cut(field, "."); fuzzed().fields[root].Name == "" {
			t.Errorf("field %q is not declared and reached %v", field, query)
		}
		checkSent(t, query, "$and", "$or", "$eq", op)
	})
}

// Whatever an update says, it carries the operators of its own lists only.
func FuzzUpdateDocument(f *testing.F) {
	f.Add("key", `{"$set": {"other": 1}}`, 1.0)
	f.Add("doc.a.$[]", `{"$each": [1]}`, 0.5)
	f.Add("tags", `"x"`, -1.0)
	f.Add("_id", `"x"`, 1e300)
	f.Fuzz(func(t *testing.T, field, value string, by float64) {
		sent := map[string]any{field: asSent(value)}
		for name, update := range map[string]store.Update{"$set": {Set: sent}, "$inc": {Inc: map[string]float64{field: by}}, "$push": {Push: sent},
			"$addToSet": {AddToSet: sent}, "$pull": {Pull: sent}} {
			document, err := fuzzed().operators(update)
			if err != nil {
				continue
			}
			if name == "$set" && field == fieldID {
				t.Error("the _id may be changed")
			}
			checkSent(t, document, "$set", name)
		}
	})
}

// A migration file is a JSON list of commands, each with a name, or it is refused.
func FuzzReadCommands(f *testing.F) {
	f.Add([]byte(`[{"create": "Users"}, {"createIndexes": "Users", "indexes": [{"key": {"email": 1}, "name": "email"}]}]`))
	f.Add([]byte(`[{}]`))
	f.Add([]byte(`null`))
	f.Add([]byte(`[], "more": 1`))
	f.Add([]byte("[{\"create\": \"x\"}\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		commands, err := readCommands(content)
		if err != nil {
			return
		}
		if !json.Valid(content) || content[bytes.IndexAny(content, "[{n")] != '[' {
			t.Errorf("%q is no JSON list and was read as %v", content, commands)
		}
		for _, command := range commands {
			_ = step{commands: []bson.D{command}}.unrepeatable()
			if sent, _ := withoutComment(command); len(sent) > len(command) {
				t.Errorf("%v was sent as %v", command, sent)
			}
		}
	})
}

// What a server answers to explain is a plan that can be read, or an error.
func FuzzReadPlan(f *testing.F) {
	f.Add([]byte(`{"queryPlanner": {"winningPlan": {"stage": "FETCH", "inputStage": {"stage": "IXSCAN", "indexName": "i"}}}}`))
	f.Add([]byte(`{"queryPlanner": {"winningPlan": {"queryPlan": {"stage": "COLLSCAN"}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var document bson.D
		if bson.UnmarshalExtJSON(text, false, &document) != nil {
			return
		}
		reply, err := bson.Marshal(document)
		if err != nil {
			return
		}
		if plan, err := readPlan(reply); err == nil && plan.Text == "" {
			t.Errorf("%s is a plan without a text", text)
		}
	})
}
