import Contracts
import FHIR
import Identity
import LedgerCore

/// Intents that authors build themselves.
extension Records {
    /// Longest media type that is kept.
    private static let mediaTypeBytesMax = 255

    private typealias Outcome = Result<SubmittedOutcome, NodeError>

    /// Commits items; each stands alone. Those that come together are sealed, stamped and ordered
    /// together.
    func submit(
        _ items: [SubmittedItem], caller: Caller
    ) async -> [Result<SubmittedOutcome, NodeError>] {
        let groups = SubmittedGroup.cut(items)
        if groups.count == 1 { return await submit(items[...], caller) }
        return await withTaskGroup(of: (Int, [Outcome]).self) { tasks in
            for group in groups {
                tasks.addTask { (group.lowerBound, await self.submit(items[group], caller)) }
            }
            var parts = [(Int, [Outcome])]()
            for await part in tasks { parts.append(part) }
            return parts.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    /// Commits a group of one kind.
    private func submit(_ items: ArraySlice<SubmittedItem>, _ caller: Caller) async -> [Outcome] {
        var outcomes = [Outcome?](repeating: nil, count: items.count)
        var places = [Int]()
        var ready = [PreparedWrites]()
        for (place, item) in items.enumerated() {
            do {
                ready.append(try prepare(item, caller))
                places.append(place)
            } catch { outcomes[place] = .failure(Records.problem(error)) }
        }
        let results = await committer.commit(ready, caller: caller)
        for (place, result) in zip(places, results) {
            outcomes[place] = result.map { SubmittedOutcome(receipt: $0.receipt) }
                .mapError(Records.problem)
        }
        return outcomes.map { $0 ?? .failure(NodeError(.damaged, "the item was not committed")) }
    }

    /// What a caller reads of a failure.
    private static func problem(_ error: any Error) -> NodeError {
        switch error {
        case let error as NodeError: error
        case let error as MalformedBytes: NodeError(.badRequest, error.description)
        case let refusal as LedgerRefusal: LedgerProblem.error(refusal.reason)
        default: NodeError(.damaged, "the item was not committed")
        }
    }

    /// Checks an item and plans what it writes.
    private func prepare(_ item: SubmittedItem, _ caller: Caller) throws -> PreparedWrites {
        let received = try item.intent.get()
        let intent = received.intent
        guard !item.stamps.isEmpty || intent.author == caller.person else {
            throw NodeError(
                .forbidden, "the node stamps only for the person who asks",
                hint: "stamp the intent with its author's key")
        }
        guard intent.contract == Contracts.Name.records.rawValue else {
            guard item.contents.isEmpty else {
                throw NodeError(.badRequest, "only records commands carry content")
            }
            guard !item.stamps.isEmpty else { throw MalformedBytes("transaction", .tooMany) }
            try committer.timestamps.requireInTime()
            return PreparedWrites(intent: received, stamps: item.stamps)
        }
        let writes = try RecordsCommand.writes(intent.command)
        guard writes.count == item.contents.count else {
            throw NodeError(
                .badRequest, "the command has \(writes.count) writes, not \(item.contents.count)",
                hint: "send one content for each write, in order")
        }
        try committer.requireOpen()
        let request = WriteRequest(caller: caller, idempotencyKey: item.idempotencyKey)
        let planner = self.planner(request)
        return PreparedWrites(
            intent: received, stamps: item.stamps,
            writes: try zip(writes, item.contents).map { write, content in
                try plan(write, content, author: intent.author, planner)
            },
            naming: try committer.naming(received),
            idempotency: try idempotencyClaim(request, entry: 0))
    }

    private func plan(
        _ write: RecordsCommand.Write, _ content: SubmittedContent, author: Identifier,
        _ planner: Planner
    ) throws -> PlannedWrite {
        guard Commitment(content: content.content, secret: content.secret) == write.commitment
        else {
            throw NodeError(
                .badRequest, "a content is not what its commitment names",
                hint: "commit to the exact bytes that are sent, under the secret that is sent")
        }
        guard content.mediaType.utf8.count <= Records.mediaTypeBytesMax else {
            throw NodeError(.badRequest, "a media type is too long")
        }
        let current = try current(write)
        guard (current?.version ?? 0) == write.previous else {
            throw LedgerProblem.error("version-conflict")
        }
        var target = Planner.Target(
            record: write.record, previous: write.previous, type: current?.type ?? "Binary",
            fhirID: current?.fhirID ?? write.record.description, position: 0,
            lastUpdatedMs: max(Int64(clamping: clock()), (current?.lastUpdatedMs ?? 0) + 1))
        let form = self.form(content)
        var resource: JSONView?
        if form == .fhirJSON {
            let view = try parse(content.content)
            target.type = view["resourceType"]?.string ?? ""
            try planner.validate(view, type: target.type)
            guard current == nil || current?.type == target.type else {
                throw NodeError(.unprocessable, "a record keeps its type")
            }
            resource = view
        }
        var planned = try planner.submitted(
            target, write, content, form: form, resource: resource, author: author)
        try planner.finish(&planned, previous: newestSidecar)
        return planned
    }

    /// The version that a write follows. The ledger knows of a record before the index does: what
    /// it has not, needs no look into the index.
    private func current(_ write: RecordsCommand.Write) throws -> VersionRow? {
        if write.previous == 0, try state.overlay.value(.record(write.record)) == nil { return nil }
        return try index.current(record: write.record)
    }

    private func form(_ content: SubmittedContent) -> Sidecar.Form {
        if content.isSealed { return .sealed }
        if content.content.isEmpty { return .tombstone }
        return content.mediaType.hasPrefix("application/fhir+json") ? .fhirJSON : .raw
    }
}

extension Planner {
    /// The write of a content that its author committed to.
    func submitted(
        _ target: Target, _ write: RecordsCommand.Write, _ content: SubmittedContent,
        form: Sidecar.Form, resource: JSONView?, author: Identifier
    ) throws -> PlannedWrite {
        var sidecar = Sidecar(
            record: target.record, version: target.previous + 1, type: target.type,
            fhirID: target.fhirID, lastUpdatedMs: target.lastUpdatedMs, form: form, author: author)
        sidecar.mediaType = content.mediaType
        sidecar.contentBytes = UInt64(content.content.count)
        if let resource {
            let resolver = ReferenceResolver(index: index, base: request.base, isTransaction: false)
            sidecar.edits = ServerFields.edits(
                for: resource, id: target.fhirID, versionId: Int(sidecar.version),
                lastUpdatedMs: target.lastUpdatedMs,
                references: try resolver.replacements(in: resource))
        }
        var random = SystemRandomNumberGenerator()
        return PlannedWrite(
            record: target.record, previous: target.previous, content: content.content,
            secret: content.secret, commitment: write.commitment, sidecar: sidecar,
            locator: Identifier(using: &random))
    }
}
