package upgrade

import (
	"context"
	"fmt"

	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/scenarios/traffic"
)

// damage does what the plan's faults ask for, before anybody looks at the new side.
func (p *passage) damage(ctx context.Context) error {
	for _, fault := range p.plan.Faults {
		name, statement := p.damageOf(fault)
		if statement == "" {
			continue // done elsewhere
		}
		if err := postgres.Exec(ctx, p.new.of(name).Admin, statement); err != nil {
			return fmt.Errorf("fault %s: %w", fault, err)
		}
	}
	return nil
}

// damageOf is what a fault does to one store of the new side.
func (p *passage) damageOf(fault Fault) (at store.Name, statement string) {
	switch fault {
	case LostRow:
		return store.UsersStore, `DELETE FROM "Users" WHERE _id = '` + p.content.Identity().UserID(0) + `'`
	case InvalidIndex:
		return store.CollectionsStore, `UPDATE pg_index SET indisvalid = false WHERE indexrelid = '` + numbersTable + `_pkey'::regclass`
	case StaleSequence:
		return store.CollectionsStore, `SELECT setval(pg_get_serial_sequence('` + numbersTable + `', 'id'), 1, false)`
	case DroppedIndex: // those that only make reads fast
		return store.PermissionsStore, `DO $$ DECLARE one regclass; BEGIN FOR one IN SELECT i.indexrelid FROM pg_index i WHERE i.indrelid = 'workspaces'::regclass AND NOT i.indisunique
			LOOP EXECUTE 'DROP INDEX ' || one; END LOOP; END $$`
	case OtherCollation: // as when a library sorts otherwise and the index was kept
		return store.CollectionsStore, `UPDATE pg_index SET indcollation = (SELECT oid::text::oidvector FROM pg_collation WHERE collname = 'C') WHERE indexrelid = '` + wordsIndex + `'::regclass`
	case NoStatistics:
		return store.UsersStore, `DELETE FROM pg_statistic WHERE starelid >= 16384`
	case ForgottenWrites:
		last := p.traffic.Acknowledged(store.UsersStore, 0)
		return store.UsersStore, `DELETE FROM "Users" WHERE _id = '` + traffic.UserOf(last[len(last)-1].Row) + `'`
	case NoSnapshot, BadSnapshot:
	}
	return "", ""
}
