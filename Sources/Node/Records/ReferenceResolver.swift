import FHIR

/// Resolves what the references of a request point to: entries of the same bundle, resources of
/// this server that are named by their whole URL, and conditional references by a search. The text
/// as sent stays; replacements become edits applied on read.
final class ReferenceResolver {
    private let index: RecordIndex
    private let base: ServerBase?
    private let isTransaction: Bool
    /// By the `fullUrl` of the entry.
    private var targets: [String: Target] = [:]
    /// Whether a `fullUrl` is more than a URN: only those are found by relative references.
    private var hasURLs = false
    /// Conditional references already looked up: a bundle repeats the same few hundreds of times.
    private var found: [String: String] = [:]

    /// What an entry's resource will be.
    private struct Target {
        /// `Type/id`.
        let reference: String
        /// The version that is written; `nil` where an existing resource stands for the entry.
        let version: UInt32?
        /// The version that the entry gives itself.
        let sentVersion: String?
    }

    /// - Parameter base: the server's own address, as the request names it.
    init(index: RecordIndex, base: ServerBase?, isTransaction: Bool) {
        self.index = index
        self.base = base
        self.isTransaction = isTransaction
    }

    /// The resource of `entry` will be `target`.
    func add(_ entry: BundleEntry, _ target: Planner.Target) {
        guard let fullURL = entry.fullUrl else { return }
        targets[fullURL] = Target(
            reference: target.reference,
            version: target.satisfiedBy == nil ? target.previous + 1 : nil,
            sentVersion: entry.resource?["meta"]?["versionId"]?.string)
        hasURLs = hasURLs || !fullURL.hasPrefix("urn:")
    }

    /// The replacements for one resource.
    ///
    /// - Parameter fullURL: of the entry that it stands in: relative references count from there.
    /// - Throws: `NodeError` for a conditional reference that matches none or several, and for a
    ///   `urn:uuid:` reference in a transaction that none of its entries has.
    func replacements(
        in resource: JSONView, fullURL: String? = nil
    ) throws -> [(occurrence: ReferenceOccurrence, replacement: String)] {
        // A document keeps its own names: inside of a Bundle, references are its entries' affair.
        let isBundle = resource["resourceType"]?.isString("Bundle") ?? false
        let inner = isBundle ? ReferenceResolver.fullURLs(resource) : []
        let root = isBundle ? nil : fullURL.flatMap { RESTfulURL($0)?.root } ?? base?.url
        var result: [(occurrence: ReferenceOccurrence, replacement: String)] = []
        for occurrence in ReferenceFinder.references(in: resource) {
            guard !inner.contains(occurrence.text) else { continue }
            if let text = entry(occurrence, root: root) {
                if text != occurrence.text { result.append((occurrence, text)) }
                continue
            }
            guard occurrence.kind == .reference else { continue }
            switch occurrence.target {
            case .conditional(let type, let query):
                let target = try lookUp(type: type, query: query, text: occurrence.text)
                result.append((occurrence, target))
            case .absolute(let url, _, _):
                if !isBundle, let own = base?.resource(url) { result.append((occurrence, own)) }
            case .urn where isTransaction && occurrence.text.hasPrefix("urn:uuid:"):
                throw NodeError(
                    .badRequest, "a urn:uuid reference names no entry of the transaction",
                    hint: "give the entry it means that fullUrl")
            default: continue
            }
        }
        return result
    }

    /// The new text of a reference that names an entry of the bundle.
    private func entry(_ occurrence: ReferenceOccurrence, root: String?) -> String? {
        if let exact = targets[occurrence.text] { return exact.reference }
        guard hasURLs else { return nil }
        switch occurrence.target {
        case .relative(let type, let id, let version):
            guard let root else { return nil }
            return entry("\(root)/\(type)/\(id)", version, text: occurrence.text)
        case .absolute(let url, _, _):
            guard let parts = RESTfulURL(url), let version = parts.version else { return nil }
            return entry(parts.unversioned, version, text: occurrence.text)
        default: return nil
        }
    }

    /// A reference to one version stays one where the entry is that version. Where it is not, the
    /// named version is not in the bundle: of a resource that gets another id here, the resource
    /// itself is the nearest.
    private func entry(_ fullURL: String, _ version: String?, text: String) -> String? {
        guard let target = targets[fullURL] else { return nil }
        guard let version else { return target.reference }
        let keepsID = fullURL.hasSuffix("/" + target.reference)
        if let written = target.version, target.sentVersion ?? (keepsID ? nil : version) == version
        {
            return "\(target.reference)/_history/\(written)"
        }
        return keepsID ? text : target.reference
    }

    private static func fullURLs(_ bundle: JSONView) -> Set<String> {
        Set(bundle["entry"]?.elementsOrSelf.compactMap { $0["fullUrl"]?.string } ?? [])
    }

    private func lookUp(type: String, query: String, text: String) throws -> String {
        if let known = found[text] { return known }
        let search: SearchQuery
        do {
            search = try SearchQuery(
                type: type, parameters: try QueryString.pairs(query), base: base)
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
