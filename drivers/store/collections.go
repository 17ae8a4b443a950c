package store

import (
	"context"
	"time"
)

// Collections holds what workspaces and apps declare at run time, and the product bindings.
type Collections interface {
	Definitions
	Reads
	Writes
	Bindings
	Loader // of bindings
}

// Definitions change the shape of a workspace's collections.
type Definitions interface {
	// UpdateSchema creates the collection or adds properties, indexes and uniques to it. Two at once
	// on one collection give one consistent schema. Index names over 63 bytes are refused as Invalid.
	UpdateSchema(ctx context.Context, schema Schema) Outcome
	// ListCollections gives the names inside one namespace, sorted.
	ListCollections(ctx context.Context, namespace string) ([]string, Outcome)
	// DropNamespace removes every collection and binding of a namespace.
	DropNamespace(ctx context.Context, namespace string) Outcome
}

// Reads answer queries over one collection.
type Reads interface {
	Find(ctx context.Context, from Collection, query Query) ([]Document, Outcome)
	Count(ctx context.Context, from Collection, filter Filter) (int64, Outcome)
	// Distinct gives at most 1,000 values, sorted, NULL left out.
	Distinct(ctx context.Context, from Collection, field string, filter Filter) ([]any, Outcome)
	// Aggregate groups and sums; groups come sorted by key.
	Aggregate(ctx context.Context, from Collection, aggregation Aggregation) ([]Document, Outcome)
}

// Writes change rows of one collection. An empty filter is refused as Invalid unless AllowEmpty is set.
type Writes interface {
	// Create inserts one row and returns its _id; unknown fields are refused as Invalid.
	Create(ctx context.Context, into Collection, row Document) (string, Outcome)
	// BulkCreate inserts at most 5,000 rows, all or nothing.
	BulkCreate(ctx context.Context, into Collection, rows []Document) Outcome
	// Update applies update operators and returns how many rows matched.
	Update(ctx context.Context, in Collection, filter Filter, update Update) (int64, Outcome)
	// Upsert writes row, found by equality on the conflict fields.
	Upsert(ctx context.Context, into Collection, upsert Upsert) Outcome
	// Delete removes matching rows and returns how many.
	Delete(ctx context.Context, from Collection, filter Filter) (int64, Outcome)
}

// Bindings are per-resource shares; they live with collections even after a split.
type Bindings interface {
	Bind(ctx context.Context, binding Binding) Outcome
	// BindingOf finds one binding by its unique tuple.
	BindingOf(ctx context.Context, key BindingKey) (Binding, Outcome)
	Unbind(ctx context.Context, key BindingKey) Outcome
}

// BulkMax is the product's limit on one bulk insert.
const BulkMax = 5000

// Collection names one table or collection: physically <namespace>/<name>.
type Collection struct {
	Namespace string // workspace or app id
	Name      string
}

// Physical is the table or collection name in the database.
func (c Collection) Physical() string { return c.Namespace + "/" + c.Name }

// Document is one row. Values are nil, bool, int64, float64, string, time.Time,
// []any and map[string]any, whatever the engine; automatic fields are _id, createdAt,
// updatedAt, createdBy, updatedBy.
type Document map[string]any

// PropertyType is a declared type.
type PropertyType string

// The declared types.
const (
	Text      PropertyType = "text"
	Integer   PropertyType = "integer" // 64 bits here; the companion plugin's "number" is 32 on PostgreSQL
	Double    PropertyType = "double"
	Boolean   PropertyType = "boolean"
	Datetime  PropertyType = "datetime"
	JSON      PropertyType = "json"
	TextArray PropertyType = "text[]"
)

// Property is one declared field.
type Property struct {
	Name     string
	Type     PropertyType
	Required bool // NOT NULL on PostgreSQL, $jsonSchema or a check in the store on MongoDB
}

// Index is one declared index; a direction per field is not offered by the platform.
type Index struct {
	Name   string // empty: derived
	Fields []string
	Unique bool
}

// Schema declares one collection.
type Schema struct {
	Collection Collection
	Properties []Property
	Indexes    []Index
}

// Op compares a field with a value.
type Op string

// The operators, by the platform's names.
const (
	Eq        Op = "$eq"
	Ne        Op = "$ne"
	Gt        Op = "$gt"
	Gte       Op = "$gte"
	Lt        Op = "$lt"
	Lte       Op = "$lte"
	In        Op = "$in"
	NotIn     Op = "$nin"
	Exists    Op = "$exists" // Value is a bool
	Regex     Op = "$regex"
	ElemMatch Op = "$elemMatch" // Value is a map of equalities inside one array element
)

// Condition is one comparison. Field may be dotted into a json property.
type Condition struct {
	Field string
	Op    Op
	Value any
}

// Filter is a conjunction of conditions and of alternatives; the zero value matches everything.
type Filter struct {
	All []Condition
	Any []Filter // at least one of these as well, when there is one
}

// Empty tells whether the filter matches everything.
func (f Filter) Empty() bool { return len(f.All) == 0 && len(f.Any) == 0 }

// Where is the filter of one condition after another, all of them.
func Where(conditions ...Condition) Filter { return Filter{All: conditions} }

// Query is a find. Limit zero means 50, the platform's default.
type Query struct {
	Filter Filter
	Sort   []Sort
	Limit  int
	Skip   int
	Fields []string // empty: all
}

// Sort is one key of an order.
type Sort struct {
	Field      string
	Descending bool
}

// Aggregation groups by fields and accumulates.
type Aggregation struct {
	Filter  Filter
	GroupBy []string
	Outputs []Accumulator
}

// Accumulator is one aggregate: Name = Function(Field). Count needs no field.
type Accumulator struct {
	Name     string
	Function string // sum, avg, count, min, max
	Field    string
}

// Update is a set of operators over matching rows.
type Update struct {
	Set        map[string]any
	Inc        map[string]float64
	Push       map[string]any
	AddToSet   map[string]any
	Pull       map[string]any
	Many       bool // otherwise one row at most
	AllowEmpty bool // an empty filter is meant
}

// Upsert inserts or updates one row.
type Upsert struct {
	ConflictFields []string
	Row            Document // holds the conflict fields and the values to set
	InsertOnly     Document // values set only when the row is new
	Inc            map[string]float64
}

// BindingKey is the unique tuple of a binding.
type BindingKey struct {
	WorkspaceID   string `db:"workspace_id" bson:"workspaceId"`
	ResourceType  string `db:"resource_type" bson:"resourceType"`
	ResourceID    string `db:"resource_id" bson:"resourceId"`
	PrincipalType string `db:"principal_type" bson:"principalType"` // user, org, group
	PrincipalID   string `db:"principal_id" bson:"principalId"`
}

// Binding shares one product resource with one principal.
type Binding struct {
	MongoID    string `db:"_id" bson:"_id"`
	BindingKey `bson:",inline"`
	OrgSlug    string    `db:"org_slug" bson:"orgSlug"`
	RoleSlug   string    `db:"role_slug" bson:"roleSlug"`
	GrantedBy  string    `db:"granted_by" bson:"grantedBy"`
	CreatedAt  time.Time `db:"created_at" bson:"createdAt"`
}

// BindingsTable is where bindings live.
const BindingsTable = "product_bindings"

// Table makes a binding a record.
func (Binding) Table() string { return BindingsTable }
