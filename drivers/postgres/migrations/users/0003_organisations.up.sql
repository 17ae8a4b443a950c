-- Organisations, who is in them as what, and their keys.
CREATE TABLE "Organizations" (
	"_id" text PRIMARY KEY,
	"slug" text NOT NULL,
	"name" text NOT NULL DEFAULT '',
	"status" text NOT NULL DEFAULT '',
	"domains" text[],
	"branding" jsonb,
	"created_at" timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX "Organizations_slug_key" ON "Organizations" ("slug");

CREATE TABLE "OrgMemberships" (
	"_id" text PRIMARY KEY,
	"org_slug" text NOT NULL,
	"user_id" text NOT NULL,
	"role_slug" text NOT NULL DEFAULT '',
	"status" text NOT NULL DEFAULT '',
	"joined_at" timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX "OrgMemberships_org_slug_user_id_key" ON "OrgMemberships" ("org_slug", "user_id");

CREATE TABLE "OrgRoles" (
	"_id" text PRIMARY KEY,
	"org_slug" text NOT NULL,
	"slug" text NOT NULL,
	"permissions" text[],
	"scopes" text[]
);
CREATE UNIQUE INDEX "OrgRoles_org_slug_slug_key" ON "OrgRoles" ("org_slug", "slug");

CREATE TABLE "OrgGroupMembers" (
	"_id" text PRIMARY KEY,
	"org_slug" text NOT NULL,
	"group_slug" text NOT NULL,
	"user_id" text NOT NULL
);
CREATE INDEX "OrgGroupMembers_org_slug_user_id_idx" ON "OrgGroupMembers" ("org_slug", "user_id");

CREATE TABLE "OrgApiKeys" (
	"_id" text PRIMARY KEY,
	"org_slug" text NOT NULL,
	"hash" text NOT NULL,
	"owner_type" text NOT NULL DEFAULT '',
	"owner_id" text NOT NULL DEFAULT '',
	"permissions" text[],
	"scopes" text[],
	"expires_at" timestamptz NOT NULL
);
CREATE UNIQUE INDEX "OrgApiKeys_org_slug_hash_key" ON "OrgApiKeys" ("org_slug", "hash");
