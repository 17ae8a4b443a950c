package mongo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"tristore/drivers"
	"tristore/drivers/store"
)

// Users is the users store. It is safe for concurrent use. What has expired is passed
// over by this machine's clock, whether the server has removed it or not.
type Users struct{ records }

// OpenUsers opens the users store on a migrated database.
func OpenUsers(ctx context.Context, target drivers.Target) (*Users, error) {
	s, err := openSession(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("opening users: %w", err)
	}
	return &Users{newRecords(s, store.User{}, store.AccessToken{}, store.Organisation{}, store.OrgMembership{},
		store.OrgRole{}, store.OrgGroupMember{}, store.OrgAPIKey{})}, nil
}

// equal is a filter of equalities.
func equal(pairs ...any) bson.D {
	filter := make(bson.D, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		filter = append(filter, bson.E{Key: pairs[i].(string), Value: pairs[i+1]})
	}
	return filter
}

// alive is true of accounts and of visitors whose time is not up.
func alive() bson.E {
	return bson.E{Key: "$or", Value: bson.A{equal("expiresAt", nil), bson.D{unexpired()}}}
}

func unexpired() bson.E {
	return bson.E{Key: "expiresAt", Value: bson.D{{Key: "$gt", Value: time.Now()}}}
}

// oldest orders accounts of one email, since emails are not unique [C].
func oldest() []bson.E { return equal("createdAt", 1, "_id", 1) }

// LoadCaller gets one living account by _id. Only the _id is in the filter, which every
// server answers by its primary index; whether it lives is seen here.
func (u *Users) LoadCaller(ctx context.Context, userID string) (store.User, store.Outcome) {
	user, outcome := read[store.User](ctx, u.records, equal("_id", userID))
	if outcome.OK() && user.ExpiresAt != nil && !user.ExpiresAt.After(time.Now()) {
		return store.User{}, store.Refuse(store.NotFound, "account %s has expired", userID)
	}
	return user, outcome
}

// AccessTokenByToken finds a token that has not expired.
func (u *Users) AccessTokenByToken(ctx context.Context, token string) (store.AccessToken, store.Outcome) {
	return read[store.AccessToken](ctx, u.records, append(equal("token", token), unexpired()))
}

// OrgAPIKeyByHash finds an organisation's key that has not expired.
func (u *Users) OrgAPIKeyByHash(ctx context.Context, orgSlug, hash string) (store.OrgAPIKey, store.Outcome) {
	return read[store.OrgAPIKey](ctx, u.records, append(equal("orgSlug", orgSlug, "hash", hash), unexpired()))
}

// OrgContext asks four times, one after the other, as the gateway does.
func (u *Users) OrgContext(ctx context.Context, orgSlug, userID string) (store.OrgContext, store.Outcome) {
	var found store.OrgContext
	var outcome store.Outcome
	if found.Organisation, outcome = read[store.Organisation](ctx, u.records, equal("slug", orgSlug)); !outcome.OK() {
		return store.OrgContext{}, outcome
	}
	if found.Membership, outcome = read[store.OrgMembership](ctx, u.records, equal("orgSlug", orgSlug, "userId", userID)); !outcome.OK() {
		return store.OrgContext{}, outcome
	}
	if found.Role, outcome = read[store.OrgRole](ctx, u.records, equal("orgSlug", orgSlug, "slug", found.Membership.RoleSlug)); !outcome.OK() {
		return store.OrgContext{}, outcome
	}
	members, outcome := readAll[store.OrgGroupMember](ctx, u.records, equal("orgSlug", orgSlug, "userId", userID), options.Find())
	if !outcome.OK() {
		return store.OrgContext{}, outcome
	}
	found.Groups = []string{}
	for _, member := range members {
		found.Groups = append(found.Groups, member.GroupSlug)
	}
	slices.Sort(found.Groups)
	return found, outcome
}

// LoginByEmail finds the oldest living account of an email, whatever its case.
func (u *Users) LoginByEmail(ctx context.Context, email string) (store.User, store.Outcome) {
	return read[store.User](ctx, u.records, append(equal("email", strings.ToLower(email)), alive()), oldest()...)
}

// UpdateSSO finds the account and sets the provider's entry in one update of that entry,
// so that a concurrent change to another provider's survives.
func (u *Users) UpdateSSO(ctx context.Context, login store.SSOLogin) (store.User, store.Outcome) {
	if err := checkKey("provider", login.Provider); err != nil {
		return store.User{}, invalid(err)
	}
	entry := "authData." + login.Provider
	found, outcome := read[store.User](ctx, u.records, append(equal(entry+".id", login.ProviderID), alive()), oldest()...)
	if outcome.Is(store.NotFound) && login.Email != "" {
		found, outcome = u.LoginByEmail(ctx, login.Email)
	}
	if !outcome.OK() {
		return store.User{}, outcome
	}
	claims := map[string]any{}
	for name, value := range login.Claims {
		claims[name] = value
	}
	claims["id"], claims["email"] = login.ProviderID, login.Email
	var after store.User
	outcome = retrying(ctx, func() store.Outcome {
		return u.do(ctx, func(ctx context.Context) error {
			return u.in.Collection(found.Table()).FindOneAndUpdate(ctx, append(equal("_id", found.ID), alive()),
				equal("$set", equal(entry, claims, "updatedAt", time.Now())), options.FindOneAndUpdate().SetReturnDocument(options.After)).Decode(&after)
		})
	})
	return after, outcome
}

// SignUp checks and then inserts, in two steps as the platform does, so two at once may
// both succeed [C]. The email is stored in lower case.
func (u *Users) SignUp(ctx context.Context, user store.User) store.Outcome {
	if user.Email != nil {
		switch found, outcome := u.LoginByEmail(ctx, *user.Email); {
		case outcome.OK():
			return store.Refuse(store.Unique, "account %s has that email", found.ID)
		case outcome.Status == store.Unknown:
			// Nothing was written yet: a read that broke leaves no doubt about the sign-up.
			return store.Outcome{Status: store.Refused, Reason: store.Unavailable, Code: outcome.Code, Err: outcome.Err}
		case !outcome.Is(store.NotFound):
			return outcome
		}
	}
	return u.Insert(ctx, user)
}

// InsertAnonymous writes a visitor. A server with TTL indexes removes it within about a
// minute after its time is up; every read of this store passes it over from then on.
func (u *Users) InsertAnonymous(ctx context.Context, userID string, expiresAt time.Time) store.Outcome {
	now := time.Now()
	return u.Insert(ctx, store.User{ID: userID, Status: "validated", ExpiresAt: &expiresAt, CreatedAt: now, UpdatedAt: now,
		AuthData: map[string]map[string]any{"anonymous": {"expiresAt": expiresAt}}})
}

// checkKey refuses a name that cannot be one step of a path: it would reach elsewhere.
func checkKey(kind, name string) error {
	if name == "" || strings.HasPrefix(name, "$") || strings.ContainsAny(name, ".\x00") {
		return fmt.Errorf("%s %q cannot be a field: it is empty, begins with $, or holds a dot or NUL", kind, name)
	}
	return nil
}
