package mongo

import (
	"errors"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// The plans are in the shapes of MongoDB 6 to 8 [G]; no server here can make them.
func TestReadPlan(t *testing.T) {
	for _, c := range []struct {
		name, reply string
		indexes     []string
		scan, none  bool
	}{
		{name: "a fetch over an index", reply: `{"queryPlanner": {"winningPlan": {"stage": "FETCH", "inputStage": {"stage": "IXSCAN", "indexName": "email_1"}}}}`, indexes: []string{"email_1"}},
		{name: "by _id", reply: `{"queryPlanner": {"winningPlan": {"stage": "IDHACK"}}}`, indexes: []string{"_id_"}},
		{name: "by _id, express", reply: `{"queryPlanner": {"winningPlan": {"isCached": false, "stage": "EXPRESS_IXSCAN", "indexName": "_id_"}}}`, indexes: []string{"_id_"}},
		{name: "a scan", reply: `{"queryPlanner": {"winningPlan": {"stage": "SORT", "inputStage": {"stage": "COLLSCAN"}}}}`, scan: true},
		{name: "alternatives, one of which scans", scan: true, indexes: []string{"a_1"},
			reply: `{"queryPlanner": {"winningPlan": {"stage": "SUBPLAN", "inputStage": {"stage": "OR", "inputStages": [{"stage": "IXSCAN", "indexName": "a_1"}, {"stage": "COLLSCAN"}]}}}}`},
		{name: "the slot-based engine", indexes: []string{"id_1"},
			reply: `{"queryPlanner": {"winningPlan": {"queryPlan": {"stage": "FETCH", "inputStage": {"stage": "IXSCAN", "indexName": "id_1"}}, "slotBasedPlan": {"stages": "[1] nlj"}}}}`},
		{name: "a shard", indexes: []string{"s_1"},
			reply: `{"queryPlanner": {"winningPlan": {"stage": "SINGLE_SHARD", "shards": [{"winningPlan": {"stage": "IXSCAN", "indexName": "s_1"}}]}}}`},
		{name: "a stand-in's plan", reply: `{"queryPlanner": {"Plan": ["SCAN t"]}}`, none: true},
		{name: "a plan without stages", reply: `{"queryPlanner": {"winningPlan": {"Node Type": "Index Scan"}}}`, none: true},
	} {
		var reply bson.Raw
		if err := bson.UnmarshalExtJSON([]byte(c.reply), false, &reply); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		plan, err := readPlan(reply)
		if errors.Is(err, ErrNoPlan) != c.none || plan.FullScan != c.scan || !slices.Equal(plan.Indexes, c.indexes) {
			t.Errorf("%s: %+v, %v", c.name, plan, err)
		}
	}
}
