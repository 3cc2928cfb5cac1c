package import FHIR
import Identity
import LedgerCore

/// Bundles of type transaction (one intent, all or none) and batch (one intent per entry).
extension Records {
    /// What became of each entry, in the bundle's order.
    package struct BundleOutcome: Sendable {
        package let kind: BundleReader.Kind
        package let entries: [EntryOutcome]
        /// The transaction that wrote a transaction bundle.
        package let transaction: String?
        /// The answer of an earlier request under the same idempotency key, given again; for a
        /// batch, of every entry that wrote something.
        package var isReplay = false
    }

    /// What became of one entry.
    package enum EntryOutcome: Sendable {
        case written(WriteOutcome)
        /// GET of a resource.
        case read(StoredVersion)
        /// With the path and the query that were asked, for the page's links.
        case searched(SearchPage, path: String, query: String)
        case history(HistoryPage, path: String, query: String)
        case failed(NodeError)
    }

    /// Carries out a batch or transaction.
    package func bundle(
        _ body: [UInt8], _ request: WriteRequest
    ) async throws -> BundleOutcome {
        let root = try parse(body)
        let bundle: BundleReader
        do {
            bundle = try BundleReader(root, base: request.base)
        } catch {
            throw NodeError(.badRequest, error.diagnostics, issues: [error])
        }
        guard bundle.entries.count <= WireLimit.writesPerIntent else {
            throw NodeError(
                .tooLarge, "a bundle has at most \(WireLimit.writesPerIntent) entries",
                hint: "split it")
        }
        switch bundle.kind {
        case .transaction: return try await transaction(bundle, request)
        case .batch: return try await batch(bundle, request)
        default:
            throw NodeError(
                .unprocessable, "only bundles of type transaction and batch can be carried out",
                hint: "PUT or POST the resources of other bundles one by one, or use cairn load")
        }
    }

    // MARK: Transaction

    private func transaction(
        _ bundle: BundleReader, _ request: WriteRequest
    ) async throws -> BundleOutcome {
        try validate(bundle, request)
        let idempotency = try idempotencyClaim(request, entry: 0)
        let turn = await turns.take(
            bundle.entries.compactMap { $0.request?.interaction.changedRecord })
        defer { turn.end() }
        var attempt = 1
        while true {
            if let idempotency,
                let earlier = try await replayed(bundle, idempotency, base: request.base)
            {
                return earlier
            }
            try checkReads(bundle, base: request.base)
            let plan = try BundlePlan(bundle, records: self, request)
            if plan.writes.allSatisfy({ $0.satisfiedBy != nil }) {
                return try result(bundle, plan, nil, base: request.base)
            }
            let intent = committer.intentBytes(plan.writes, request)
            do {
                let committed = try await committer.commit(
                    plan.writes, intentBytes: intent,
                    stamps: request.stamp?.stamps(intents: [Intent.id(of: intent)]) ?? [],
                    caller: request.caller, idempotency: idempotency)
                return try result(bundle, plan, committed, base: request.base)
            } catch let refusal as LedgerRefusal {
                try retry(refusal, attempt: &attempt)
            }
        }
    }

    private func validate(_ bundle: BundleReader, _ request: WriteRequest) throws {
        let planner = self.planner(request)
        for entry in bundle.entries {
            guard let resource = entry.resource, let interaction = entry.request?.interaction else {
                continue
            }
            do {
                try planner.validate(resource, type: interaction.type)
            } catch let error as NodeError {
                throw NodeError(
                    error.code, "entry \(entry.index): \(error.message)", hint: error.hint,
                    issues: error.issues.map { issue in
                        var issue = issue
                        issue.expression =
                            "Bundle.entry[\(entry.index)].resource"
                            + (issue.expression.map { "/" + $0 } ?? "")
                        return issue
                    })
            }
        }
    }

    private func result(
        _ bundle: BundleReader, _ plan: BundlePlan, _ committed: CommittedTransaction?,
        base: ServerBase?
    ) throws -> BundleOutcome {
        let entries = try bundle.entries.map { entry -> EntryOutcome in
            if let position = plan.position[entry.index] {
                return .written(outcome(plan.writes[position], committed))
            }
            return try readAfterwards(entry, base)
        }
        return BundleOutcome(
            kind: .transaction, entries: entries,
            transaction: committed?.receipt.transaction.description)
    }

    /// Answers the entries that only read before anything is written: one that cannot be answered
    /// refuses the transaction. Whatever reads what the transaction itself writes comes later.
    private func checkReads(_ bundle: BundleReader, base: ServerBase?) throws {
        let written = Set(
            bundle.entries.compactMap { entry in
                switch entry.request?.interaction {
                case .update(let type, let id), .delete(let type, let id): "\(type)/\(id)"
                default: nil
                }
            })
        for entry in bundle.entries {
            switch entry.request?.interaction {
            case .create, .update, .delete: continue
            case .read(let type, let id), .vread(let type, let id, _),
                .historyInstance(let type, let id, _):
                if written.contains("\(type)/\(id)") { continue }
            default: break
            }
            _ = try other(entry, base)
        }
    }

    /// The answer to an entry that only reads. The transaction is written: a failure is the entry's
    /// own, such as the read of what the transaction deleted.
    private func readAfterwards(
        _ entry: BundleEntry, _ base: ServerBase?
    ) throws -> EntryOutcome {
        do {
            return try other(entry, base)
        } catch let error as NodeError {
            return .failed(error)
        }
    }

    /// An entry that writes nothing: a read, a search, or a deletion of what is not there.
    private func other(_ entry: BundleEntry, _ base: ServerBase?) throws -> EntryOutcome {
        switch entry.request?.interaction {
        case .read(let type, let id): .read(try read(type: type, id: id))
        case .vread(let type, let id, let version):
            .read(try read(type: type, id: id, version: version))
        case .historyInstance(let type, let id, let query):
            .history(
                try history(type, id, query), path: "\(type)/\(id)/_history", query: query ?? "")
        case .search(let type, let query):
            .searched(try search(type, query, base), path: type, query: query ?? "")
        case .delete: .written(WriteOutcome(effect: .unchanged, row: nil, receipt: nil))
        default:
            throw NodeError(
                .unprocessable, "entry \(entry.index) asks for what this version does not do",
                hint: "POST, PUT, DELETE and GET by id, and searches, are carried out")
        }
    }

    private func history(_ type: String, _ id: String, _ query: String?) throws -> HistoryPage {
        let asked = try HistoryQuery(query: query)
        return try history(type: type, id: id, count: asked.count, before: asked.before)
    }

    private func search(
        _ type: String, _ query: String?, _ base: ServerBase?
    ) throws -> SearchPage {
        do {
            let parameters = try QueryString.pairs(query ?? "")
            return try search(try SearchQuery(type: type, parameters: parameters, base: base))
        } catch let error as SearchError {
            throw NodeError(.badRequest, error.diagnostics, issues: [error.issue])
        } catch let error as QueryString.Failure {
            throw NodeError(.badRequest, error.description)
        }
    }

    /// The answer of an earlier transaction under the same idempotency key.
    private func replayed(
        _ bundle: BundleReader, _ claim: Digest, base: ServerBase?
    ) async throws -> BundleOutcome? {
        let earlier = try await replay(claim)
        guard !earlier.isEmpty else { return nil }
        var rest = earlier[...]
        let entries = try bundle.entries.map { entry -> EntryOutcome in
            switch entry.request?.interaction {
            case .create, .update:
                guard let next = rest.popFirst(), let repeated = entry.repeated else {
                    throw NodeError(
                        .unprocessable, "the Idempotency-Key was used for another request",
                        hint: "use a new key for a new request")
                }
                try check(next, repeats: repeated)
                return .written(next)
            case .delete(let type, let id):
                if let next = rest.first, next.row?.reference == "\(type)/\(id)" {
                    rest.removeFirst()
                    return .written(next)
                }
                return .written(WriteOutcome(effect: .unchanged, row: nil, receipt: nil))
            default: return try readAfterwards(entry, base)
            }
        }
        return BundleOutcome(
            kind: .transaction, entries: entries, transaction: nil, isReplay: true)
    }

    // MARK: Batch

    /// Entries stand alone; they are committed side by side, each under its own intent.
    private func batch(
        _ bundle: BundleReader, _ request: WriteRequest
    ) async throws -> BundleOutcome {
        let batch = try BatchPlan(bundle, records: self, request)
        let entries = await withTaskGroup(of: (Int, EntryOutcome).self) { group in
            var running = 0
            var results = [EntryOutcome?](repeating: nil, count: bundle.entries.count)
            for (index, entry) in bundle.entries.enumerated() {
                if running == Records.batchWidth, let (done, outcome) = await group.next() {
                    results[done] = outcome
                    running -= 1
                }
                group.addTask { (index, await self.entry(entry, batch, request)) }
                running += 1
            }
            for await (done, outcome) in group { results[done] = outcome }
            return results.compactMap { $0 }
        }
        let written = entries.compactMap { entry in
            if case .written(let outcome) = entry { outcome } else { nil as WriteOutcome? }
        }
        return BundleOutcome(
            kind: .batch, entries: entries, transaction: nil,
            isReplay: written.contains(where: \.isReplay)
                && written.allSatisfy { $0.isReplay || $0.effect == .unchanged })
    }

    /// Entries of one batch under way at once.
    static let batchWidth = 128

    private func entry(
        _ entry: BundleEntry, _ batch: BatchPlan, _ request: WriteRequest
    ) async -> EntryOutcome {
        do {
            if let problem = entry.problem {
                throw NodeError(.badRequest, problem.diagnostics, issues: [problem])
            }
            guard let position = batch.position[entry.index] else {
                return try other(entry, request.base)
            }
            return .written(try await write(entry, position, batch, request))
        } catch let error as NodeError {
            return .failed(error)
        } catch {
            return .failed(NodeError(.damaged, "the entry could not be carried out"))
        }
    }

    private func write(
        _ entry: BundleEntry, _ position: Int, _ batch: BatchPlan, _ request: WriteRequest
    ) async throws -> WriteOutcome {
        let idempotency = try idempotencyClaim(request, entry: entry.index)
        let turn = await turns.take(entry.request?.interaction.changedRecord.map { [$0] } ?? [])
        defer { turn.end() }
        var attempt = 1
        while true {
            if let idempotency, let repeated = entry.repeated,
                let earlier = try await replay(idempotency, of: repeated)
            {
                return earlier
            }
            let planner = self.planner(request)
            let resolver = ReferenceResolver(
                index: index, base: request.base, isTransaction: false)
            guard
                let write = try BundlePlan.write(
                    entry, position: position, planner: planner, resolver: resolver,
                    records: self)
            else { return WriteOutcome(effect: .unchanged, row: nil, receipt: nil) }
            if write.satisfiedBy != nil { return outcome(write, nil) }
            let intent = committer.intentBytes([write], request, first: position)
            do {
                let committed = try await committer.commit(
                    [write], intentBytes: intent, stamps: batch.stamps(position),
                    caller: request.caller, idempotency: idempotency)
                return outcome(write, committed)
            } catch let refusal as LedgerRefusal {
                try retry(refusal, attempt: &attempt)
            }
        }
    }
}

extension BundleEntry {
    /// What a repetition of the entry must ask for; `nil` for one that writes nothing.
    fileprivate var repeated: RepeatedWrite? {
        switch request?.interaction {
        case .create(let type): RepeatedWrite(type: type, content: resource?.rawBytes)
        case .update(let type, let id):
            RepeatedWrite(type: type, id: id, content: resource?.rawBytes)
        case .delete(let type, let id): RepeatedWrite(type: type, id: id, deletes: true)
        default: nil
        }
    }
}
