/// One value of a resource by which a search finds it.
package struct SearchEntry: Sendable, Hashable {
    /// The name of the search parameter.
    package let parameter: String
    /// What it is found by.
    package let value: SearchValue

    /// An entry for the named parameter.
    package init(parameter: String, value: SearchValue) {
        self.parameter = parameter
        self.value = value
    }
}

/// What a search parameter compares.
package enum SearchValue: Sendable, Hashable {
    /// A code or identifier; `system` is nil where the resource names none.
    case token(system: String?, code: String)
    /// A text: folded by `TextFolding` for the usual search, and as written for `:exact`.
    case string(normalized: String, exact: String)
    /// First and last millisecond of a date or period; open ends are `Int64.min` and `.max`.
    case date(lowMs: Int64, highMs: Int64)
    /// A literal reference to a resource of this server.
    case reference(type: String, id: String)
    /// A literal reference to anywhere else: an absolute URL or a URN.
    case referenceURL(String)
}
