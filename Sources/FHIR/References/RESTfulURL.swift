/// A URL that ends in `Type/id` or `Type/id/_history/version`, taken apart: how references inside a
/// bundle find its entries (http://hl7.org/fhir/R4/bundle.html#references).
package struct RESTfulURL: Sendable, Equatable {
    /// What stands before `/Type/id`, such as `http://example.org/fhir`.
    package let root: String
    /// The URL without its version.
    package let unversioned: String
    /// The version that it names, if any.
    package let version: String?

    /// Nil for URNs, for URLs of other forms and for relative references.
    package init?(_ url: String) {
        guard case .absolute(_, let type?, let id?) = ReferenceTarget(url),
            url.utf8.starts(with: "http".utf8)
        else { return nil }
        let tail = "/\(type)/\(id)"
        var plain = url
        var version: String?
        if let mark = url.utf8.lastIndex(of: UInt8(ascii: "/")),
            url[..<mark].utf8.reversed().starts(with: "/_history".utf8.reversed())
        {
            version = String(url[url.index(after: mark)...])
            plain = String(url[..<mark].dropLast("/_history".utf8.count))
        }
        guard plain.hasSuffix(tail) else { return nil }
        root = String(plain.dropLast(tail.utf8.count))
        unversioned = plain
        self.version = version
    }
}
