import Contracts
import LedgerCore

/// Block 0: what ties the log to the genesis file.
enum GenesisSeal {
    /// Recomputes block 0 from the genesis and refuses unless the proof's header is that one and
    /// its hash is the log's first leaf.
    static func check(
        _ proof: WireProof, _ genesis: Genesis, _ channel: WireChannelDescription, _ log: ProvenLog
    ) throws(ProofRefusal) {
        let header = [UInt8](proof.genesisSeal.header)
        let founded = try founded(genesis, channel)
        guard proof.genesisSeal.leaf == 0 else {
            throw ProofRefusal(.genesisSeal, "the genesis block is not the log's first leaf")
        }
        guard header == founded else {
            throw ProofRefusal(.genesisSeal, "block 0 is not what the genesis founds")
        }
        let path = try ProvenLog.path(proof.genesisSeal.path)
        try log.check(BlockHash.of(header: header), at: 0, path: path, what: "block 0")
    }

    /// The header that the contracts derive; `nil` where they refuse the genesis.
    private static func founded(
        _ genesis: Genesis, _ channel: WireChannelDescription
    ) throws(ProofRefusal) -> [UInt8]? {
        guard let ordering = Header.Ordering(rawValue: channel.ordering.rawValue) else {
            return nil
        }
        let execution = Execution(
            network: genesis.digest, channel: channel.name, ordering: ordering,
            entry: { _ in nil }, page: { _ in nil }, isAccepted: { _ in false }, members: { [] })
        do {
            return try execution.genesis(genesis).block.headerBytes
        } catch let lacked as LackedVersion {
            throw ProofRefusal(.versionUnknown, lacked.message)
        } catch {
            return nil
        }
    }
}

/// The last block before contract versions took effect: what follows its seal runs them.
struct ActivationSeal {
    /// The first height at which they are in force.
    let height: UInt64
    let leaf: UInt64

    init(
        _ proven: WireProvenSeal, network: Digest, channel: String, _ log: ProvenLog
    ) throws(ProofRefusal) {
        let bytes = [UInt8](proven.header)
        guard let header = try? Header(bytes: bytes), header.network == network,
            header.channel == channel, header.logSize == proven.leaf, header.height < .max
        else {
            throw ProofRefusal(.activationInvalid, "a block before an activation is malformed")
        }
        let path = try ProvenLog.path(proven.path)
        try log.check(
            BlockHash.of(header: bytes), at: proven.leaf, path: path,
            what: "the block before an activation")
        height = header.height + 1
        leaf = proven.leaf
    }

    /// All of a proof, in the order of the log.
    static func all(
        _ proof: WireProof, network: Digest, channel: String, _ log: ProvenLog
    ) throws(ProofRefusal) -> [ActivationSeal] {
        var seals = [ActivationSeal]()
        for proven in proof.activations {
            let seal = try ActivationSeal(proven, network: network, channel: channel, log)
            if let last = seals.last, last.leaf >= seal.leaf {
                throw ProofRefusal(.activationInvalid, "activations are out of order")
            }
            seals.append(seal)
        }
        return seals
    }
}

/// The seal of the subject's block: when it was committed, and between which leaves.
struct SubjectSeal {
    let header: Header
    let leaf: UInt64
    /// The leaves of the block's accepted transactions.
    let transactions: Range<UInt64>

    init(
        _ proof: WireProof, network: Digest, channel: String, _ log: ProvenLog
    ) throws(ProofRefusal) {
        let bytes = [UInt8](proof.seal.header)
        guard let header = try? Header(bytes: bytes) else {
            throw ProofRefusal(.sealInvalid, "the block's header is malformed")
        }
        guard header.network == network, header.channel == channel, header.height > 0 else {
            throw ProofRefusal(.sealInvalid, "the block is of another network or channel")
        }
        let path = try ProvenLog.path(proof.seal.path)
        try log.check(
            BlockHash.of(header: bytes), at: proof.seal.leaf, path: path, what: "the block's seal")
        guard header.logSize == proof.seal.leaf,
            header.acceptedCount > 0, UInt64(header.acceptedCount) < header.logSize
        else { throw ProofRefusal(.sealInvalid, "the header contradicts its place in the log") }
        guard header.logRoot == log.rootBefore(proof.seal.leaf, path: path) else {
            throw ProofRefusal(.sealInvalid, "the header's log root is not this log's")
        }
        self.header = header
        leaf = proof.seal.leaf
        transactions = leaf - UInt64(header.acceptedCount)..<leaf
    }
}

/// The members' agreement on the checkpoint.
enum Quorum {
    /// Refuses unless more than half of the members cosigned, and every signature line is one of
    /// theirs and holds: a line that nothing checks could be altered unseen.
    static func check(
        _ checkpoint: Checkpoint, members: [Identifier: [UInt8]], report: inout ProofReport
    ) throws(ProofRefusal) {
        var cosigned = Set<String>()
        var newest: UInt64 = 0
        let keys = members.map { member, key in
            NoteKey(
                name: "\(checkpoint.origin)/\(member)", algorithm: .cosignature, publicKey: key)
        }
        for signature in checkpoint.signatures {
            var alone = checkpoint
            alone.signatures = [signature]
            guard let key = keys.first(where: { $0.name == signature.name }),
                let timeSeconds = key.verify(alone), cosigned.insert(key.name).inserted
            else {
                throw ProofRefusal(
                    .cosignatureInvalid, "a signature on the checkpoint is not a member's")
            }
            newest = max(newest, timeSeconds)
        }
        guard cosigned.count * 2 > members.count else {
            throw ProofRefusal(
                .quorumMissing, "\(cosigned.count) of \(members.count) members cosigned")
        }
        report.checkpointSeconds = newest
        report.checkpointSize = checkpoint.size
        report.add(
            "checkpoint", "\(checkpoint.size) leaves, \(cosigned.count) of \(members.count) members"
        )
    }
}
