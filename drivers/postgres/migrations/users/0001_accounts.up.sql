-- Accounts and personal access tokens. Text is never null where the platform's field
-- is not optional; lists and maps may be, so that "not there" comes back as it went in.
CREATE TABLE "Users" (
	"_id" text PRIMARY KEY,
	"email" text,
	"password" text NOT NULL DEFAULT '',
	"first_name" text NOT NULL DEFAULT '',
	"last_name" text NOT NULL DEFAULT '',
	"language" text NOT NULL DEFAULT '',
	"photo" text NOT NULL DEFAULT '',
	"status" text NOT NULL DEFAULT 'pending',
	"auth_data" jsonb,
	"meta" jsonb,
	"groups" text[],
	"platform_role" text NOT NULL DEFAULT '',
	"org_slugs" text[],
	"expires_at" timestamptz,
	"created_at" timestamptz NOT NULL DEFAULT now(),
	"updated_at" timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE "AccessTokens" (
	"_id" text PRIMARY KEY,
	"user_id" text NOT NULL,
	"name" text NOT NULL DEFAULT '',
	"token" text NOT NULL,
	"expires_at" timestamptz NOT NULL
);
