/// What an `If-Match` asks for (RFC 9110 section 13.1.1): any version, or one of some. FHIR's tags
/// are weak (`W/"3"`); strong ones of the same version are taken, too.
struct IfMatch {
    /// `*`: whatever version there is.
    let isAny: Bool
    /// The tags without `W/` and quotation marks.
    let tags: Set<String>

    init(_ text: String) throws {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmed }
        isAny = parts == ["*"]
        tags = isAny ? [] : Set(try parts.map(IfMatch.tag))
    }

    private static func tag(_ text: String) throws -> String {
        let quoted = text.hasPrefix("W/") ? text.dropFirst(2) : text[...]
        let inside = quoted.dropFirst().dropLast()
        guard quoted.utf8.count >= 2, quoted.first == "\"", quoted.last == "\"",
            inside.utf8.allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != 0x7f })
        else {
            throw NodeError(
                .badRequest, "If-Match is no list of entity tags",
                hint: "send the ETag of the version that you read, such as W/\"3\"")
        }
        return String(inside)
    }

    /// Refuses a write that is not meant for `current`, the record's newest version.
    func check(_ current: VersionRow?, type: String) throws {
        guard let current else {
            throw NodeError(
                .preconditionFailed, "If-Match is given, but there is no \(type) with this id",
                hint: "leave If-Match out to create it")
        }
        guard !(isAny && current.deleted) else {
            throw NodeError(
                .preconditionFailed, "If-Match is given, but this \(type) was deleted",
                hint: "leave If-Match out to bring it back")
        }
        guard isAny || tags.contains(String(current.version)) else {
            throw NodeError(
                .preconditionFailed, "If-Match names another version of this \(type)",
                hint: "read it again and repeat your change on the newest version")
        }
    }
}
