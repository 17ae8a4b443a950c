package mongo

// versionCollection is where golang-migrate keeps the version of a database too.
const versionCollection = "schema_migrations"
