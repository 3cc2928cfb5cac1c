import FHIR
package import LedgerCore

/// Which versions of which contracts a ledger runs, as a node says.
package struct ContractsStatus: Sendable {
    package let height: UInt64
    package let members: Int
    package let contracts: [Row]
    package let pending: Pending?
    /// The newest versions that the node's program has.
    package let program: [String: UInt32]

    /// A contract that the ledger runs.
    package struct Row: Sendable {
        package let name: String
        package let oldest: UInt32
        package let newest: UInt32
        package let isPaused: Bool
    }

    /// An activation that waits for its height.
    package struct Pending: Sendable {
        package let height: UInt64
        package let release: String
        package let versions: [(name: String, version: UInt32)]
    }

    /// Whether the ledger accepts a version of a contract now.
    package func runs(_ contract: String, _ version: UInt32) -> Bool {
        contracts.contains { row in
            row.name == contract && (row.oldest...max(row.oldest, row.newest)).contains(version)
                && !row.isPaused
        }
    }

    init(_ root: JSONView) throws {
        func number(_ view: JSONView?) throws -> UInt64 {
            guard let number = view?.numberText.flatMap({ UInt64($0) }) else {
                throw ClientError.unexpected(what: "a number is missing")
            }
            return number
        }
        func versions(_ view: JSONView?) throws -> [(name: String, version: UInt32)] {
            try JSONView.list(view).map {
                ($0["name"]?.string ?? "", UInt32(clamping: try number($0["newest"])))
            }
        }
        height = try number(root["height"])
        members = Int(clamping: try number(root["members"]))
        contracts = try JSONView.list(root["contracts"]).map { row in
            Row(
                name: row["name"]?.string ?? "",
                oldest: UInt32(clamping: try number(row["oldest"])),
                newest: UInt32(clamping: try number(row["newest"])),
                isPaused: row["paused"]?.bool ?? false)
        }
        pending = try root["pending"].map {
            Pending(
                height: try number($0["height"]), release: $0["release"]?.string ?? "",
                versions: try versions($0["versions"]))
        }
        program = Dictionary(
            try versions(root["program"]).map { ($0.name, $0.version) },
            uniquingKeysWith: { first, _ in first })
    }
}

/// An act that waits on the ledger for stamps, as a node says. The intent is what its id names:
/// that is checked.
package struct Proposal: Sendable {
    package let id: Digest
    /// `waiting`, `carried-out`, `refused` or `expired`.
    package let standing: String
    package let proposer: String
    package let deadlineMs: UInt64
    /// While it waits.
    package let intent: Intent?
    package let policy: String?
    package let reason: String?
    package let stamps: [(person: String, refusal: String?)]

    init(_ root: JSONView) throws {
        guard let id = root["id"]?.string.flatMap({ Digest(hex: $0) }) else {
            throw ClientError.unexpected(what: "a proposal has no id")
        }
        self.id = id
        standing = root["standing"]?.string ?? ""
        proposer = root["proposer"]?.string ?? ""
        deadlineMs = root["deadlineMs"]?.numberText.flatMap { UInt64($0) } ?? 0
        if let text = root["intent"]?.string {
            guard let bytes = Base64.decode(text), Intent.id(of: bytes) == id,
                let intent = try? Intent(bytes: bytes)
            else {
                throw ClientError.unexpected(what: "a proposal's intent is not what its id names")
            }
            self.intent = intent
        } else {
            intent = nil
        }
        policy = root["policy"]?.string
        reason = root["reason"]?.string
        stamps = JSONView.list(root["stamps"]).map {
            ($0["person"]?.string ?? "", $0["refusal"]?.string)
        }
    }
}

extension CairnHTTPClient {
    /// Which versions of the contracts the channel runs.
    package func contracts(channel: String) async throws -> ContractsStatus {
        try ContractsStatus(try await ledger(channel, "contracts"))
    }

    /// All proposals that the ledger keeps.
    package func proposals(channel: String) async throws -> [Proposal] {
        try JSONView.list(try await ledger(channel, "proposals")["proposals"]).map {
            try Proposal($0)
        }
    }

    /// One of them, by the id of the proposed intent.
    package func proposal(_ id: Digest, channel: String) async throws -> Proposal {
        let proposal = try Proposal(try await ledger(channel, "proposals/\(id)"))
        guard proposal.id == id else {
            throw ClientError.unexpected(what: "it is another proposal")
        }
        return proposal
    }

    private func ledger(_ channel: String, _ what: String) async throws -> JSONView {
        let target = "/api/v1/ledger/\(RequestTarget.segment(channel))/\(what)"
        let answer = try await send(ClientRequest(.get, target))
        guard let root = try? JSONDocument(parsing: answer.body).root else {
            throw ClientError.unexpected(what: "it is no JSON")
        }
        return root
    }
}

extension JSONView {
    fileprivate static func list(_ view: JSONView?) -> [JSONView] {
        view.map { Array($0.elements) } ?? []
    }
}
