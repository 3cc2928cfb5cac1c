import CairnClient
import Contracts
import Crypto
import LedgerCore
import Testing

/// Proofs whose author became known by an act that waited for stamps.
@Suite struct ProofApprovalTests {
    /// A nurse, enrolled by a proposal that two members' administrators stand behind, writes.
    private func proof(approved: Bool = true) throws -> (ProofLedger, WireProof?) {
        let ledger = try ProofLedger(memberCount: 3)
        let (home, other) = (ledger.members[0], ledger.members[1])
        let nurse = Fresh.identifier()
        let key = SigningKey.ed25519(.init())
        let enrol = PeopleCommand.enrol(
            person: nurse, member: home.id, keys: [try key.publicKey()], roles: ["nurse"])
        var intent = try ledger.transaction(
            by: home.person, key: home.personKey, contract: "people", command: enrol.bytes
        ).intent
        intent.notAfterMs += 86_400_000
        var propose = WireApprovalsCommand()
        propose.propose.intent = intent.bytes.field
        propose.propose.policy = SignaturePolicy.role(.administrator, at: other.id).wire
        var approve = WireApprovalsCommand()
        approve.approve.intent = Intent.id(of: intent.bytes).bytes.field
        try ledger.append([
            try ledger.submission(
                home,
                [
                    try ledger.transaction(
                        by: home.person, key: home.personKey, contract: "approvals",
                        command: Wire.encode(propose))
                ])
        ])
        if approved {
            try ledger.append([
                try ledger.submission(
                    other,
                    [
                        try ledger.transaction(
                            by: other.person, key: other.personKey, contract: "approvals",
                            command: Wire.encode(approve))
                    ])
            ])
        }
        let write = RecordsCommand.Write(
            record: Fresh.identifier(), previous: 0, commitment: Commitment(value: Fresh.digest()))
        let subject = try ledger.transaction(
            by: nurse, key: key, contract: "records", command: RecordsCommand.bytes([write]),
            writes: 1)
        try ledger.append([try ledger.submission(home, [subject])])
        let placed = ledger.placed.first { $0.transaction.digest == subject.digest }
        return (ledger, try placed.map { try ledger.proof(of: $0, write: 0) })
    }

    private func refusal(_ proof: WireProof, _ ledger: ProofLedger) -> ProofRefusal.Reason? {
        do {
            _ = try ProofVerifier(trust: .genesis(ledger.genesis.bytes)).verify(
                ProofFile.bytes(proof))
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func verifierFollowsWhatWasApproved() throws {
        let (ledger, proof) = try proof()
        let whole = try #require(proof)
        #expect(whole.membership.count == 2)
        #expect(refusal(whole, ledger) == nil)
        // Without the approval nobody was enrolled; without the proposal there is none to approve.
        var cut = whole
        cut.membership.removeLast()
        #expect(refusal(cut, ledger) == .subjectRefused)
        cut = whole
        cut.membership.removeFirst()
        #expect(refusal(cut, ledger) == .membershipInvalid)
    }

    @Test func withoutTheApprovalThereIsNothingToProve() throws {
        #expect(try proof(approved: false).1 == nil)
    }

    /// A member that was admitted by a proposal counts for the quorum.
    @Test func memberAdmittedByAProposalCounts() throws {
        let ledger = try ProofLedger(memberCount: 1)
        let home = ledger.members[0]
        let joining = try ProofLedger.body([ProofLedger.Member()])
        var admit = WireMembersCommand()
        admit.admit.member = joining.members[0]
        admit.admit.nodes = joining.nodes
        admit.admit.people = joining.people
        let intent = try ledger.transaction(
            by: home.person, key: home.personKey, contract: "members", command: Wire.encode(admit)
        ).intent
        var propose = WireApprovalsCommand()
        propose.propose.intent = intent.bytes.field
        let proposal = try ledger.transaction(
            by: home.person, key: home.personKey, contract: "approvals",
            command: Wire.encode(propose))
        try ledger.append([try ledger.submission(home, [proposal])])
        let write = RecordsCommand.Write(
            record: Fresh.identifier(), previous: 0, commitment: Commitment(value: Fresh.digest()))
        let subject = try ledger.transaction(
            by: home.person, key: home.personKey, contract: "records",
            command: RecordsCommand.bytes([write]), writes: 1)
        try ledger.append([try ledger.submission(home, [subject])])
        let placed = try #require(
            ledger.placed.first { $0.transaction.digest == subject.digest })
        // One of two is no majority any more.
        #expect(refusal(try ledger.proof(of: placed, write: 0), ledger) == .quorumMissing)
    }
}
