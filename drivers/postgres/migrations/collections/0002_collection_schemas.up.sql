-- What each workspace declared. A collection is a table of its own, "<namespace>/<name>",
-- made at run time in the transaction that writes its row here.
CREATE TABLE "collection_schemas" (
	"namespace" text NOT NULL,
	"name" text NOT NULL,
	"properties" jsonb NOT NULL,
	"indexes" jsonb NOT NULL,
	"updated_at" timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY ("namespace", "name")
);
