import Foundation
import TestSupport
import Testing

/// One bit of the query index is wrong. The tests use the command sqlite3.
@Suite("One flipped bit in the index", .serialized)
struct IndexFlipTests {
    static let tables = [
        "resources", "versions", "tokens", "token_systems", "strings", "dates", "refs", "names",
    ]

    /// One bit of a value that a search or a read relies on.
    @Test(arguments: tables)
    func verifyFindsAnotherValue(_ table: String) async throws {
        var random = SeededGenerator(announcing: "values of \(table)")
        let node = try await StoppedNode.make(seed: random.next())
        let index = SQLite(node.data + "/index/index.sqlite")
        let sound = try index.content()
        let columns = try await index.query("SELECT name FROM pragma_table_info('\(table)')")
        for _ in 0..<Soak.times(3, long: 10) {
            for column in columns.indices {
                let quoted = columns.map { "quote(\($0))" }.joined(separator: " || char(9) || ")
                let live = table == "names" ? "WHERE \(IndexFlipTests.isNameLive)" : ""
                let rows = try await index.query("SELECT \(quoted) FROM \(table) \(live)")
                let values = try #require(rows.randomElement(using: &random))
                    .split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
                guard let other = SQLite.flipped(values[column], &random) else { continue }
                let row = zip(columns, values).map { "\($0) IS \($1)" }.joined(separator: " AND ")
                let change = "UPDATE \(table) SET \(columns[column]) = \(other) WHERE \(row)"
                // A value that is there already is refused by the table.
                guard try await index.execute(change) else { continue }
                let found = try await node.verify()
                #expect(found.exit == 1, "CAIRN_SEED=\(random.seed) \(change): \(found)")
                #expect(found.damage.contains { $0.part == "index" }, "\(change): \(found)")
                try index.restore(sound)
            }
        }
        #expect(try await node.verify().exit == 0)
    }

    /// Names that rows refer to; those of versions that were replaced may stay without any.
    private static let isNameLive = """
        id IN (SELECT type FROM resources UNION SELECT type FROM tokens
            UNION SELECT parameter FROM tokens UNION SELECT system FROM tokens
            UNION SELECT parameter FROM strings UNION SELECT parameter FROM dates
            UNION SELECT parameter FROM refs UNION SELECT target_type FROM refs)
        """

    /// A name that became one of another kind is found by no search, though its text is the same.
    @Test func verifyFindsANameOfAnotherKind() async throws {
        let node = try await StoppedNode.make(seed: 9)
        let index = SQLite(node.data + "/index/index.sqlite")
        let sound = try index.content()
        for (kind, others) in [(1, [2, 3]), (2, [1, 3]), (3, [1, 2])] {
            for other in others {
                let change = """
                    UPDATE names SET kind = \(other) WHERE id = (SELECT min(id) FROM names
                    WHERE kind = \(kind) AND \(IndexFlipTests.isNameLive))
                    """
                #expect(try await index.execute(change), "\(change)")
                let found = try await node.verify()
                #expect(found.exit == 1, "\(change): \(found)")
                #expect(found.damage.contains { $0.part == "index" }, "\(change): \(found)")
                try index.restore(sound)
            }
        }
    }

    /// Up to where the index goes.
    @Test func verifyFindsAnotherHeight() async throws {
        let node = try await StoppedNode.make(seed: 8)
        let index = SQLite(node.data + "/index/index.sqlite")
        let sound = try index.content()
        for change in [
            "value = value + 1", "value = value + (1 << 40)", "value = value - 16", "value = -1",
            "key = 'applied_heighu'",
        ] {
            let sql = "UPDATE meta SET \(change) WHERE key = 'applied_height'"
            #expect(try await index.execute(sql))
            let found = try await node.verify()
            #expect(found.exit == 1, "\(change): \(found)")
            try index.restore(sound)
        }
    }

    /// One bit of the file, wherever it makes a difference.
    @Test func verifyFindsAnotherByte() async throws {
        var random = SeededGenerator(announcing: "bytes of the index")
        let node = try await StoppedNode.make(seed: random.next())
        let file = "index/index.sqlite"
        let index = SQLite(node.data + "/" + file)
        let size = try node.read(file).count
        let sound = try await index.dump()
        #expect(sound.contains("INSERT INTO resources"))
        var live = 0
        for _ in 0..<Soak.times(80, long: 600) {
            let flip = Flip(
                file: file, offset: Int.random(in: 100..<size, using: &random),
                bit: UInt8.random(in: 0..<8, using: &random))
            let found = try await node.flipping(flip) {
                try await index.dump() == sound ? nil : try await node.verify()
            }
            guard let found else { continue }
            live += 1
            #expect(found.exit == 1, "CAIRN_SEED=\(random.seed) \(flip): \(found)")
            #expect(found.damage.contains { $0.part == "index" }, "\(flip): \(found)")
        }
        #expect(live > 0)
        #expect(try await node.verify().exit == 0)
    }
}

/// A database file of a stopped node, seen through the command sqlite3.
struct SQLite {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let path: String

    init(_ path: String) { self.path = path }

    private func run(_ path: String, _ command: String) async throws -> CommandResult {
        let child = try ChildProcess("/usr/bin/sqlite3", ["-batch", path, command])
        return try await child.result(timeoutSeconds: 60)
    }

    func query(_ sql: String) async throws -> [String] {
        let result = try await run(path, sql)
        guard result.exit == 0 else { throw Failure(description: "\(sql): \(result)") }
        return result.stdout.split(separator: "\n").map(String.init)
    }

    /// - Returns: whether one row was changed.
    func execute(_ sql: String) async throws -> Bool {
        let result = try await run(path, sql + "; SELECT changes()")
        return result.exit == 0 && result.stdout == "1\n"
    }

    /// All rows as text, and what SQLite thinks of its trees. Reads a copy: opening a database may
    /// write to it.
    func dump() async throws -> String {
        let folder = try TempFolder("dump")
        let copy = folder.path + "/index.sqlite"
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        let rows = try await run(copy, ".dump")
        let trees = try await run(copy, "PRAGMA integrity_check")
        return rows.stdout + rows.stderr + trees.stdout + trees.stderr
    }

    func content() throws -> Data { try Data(contentsOf: URL(filePath: path)) }

    func restore(_ content: Data) throws {
        try content.write(to: URL(filePath: path))
        for name in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + name) }
    }

    /// A literal as `quote` writes it, with one bit changed; `nil` for NULL and empty values, and
    /// where the bit would make no text.
    static func flipped(_ literal: String, _ random: inout SeededGenerator) -> String? {
        if let number = Int64(literal) {
            return "\(number ^ (1 << Int64.random(in: 0..<63, using: &random)))"
        }
        var text = Array(literal.utf8)
        let isBlob = literal.hasPrefix("X'")
        let first = isBlob ? 2 : 1
        guard literal.hasSuffix("'"), text.count > first + 1 else { return nil }
        let place = Int.random(in: first..<text.count - 1, using: &random)
        if isBlob {
            guard let digit = Int(String(UnicodeScalar(text[place])), radix: 16) else { return nil }
            let other = digit ^ (1 << Int.random(in: 0..<4, using: &random))
            text[place] = Array(String(other, radix: 16, uppercase: true).utf8)[0]
        } else {
            text[place] ^= 1 << UInt8.random(in: 0..<6, using: &random)
            guard text[place] >= 0x20, text[place] < 0x7f, text[place] != 0x27 else { return nil }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
