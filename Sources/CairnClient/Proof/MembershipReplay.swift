import Contracts
import LedgerCore

/// Who the members, nodes and people are: the genesis, then each membership transaction, applied by
/// the ledger's own contracts.
struct MembershipReplay {
    private let network: Digest
    private let channel: String
    private let log: ProvenLog
    private var state: StateOverlay
    private var accepted = Set<Digest>()
    private var timeMs: UInt64
    /// Activations that are yet to come, in the order of the log.
    private var activations: ArraySlice<ActivationSeal>
    /// A height that the next transaction is known to have reached.
    private var height: UInt64 = 1

    init(
        _ genesis: Genesis, channel: WireChannelDescription, _ log: ProvenLog,
        activations: [ActivationSeal]
    ) throws(ProofRefusal) {
        network = genesis.digest
        self.channel = channel.name
        self.log = log
        self.activations = activations[...]
        state = .empty
        timeMs = genesis.body.createdMs
        do {
            try Directory.found(genesis, channel: channel.name, state: &state)
        } catch let lacked as LackedVersion {
            throw ProofRefusal(.versionUnknown, lacked.message)
        } catch {
            throw ProofRefusal(.genesisInvalid, "the contracts refuse the genesis")
        }
    }

    /// The members' checkpoint keys, after all that was replayed.
    var memberKeys: [Identifier: [UInt8]] {
        var keys = [Identifier: [UInt8]]()
        for member in state.writes.compactMap({ StateKey.memberID(inKey: $0.key) }) {
            let found = try? state.value(.member(member), as: WireMemberState.self)
            keys[member] = found.map { [UInt8]($0.description_p.checkpointKey) }
        }
        return keys
    }

    /// Replays every membership transaction in the order of the log, and the subject, where there
    /// is one, at its place among them.
    ///
    /// - Parameter seal: of the subject's block; `nil` where the proof has no subject.
    mutating func run(
        _ proof: WireProof, _ seal: SubjectSeal?
    ) throws(ProofRefusal) -> ProvenSubject? {
        if let seal, !seal.transactions.contains(proof.subject.leaf) {
            throw ProofRefusal(.sealInvalid, "the subject is not of the block that is shown")
        }
        var next: UInt64 = 1
        var seen = Set<UInt64>()
        var subject: ProvenSubject?
        for index in proof.membership.indices {
            let proven = proof.membership[index]
            guard seen.insert(proven.leaf).inserted,
                seal == nil || proven.leaf != proof.subject.leaf
            else {
                throw ProofRefusal(.leafRepeated, "leaf \(proven.leaf) of the log stands twice")
            }
            guard proven.leaf >= next else {
                throw ProofRefusal(.membershipInvalid, "membership transactions are out of order")
            }
            if let seal, subject == nil, proven.leaf > proof.subject.leaf {
                subject = try self.subject(proof, seal)
            }
            try membership(proven, number: index + 1, seal)
            // Now it is known to lie in the log, so that there is a next number.
            next = proven.leaf + 1
        }
        if let seal, subject == nil { subject = try self.subject(proof, seal) }
        try activate(before: log.size)
        return subject
    }

    /// A block begins, where every block is seen: the activation that waits for its height, if
    /// there is one, takes effect.
    mutating func begin(height: UInt64) throws(ProofRefusal) {
        do {
            guard height > 0, try ContractVersions.table(state).pending.height == height else {
                return
            }
            try ContractVersions.begin(height: height, state: &state)
        } catch let lacked as LackedVersion {
            throw ProofRefusal(.versionUnknown, lacked.message)
        } catch {
            throw ProofRefusal(.activationInvalid, "an activation cannot be carried out")
        }
        self.height = height
    }

    /// Lets the activations take effect whose block begins before `leaf`. Each must be one that
    /// waits for that height.
    private mutating func activate(before leaf: UInt64) throws(ProofRefusal) {
        while let next = activations.first, next.leaf < leaf {
            activations.removeFirst()
            do {
                guard try ContractVersions.table(state).pending.height == next.height else {
                    throw ProofRefusal(
                        .activationInvalid, "no activation waits for height \(next.height)")
                }
                try ContractVersions.begin(height: next.height, state: &state)
            } catch let refusal as ProofRefusal {
                throw refusal
            } catch let lacked as LackedVersion {
                throw ProofRefusal(.versionUnknown, lacked.message)
            } catch {
                throw ProofRefusal(.activationInvalid, "an activation cannot be carried out")
            }
            height = max(height, next.height)
        }
    }

    /// A node as the replayed transactions have it, retired ones too.
    func node(_ id: Identifier) -> WireNodeDescription? {
        (try? state.value(.node(id), as: WireNodeState.self))?.description_p
    }

    /// A member as the replayed transactions have it.
    func member(_ id: Identifier) -> WireMemberDescription? {
        (try? state.value(.member(id), as: WireMemberState.self))?.description_p
    }

    private mutating func membership(
        _ proven: WireProvenTransaction, number: Int, _ seal: SubjectSeal?
    ) throws(ProofRefusal) {
        let what = "membership transaction \(number)"
        try activate(before: proven.leaf)
        let transaction = try place(proven, what: what, malformed: .membershipInvalid)
        let contract = transaction.intent.contract
        let kinds: [Contracts.Name] = [.members, .people, .approvals]
        guard kinds.contains(where: { $0.rawValue == contract }) else {
            throw ProofRefusal(.membershipInvalid, "\(what) concerns no membership")
        }
        // The block's time is not in the proof: it lies in the window and after what came before.
        timeMs = max(timeMs, transaction.intent.notBeforeMs)
        if let seal, proven.leaf < seal.leaf, timeMs > seal.header.timeMs {
            throw ProofRefusal(.membershipInvalid, "\(what) is newer than the block after it")
        }
        try apply(transaction, proven, what: what, refusal: .membershipInvalid)
    }

    private mutating func subject(
        _ proof: WireProof, _ seal: SubjectSeal
    ) throws(ProofRefusal) -> ProvenSubject {
        try activate(before: proof.subject.leaf)
        let transaction = try place(proof.subject, what: "the subject", malformed: .subjectInvalid)
        let subject = try ProvenSubject(transaction, proof, seal)
        guard seal.header.timeMs >= timeMs else {
            throw ProofRefusal(.sealInvalid, "the block is older than what came before it")
        }
        timeMs = seal.header.timeMs
        let person = try? state.value(.person(transaction.intent.author), as: WirePersonState.self)
        guard let person, let member = Identifier(person.member) else {
            throw ProofRefusal(.subjectRefused, "the author is not known at that place of the log")
        }
        // Earlier versions are the log's matter, not this proof's: they are taken as given, so that
        // the contract can judge author, stamps and window.
        var assumed = state
        for (record, version) in subject.earlier {
            var entry = WireRecordState()
            entry.custodian = member.bytes.field
            entry.version = version
            assumed.set(.record(record), entry)
        }
        swap(&assumed, &state)
        defer { swap(&assumed, &state) }
        try apply(transaction, proof.subject, what: "the subject", refusal: .subjectRefused)
        return subject.written(at: member, hops: hops(of: transaction))
    }

    /// Who handed over to whom, by the keys as they are at that place; the contract has accepted
    /// the chain.
    private func hops(of transaction: UnverifiedTransaction) -> [ProofReport.Hop] {
        // Before version 2 hand-overs were refused, and links of other stamps meant nothing.
        guard transaction.intent.contractVersion > 1,
            let chain = try? HandOverChain(transaction.stamps)
        else { return [] }
        return chain.hops.map { ProofReport.Hop(from: holder($0.from), to: holder($0.to)) }
    }

    private func holder(_ key: Digest) -> ProofReport.Holder {
        let entry = try? state.value(.key(key), as: WireKeyState.self)
        let id = entry.flatMap { Identifier($0.person) }
        let person = id.flatMap { try? state.value(.person($0), as: WirePersonState.self) }
        return ProofReport.Holder(
            person: id?.description ?? "", member: person.map { Hex.encode($0.member) } ?? "",
            roles: person?.roles ?? [], key: key.description)
    }

    /// Decodes a transaction and checks that it lies in the log where the proof says.
    private func place(
        _ proven: WireProvenTransaction, what: String, malformed: ProofRefusal.Reason
    ) throws(ProofRefusal) -> UnverifiedTransaction {
        guard let transaction = try? UnverifiedTransaction(bytes: [UInt8](proven.transaction))
        else { throw ProofRefusal(malformed, "\(what) is malformed") }
        let path = try ProvenLog.path(proven.path)
        try log.check(transaction.digest, at: proven.leaf, path: path, what: what)
        return transaction
    }

    /// Checks the node's stamp and the author's, then runs the contract.
    private mutating func apply(
        _ transaction: UnverifiedTransaction, _ proven: WireProvenTransaction, what: String,
        refusal: ProofRefusal.Reason
    ) throws(ProofRefusal) {
        let node = try checkSubmission(transaction, proven, what: what)
        let context = BlockContext(
            network: network, channel: channel, height: height, timeMs: timeMs)
        do {
            let keys = state
            let verified = try transaction.verified { id in
                guard let entry = try keys.value(.key(id), as: WireKeyState.self) else {
                    return nil
                }
                let key = try PublicKey(entry.key)
                return (key, try ParsedKey(key))
            }
            let accepted = accepted
            try Proposals.drop(timeMs: timeMs, state: &state)
            try Contracts.apply(
                verified, submittedBy: node, in: context, state: &state,
                isDuplicate: { accepted.contains($0) })
            self.accepted.insert(transaction.id)
        } catch let no as Refusal {
            if refusal == .subjectRefused, let fault = handOverFault(no, transaction) {
                throw fault
            }
            throw ProofRefusal(refusal, "\(what) is refused: \(no.reason.rawValue)")
        } catch let problem as StampProblem where refusal == .subjectRefused {
            throw ProofRefusal(problem, of: transaction)
        } catch {
            throw ProofRefusal(refusal, "\(what) carries a stamp that does not hold")
        }
    }

    /// Which hop of the subject does not hold; `nil` where the contract's refusal is about
    /// something else.
    private func handOverFault(
        _ no: Refusal, _ transaction: UnverifiedTransaction
    ) -> ProofRefusal? {
        guard let kind = HandOverChain.Fault.Kind(rawValue: no.reason.rawValue),
            let reason = ProofRefusal.Reason(rawValue: kind.rawValue)
        else { return nil }
        var place = transaction.stamps.firstIndex { $0.purpose == .handOver } ?? 0
        do throws(HandOverChain.Fault) {
            _ = try HandOverChain(transaction.stamps)
        } catch {
            place = error.stamp
        }
        let stamp = transaction.stamps[place]
        let words = stamp.purpose == .accept ? "acceptance" : "hand-over"
        return ProofRefusal(
            reason, "stamp \(place + 1), the \(words) by \(holder(stamp.key).words), \(kind.words)")
    }

    /// The node's one signature over the root of what it handed in.
    private func checkSubmission(
        _ transaction: UnverifiedTransaction, _ proven: WireProvenTransaction, what: String
    ) throws(ProofRefusal) -> Identifier {
        let refusal = ProofRefusal(.submissionStamp, "the node's stamp on \(what) does not hold")
        guard let node = Identifier(proven.node),
            let entry = try? state.value(.node(node), as: WireNodeState.self), !entry.retired,
            let key = try? PublicKey(entry.description_p.stampKey),
            let parsed = try? ParsedKey(key)
        else { throw refusal }
        let path = try ProvenLog.path(proven.submissionPath)
        let root = MerkleTree.root(
            leaf: transaction.digest, index: UInt64(proven.submissionIndex),
            size: UInt64(proven.submissionSize), path: path)
        guard let root,
            parsed.verifies(
                [UInt8](proven.submissionSignature),
                over: Submission.message(
                    network: network, node: node, root: root, count: Int(proven.submissionSize)))
        else { throw refusal }
        return node
    }
}

extension MembershipReplay {
    /// Replays one membership transaction of a snapshot, which is known to lie in the log; its
    /// block's time is known, too.
    mutating func replay(
        _ membership: SnapshotBlock.Membership, blockTimeMs: UInt64
    ) throws(ProofRefusal) {
        let submission = membership.submission
        let tree = MerkleTree(leaves: submission.transactions.map(\.digest))
        var proven = WireProvenTransaction()
        proven.node = submission.node.bytes.field
        proven.submissionIndex = UInt32(membership.index)
        proven.submissionSize = UInt32(submission.transactions.count)
        proven.submissionPath = tree.path(to: membership.index).map { $0.bytes.field }
        proven.submissionSignature = submission.signature.field
        proven.leaf = membership.leaf
        timeMs = blockTimeMs
        try apply(
            membership.transaction, proven,
            what: "the membership transaction at \(membership.leaf)",
            refusal: .membershipInvalid)
    }
}
