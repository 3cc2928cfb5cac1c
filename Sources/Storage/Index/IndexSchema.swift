import GRDB

/// The tables. A released migration never changes; a new one is added behind it.
///
/// Search rows exist only for resources that are not deleted. Their keys begin with type and
/// parameter and end with the resource, so that every clause is one or a few index seeks, and the
/// rows of an exact value come in the order of the resources. What rows a resource has also stands
/// packed in `resources.entries`: an update needs no search for the old rows, and a query tests its
/// remaining clauses on a candidate without looking into other tables.
enum IndexSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { try $0.execute(sql: version1) }
        return migrator
    }

    private static let version1 = """
        CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value) WITHOUT ROWID;
        CREATE TABLE names (
            id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, text TEXT NOT NULL,
            UNIQUE (kind, text));
        CREATE TABLE resources (
            id INTEGER PRIMARY KEY,
            record BLOB NOT NULL UNIQUE,
            type INTEGER NOT NULL,
            fhir_id TEXT NOT NULL,
            version INTEGER NOT NULL,
            deleted INTEGER NOT NULL,
            last_updated INTEGER NOT NULL,
            locator BLOB NOT NULL,
            subject BLOB,
            created_height INTEGER NOT NULL,
            entries BLOB NOT NULL,
            UNIQUE (type, fhir_id));
        CREATE INDEX resources_in_order ON resources (type, deleted);
        CREATE INDEX resources_by_time ON resources (type, deleted, last_updated);
        CREATE INDEX resources_by_subject ON resources (subject, type) WHERE subject IS NOT NULL;
        CREATE TABLE versions (
            resource INTEGER NOT NULL,
            version INTEGER NOT NULL,
            method INTEGER NOT NULL,
            last_updated INTEGER NOT NULL,
            locator BLOB NOT NULL,
            height INTEGER NOT NULL,
            transaction_id BLOB NOT NULL,
            PRIMARY KEY (resource, version)) WITHOUT ROWID;
        CREATE TABLE tokens (
            type INTEGER NOT NULL, parameter INTEGER NOT NULL, system INTEGER NOT NULL,
            code TEXT NOT NULL, resource INTEGER NOT NULL,
            PRIMARY KEY (type, parameter, system, code, resource)) WITHOUT ROWID;
        CREATE TABLE token_systems (
            type INTEGER NOT NULL, parameter INTEGER NOT NULL, system INTEGER NOT NULL,
            PRIMARY KEY (type, parameter, system)) WITHOUT ROWID;
        CREATE TABLE strings (
            type INTEGER NOT NULL, parameter INTEGER NOT NULL, folded TEXT NOT NULL,
            resource INTEGER NOT NULL, value TEXT NOT NULL,
            PRIMARY KEY (type, parameter, folded, resource, value)) WITHOUT ROWID;
        CREATE TABLE dates (
            type INTEGER NOT NULL, parameter INTEGER NOT NULL, low INTEGER NOT NULL,
            high INTEGER NOT NULL, resource INTEGER NOT NULL,
            PRIMARY KEY (type, parameter, low, high, resource)) WITHOUT ROWID;
        CREATE INDEX dates_by_high ON dates (type, parameter, high);
        CREATE TABLE refs (
            type INTEGER NOT NULL, parameter INTEGER NOT NULL, target TEXT NOT NULL,
            target_type INTEGER NOT NULL, resource INTEGER NOT NULL,
            PRIMARY KEY (type, parameter, target, target_type, resource)) WITHOUT ROWID;
        """
}
