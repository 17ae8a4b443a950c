-- Subjects of authorisation: one base of columns, and a map of who may do what.
CREATE TABLE "workspaces" (
	"_id" text PRIMARY KEY,
	"id" text NOT NULL,
	"created_by" text NOT NULL DEFAULT '',
	"updated_by" text NOT NULL DEFAULT '',
	"created_at" timestamptz NOT NULL DEFAULT now(),
	"updated_at" timestamptz NOT NULL DEFAULT now(),
	"permissions" jsonb NOT NULL DEFAULT '{}',
	"name" text NOT NULL DEFAULT '',
	"slug" text,
	"photo" text NOT NULL DEFAULT '',
	"description" text NOT NULL DEFAULT '',
	"labels" text[],
	"config" jsonb
);

CREATE TABLE "pages" (
	"_id" text PRIMARY KEY,
	"id" text NOT NULL,
	"created_by" text NOT NULL DEFAULT '',
	"updated_by" text NOT NULL DEFAULT '',
	"created_at" timestamptz NOT NULL DEFAULT now(),
	"updated_at" timestamptz NOT NULL DEFAULT now(),
	"permissions" jsonb NOT NULL DEFAULT '{}',
	"workspace_id" text NOT NULL,
	"workspace_slug" text,
	"slug" text,
	"name" jsonb,
	"description" text NOT NULL DEFAULT '',
	"labels" text[]
);

CREATE TABLE "files" (
	"_id" text PRIMARY KEY,
	"id" text NOT NULL,
	"created_by" text NOT NULL DEFAULT '',
	"updated_by" text NOT NULL DEFAULT '',
	"created_at" timestamptz NOT NULL DEFAULT now(),
	"updated_at" timestamptz NOT NULL DEFAULT now(),
	"permissions" jsonb NOT NULL DEFAULT '{}',
	"workspace_id" text NOT NULL,
	"name" text NOT NULL DEFAULT '',
	"size" bigint NOT NULL DEFAULT 0,
	"mimetype" text NOT NULL DEFAULT '',
	"path" text NOT NULL DEFAULT '',
	"metadata" jsonb,
	"public" boolean NOT NULL DEFAULT false
);

CREATE TABLE "secrets" (
	"_id" text PRIMARY KEY,
	"id" text NOT NULL,
	"created_by" text NOT NULL DEFAULT '',
	"updated_by" text NOT NULL DEFAULT '',
	"created_at" timestamptz NOT NULL DEFAULT now(),
	"updated_at" timestamptz NOT NULL DEFAULT now(),
	"permissions" jsonb NOT NULL DEFAULT '{}',
	"workspace_id" text NOT NULL,
	"name" text NOT NULL DEFAULT '',
	"type" text NOT NULL DEFAULT '',
	"value" text NOT NULL DEFAULT '',
	"description" text NOT NULL DEFAULT ''
);
