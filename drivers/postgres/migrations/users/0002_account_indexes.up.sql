-- Emails are not unique: sign-up checks and then inserts, as the platform does [C].
CREATE INDEX "Users_email_idx" ON "Users" (lower("email"));
CREATE INDEX "Users_auth_data_azure_id_idx" ON "Users" (("auth_data" -> 'azure' ->> 'id'));
CREATE INDEX "AccessTokens_token_idx" ON "AccessTokens" ("token");
CREATE INDEX "AccessTokens_user_id_idx" ON "AccessTokens" ("user_id");
