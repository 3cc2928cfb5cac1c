/// What a method and a URL below the FHIR base ask for.
package enum Interaction: Sendable, Equatable {
    case create(type: String)
    case read(type: String, id: String)
    case vread(type: String, id: String, version: String)
    case update(type: String, id: String)
    case delete(type: String, id: String)
    case patch(type: String, id: String)
    case historyInstance(type: String, id: String, query: String?)
    case search(type: String, query: String?)
    case conditionalUpdate(type: String, query: String)
    case conditionalDelete(type: String, query: String)
    case conditionalPatch(type: String, query: String)

    /// The path is relative to the base, without a leading slash: `Patient/1`, `Patient?name=x`.
    package init?(method: BundleRequest.Method, path: String) {
        let bytes = Array(path.utf8)
        let mark = bytes.firstIndex(of: UInt8(ascii: "?"))
        let query = mark.map { String(decoding: bytes[($0 + 1)...], as: UTF8.self) }
        let parts = bytes[..<(mark ?? bytes.count)].split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false
        ).map { String(decoding: $0, as: UTF8.self) }
        guard let type = parts.first, FHIRDefinitions.shared.isResourceType(type) else {
            return nil
        }
        let isValid = parts.dropFirst().allSatisfy { $0 == "_history" || ReferenceTarget.isID($0) }
        guard isValid else { return nil }
        let made =
            switch parts.count {
            case 1: Self.onType(method, type, query)
            case 2 where parts[1] != "_history": Self.onRecord(method, type, parts[1], query)
            case 3 where parts[2] == "_history" && method == .get:
                Self.historyInstance(type: type, id: parts[1], query: query)
            case 4 where parts[2] == "_history" && method == .get:
                Self.vread(type: type, id: parts[1], version: parts[3])
            default: Interaction?.none
            }
        guard let made else { return nil }
        self = made
    }

    private static func onType(
        _ method: BundleRequest.Method, _ type: String, _ query: String?
    ) -> Interaction? {
        if method == .get || method == .head { return .search(type: type, query: query) }
        if method == .post { return query == nil ? .create(type: type) : nil }
        guard let query, !query.isEmpty else { return nil }
        return switch method {
        case .put: .conditionalUpdate(type: type, query: query)
        case .delete: .conditionalDelete(type: type, query: query)
        default: .conditionalPatch(type: type, query: query)
        }
    }

    private static func onRecord(
        _ method: BundleRequest.Method, _ type: String, _ id: String, _ query: String?
    ) -> Interaction? {
        switch method {
        case .get, .head: .read(type: type, id: id)
        case .put: query == nil ? .update(type: type, id: id) : nil
        case .delete: query == nil ? .delete(type: type, id: id) : nil
        case .patch: query == nil ? .patch(type: type, id: id) : nil
        case .post: nil
        }
    }

    /// The resource type that the url begins with.
    package var type: String {
        switch self {
        case .create(let type), .read(let type, _), .vread(let type, _, _), .update(let type, _),
            .delete(let type, _), .patch(let type, _), .historyInstance(let type, _, _),
            .search(let type, _), .conditionalUpdate(let type, _),
            .conditionalDelete(let type, _), .conditionalPatch(let type, _):
            type
        }
    }

    /// `Type/id` of the record that the interaction changes, where it names one.
    package var changedRecord: String? {
        switch self {
        case .update(let type, let id), .delete(let type, let id), .patch(let type, let id):
            type + "/" + id
        default: nil
        }
    }

    /// FHIR's order inside a transaction: DELETE, POST, PUT and PATCH, GET and HEAD.
    package var transactionRank: Int {
        switch self {
        case .delete, .conditionalDelete: 0
        case .create: 1
        case .update, .conditionalUpdate, .patch, .conditionalPatch: 2
        case .read, .vread, .search, .historyInstance: 3
        }
    }
}
