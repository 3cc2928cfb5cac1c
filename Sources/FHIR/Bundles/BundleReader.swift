/// The entries of a Bundle, with the requests of a batch or transaction understood and checked.
package struct BundleReader: Sendable {
    /// Most entries of one bundle: some 20 times what the largest synthetic patients need.
    package static let entriesMax = 20_000

    /// `Bundle.type`.
    package enum Kind: String, Sendable {
        case document, message, transaction, batch, history, searchset, collection
        case transactionResponse = "transaction-response"
        case batchResponse = "batch-response"
    }

    /// What kind of bundle it is.
    package let kind: Kind
    /// All entries, in document order.
    package let entries: [BundleEntry]

    /// `base` is taken off absolute request URLs.
    package init(_ bundle: JSONView, base: ServerBase? = nil) throws(Issue) {
        guard bundle["resourceType"]?.isString("Bundle") ?? false else {
            throw Issue(.structure, "A Bundle is wanted")
        }
        guard let kind = bundle["type"]?.string.flatMap(Kind.init(rawValue:)) else {
            throw Issue(.required, at: "Bundle.type", "Bundle.type is missing or unknown")
        }
        let hasRequests = kind == .transaction || kind == .batch
        var entries: [BundleEntry] = []
        if let list = bundle["entry"] {
            guard list.kind == .array else {
                throw Issue(.invalid, at: "Bundle.entry", "Bundle.entry is an array")
            }
            for (index, view) in list.elements.enumerated() {
                guard index < Self.entriesMax else {
                    throw Issue(.tooLong, "A bundle has at most \(Self.entriesMax) entries")
                }
                let reader = EntryReader(view: view, index: index, base: base)
                entries.append(reader.entry(hasRequest: hasRequests))
            }
        }
        self.kind = kind
        self.entries = entries
        if kind == .transaction { try checkTransaction() }
    }

    /// The entries of a transaction in the order in which FHIR has them processed.
    package var transactionOrder: [BundleEntry] {
        func rank(_ entry: BundleEntry) -> Int { entry.request?.interaction.transactionRank ?? 4 }
        return entries.sorted { left, right in
            (rank(left), left.index) < (rank(right), right.index)
        }
    }

    /// A transaction succeeds or fails as a whole: any entry that cannot be understood, that
    /// repeats a fullUrl, or that changes a record which another one changes refuses it.
    private func checkTransaction() throws(Issue) {
        var fullUrls: Set<String> = []
        var records: Set<String> = []
        for entry in entries {
            let path = "Bundle.entry[\(entry.index)]"
            if let problem = entry.problem { throw problem }
            if let fullUrl = entry.fullUrl, !fullUrls.insert(fullUrl).inserted {
                throw Issue(
                    .duplicate, at: path + ".fullUrl", "Two entries have the same fullUrl")
            }
            if let record = entry.request?.interaction.changedRecord,
                !records.insert(record).inserted
            {
                throw Issue(
                    .duplicate, at: path + ".request.url", "Two entries change the same record")
            }
        }
    }
}
