-- Keys by their owner [D], and visitors by the day they expire: PostgreSQL has no TTL
-- index, so whoever purges them needs a way to find them.
CREATE INDEX "OrgApiKeys_owner_type_owner_id_idx" ON "OrgApiKeys" ("owner_type", "owner_id");
CREATE INDEX "Users_expires_at_idx" ON "Users" ("expires_at") WHERE "expires_at" IS NOT NULL;
