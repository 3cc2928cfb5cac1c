/// What a signature can cover of a request, free of any HTTP library.
package struct SignedRequestParts: Sendable {
    /// As sent, case kept.
    package let method: String
    /// Host, and the port unless it is the scheme's default.
    package let authority: String
    /// As sent, percent-encoding kept.
    package let path: String
    /// As sent, without the question mark; `nil` when there is none.
    package let query: String?
    /// In order; names in any case.
    package let headers: [(name: String, value: String)]

    /// More fields than any honest request has, so that scanning them stays cheap.
    static let headersMax = 128

    package init(
        method: String, authority: String, path: String, query: String?,
        headers: [(name: String, value: String)]
    ) {
        self.method = method
        self.authority = authority
        self.path = path
        self.query = query
        self.headers = headers.map { (ASCII.lowercased($0.name), $0.value) }
    }

    /// The lines of a field.
    func lines(_ name: String) -> [String] {
        headers.compactMap { $0.name == name ? $0.value : nil }
    }

    /// A field's value (RFC 9421 section 2.1): lines trimmed and joined by a comma and a space;
    /// `nil` if absent.
    func field(_ name: String) -> String? {
        let lines = lines(name)
        guard !lines.isEmpty else { return nil }
        return lines.map(SignedRequestParts.trimmed).joined(separator: ", ")
    }

    /// What a component stands for: fields, and the derived components `@method`, `@authority`,
    /// `@path` and `@query` (RFC 9421 section 2.2). Parameters on a component are not supported.
    func value(of component: StructuredValue) -> String? {
        guard component.parameters.entries.isEmpty, case .string(let name) = component.item else {
            return nil
        }
        switch name {
        case "@method": return method
        case "@authority": return normalisedAuthority
        case "@path": return path.isEmpty ? "/" : path
        case "@query": return "?\(query ?? "")"
        default: return name.utf8.first == UInt8(ascii: "@") ? nil : field(name)
        }
    }

    /// Lower case and without HTTPS' default port (section 2.2.3).
    private var normalisedAuthority: String {
        let lower = ASCII.lowercased(authority)
        return lower.hasSuffix(":443") ? String(lower.dropLast(4)) : lower
    }

    private static func trimmed(_ line: String) -> String {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        let bytes = line.utf8.drop(while: isSpace)
        guard let last = bytes.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(Substring(bytes[...last]))
    }

    /// The first fault that makes the parts ambiguous; `nil` if they can be signed.
    var fault: RequestSignatureError? {
        if method.isEmpty || !method.utf8.allSatisfy(ASCII.isTokenCharacter) {
            return .malformed("@method")
        }
        let isVisible = { (byte: UInt8) in (0x21...0x7e).contains(byte) }
        if authority.isEmpty || !authority.utf8.allSatisfy(isVisible) {
            return .malformed("@authority")
        }
        // A question mark or fragment in the path would let path and query trade places.
        let isPath = { (byte: UInt8) in isVisible(byte) && byte != 0x3f && byte != 0x23 }
        if !path.utf8.allSatisfy(isPath) { return .malformed("@path") }
        let isQuery = { (byte: UInt8) in isVisible(byte) && byte != 0x23 }
        if !(query ?? "").utf8.allSatisfy(isQuery) { return .malformed("@query") }
        return headers.count > SignedRequestParts.headersMax ? .malformed("header") : nil
    }
}
