package security

import (
	"context"

	"tristore/drivers"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// Configuration offers sound and unsound configurations of the three stores to the
// harness, since the platform itself may accept them all. It needs no server.
//
// Cases: one per configuration, "accepted" or "refused"; a sound harness compares at least 12.
// Facts:
//   - configurations: offered
//   - unsound_accepted = 0, sound_refused = 0
func Configuration(_ context.Context, _ scenarios.Stage, saw *result.Observation) {
	for _, fact := range []string{"configurations", "unsound_accepted", "sound_refused"} {
		saw.Set(fact, 0)
	}
	for _, offer := range offers() {
		config, err := offer.build()
		if err != nil {
			saw.Stop(err)
			return
		}
		got, refused := "accepted", deployment.CheckConfig(config)
		if refused != nil {
			got = "refused"
		}
		saw.Add("configurations", 1)
		saw.Compare(offer.name, offer.want, got)
		switch {
		case refused == nil && offer.want == "refused":
			saw.Add("unsound_accepted", 1)
		case refused != nil && offer.want == "accepted":
			saw.Add("sound_refused", 1)
			saw.See("%s: %v", offer.name, refused)
		}
	}
}

// offer is one configuration: driver and URL of users, permissions and collections.
type offer struct {
	name, want string
	stores     [3]line
}

type line struct{ driver, url string }

func (o offer) build() (map[store.Name]deployment.StoreConfig, error) {
	all := map[store.Name]deployment.StoreConfig{}
	for i, name := range store.Names() {
		written := o.stores[i]
		if written == (line{}) {
			continue
		}
		var address drivers.URL
		if written.url != "" {
			parsed, err := drivers.ParseURL(written.url)
			if err != nil {
				return nil, err
			}
			address = parsed
		}
		all[name] = deployment.StoreConfig{Driver: written.driver, URL: address}
	}
	return all, nil
}

func offers() []offer {
	pg, mongo := line{"postgresql", "postgres://app:pw@db:5432/users?sslmode=require"}, line{"mongodb", "mongodb://app:pw@db:27017/users"}
	bare := line{"mongodb", "mongodb://app:pw@db:27017"}
	return []offer{
		{"all three on PostgreSQL", "accepted", [3]line{pg, pg, pg}},
		{"all three on MongoDB", "accepted", [3]line{mongo, mongo, mongo}},
		{"the long spelling of the PostgreSQL scheme", "accepted", [3]line{pg, {"postgresql", "postgresql://app:pw@db/permissions"}, pg}},
		{"a MongoDB seed list by DNS", "accepted", [3]line{mongo, {"mongodb", "mongodb+srv://app:pw@db.example.org/permissions"}, mongo}},
		{"collections on another cluster of the same engine", "accepted", [3]line{pg, pg, {"postgresql", "postgres://app:pw@other:5432/collections"}}},
		{"collections on another engine", "refused", [3]line{pg, pg, mongo}},
		{"users on another engine", "refused", [3]line{mongo, pg, pg}},
		{"permissions on another engine", "refused", [3]line{mongo, pg, mongo}},
		{"driver postgresql with a MongoDB URL", "refused", [3]line{pg, {"postgresql", mongo.url}, pg}},
		{"driver mongodb with a PostgreSQL URL", "refused", [3]line{mongo, mongo, {"mongodb", pg.url}}},
		{"all three drivers disagreeing with their URLs alike", "refused", [3]line{{"mongodb", pg.url}, {"mongodb", pg.url}, {"mongodb", pg.url}}},
		{"a URL without a database name", "refused", [3]line{bare, bare, bare}},
		{"a URL that ends after the host's slash", "refused", [3]line{pg, pg, {"postgresql", "postgres://app:pw@db:5432/"}}},
		{"no driver", "refused", [3]line{pg, {"", pg.url}, pg}},
		{"an unknown driver", "refused", [3]line{{"mysql", "mysql://app:pw@db/users"}, pg, pg}},
		{"no URL", "refused", [3]line{pg, pg, {"postgresql", ""}}},
		{"a store left out", "refused", [3]line{pg, pg, {}}},
	}
}
