-- What is shared with somebody, asked when a user, an organisation or a group is removed.
CREATE INDEX "product_bindings_principal_type_principal_id_idx" ON "product_bindings" ("principal_type", "principal_id");
