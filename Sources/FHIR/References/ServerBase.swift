/// The address under which a server is asked: what tells its own resources from those elsewhere.
package struct ServerBase: Sendable, Equatable {
    /// Without a slash at the end, such as `http://localhost:8080/fhir`.
    package let url: String
    /// In lower case.
    private let authority: [UInt8]
    private let pathBytes: [UInt8]

    /// Nil where the text is no http or https URL. Without a slash at the end.
    package init?(_ url: String) {
        guard let rest = Self.afterScheme(Array(url.utf8)[...]), !rest.isEmpty else { return nil }
        let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        self.url = url
        authority = rest[..<end].map(ASCII.lowercased)
        pathBytes = Array(rest[end...])
    }

    /// The path of the base, such as `/fhir`.
    package var path: String { String(decoding: pathBytes, as: UTF8.self) }

    /// What follows the base in a URL below it, such as `Patient/1`; nil for a URL elsewhere.
    ///
    /// http and https are the same place, for a proxy that ends TLS may stand before the server.
    package func relative(_ url: String) -> String? {
        guard let rest = Self.afterScheme(Array(url.utf8)[...]),
            rest.count > authority.count + pathBytes.count + 1,
            rest.prefix(authority.count).lazy.map(ASCII.lowercased).elementsEqual(authority)
        else { return nil }
        let path = rest.dropFirst(authority.count)
        guard path.starts(with: pathBytes), path.dropFirst(pathBytes.count).first == Self.slash
        else { return nil }
        return String(decoding: path.dropFirst(pathBytes.count + 1), as: UTF8.self)
    }

    /// `Type/id`, with its version if one is named, of a reference to a resource of this server by
    /// its whole URL; nil for any other.
    package func resource(_ url: String) -> String? {
        guard let text = relative(url), case .relative = ReferenceTarget(text) else { return nil }
        return text
    }

    private static let slash = UInt8(ascii: "/")

    private static func afterScheme(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        for scheme in ["http://", "https://"] {
            let head = bytes.prefix(scheme.utf8.count)
            if head.lazy.map(ASCII.lowercased).elementsEqual(scheme.utf8) {
                return bytes.dropFirst(scheme.utf8.count)
            }
        }
        return nil
    }
}
