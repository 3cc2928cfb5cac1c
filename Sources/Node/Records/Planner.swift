import Crypto
import FHIR
import Identity
import LedgerCore
import struct LedgerCore.Digest

/// Decides what a write is, against the state and index of this moment: which record, which
/// version, which claims. The contracts have the last word.
struct Planner {
    let index: RecordIndex
    let state: LedgerState
    let claimKeys: ClaimKeys
    let request: WriteRequest
    let nowMs: UInt64
    /// The patient in whose compartments the records of a Patient's FHIR id are kept.
    let patient: @Sendable (_ fhirID: String) throws -> Identifier
    let validator = ResourceValidator()

    /// A resource to create.
    struct Creation {
        let type: String
        let resource: JSONView
        let ifNoneExist: String?
        /// Which of the request's writes it is; seeds the stamped ids.
        let position: Int
    }

    // MARK: Targets: which record a write is about

    /// What a write is about, before its references are resolved.
    struct Target {
        var record: Identifier
        var previous: UInt32
        var type: String
        var fhirID: String
        var position: Int
        var lastUpdatedMs: Int64
        var claims: [(id: Digest, kind: Attachment.Claim.Kind)] = []
        var held: [Sidecar.HeldClaim] = []
        var conditional = false
        var satisfiedBy: VersionRow?

        var reference: String { satisfiedBy?.reference ?? "\(type)/\(fhirID)" }
    }

    /// A new record under a server-given id, or the one that already satisfies `ifNoneExist`.
    func createTarget(type: String, ifNoneExist: String?, position: Int) throws -> Target {
        let record = newRecord(position)
        var target = Target(
            record: record, previous: 0, type: type, fhirID: record.description,
            position: position, lastUpdatedMs: Int64(clamping: nowMs))
        guard let ifNoneExist else { return target }
        let query = try search(type: type, ifNoneExist)
        let claim = claimKeys.condition(type: type, criteria: query.canonicalCriteria)
        target.conditional = true
        target.claims = [(claim, .condition)]
        target.held = [.init(id: claim, criteria: query.canonicalCriteria)]
        // A claim whose row is not in the index yet belongs to a block that is being published.
        if let holder = try holder(of: claim), let row = try index.current(record: holder) {
            let ofHolder = try search(type: type, ifNoneExist, id: row.fhirID)
            if try !row.deleted && !index.matches(ofHolder, atMost: 1).isEmpty {
                target.satisfiedBy = row
                return target
            }
            // The state is ahead of the index: what still holds the claim now holds it in error.
            if try self.holder(of: claim) == holder {
                target.claims = []
                target.held = []
            }
        }
        let matches = try index.matches(query, atMost: 2)
        guard matches.count < 2 else {
            throw NodeError(
                .preconditionFailed, "If-None-Exist matches more than one \(type)",
                hint: "make the criteria precise")
        }
        target.satisfiedBy = matches.first
        return target
    }

    /// The record that holds a conditional create's claim.
    private func holder(of claim: Digest) throws -> Identifier? {
        try state.claim(claim, of: request.caller.member, nowMs: nowMs).flatMap {
            Identifier($0.record)
        }
    }

    /// The record of `type/id`: the next version of an existing one, or a new one under that id.
    func updateTarget(
        type: String, id: String, ifMatch: String?, position: Int
    ) throws -> Target {
        let current = try index.current(type: type, fhirID: id)
        try check(ifMatch, against: current, type: type)
        if let current {
            try checkStamped(current)
            return Target(
                record: current.record, previous: current.version, type: type, fhirID: id,
                position: position,
                lastUpdatedMs: max(Int64(clamping: nowMs), current.lastUpdatedMs + 1))
        }
        guard request.stamp?.follows == nil else {
            throw NodeError(.conflict, "the stamp follows a version of a record that is not there")
        }
        let record = newRecord(position)
        var target = Target(
            record: record, previous: 0, type: type, fhirID: id, position: position,
            lastUpdatedMs: Int64(clamping: nowMs))
        target.claims = [(claimKeys.name(type: type, id: id), .name)]
        return target
    }

    /// The record to delete; `nil` where there is none, or it is gone already.
    func deleteTarget(
        type: String, id: String, ifMatch: String?, position: Int
    ) throws -> Target? {
        let current = try index.current(type: type, fhirID: id)
        try check(ifMatch, against: current, type: type)
        guard let current, !current.deleted else { return nil }
        try checkStamped(current)
        return Target(
            record: current.record, previous: current.version, type: type, fhirID: id,
            position: position,
            lastUpdatedMs: max(Int64(clamping: nowMs), current.lastUpdatedMs + 1))
    }

    private func newRecord(_ position: Int) -> Identifier {
        if let stamp = request.stamp { return stamp.record(position) }
        var random = SystemRandomNumberGenerator()
        return Identifier(using: &random)
    }

    private func check(_ ifMatch: String?, against current: VersionRow?, type: String) throws {
        guard let ifMatch else { return }
        try IfMatch(ifMatch).check(current, type: type)
    }

    private func checkStamped(_ current: VersionRow) throws {
        guard let stamp = request.stamp else { return }
        guard let follows = stamp.follows, follows.record == current.record,
            follows.version == current.version
        else {
            var error = NodeError(
                .conflict, "the stamp does not follow the record's newest version",
                hint: "stamp it anew with the record and version in the answer's headers")
            error.existing = (current.record.description, current.version)
            throw error
        }
    }

    /// The search of `If-None-Exist`; with `id`, whether that one resource matches.
    private func search(
        type: String, _ ifNoneExist: String, id: String? = nil
    ) throws -> SearchQuery {
        let text = ConditionalQuery.query(ifNoneExist, type: type, base: request.base)
        guard let text else {
            throw NodeError(.badRequest, ConditionalQuery.refusal(type: type))
        }
        do {
            var parameters = try QueryString.pairs(text)
            if let id { parameters.append(("_id", id)) }
            let query = try SearchQuery(type: type, parameters: parameters, base: request.base)
            guard !query.criteria.isEmpty else {
                throw NodeError(.badRequest, "If-None-Exist names no criteria")
            }
            return query
        } catch let error as SearchError {
            throw NodeError(.badRequest, error.diagnostics, issues: [error.issue])
        } catch let error as QueryString.Failure {
            throw NodeError(.badRequest, error.description)
        }
    }

    // MARK: Content

    /// Checks a resource against the definitions of its type.
    func validate(_ resource: JSONView, type: String) throws {
        let issues = validator.validate(resource, expectedType: type)
        guard issues.contains(where: \.isError) else { return }
        let structural = issues.contains(where: \.isStructural)
        throw NodeError(
            structural ? .badRequest : .unprocessable,
            structural ? "this is no FHIR R4 \(type)" : "the \(type) breaks rules of FHIR R4",
            hint: "correct the elements that are named, then send it again", issues: issues)
    }

    /// The write of a FHIR resource with its references resolved.
    func write(
        _ target: Target, resource: JSONView,
        references: [(occurrence: ReferenceOccurrence, replacement: String)]
    ) -> PlannedWrite {
        let content = Array(resource.rawBytes)
        var sidecar = Sidecar(
            record: target.record, version: target.previous + 1, type: target.type,
            fhirID: target.fhirID, lastUpdatedMs: target.lastUpdatedMs, form: .fhirJSON,
            author: request.caller.person)
        sidecar.edits = ServerFields.edits(
            for: resource, id: target.fhirID, versionId: Int(sidecar.version),
            lastUpdatedMs: target.lastUpdatedMs, references: references)
        sidecar.contentBytes = UInt64(content.count)
        return plan(target, content: content, sidecar: sidecar)
    }

    /// The write of a deletion.
    func deletion(_ target: Target) -> PlannedWrite {
        var sidecar = Sidecar(
            record: target.record, version: target.previous + 1, type: target.type,
            fhirID: target.fhirID, lastUpdatedMs: target.lastUpdatedMs, form: .tombstone,
            author: request.caller.person)
        sidecar.contentBytes = 0
        return plan(target, content: [], sidecar: sidecar)
    }

    private func plan(_ target: Target, content: [UInt8], sidecar: Sidecar) -> PlannedWrite {
        let secret = self.secret(target.position)
        var random = SystemRandomNumberGenerator()
        var write = PlannedWrite(
            record: target.record, previous: target.previous, content: content, secret: secret,
            commitment: Commitment(content: content, secret: secret), sidecar: sidecar,
            locator: Identifier(using: &random))
        write.claims = target.claims
        write.sidecar.claims = target.held
        write.conditional = target.conditional
        write.satisfiedBy = target.satisfiedBy
        return write
    }

    /// The commitment secret of one write: the author's, or fresh.
    func secret(_ position: Int) -> Digest {
        if let stamp = request.stamp { return stamp.secret(position) }
        return SymmetricKey(size: .bits256).withUnsafeBytes { Digest($0) } ?? .zero
    }

    /// Gives the write its compartment, lets go of the condition that it does not meet itself, and
    /// ends or carries on the claims that its record holds.
    func finish(
        _ write: inout PlannedWrite, previous: (Identifier) throws -> Sidecar?
    ) throws {
        guard write.satisfiedBy == nil else { return }
        var served: JSONView?
        if write.sidecar.form == .fhirJSON {
            served = try JSONDocument(parsing: try write.sidecar.served(write.content)).root
        }
        if let served { write.sidecar.patient = try patient(of: served, write) }
        if let served, !write.sidecar.claims.isEmpty {
            // Held by what does not match, the claim would answer for a resource nobody asked for.
            let unmet = write.sidecar.claims.filter { claim in
                !matches(served, write.sidecar, criteria: claim.criteria)
            }.map(\.id)
            write.sidecar.claims.removeAll { unmet.contains($0.id) }
            write.claims.removeAll { unmet.contains($0.id) }
        }
        guard write.previous > 0, let before = try previous(write.record) else { return }
        if served == nil { write.sidecar.patient = before.patient }
        for claim in before.claims {
            if let served, matches(served, write.sidecar, criteria: claim.criteria) {
                write.sidecar.claims.append(claim)
            } else {
                write.released.append(claim.id)
            }
        }
    }

    /// Also where that Patient is not there yet: files that are loaded side by side come in any
    /// order.
    private func patient(of resource: JSONView, _ write: PlannedWrite) throws -> Identifier? {
        if PatientCompartment.isPatient(resource) { return try patient(write.sidecar.fhirID) }
        guard let text = PatientCompartment.subject(of: resource),
            case .relative("Patient", let id, _) = ReferenceTarget(text)
        else { return nil }
        return try patient(id)
    }

    /// Whether a resource as sent meets the criteria of the conditional create that it comes with.
    func matches(_ resource: JSONView, _ target: Target, criteria: String) -> Bool {
        matches(
            resource, type: target.type, id: target.fhirID, timeMs: target.lastUpdatedMs,
            criteria: criteria)
    }

    private func matches(_ resource: JSONView, _ sidecar: Sidecar, criteria: String) -> Bool {
        matches(
            resource, type: sidecar.type, id: sidecar.fhirID, timeMs: sidecar.lastUpdatedMs,
            criteria: criteria)
    }

    private func matches(
        _ resource: JSONView, type: String, id: String, timeMs: Int64, criteria: String
    ) -> Bool {
        // Claims are kept under canonical criteria, which parse as the query they came from did.
        guard let pairs = try? QueryString.pairs(criteria),
            let query = try? SearchQuery(type: type, parameters: pairs)
        else { return false }
        let own = [
            SearchEntry(parameter: "_id", value: .token(system: nil, code: id)),
            SearchEntry(parameter: "_lastUpdated", value: .date(lowMs: timeMs, highMs: timeMs)),
        ]
        let entries = SearchIndexer.entries(of: resource) + own
        return query.criteria.allSatisfy { $0.matches(entries) }
    }
}

extension Substring {
    /// Without blanks at either end.
    var trimmed: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
