-- Custom roles, API keys and rules, by the subject they belong to.
CREATE TABLE "roles" (
	"_id" text PRIMARY KEY,
	"id" text NOT NULL,
	"created_by" text NOT NULL DEFAULT '',
	"updated_by" text NOT NULL DEFAULT '',
	"created_at" timestamptz NOT NULL DEFAULT now(),
	"updated_at" timestamptz NOT NULL DEFAULT now(),
	"permissions" jsonb NOT NULL DEFAULT '{}',
	"name" text NOT NULL DEFAULT '',
	"type" text NOT NULL,
	"subject_type" text NOT NULL DEFAULT '',
	"subject_id" text NOT NULL DEFAULT '',
	"rules" text NOT NULL DEFAULT '',
	"auth" jsonb,
	"disabled" boolean NOT NULL DEFAULT false
);
