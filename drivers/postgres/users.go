package postgres

import (
	"context"
	"fmt"

	"tristore/drivers"
	"tristore/drivers/store"
)

// Users is the users store. It is safe for concurrent use.
type Users struct {
	tables
	sql usersSQL
}

// OpenUsers opens the users store on a migrated database.
func OpenUsers(ctx context.Context, target drivers.Target) (*Users, error) {
	on, err := openSession(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("opening users: %w", err)
	}
	all := newTables(on, store.Records(store.UsersStore)...)
	return &Users{all, newUsersSQL(all)}, nil
}

// usersSQL is the text of every statement of this store, written once so that each is
// prepared once per connection.
type usersSQL struct {
	byID, byEmail, bySSO, byAzure  string
	token, orgKey                  string
	organisation, membership, role string
	groups, emailTaken, rewrite    string
}

// alive is true of accounts and of visitors whose time is not up, by the server's clock.
const alive = `("expires_at" IS NULL OR "expires_at" > now())`

// ofAzure is how the platform's one indexed provider is asked for [C]; the others scan.
const ofAzure = `"auth_data" -> 'azure' ->> 'id'`

func newUsersSQL(t tables) usersSQL {
	from := func(record store.Record) string {
		s := t.shapes[record.Table()]
		return "SELECT " + s.list + " FROM " + quote(s.table) + " WHERE "
	}
	user := from(store.User{})
	oldest := ` ORDER BY "created_at", "_id" LIMIT 1` // emails are not unique [C]
	return usersSQL{
		byID:         user + `"_id" = $1 AND ` + alive,
		byEmail:      user + `lower("email") = lower($1) AND ` + alive + oldest,
		bySSO:        user + `"auth_data" -> $1 ->> 'id' = $2 AND ` + alive + oldest,
		byAzure:      user + ofAzure + ` = $1 AND ` + alive + oldest,
		token:        from(store.AccessToken{}) + `"token" = $1 AND "expires_at" > now() LIMIT 1`,
		orgKey:       from(store.OrgAPIKey{}) + `"org_slug" = $1 AND "hash" = $2 AND "expires_at" > now()`,
		organisation: from(store.Organisation{}) + `"slug" = $1`,
		membership:   from(store.OrgMembership{}) + `"org_slug" = $1 AND "user_id" = $2`,
		role:         from(store.OrgRole{}) + `"org_slug" = $1 AND "slug" = $2`,
		groups:       `SELECT "group_slug" FROM "OrgGroupMembers" WHERE "org_slug" = $1 AND "user_id" = $2 ORDER BY "group_slug"`,
		emailTaken:   `SELECT "_id" FROM "Users" WHERE lower("email") = lower($1) AND ` + alive + ` LIMIT 1`,
		rewrite: `UPDATE "Users" SET "auth_data" = coalesce("auth_data", '{}') || jsonb_build_object($2::text, $3::jsonb), "updated_at" = now()
			WHERE "_id" = $1 AND ` + alive + ` RETURNING ` + t.shapes["Users"].list,
	}
}

// read gets one record by a statement of its type.
func read[T store.Record](ctx context.Context, t tables, query string, args ...string) (T, store.Outcome) {
	return first[T](ctx, t.session, of[T](t, query), args...)
}

// of is a statement that gives records of one type.
func of[T store.Record](t tables, query string) lookup {
	var none T
	return lookup{query, t.shapes[none.Table()]}
}

// LoadCaller gets one living account by _id.
func (u *Users) LoadCaller(ctx context.Context, userID string) (store.User, store.Outcome) {
	return read[store.User](ctx, u.tables, u.sql.byID, userID)
}

// AccessTokenByToken finds a token that has not expired.
func (u *Users) AccessTokenByToken(ctx context.Context, token string) (store.AccessToken, store.Outcome) {
	return read[store.AccessToken](ctx, u.tables, u.sql.token, token)
}

// OrgAPIKeyByHash finds an organisation's key that has not expired.
func (u *Users) OrgAPIKeyByHash(ctx context.Context, orgSlug, hash string) (store.OrgAPIKey, store.Outcome) {
	return read[store.OrgAPIKey](ctx, u.tables, u.sql.orgKey, orgSlug, hash)
}

// OrgContext asks four times, one after the other, as the gateway does.
func (u *Users) OrgContext(ctx context.Context, orgSlug, userID string) (store.OrgContext, store.Outcome) {
	var found store.OrgContext
	var outcome store.Outcome
	if found.Organisation, outcome = read[store.Organisation](ctx, u.tables, u.sql.organisation, orgSlug); !outcome.OK() {
		return store.OrgContext{}, outcome
	}
	if found.Membership, outcome = read[store.OrgMembership](ctx, u.tables, u.sql.membership, orgSlug, userID); !outcome.OK() {
		return store.OrgContext{}, outcome
	}
	if found.Role, outcome = read[store.OrgRole](ctx, u.tables, u.sql.role, orgSlug, found.Membership.RoleSlug); !outcome.OK() {
		return store.OrgContext{}, outcome
	}
	if found.Groups, outcome = every[string](ctx, u.session, lookup{u.sql.groups, column{}}, orgSlug, userID); !outcome.OK() {
		return store.OrgContext{}, outcome
	}
	return found, outcome
}
