package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"tristore/drivers/store"
)

// LoginByEmail finds the oldest living account of an email, whatever its case.
func (u *Users) LoginByEmail(ctx context.Context, email string) (store.User, store.Outcome) {
	return read[store.User](ctx, u.tables, u.sql.byEmail, email)
}

// UpdateSSO finds the account and writes the claims into its map in one statement, so
// that a concurrent change to another provider's entry survives.
func (u *Users) UpdateSSO(ctx context.Context, login store.SSOLogin) (store.User, store.Outcome) {
	find, args := u.sql.bySSO, []string{login.Provider, login.ProviderID}
	if login.Provider == "azure" {
		find, args = u.sql.byAzure, args[1:]
	}
	found, outcome := read[store.User](ctx, u.tables, find, args...)
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
	entry, err := json.Marshal(claims)
	if err != nil {
		return store.User{}, invalid(fmt.Errorf("claims of %s: %w", login.Provider, err))
	}
	var after store.User
	outcome = retrying(ctx, func() store.Outcome {
		var outcome store.Outcome
		after, outcome = read[store.User](ctx, u.tables, u.sql.rewrite, found.ID, login.Provider, string(entry))
		return outcome
	})
	return after, outcome
}

// SignUp checks and then inserts, in two steps as the platform does, so two at once may
// both succeed [C]. The email is stored in lower case.
func (u *Users) SignUp(ctx context.Context, user store.User) store.Outcome {
	if user.Email != nil {
		lower := strings.ToLower(*user.Email)
		user.Email = &lower
		switch id, outcome := first[string](ctx, u.session, lookup{u.sql.emailTaken, column{}}, lower); {
		case outcome.OK():
			return store.Refuse(store.Unique, "account %s has that email", id)
		case !outcome.Is(store.NotFound):
			// Nothing was written yet: a read that broke leaves no doubt about the sign-up.
			if outcome.Status == store.Unknown {
				return store.Outcome{Status: store.Refused, Reason: store.Unavailable, Code: outcome.Code, Err: outcome.Err}
			}
			return outcome
		}
	}
	return u.Insert(ctx, user)
}

// InsertAnonymous writes a visitor. Nothing on PostgreSQL removes it when its time is
// up, but every read of this store passes it over from then on.
func (u *Users) InsertAnonymous(ctx context.Context, userID string, expiresAt time.Time) store.Outcome {
	visitor := store.User{ID: userID, Status: "validated", ExpiresAt: &expiresAt,
		AuthData: map[string]map[string]any{"anonymous": {"expiresAt": expiresAt.UTC().Format(time.RFC3339Nano)}}}
	return u.Insert(ctx, visitor)
}
