-- What every request asks, and the platform's code forgot: the rules of a subject, the
-- files of a workspace in the order they are listed (which serves those by workspace
-- as well), and the workspaces that somebody may read.
CREATE INDEX "roles_subject_type_subject_id_idx" ON "roles" ("subject_type", "subject_id");
CREATE INDEX "files_workspace_id_created_at_idx" ON "files" ("workspace_id", "created_at" DESC);
CREATE INDEX "workspaces_permissions_idx" ON "workspaces" USING gin ("permissions" jsonb_path_ops);
