/// What the text of a literal reference points to.
package enum ReferenceTarget: Sendable, Equatable {
    /// `Patient/123` or `Patient/123/_history/4`; the type is one of R4.
    case relative(type: String, id: String, version: String?)
    /// `Patient?identifier=…`; the query is as written. Allowed in transactions only.
    case conditional(type: String, query: String)
    /// `#id`, and `#` alone for the containing resource.
    case contained(id: String)
    /// `urn:uuid:…`, `urn:oid:…` and other URNs.
    case urn(String)
    /// A URL with a scheme. Type and id are what its path ends in, where that looks like FHIR.
    case absolute(url: String, type: String?, id: String?)
    case malformed

    /// Classify a text; never fails, see `malformed`.
    package init(_ text: String) {
        let bytes = Array(text.utf8)
        if bytes.first == UInt8(ascii: "#") {
            self = Self.contained(bytes)
        } else if !PrimitiveFormat.isURI(bytes[...]) {
            self = .malformed
        } else if Self.hasPrefixIgnoringCase(bytes, "urn:") {
            self = bytes.count > 4 ? .urn(text) : .malformed
        } else if Self.hasScheme(bytes) {
            let (type, id) = Self.trailingTypeAndID(bytes)
            self = .absolute(url: text, type: type, id: id)
        } else {
            self = Self.relativeOrConditional(bytes)
        }
    }

    /// The type that the text names, if it does.
    package var typeName: String? {
        switch self {
        case .relative(let type, _, _), .conditional(let type, _): type
        case .absolute(_, let type, _): type
        case .contained, .urn, .malformed: nil
        }
    }

    /// Whether `text` is a logical id: `[A-Za-z0-9\-.]{1,64}`.
    package static func isID(_ text: String) -> Bool {
        PrimitiveFormat.isID(Array(text.utf8)[...])
    }

    private static func contained(_ bytes: [UInt8]) -> ReferenceTarget {
        let id = bytes.dropFirst()
        // Fragment ids in the wild are longer and freer than `id`; they only must be one word.
        guard id.isEmpty || PrimitiveFormat.isURI(id) else { return .malformed }
        return .contained(id: String(decoding: id, as: UTF8.self))
    }

    private static func relativeOrConditional(_ bytes: [UInt8]) -> ReferenceTarget {
        if let mark = bytes.firstIndex(of: UInt8(ascii: "?")) {
            let type = String(decoding: bytes[..<mark], as: UTF8.self)
            let query = bytes[(mark + 1)...]
            guard !query.isEmpty, FHIRDefinitions.shared.isResourceType(type) else {
                return .malformed
            }
            return .conditional(type: type, query: String(decoding: query, as: UTF8.self))
        }
        let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 4, PrimitiveFormat.isID(parts[1]) else {
            return .malformed
        }
        let type = String(decoding: parts[0], as: UTF8.self)
        guard FHIRDefinitions.shared.isResourceType(type) else { return .malformed }
        let id = String(decoding: parts[1], as: UTF8.self)
        guard parts.count == 4 else { return .relative(type: type, id: id, version: nil) }
        guard parts[2].elementsEqual("_history".utf8), PrimitiveFormat.isID(parts[3]) else {
            return .malformed
        }
        let version = String(decoding: parts[3], as: UTF8.self)
        return .relative(type: type, id: id, version: version)
    }

    /// `…/Type/id` or `…/Type/id/_history/version`.
    private static func trailingTypeAndID(_ bytes: [UInt8]) -> (String?, String?) {
        let path = bytes.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        var parts = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if parts.count > 4, parts[parts.count - 2].elementsEqual("_history".utf8) {
            parts.removeLast(2)
        }
        guard parts.count > 3, let last = parts.last, PrimitiveFormat.isID(last) else {
            return (nil, nil)
        }
        let type = String(decoding: parts[parts.count - 2], as: UTF8.self)
        guard FHIRDefinitions.shared.isResourceType(type) else { return (nil, nil) }
        return (type, String(decoding: last, as: UTF8.self))
    }

    /// RFC 3986: a letter, then letters, digits, `+`, `-`, `.`, then a colon.
    private static func hasScheme(_ bytes: [UInt8]) -> Bool {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), let first = bytes.first,
            ASCII.isLetter(first), colon + 1 < bytes.count
        else { return false }
        return bytes[..<colon].allSatisfy {
            ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: ".")
        }
    }

    private static func hasPrefixIgnoringCase(_ bytes: [UInt8], _ prefix: StaticString) -> Bool {
        guard bytes.count >= prefix.utf8CodeUnitCount else { return false }
        return (0..<prefix.utf8CodeUnitCount).allSatisfy {
            ASCII.lowercased(bytes[$0]) == prefix.utf8Start[$0]
        }
    }
}
