/// `Bundle.entry.request`.
package struct BundleRequest: Sendable {
    /// The methods that FHIR allows in a bundle.
    package enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
        case patch = "PATCH"
    }

    /// The method.
    package let method: Method
    /// As written.
    package let url: String
    /// What method and url together ask for.
    package let interaction: Interaction
    /// As written, such as `W/"3"`.
    package let ifMatch: String?
    /// As written, for a conditional read.
    package let ifNoneMatch: String?
    /// The query of a conditional create, without a leading `?` or `Type?`.
    package let ifNoneExist: String?
}

/// One entry of a bundle.
package struct BundleEntry: Sendable {
    /// Its position in the bundle.
    package let index: Int
    /// As written; references inside the bundle may equal it.
    package let fullUrl: String?
    /// Its `range` is the resource's exact place in the bundle's bytes.
    package let resource: JSONView?
    /// Nil where the entry has none, and where it cannot be understood: see `problem`.
    package let request: BundleRequest?
    /// Why the entry of a batch cannot be carried out. In a transaction it is thrown instead.
    package let problem: Issue?
}
