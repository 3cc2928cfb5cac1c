import FHIR

/// Resolves what the references of a request point to: entries of the same bundle, and conditional
/// references by a search. The text as sent stays; replacements become edits applied on read.
final class ReferenceResolver {
    private let index: RecordIndex
    /// `fullUrl` of an entry to `Type/id`.
    private var targets: [String: String] = [:]
    /// Conditional references already looked up: a bundle repeats the same few hundreds of times.
    private var found: [String: String] = [:]
    private let isTransaction: Bool

    init(index: RecordIndex, isTransaction: Bool) {
        self.index = index
        self.isTransaction = isTransaction
    }

    /// An entry's resource will be `reference`.
    func add(fullURL: String?, reference: String) {
        if let fullURL { targets[fullURL] = reference }
    }

    /// The replacements for one resource.
    ///
    /// - Throws: `NodeError` for a conditional reference that matches none or several, and for a
    ///   `urn:` reference in a transaction that none of its entries has.
    func replacements(
        in resource: JSONView
    ) throws -> [(occurrence: ReferenceOccurrence, replacement: String)] {
        var result: [(occurrence: ReferenceOccurrence, replacement: String)] = []
        for occurrence in ReferenceFinder.references(in: resource) {
            if let target = targets[occurrence.text] {
                result.append((occurrence, target))
                continue
            }
            guard occurrence.kind == .reference else { continue }
            switch occurrence.target {
            case .conditional(let type, let query):
                let target = try lookUp(type: type, query: query, text: occurrence.text)
                result.append((occurrence, target))
            case .urn where isTransaction && occurrence.text.hasPrefix("urn:uuid:"):
                throw NodeError(
                    .badRequest, "a urn:uuid reference names no entry of the transaction",
                    hint: "give the entry it means that fullUrl")
            default: continue
            }
        }
        return result
    }

    private func lookUp(type: String, query: String, text: String) throws -> String {
        if let known = found[text] { return known }
        let search: SearchQuery
        do {
            search = try SearchQuery(type: type, parameters: try QueryString.pairs(query))
        } catch let error as SearchError {
            throw NodeError(.badRequest, error.diagnostics, issues: [error.issue])
        } catch {
            throw NodeError(.badRequest, "a conditional reference does not parse: \(error)")
        }
        let matches = try index.matches(search, atMost: 2)
        guard matches.count == 1 else {
            throw NodeError(
                .preconditionFailed,
                "a conditional reference to \(type) matches "
                    + (matches.isEmpty ? "nothing" : "more than one resource"),
                hint: "load the resources it names first, and make its criteria precise")
        }
        found[text] = matches[0].reference
        return matches[0].reference
    }
}
