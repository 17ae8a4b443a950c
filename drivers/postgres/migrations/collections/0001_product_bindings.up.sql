-- Shares of single product resources; they live here, not with permissions [D].
CREATE TABLE "product_bindings" (
	"_id" text PRIMARY KEY,
	"workspace_id" text NOT NULL,
	"resource_type" text NOT NULL,
	"resource_id" text NOT NULL,
	"principal_type" text NOT NULL,
	"principal_id" text NOT NULL,
	"org_slug" text NOT NULL DEFAULT '',
	"role_slug" text NOT NULL DEFAULT '',
	"granted_by" text NOT NULL DEFAULT '',
	"created_at" timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX "product_bindings_tuple_key" ON "product_bindings"
	("workspace_id", "resource_type", "resource_id", "principal_type", "principal_id");
