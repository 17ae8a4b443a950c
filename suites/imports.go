package suites

import (
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/judge"
	"tristore/scenarios/transfer"
)

// Import is the area of the claims about moving from MongoDB to PostgreSQL.
const Import = "import"

// Imports lists the claims of tristore import drill. They have no check of their own:
// transfer.Drill tries all three on the same two clusters.
func Imports() []Row {
	row := func(id, sentence string, rule judge.Rule) Row {
		return Row{Claim: result.Claim{ID: id, Domain: "37", Area: Import, Source: documented, Depth: string(scenarios.Nightly), Sentence: sentence}, Rule: rule}
	}
	return []Row{
		row(transfer.Arrives, "Every row arrives in PostgreSQL, its _id kept and its fields in snake_case, also when the import was stopped half way.", arrivesRule()),
		row(transfer.Repeats, "Another import changes nothing, and roles that the platform seeds by itself are left out.", repeatsRule()),
		row(transfer.Returns, "Imported back into empty databases, every row is what it was.", samenessRule()),
	}
}

func arrivesRule() judge.Rule {
	rule := samenessRule()
	rule.Floors = append(rule.Floors,
		exactly("stopped", 1, "the import must be stopped half way, once"),
		atLeast("half_rows", 1, "no row arrived before the stop"),
		atLeast("rest_rows", 1, "no row was left after the stop"))
	return rule
}

func repeatsRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			atLeast("there", 1, "no row was found again"),
			atLeast("excluded", 1, "no seeded role was met"),
			exactly("prints", 3, "all three databases must be fingerprinted before and after"),
		},
		Limits: []judge.Limit{
			none("inserted", "the second import inserted rows"),
			none("changed", "the second import found rows that differ"),
			none("prints_differ", "a database is not what it was before the second import"),
		},
	}
}

// samenessRule asks three ways: the rows as computed, the rows of the source, and what
// each server says of its fields.
func samenessRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			atLeast("rows", 1, "the data set is empty"),
			atLeast("equal", 1, "no row was compared"),
			atLeast("tables", 1, "no table was compared"),
			atLeast("fields", 1, "no field was compared"),
			atLeast("schemas", 1, "no declaration was compared"),
		},
		Limits: []judge.Limit{
			none("missing", "rows are missing"),
			none("changed", "rows arrived changed"),
			none("extra", "rows arrived that nobody sent"),
			none("source_missing", "rows of the source are not in the target"),
			none("source_changed", "rows of the source are not the target's"),
			none("source_extra", "the target has rows that the source has not"),
			none("refused", "rows were refused"),
			none("strange_tables", "the source has tables that stayed behind"),
			none("fields_lost", "fields are in fewer rows than they were"),
			none("schemas_differ", "collections are declared otherwise than they were"),
		},
	}
}
