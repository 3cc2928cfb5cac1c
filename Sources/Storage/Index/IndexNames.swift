import GRDB
import Synchronization

/// Texts that repeat in every row (types, parameter codes, systems) as small integers.
///
/// A name never changes its number, so what was once read may be kept. Numbers given in a write
/// transaction reach the cache only when it has been committed.
final class IndexNames: Sendable {
    enum Kind: Int64, Sendable {
        case type = 1
        case parameter = 2
        case system = 3
    }

    struct Key: Hashable, Sendable {
        let kind: Kind
        let text: String
    }

    /// "No system", "no target type".
    static let none: Int64 = 0

    private let cache = Mutex(Cache())

    private struct Cache {
        var numbers: [Key: Int64] = [:]
        var keys: [Int64: Key] = [:]

        mutating func keep(_ key: Key, _ number: Int64) {
            if numbers.count >= IndexLimits.namesMax {
                numbers = [:]
                keys = [:]
            }
            numbers[key] = number
            keys[number] = key
        }
    }

    /// The number of a committed name, else `nil`.
    func number(_ kind: Kind, _ text: String, _ db: Database) throws -> Int64? {
        let key = Key(kind: kind, text: text)
        if let number = cache.withLock({ $0.numbers[key] }) { return number }
        let statement = try db.cachedStatement(
            sql: "SELECT id FROM names WHERE kind = ? AND text = ?")
        guard let number = try Int64.fetchOne(statement, arguments: [kind.rawValue, text]) else {
            return nil
        }
        cache.withLock { $0.keep(key, number) }
        return number
    }

    /// The text of a number; `nil` for `none`.
    ///
    /// - Throws: `IndexError.malformed` where the number names nothing, or something of another
    ///   kind: no search would find what refers to it.
    func text(_ kind: Kind, _ number: Int64, _ db: Database) throws -> String? {
        if number == IndexNames.none { return nil }
        let key = try cache.withLock({ $0.keys[number] }) ?? read(number, db)
        guard key.kind == kind else { throw IndexError.malformed(table: "names", row: number) }
        return key.text
    }

    private func read(_ number: Int64, _ db: Database) throws -> Key {
        let statement = try db.cachedStatement(sql: "SELECT kind, text FROM names WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [number]),
            let kind = Kind(rawValue: row[0])
        else { throw IndexError.malformed(table: "names", row: number) }
        let key = Key(kind: kind, text: row[1])
        cache.withLock { $0.keep(key, number) }
        return key
    }

    /// The names of one write transaction.
    struct Pending {
        let names: IndexNames
        private var given: [Key: Int64] = [:]

        init(_ names: IndexNames) { self.names = names }

        /// The number of a name, given now if it has none.
        mutating func number(_ kind: Kind, _ text: String, _ db: Database) throws -> Int64 {
            let key = Key(kind: kind, text: text)
            if let number = given[key] { return number }
            if let number = try names.number(kind, text, db) { return number }
            let statement = try db.cachedStatement(
                sql: "INSERT INTO names (kind, text) VALUES (?, ?)")
            try statement.execute(arguments: [kind.rawValue, text])
            given[key] = db.lastInsertedRowID
            return db.lastInsertedRowID
        }

        /// To be called once the transaction has been committed.
        func publish() {
            names.cache.withLock { cache in
                for (key, number) in given { cache.keep(key, number) }
            }
        }
    }
}
