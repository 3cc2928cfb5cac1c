import FHIR

/// What a file is to `cairn load`, told from its name and its first bytes.
package enum FileKind: Hashable, Sendable {
    /// A Bundle that is POSTed as it is.
    case batch, transaction
    /// Another Bundle: each entry's resource by itself.
    case bundle
    /// One resource.
    case resource
    /// One resource on each line.
    case lines
    /// Anything else: a Binary and a DocumentReference.
    case document

    /// Bytes that are looked at. Bundles say their type before their entries, nearly always.
    static let peekBytes = 4096

    /// Looks at the file; reads it whole where a JSON file's first bytes leave its kind open.
    package static func of(path: String) throws(ClientError) -> FileKind {
        let name = path.lowercased()
        if name.hasSuffix(".ndjson") || name.hasSuffix(".jsonl") { return .lines }
        let file = try OpenFile(path)
        let head = ByteOrderMark.dropped(try file.read(max: peekBytes))
        guard head.first(where: { !JSONPeek.isSpace($0) }) == UInt8(ascii: "{") else {
            return .document
        }
        var peek = JSONPeek(head)
        let found = peek.members(["resourceType", "type"])
        if let kind = kind(resourceType: found["resourceType"], type: found["type"]) {
            return kind
        }
        guard name.hasSuffix(".json") || found["resourceType"] != nil else { return .document }
        let whole = ByteOrderMark.dropped(try OpenFile(path).readAll(max: Loader.jsonBytesMax))
        guard let root = try? JSONDocument(parsing: whole).root else { return .resource }
        guard let type = root["resourceType"]?.string else { return .document }
        return kind(resourceType: type, type: root["type"]?.string ?? "") ?? .resource
    }

    private static func kind(resourceType: String?, type: String?) -> FileKind? {
        guard let resourceType else { return nil }
        guard resourceType == "Bundle" else { return .resource }
        guard let type else { return nil }
        switch type {
        case "batch": return .batch
        case "transaction": return .transaction
        default: return .bundle
        }
    }
}

/// UTF-8's byte order mark. JSON has none (RFC 8259 section 8.1), files written by some editors do.
enum ByteOrderMark {
    /// The text behind the mark; all of it where there is none.
    static func dropped(_ text: [UInt8]) -> [UInt8] {
        text.starts(with: [0xef, 0xbb, 0xbf]) ? Array(text[3...]) : text
    }
}

/// Reads string members at the top of a JSON object whose end may be cut off.
struct JSONPeek {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
    }

    /// The values of the named members, as far as they stand before the cut. Escapes end the
    /// search: the names and values that are asked for have none.
    mutating func members(_ names: Set<String>) -> [String: String] {
        var found = [String: String]()
        skipSpace()
        guard take("{") else { return found }
        while found.count < names.count, let name = string(), take(":") {
            if names.contains(name), peek() == UInt8(ascii: "\"") {
                guard let value = string() else { break }
                found[name] = value
            } else {
                guard skipValue() else { break }
            }
            guard take(",") else { break }
        }
        return found
    }

    private func peek() -> UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipSpace() {
        while let byte = peek(), JSONPeek.isSpace(byte) { at += 1 }
    }

    private mutating func take(_ mark: Unicode.Scalar) -> Bool {
        skipSpace()
        guard peek() == UInt8(ascii: mark) else { return false }
        at += 1
        skipSpace()
        return true
    }

    private mutating func string() -> String? {
        guard peek() == UInt8(ascii: "\"") else { return nil }
        let start = at + 1
        at = start
        while let byte = peek(), byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\") { return nil }
            at += 1
        }
        guard at < bytes.count else { return nil }
        defer { at += 1 }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    /// Passes one value; false where it is cut off.
    private mutating func skipValue() -> Bool {
        var depth = 0
        var inString = false
        while let byte = peek() {
            if inString {
                if byte == UInt8(ascii: "\\") {
                    at += 1
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
            } else {
                switch byte {
                case UInt8(ascii: "\""): inString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ","):
                    if depth == 0 { return true }
                    if byte != UInt8(ascii: ",") { depth -= 1 }
                default: break
                }
            }
            at += 1
        }
        return false
    }
}
