package import HTTPTypes

extension SignedRequestParts {
    /// The parts of a request as client and server hold it; `nil` without an authority.
    package init?(_ request: HTTPRequest) {
        guard let authority = request.authority else { return nil }
        let target = request.path ?? "/"
        let mark = target.utf8.firstIndex(of: UInt8(ascii: "?"))
        self.init(
            method: request.method.rawValue, authority: authority,
            path: String(target[..<(mark ?? target.endIndex)]),
            query: mark.map { String(target[target.utf8.index(after: $0)...]) },
            headers: request.headerFields.map { ($0.name.canonicalName, $0.value) })
    }
}
