import FHIR

/// Compares a resource of a file with the one that a server holds under its id.
///
/// The order of members does not count, numbers are equal digit for digit, and what the server sets
/// itself is passed over: `id`, `meta.versionId` and `meta.lastUpdated`.
struct HeldComparison {
    /// A conditional reference of the file, and what stands in its place on the server.
    struct Conditional: Hashable {
        /// `Type?query`.
        let query: String
        let held: String
    }

    private(set) var isEqual = true
    /// Where the two are equal but for these, only searches tell whether they lead to the same.
    private(set) var conditional: Set<Conditional> = []

    init(sent: JSONView, held: JSONView) {
        var (own, other) = (HeldComparison.members(sent), HeldComparison.members(held))
        own["id"] = nil
        other["id"] = nil
        isEqual = sameMeta(own.removeValue(forKey: "meta"), other.removeValue(forKey: "meta"))
        if isEqual { isEqual = same(own, other) }
    }

    private static func members(_ object: JSONView) -> [String: JSONView] {
        // A document with the same key twice does not parse.
        Dictionary(
            object.members.map { ($0.key.string ?? "", $0.value) },
            uniquingKeysWith: { first, _ in first })
    }

    private mutating func sameMeta(_ sent: JSONView?, _ held: JSONView?) -> Bool {
        var (own, other) = (
            sent.map(HeldComparison.members) ?? [:], held.map(HeldComparison.members) ?? [:]
        )
        for name in ["versionId", "lastUpdated"] {
            own[name] = nil
            other[name] = nil
        }
        return same(own, other)
    }

    private mutating func same(_ sent: [String: JSONView], _ held: [String: JSONView]) -> Bool {
        guard sent.count == held.count else { return false }
        for (name, value) in sent {
            guard let other = held[name], same(value, other, name: name) else { return false }
        }
        return true
    }

    private mutating func same(_ sent: JSONView, _ held: JSONView, name: String) -> Bool {
        guard sent.kind == held.kind else { return false }
        switch sent.kind {
        case .object: return same(HeldComparison.members(sent), HeldComparison.members(held))
        case .array:
            let (own, other) = (Array(sent.elements), Array(held.elements))
            guard own.count == other.count else { return false }
            for (left, right) in zip(own, other)
            where !same(left, right, name: name) { return false }
            return true
        case .string:
            return sent.utf8 == held.utf8 || isResolved(sent, held, name: name)
        case .number, .boolean, .null: return sent.rawBytes == held.rawBytes
        }
    }

    /// Whether the server may have put `held` in place of a conditional reference.
    private mutating func isResolved(_ sent: JSONView, _ held: JSONView, name: String) -> Bool {
        guard name == "reference", let query = sent.string, let text = held.string,
            case .conditional = ReferenceTarget(query)
        else { return false }
        conditional.insert(Conditional(query: query, held: text))
        return true
    }
}
