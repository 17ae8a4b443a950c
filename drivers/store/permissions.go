package store

import (
	"context"
	"time"
)

// Permissions holds the subjects of authorisation, each with its map of who may do what.
type Permissions interface {
	Subjects
	RoleLookups
	Sharing
	Loader
}

// Subjects are the reads by which a request finds what it is about.
type Subjects interface {
	// WorkspaceByID is the dominant read.
	WorkspaceByID(ctx context.Context, id string) (Workspace, Outcome)
	// PageBySlug looks a page up by workspace slug and page slug.
	PageBySlug(ctx context.Context, workspaceSlug, slug string) (Page, Outcome)
	// ListMyWorkspaces is the heaviest read: any workspace whose map lets the user, one of
	// the roles, or everybody read. Newest update first.
	ListMyWorkspaces(ctx context.Context, list WorkspaceList) ([]Workspace, Outcome)
	// Files lists a workspace's files, newest first.
	Files(ctx context.Context, workspaceID string, limit int) ([]File, Outcome)
}

// RoleLookups find rules and keys.
type RoleLookups interface {
	// CustomRoles gets the roles of type casl or role for one subject.
	CustomRoles(ctx context.Context, subjectType, subjectID string) ([]Role, Outcome)
	// RoleByAPIKey finds the enabled role of type apiKey that holds the key.
	RoleByAPIKey(ctx context.Context, key string) (Role, Outcome)
}

// Sharing changes who may do what. Share and Unshare must not lose a concurrent change to the same map.
type Sharing interface {
	Share(ctx context.Context, workspaceID, principal string, grant Grant) Outcome
	Unshare(ctx context.Context, workspaceID, principal string) Outcome
	// CreateWorkspace inserts the workspace and upserts its roles, all or nothing where the engine can.
	CreateWorkspace(ctx context.Context, workspace Workspace, roles ...Role) Outcome
	// DeleteWorkspace removes the workspace and its roles, pages, files and secrets.
	DeleteWorkspace(ctx context.Context, id string) Outcome
}

// Principals of a permission map besides user ids.
const (
	Everybody  = "*"
	RolePrefix = "role:"
)

// Grant is one principal's entry in a permission map.
type Grant struct {
	Role     string          `json:"role,omitempty" bson:"role,omitempty"`
	Policies map[string]bool `json:"policies,omitempty" bson:"policies,omitempty"`
}

// Subject is the base of every record of this store.
type Subject struct {
	MongoID     string           `db:"_id" bson:"_id"` // 24 hex digits
	ID          string           `db:"id" bson:"id"`   // unique; 7 characters, 21 for files
	CreatedBy   string           `db:"created_by" bson:"createdBy"`
	UpdatedBy   string           `db:"updated_by" bson:"updatedBy"`
	CreatedAt   time.Time        `db:"created_at" bson:"createdAt"`
	UpdatedAt   time.Time        `db:"updated_at" bson:"updatedAt"`
	Permissions map[string]Grant `db:"permissions" bson:"permissions"`
}

// Workspace is 1 to 8 KB; its slug is unique when present.
type Workspace struct {
	Subject     `bson:",inline"`
	Name        string         `db:"name" bson:"name"`
	Slug        *string        `db:"slug" bson:"slug,omitempty"`
	Photo       string         `db:"photo" bson:"photo"`
	Description string         `db:"description" bson:"description"`
	Labels      []string       `db:"labels" bson:"labels"`
	Config      map[string]any `db:"config" bson:"config"`
}

// Page is 0.5 to 3 KB; (workspaceSlug, slug) is unique when present.
type Page struct {
	Subject       `bson:",inline"`
	WorkspaceID   string            `db:"workspace_id" bson:"workspaceId"`
	WorkspaceSlug *string           `db:"workspace_slug" bson:"workspaceSlug,omitempty"`
	Slug          *string           `db:"slug" bson:"slug,omitempty"`
	Name          map[string]string `db:"name" bson:"name"` // by language
	Description   string            `db:"description" bson:"description"`
	Labels        []string          `db:"labels" bson:"labels"`
}

// File is about 0.5 KB, the fastest grower of this store.
type File struct {
	Subject     `bson:",inline"`
	WorkspaceID string         `db:"workspace_id" bson:"workspaceId"`
	Name        string         `db:"name" bson:"name"`
	SizeBytes   int64          `db:"size" bson:"size"`
	MimeType    string         `db:"mimetype" bson:"mimetype"`
	Path        string         `db:"path" bson:"path"`
	Metadata    map[string]any `db:"metadata" bson:"metadata"`
	Public      bool           `db:"public" bson:"public"`
}

// AppSecret is a workspace's secret; named so because Secret is the drivers' masked type.
type AppSecret struct {
	Subject     `bson:",inline"`
	WorkspaceID string `db:"workspace_id" bson:"workspaceId"`
	Name        string `db:"name" bson:"name"`
	Type        string `db:"type" bson:"type"`
	Value       string `db:"value" bson:"value"`
	Description string `db:"description" bson:"description"`
}

// Role is a custom role, an API key or a set of rules.
type Role struct {
	Subject     `bson:",inline"`
	Name        string `db:"name" bson:"name"`
	Type        string `db:"type" bson:"type"` // role, apiKey, casl
	SubjectType string `db:"subject_type" bson:"subjectType"`
	SubjectID   string `db:"subject_id" bson:"subjectId"`
	Rules       string `db:"rules" bson:"rules"` // JSON text, 0.5 to 10 KB
	Auth        Auth   `db:"auth" bson:"auth"`
	Disabled    bool   `db:"disabled" bson:"disabled"`
}

// Auth is how a role is taken on; the API key is unique.
type Auth struct {
	APIKey *APIKey `json:"apiKey,omitempty" bson:"apiKey,omitempty"`
}

// APIKey is a workspace key.
type APIKey struct {
	Value string `json:"value" bson:"value"`
}

// WorkspaceList asks for a page of the caller's workspaces.
type WorkspaceList struct {
	UserID string
	Roles  []string // bare names; the map holds "role:<name>" principals and role fields of the user's entry
	Limit  int      // 20 by default on the platform, 600 to 2,000 asked by its SDK
}

// Table names, as the platform writes them [C].
func (Workspace) Table() string { return "workspaces" }
func (Page) Table() string      { return "pages" }
func (File) Table() string      { return "files" }
func (AppSecret) Table() string { return "secrets" }
func (Role) Table() string      { return "roles" }
