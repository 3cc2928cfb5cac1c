import CairnClient
import Contracts
import Crypto
import LedgerCore

/// A ledger with a life of its own, and a valid proof out of the middle of it.
struct ProofScenario {
    let ledger: ProofLedger
    let proof: WireProof
    let record: Identifier
    let secret = Fresh.digest()
    let content = Array(#"{"resourceType":"Patient"}"#.utf8)

    /// A nurse is enrolled, writes two records in one transaction among others, and loses the role.
    init(memberCount: Int = 3, cosigners: Int? = nil, onBehalf: Bool = false) throws {
        let ledger = try ProofLedger(memberCount: memberCount)
        self.ledger = ledger
        let home = ledger.members[0]
        let nurse = Fresh.identifier()
        let nurseKey = SigningKey.ed25519(.init())
        func people(_ command: PeopleCommand) throws -> Submission {
            let transaction = try ledger.transaction(
                by: home.person, key: home.personKey, contract: "people", command: command.bytes)
            return try ledger.submission(home, [transaction])
        }
        func records(_ commitments: [Commitment]) throws -> (UnverifiedTransaction, Identifier) {
            let writes = commitments.map {
                RecordsCommand.Write(record: Fresh.identifier(), previous: 0, commitment: $0)
            }
            let transaction = try ledger.transaction(
                by: nurse, key: onBehalf ? home.nodeKey : nurseKey, contract: "records",
                command: RecordsCommand.bytes(writes), purpose: onBehalf ? .onBehalf : .author,
                writes: writes.count)
            return (transaction, writes[writes.count - 1].record)
        }
        try ledger.append([
            try people(
                .enrol(
                    person: nurse, member: home.id, keys: [try nurseKey.publicKey()],
                    roles: ["nurse"]))
        ])
        let other = Commitment(value: Fresh.digest())
        let subject = try records([other, Commitment(content: content, secret: secret)])
        record = subject.1
        try ledger.append([
            try ledger.submission(
                home, [try records([other]).0, subject.0, try records([other]).0])
        ])
        try ledger.append([try people(.revokeRole(person: nurse, role: "nurse"))])
        let placed = ledger.placed.first { $0.transaction.digest == subject.0.digest }
        guard let placed else { throw ScenarioProblem.subjectRefused }
        var proof = try ledger.proof(of: placed, write: 1, cosigners: cosigners)
        proof.opening.secret = secret.bytes.field
        proof.opening.content = content.field
        self.proof = proof
    }

    enum ScenarioProblem: Error { case subjectRefused }

    var genesisTrust: ProofTrust { .genesis(ledger.genesis.bytes) }

    /// Why a proof is refused; `nil` where it holds.
    func refusal(_ proof: WireProof, trust: ProofTrust? = nil) -> ProofRefusal.Reason? {
        refusal(ProofFile.bytes(proof), trust: trust)
    }

    func refusal(_ bytes: [UInt8], trust: ProofTrust? = nil) -> ProofRefusal.Reason? {
        do {
            _ = try ProofVerifier(trust: trust ?? genesisTrust).verify(bytes)
            return nil
        } catch {
            return error.reason
        }
    }
}
