import FHIR
import Identity
import LedgerCore
import Vault

/// Single writes: create, update, delete.
extension Records {
    /// Creates a resource, or finds the one that `ifNoneExist` names.
    package func create(
        type: String, body: [UInt8], ifNoneExist: String? = nil, _ request: WriteRequest
    ) async throws -> WriteOutcome {
        let resource = try parse(body)
        let repeated = RepeatedWrite(type: type, content: resource.rawBytes)
        return try await single(request, repeated) { planner in
            try planner.validate(resource, type: type)
            let target = try planner.createTarget(
                type: type, ifNoneExist: ifNoneExist, position: 0)
            return (try self.plan(target, resource, planner), target.previous)
        }
    }

    /// Writes the next version of a resource, or creates it under the client's id.
    package func update(
        type: String, id: String, body: [UInt8], ifMatch: String? = nil, _ request: WriteRequest
    ) async throws -> WriteOutcome {
        let resource = try parse(body)
        let repeated = RepeatedWrite(type: type, id: id, content: resource.rawBytes)
        return try await single(request, repeated) { planner in
            try planner.validate(resource, type: type)
            guard resource["id"]?.string == id else {
                throw NodeError(
                    .badRequest, "the resource's id is not the one of the URL",
                    hint: "put the same id into both")
            }
            let target = try planner.updateTarget(
                type: type, id: id, ifMatch: ifMatch, position: 0)
            return (try self.plan(target, resource, planner), target.previous)
        }
    }

    /// Deletes a resource; deleting what is not there is no error.
    package func delete(
        type: String, id: String, ifMatch: String? = nil, _ request: WriteRequest
    ) async throws -> WriteOutcome {
        try await single(request, RepeatedWrite(type: type, id: id, deletes: true)) { planner in
            guard
                let target = try planner.deleteTarget(
                    type: type, id: id, ifMatch: ifMatch, position: 0)
            else { return nil }
            var write = planner.deletion(target)
            try planner.finish(&write, previous: self.newestSidecar)
            return (write, target.previous)
        }
    }

    func parse(_ body: [UInt8]) throws -> JSONView {
        do {
            let document = try JSONDocument(parsing: body)
            guard document.root.kind == .object else {
                throw NodeError(.badRequest, "the body is no JSON object")
            }
            return document.root
        } catch let error as JSONError {
            throw NodeError(
                .badRequest, "the body is not JSON: \(error)",
                hint: "send one FHIR resource as application/fhir+json",
                issues: [Issue(.structure, "\(error)")])
        }
    }

    private func plan(
        _ target: Planner.Target, _ resource: JSONView, _ planner: Planner
    ) throws -> PlannedWrite {
        let resolver = ReferenceResolver(
            index: index, base: planner.request.base, isTransaction: false)
        let references = target.satisfiedBy == nil ? try resolver.replacements(in: resource) : []
        var write = planner.write(target, resource: resource, references: references)
        try planner.finish(&write, previous: newestSidecar)
        return write
    }

    /// The sidecar of a record's newest version.
    func newestSidecar(_ record: Identifier) throws -> Sidecar? {
        guard let row = try index.current(record: record) else { return nil }
        do {
            return try Sidecar(bytes: try vault.openSidecar(row.locator))
        } catch {
            throw VaultProblem.error(error)
        }
    }

    func planner(_ request: WriteRequest) -> Planner {
        Planner(
            index: index, state: state, claimKeys: claimKeys, request: request, nowMs: clock(),
            patient: { [index, keystore = vault.keystore] id in
                try keystore.patient(named: id) {
                    try index.current(type: "Patient", fhirID: id).flatMap {
                        try index.subject(of: $0.record)
                    }
                }
            })
    }

    /// Plans and commits one write; plans anew where another one came between and the caller set no
    /// condition that this would break.
    private func single(
        _ request: WriteRequest, _ repeated: RepeatedWrite,
        _ plan: (Planner) throws -> (write: PlannedWrite, previous: UInt32)?
    ) async throws -> WriteOutcome {
        let idempotency = try idempotencyClaim(request, entry: 0)
        let turn = await turns.take(repeated.id.map { ["\(repeated.type)/\($0)"] } ?? [])
        defer { turn.end() }
        var attempt = 1
        while true {
            if let idempotency, let earlier = try await replay(idempotency, of: repeated) {
                return earlier
            }
            let planner = self.planner(request)
            guard let (write, _) = try plan(planner) else {
                return WriteOutcome(effect: .unchanged, row: nil, receipt: nil)
            }
            if let existing = write.satisfiedBy {
                return WriteOutcome(effect: .unchanged, row: existing, receipt: nil)
            }
            let intent = committer.intentBytes([write], request)
            do {
                let committed = try await committer.commit(
                    [write], intentBytes: intent,
                    stamps: request.stamp?.stamps(intents: [Intent.id(of: intent)]) ?? [],
                    caller: request.caller, idempotency: idempotency)
                return outcome(write, committed)
            } catch let refusal as LedgerRefusal {
                try retry(refusal, attempt: &attempt)
            }
        }
    }

    func outcome(_ write: PlannedWrite, _ committed: CommittedTransaction?) -> WriteOutcome {
        if let existing = write.satisfiedBy {
            return WriteOutcome(effect: .unchanged, row: existing, receipt: nil)
        }
        let effect: WriteOutcome.Effect =
            write.sidecar.form == .tombstone
            ? .deleted : write.previous == 0 ? .created : .updated
        return WriteOutcome(effect: effect, row: write.row, receipt: committed?.receipt)
    }

    /// Whether planning anew may help; else the refusal as the caller reads it.
    func retry(_ refusal: LedgerRefusal, attempt: inout Int) throws {
        let again = ["version-conflict", "claim-held", "record-exists"].contains(refusal.reason)
        attempt += 1
        guard again, attempt <= Records.attemptsMax else {
            throw LedgerProblem.error(refusal.reason)
        }
    }

    /// The claim of the request's idempotency key.
    func idempotencyClaim(_ request: WriteRequest, entry: Int) throws -> Digest? {
        guard let key = request.idempotencyKey else { return nil }
        guard (1...ClaimKeys.idempotencyKeyBytesMax).contains(key.utf8.count),
            key.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else {
            throw NodeError(
                .badRequest, "Idempotency-Key has 1 to 255 visible ASCII characters",
                hint: "use a random one, such as a UUID, for each new request")
        }
        return claimKeys.idempotency(author: request.caller.person, key: key, entry: entry)
    }
}

/// A contract's refusal as callers read it.
enum LedgerProblem {
    static func error(_ reason: String) -> NodeError {
        switch reason {
        case "version-conflict", "record-exists", "claim-held":
            NodeError(
                .conflict, "another write came first (\(reason))",
                hint: "read the newest version and repeat your change")
        case "outside-window":
            NodeError(
                .badRequest, "the stamp's validity window does not cover this moment",
                hint: "check the clock of the stamping machine, then stamp anew")
        case "duplicate":
            NodeError(
                .conflict, "this stamped intent was accepted before",
                hint: "stamp a new intent for a new write")
        case "contract-paused":
            NodeError(
                .unavailable, "the members have paused the records contract; nothing was stored",
                hint: "reads go on; `cairn network contracts` shows what is paused")
        case "policy-not-met", "key-revoked", "stamp-invalid", "stamp-missing", "unknown-author",
            "stamp-not-allowed", "not-custodian":
            NodeError(
                .forbidden, "the ledger refused the transaction: \(reason)",
                hint: "ask an administrator for the role that this write needs")
        case "hand-over-broken", "hand-over-not-holder", "hand-over-redirected", "hand-over-forked",
            "hand-over-not-accepted":
            NodeError(
                .forbidden, "the ledger refused the transaction: \(reason)",
                hint:
                    "each hand-over names the stamp before it and one receiver, and that key alone "
                    + "accepts it; stamp the intent anew")
        default:
            NodeError(.refusedByLedger, "the ledger refused the transaction: \(reason)")
        }
    }
}
