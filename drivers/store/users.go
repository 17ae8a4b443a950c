package store

import (
	"context"
	"time"
)

// Users holds accounts, what they sign in with, and all organisation data.
type Users interface {
	Callers
	Credentials
	Accounts
	Loader
}

// Callers are the reads that precede every authenticated request.
type Callers interface {
	// LoadCaller gets one account by _id.
	LoadCaller(ctx context.Context, userID string) (User, Outcome)
	// OrgContext reads organisation, membership, role and groups: four reads, one after the other.
	OrgContext(ctx context.Context, orgSlug, userID string) (OrgContext, Outcome)
}

// Credentials are the lookups by something secret. An expired one is refused as NotFound.
type Credentials interface {
	AccessTokenByToken(ctx context.Context, token string) (AccessToken, Outcome)
	OrgAPIKeyByHash(ctx context.Context, orgSlug, hash string) (OrgAPIKey, Outcome)
}

// Accounts are sign-in and sign-up.
type Accounts interface {
	// LoginByEmail finds an account by its lower-cased email, case-insensitively.
	LoginByEmail(ctx context.Context, email string) (User, Outcome)
	// UpdateSSO finds by provider id, else by email, and always writes the claims back. It never creates an account.
	UpdateSSO(ctx context.Context, login SSOLogin) (User, Outcome)
	// SignUp checks for the email and inserts, as the platform does: two steps, so duplicates are possible [C].
	SignUp(ctx context.Context, user User) Outcome
	// InsertAnonymous inserts a visitor that stops working at expiresAt.
	InsertAnonymous(ctx context.Context, userID string, expiresAt time.Time) Outcome
}

// Loader inserts records of one store in bulk: all of the call or none of it.
// The records of one call are of one type.
type Loader interface {
	Insert(ctx context.Context, records ...Record) Outcome
}

// Record is any record type of the users or permissions store.
type Record interface {
	// Table is the name of its table or collection.
	Table() string
}

// User is an account. Row 0.5 to 3 KB.
type User struct {
	ID           string                    `db:"_id" bson:"_id"` // 24 hex digits
	Email        *string                   `db:"email" bson:"email,omitempty"`
	Password     string                    `db:"password" bson:"password,omitempty"` // bcrypt
	FirstName    string                    `db:"first_name" bson:"firstName"`
	LastName     string                    `db:"last_name" bson:"lastName"`
	Language     string                    `db:"language" bson:"language"`
	Photo        string                    `db:"photo" bson:"photo"`
	Status       string                    `db:"status" bson:"status"`      // pending, validated, deactivated
	AuthData     map[string]map[string]any `db:"auth_data" bson:"authData"` // provider to {id, email, claims …}
	Meta         map[string]any            `db:"meta" bson:"meta"`
	Groups       []string                  `db:"groups" bson:"groups"`
	PlatformRole string                    `db:"platform_role" bson:"platformRole"`
	OrgSlugs     []string                  `db:"org_slugs" bson:"orgSlugs"`
	// ExpiresAt is authData.anonymous.expiresAt: set for visitors only.
	ExpiresAt *time.Time `db:"expires_at" bson:"expiresAt,omitempty"`
	CreatedAt time.Time  `db:"created_at" bson:"createdAt"`
	UpdatedAt time.Time  `db:"updated_at" bson:"updatedAt"`
}

// SSOLogin is what an identity provider said about somebody.
type SSOLogin struct {
	Provider   string // key in authData, such as "azure"
	ProviderID string
	Email      string
	Claims     map[string]any
}

// AccessToken is a personal token, "at:" and a UUID.
type AccessToken struct {
	ID        string    `db:"_id" bson:"_id"`
	UserID    string    `db:"user_id" bson:"userId"`
	Name      string    `db:"name" bson:"name"`
	Token     string    `db:"token" bson:"token"`
	ExpiresAt time.Time `db:"expires_at" bson:"expiresAt"`
}

// Organisation is one tenant. Its slug is unique.
type Organisation struct {
	ID        string         `db:"_id" bson:"_id"`
	Slug      string         `db:"slug" bson:"slug"`
	Name      string         `db:"name" bson:"name"`
	Status    string         `db:"status" bson:"status"`
	Domains   []string       `db:"domains" bson:"domains"`
	Branding  map[string]any `db:"branding" bson:"branding"`
	CreatedAt time.Time      `db:"created_at" bson:"createdAt"`
}

// OrgMembership ties a user to an organisation; (orgSlug, userId) is unique.
type OrgMembership struct {
	ID       string    `db:"_id" bson:"_id"`
	OrgSlug  string    `db:"org_slug" bson:"orgSlug"`
	UserID   string    `db:"user_id" bson:"userId"`
	RoleSlug string    `db:"role_slug" bson:"roleSlug"`
	Status   string    `db:"status" bson:"status"` // active, invited, suspended
	JoinedAt time.Time `db:"joined_at" bson:"joinedAt"`
}

// OrgRole is a role inside an organisation; (orgSlug, slug) is unique.
type OrgRole struct {
	ID          string   `db:"_id" bson:"_id"`
	OrgSlug     string   `db:"org_slug" bson:"orgSlug"`
	Slug        string   `db:"slug" bson:"slug"`
	Permissions []string `db:"permissions" bson:"permissions"`
	Scopes      []string `db:"scopes" bson:"scopes"`
}

// OrgGroupMember puts a user into a group of an organisation.
type OrgGroupMember struct {
	ID        string `db:"_id" bson:"_id"`
	OrgSlug   string `db:"org_slug" bson:"orgSlug"`
	GroupSlug string `db:"group_slug" bson:"groupSlug"`
	UserID    string `db:"user_id" bson:"userId"`
}

// OrgAPIKey is stored hashed; (orgSlug, hash) is unique.
type OrgAPIKey struct {
	ID          string    `db:"_id" bson:"_id"`
	OrgSlug     string    `db:"org_slug" bson:"orgSlug"`
	Hash        string    `db:"hash" bson:"hash"`
	OwnerType   string    `db:"owner_type" bson:"ownerType"`
	OwnerID     string    `db:"owner_id" bson:"ownerId"`
	Permissions []string  `db:"permissions" bson:"permissions"`
	Scopes      []string  `db:"scopes" bson:"scopes"`
	ExpiresAt   time.Time `db:"expires_at" bson:"expiresAt"`
}

// OrgContext is what the gateway needs to know before it lets a request pass.
type OrgContext struct {
	Organisation Organisation
	Membership   OrgMembership
	Role         OrgRole
	Groups       []string
}

// Table names, as the platform writes them [C, D m2p].
func (User) Table() string           { return "Users" }
func (AccessToken) Table() string    { return "AccessTokens" }
func (Organisation) Table() string   { return "Organizations" }
func (OrgMembership) Table() string  { return "OrgMemberships" }
func (OrgRole) Table() string        { return "OrgRoles" }
func (OrgGroupMember) Table() string { return "OrgGroupMembers" }
func (OrgAPIKey) Table() string      { return "OrgApiKeys" }
