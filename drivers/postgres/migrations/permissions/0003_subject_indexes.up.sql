-- The platform's own indexes [C]. A unique index here holds any number of nulls, which
-- is what "sparse" means there. Pages by workspace_slug alone are served by the first
-- column of the unique index.
CREATE UNIQUE INDEX "workspaces_id_key" ON "workspaces" ("id");
CREATE UNIQUE INDEX "workspaces_slug_key" ON "workspaces" ("slug");
CREATE INDEX "workspaces_name_text" ON "workspaces" USING gin (to_tsvector('simple'::regconfig, "name"));
CREATE INDEX "workspaces_created_at_idx" ON "workspaces" ("created_at");
CREATE INDEX "workspaces_updated_at_idx" ON "workspaces" ("updated_at");

CREATE UNIQUE INDEX "pages_id_key" ON "pages" ("id");
CREATE UNIQUE INDEX "pages_workspace_slug_slug_key" ON "pages" ("workspace_slug", "slug");
CREATE INDEX "pages_workspace_id_idx" ON "pages" ("workspace_id");

CREATE UNIQUE INDEX "files_id_key" ON "files" ("id");
CREATE INDEX "files_name_text" ON "files" USING gin (to_tsvector('simple'::regconfig, "name"));

CREATE UNIQUE INDEX "secrets_id_key" ON "secrets" ("id");
CREATE INDEX "secrets_workspace_id_idx" ON "secrets" ("workspace_id");
CREATE INDEX "secrets_name_text" ON "secrets" USING gin (to_tsvector('simple'::regconfig, "name"));

CREATE UNIQUE INDEX "roles_id_key" ON "roles" ("id");
CREATE UNIQUE INDEX "roles_auth_api_key_value_key" ON "roles" (("auth" -> 'apiKey' ->> 'value'));
CREATE INDEX "roles_name_idx" ON "roles" ("name");
