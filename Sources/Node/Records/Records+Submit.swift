import Contracts
import FHIR
import Identity
package import LedgerCore

/// An intent that its author built and stamped, with the contents it commits to.
package struct SubmittedItem: Sendable {
    package let intentBytes: [UInt8]
    package let stamps: [EStamp]
    package let contents: [SubmittedContent]
    package let idempotencyKey: String?

    package init(
        intentBytes: [UInt8], stamps: [EStamp], contents: [SubmittedContent],
        idempotencyKey: String?
    ) {
        self.intentBytes = intentBytes
        self.stamps = stamps
        self.contents = contents
        self.idempotencyKey = idempotencyKey
    }
}

/// What one write commits to.
package struct SubmittedContent: Sendable {
    package let content: [UInt8]
    package let secret: Digest
    /// Sealed by the author's device; stored unread.
    package let isSealed: Bool
    package let mediaType: String

    package init(content: [UInt8], secret: Digest, isSealed: Bool, mediaType: String) {
        self.content = content
        self.secret = secret
        self.isSealed = isSealed
        self.mediaType = mediaType
    }
}

/// What a submitted item came to: accepted or refused, with its receipt.
package struct SubmittedOutcome: Sendable {
    package let receipt: WriteReceipt
}

/// Intents that authors build themselves.
extension Records {
    /// Longest media type that is kept.
    private static let mediaTypeBytesMax = 255

    /// Commits items side by side; each stands alone.
    func submit(
        _ items: [SubmittedItem], caller: Caller
    ) async -> [Result<SubmittedOutcome, NodeError>] {
        await withTaskGroup(of: (Int, Result<SubmittedOutcome, NodeError>).self) { group in
            for (index, item) in items.enumerated() {
                group.addTask {
                    do {
                        return (index, .success(try await self.submit(item, caller)))
                    } catch let error as NodeError {
                        return (index, .failure(error))
                    } catch let error as MalformedBytes {
                        return (index, .failure(NodeError(.badRequest, error.description)))
                    } catch {
                        return (index, .failure(NodeError(.damaged, "the item was not committed")))
                    }
                }
            }
            var results = [Result<SubmittedOutcome, NodeError>?](repeating: nil, count: items.count)
            for await (index, result) in group { results[index] = result }
            return results.compactMap { $0 }
        }
    }

    private func submit(_ item: SubmittedItem, _ caller: Caller) async throws -> SubmittedOutcome {
        let intent = try Intent(bytes: item.intentBytes)
        guard !item.stamps.isEmpty || intent.author == caller.person else {
            throw NodeError(
                .forbidden, "the node stamps only for the person who asks",
                hint: "stamp the intent with its author's key")
        }
        guard intent.contract == Contracts.Name.records.rawValue else {
            guard item.contents.isEmpty else {
                throw NodeError(.badRequest, "only records commands carry content")
            }
            try committer.timestamps.requireInTime()
            let transaction = try UnverifiedTransaction(
                intentBytes: item.intentBytes, stamps: item.stamps, attachment: Attachment())
            return SubmittedOutcome(receipt: try await committer.engine.submit(transaction).receipt)
        }
        let writes = try RecordsCommand.writes(intent.command)
        guard writes.count == item.contents.count else {
            throw NodeError(
                .badRequest, "the command has \(writes.count) writes, not \(item.contents.count)",
                hint: "send one content for each write, in order")
        }
        let request = WriteRequest(caller: caller, idempotencyKey: item.idempotencyKey)
        let planner = self.planner(request)
        let planned = try zip(writes, item.contents).map { write, content in
            try plan(write, content, author: intent.author, planner)
        }
        do {
            let committed = try await committer.commit(
                planned, intentBytes: item.intentBytes, stamps: item.stamps, caller: caller,
                idempotency: try idempotencyClaim(request, entry: 0))
            return SubmittedOutcome(receipt: committed.receipt)
        } catch let refusal as LedgerRefusal {
            guard let receipt = refusal.receipt else { throw LedgerProblem.error(refusal.reason) }
            return SubmittedOutcome(receipt: receipt)
        }
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
        let current = try index.current(record: write.record)
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
