import FHIR
import HTTPTypes
import Hummingbird
import Node

/// POST of a transaction or batch Bundle to the base.
extension Handlers {
    func bundle(_ call: Call) async throws -> Response {
        try call.fhirParameters().requireOnly([])
        try ContentNegotiation.requireJSONBody(call)
        let request = try writeRequest(call)
        let preference = Preference(call)
        let base = call.fhirBase
        return try await call.body.collect(limitBytes: GatewayLimits.jsonBodyBytesMax) { body in
            let outcome = try await records.bundle(body, request)
            var headers = HTTPFields()
            headers[.cairnTransaction] = outcome.transaction
            if outcome.isReplay { headers[.idempotencyReplayed] = "true" }
            let answer = BundleAnswer(base: base, records: records, preference: preference)
            return Answer.json(try answer.json(outcome), isFHIR: true, headers: headers)
        }
    }
}

/// A transaction-response or batch-response. Resources that were written come back only where the
/// client asked for them: a bundle's author has them.
struct BundleAnswer {
    let base: String
    let records: Records
    let preference: Preference

    func json(_ outcome: Records.BundleOutcome) throws -> [UInt8] {
        let kind: BundleWriter.Kind =
            outcome.kind == .transaction ? .transactionResponse : .batchResponse
        var writer = BundleWriter(kind, capacityBytes: 256 * (outcome.entries.count + 1))
        for entry in outcome.entries { writer.append(try self.entry(entry)) }
        return writer.finish()
    }

    private func entry(_ outcome: Records.EntryOutcome) throws -> BundleWriter.Entry {
        switch outcome {
        case .written(let outcome): return try written(outcome)
        case .read(let stored):
            return BundleWriter.Entry(
                fullUrl: "\(base)/\(stored.row.reference)",
                resource: try ResourceAnswer.json(stored),
                response: .init(
                    status: "200 OK", etag: stored.row.etag,
                    lastModifiedMs: stored.row.lastUpdatedMs))
        case .searched(let page, let path, let query):
            let links = SearchLinks(base: "\(base)/\(path)", query: query)
            return BundleWriter.Entry(
                resource: try SearchBundle.json(page, base: base, links: links),
                response: .init(status: "200 OK"))
        case .history(let page, let path, let query):
            let links = SearchLinks(base: "\(base)/\(path)", query: query)
            return BundleWriter.Entry(
                resource: try HistoryBundle.json(page, base: base, links: links),
                response: .init(status: "200 OK"))
        case .failed(let error):
            let status = ProblemTable.status(error.code)
            return BundleWriter.Entry(
                response: .init(
                    status: "\(status.code) \(status.reasonPhrase)",
                    outcome: OperationOutcome.json(ProblemTable.issues(error))))
        }
    }

    private func written(_ outcome: WriteOutcome) throws -> BundleWriter.Entry {
        guard let row = outcome.row, !row.deleted else {
            return BundleWriter.Entry(
                response: .init(
                    status: "204 No Content", etag: outcome.row?.etag,
                    lastModifiedMs: outcome.row?.lastUpdatedMs))
        }
        var entry = BundleWriter.Entry(
            fullUrl: "\(base)/\(row.reference)",
            response: .init(
                status: outcome.effect == .created ? "201 Created" : "200 OK",
                location: ResourceAnswer.location(row), etag: row.etag,
                lastModifiedMs: row.lastUpdatedMs))
        if preference == .representation {
            let stored = try records.read(
                type: row.type, id: row.fhirID, version: String(row.version))
            entry.resource = try ResourceAnswer.json(stored)
        }
        if preference == .outcome { entry.response?.outcome = OperationOutcome.json([]) }
        return entry
    }
}
