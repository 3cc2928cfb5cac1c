import LedgerCore

/// Checks a proof offline: it needs the proof's bytes and what is trusted beforehand, nothing else.
///
/// Nothing that the proof brings is believed: the genesis is the trusted one or lies in the log
/// that trusted keys signed; who the members and people are is replayed by the contracts from
/// transactions in that log; and the checkpoint must carry cosignatures of more than half of the
/// members so found.
///
/// A proof may leave out membership transactions that do not concern it. This lets nobody forge a
/// record (the cosigned log holds only what the members accepted), and is why the checkpoint's
/// quorum, not the list of transactions, is what is believed.
package struct ProofVerifier: Sendable {
    let trust: ProofTrust

    package init(trust: ProofTrust) { self.trust = trust }

    /// Checks the bytes of a proof file.
    ///
    /// - Parameter notBeforeMs: where given, a proof whose checkpoint or state is older (ms since
    ///   1970) is refused: a server may keep what was true once.
    /// - Throws: ``ProofRefusal``, at the first check that fails.
    package func verify(
        _ bytes: [UInt8], notBeforeMs: UInt64? = nil
    ) throws(ProofRefusal) -> ProofReport {
        let proof: WireProof
        do {
            proof = try ProofFile.read(bytes)
        } catch {
            throw ProofRefusal(.damaged, "not an unaltered proof file (\(error.reason.rawValue))")
        }
        var report = ProofReport()
        report.add("file", "\(bytes.count) bytes, version \(proof.version), digest holds")
        let genesis = try genesis(proof)
        let checkpoint = try checkpoint(proof)
        let channel = try channel(proof, genesis, checkpoint)
        report.network = genesis.digest.description
        report.channel = channel.name
        let log = ProvenLog(size: checkpoint.size, root: checkpoint.root)
        try log.checkLeaves(of: proof)
        try GenesisSeal.check(proof, genesis, channel, log)
        report.add("genesis", "\(genesis.digest), \(trust.words)")
        var seal: SubjectSeal?
        // Files of version 1 always have a subject; where it is left out, it is malformed.
        if proof.hasSubject || proof.version == 1 {
            seal = try SubjectSeal(proof, network: genesis.digest, channel: channel.name, log)
        }
        let activations = try ActivationSeal.all(
            proof, network: genesis.digest, channel: channel.name, log)
        var replay = try MembershipReplay(
            genesis, channel: channel, log, activations: activations)
        let subject = try replay.run(proof, seal)
        report.add("membership", "\(proof.membership.count) transactions replayed")
        try Quorum.check(checkpoint, members: replay.memberKeys, report: &report)
        if let notBeforeMs, report.checkpointSeconds * 1000 < notBeforeMs {
            throw ProofRefusal(.stale, "the newest cosignature is older than was asked for")
        }
        if let seal, let subject {
            try subject.describe(into: &report)
            report.add("seal", "block \(seal.header.height), leaf \(seal.leaf)")
            try ProvenCertificates.check(proof, replay, report: &report)
            try subject.checkOpening(proof, report: &report)
        }
        if proof.hasState {
            let entry = try ProvenEntry(
                proof.state, network: genesis.digest, channel: channel.name, log)
            if let notBeforeMs, entry.sealedMs < notBeforeMs {
                throw ProofRefusal(.stale, "the state is older than was asked for")
            }
            report.state = entry
            report.add("state", entry.words)
        }
        return report
    }

    private func genesis(_ proof: WireProof) throws(ProofRefusal) -> Genesis {
        let bytes = [UInt8](proof.genesis)
        if case .genesis(let trusted) = trust, trusted != bytes {
            throw ProofRefusal(.genesisNotTrusted, "the proof is of another network")
        }
        do {
            return try Genesis(bytes: bytes)
        } catch {
            throw ProofRefusal(.genesisInvalid, "the genesis in the proof does not hold")
        }
    }

    /// The checkpoint; under trust in keys, signed by more than half of them.
    private func checkpoint(_ proof: WireProof) throws(ProofRefusal) -> Checkpoint {
        guard let note = String(validating: proof.checkpoint, as: UTF8.self),
            let checkpoint = try? Checkpoint(note: note)
        else { throw ProofRefusal(.checkpointInvalid, "the checkpoint is malformed") }
        if case .keys(let keys) = trust {
            let signed = keys.count { $0.verify(checkpoint) != nil }
            guard signed * 2 > keys.count else {
                throw ProofRefusal(
                    .checkpointNotTrusted,
                    "\(signed) of \(keys.count) trusted keys signed the checkpoint")
            }
        }
        return checkpoint
    }

    /// The channel that the checkpoint's log belongs to; genesis defines it.
    private func channel(
        _ proof: WireProof, _ genesis: Genesis, _ checkpoint: Checkpoint
    ) throws(ProofRefusal) -> WireChannelDescription {
        let channel = genesis.body.channels.first {
            Checkpoint.origin(network: genesis.digest, channel: $0.name) == checkpoint.origin
        }
        guard let channel else {
            throw ProofRefusal(.checkpointInvalid, "the checkpoint is of another log")
        }
        return channel
    }
}

extension ProofTrust {
    var words: String {
        switch self {
        case .genesis: "the trusted one"
        case .keys(let keys): "in the log that the trusted keys signed (\(keys.count))"
        }
    }
}

/// The log as the checkpoint fixes it.
struct ProvenLog {
    let size: UInt64
    let root: Digest

    /// Refuses a proof that names a place beyond the checkpoint: its log was longer.
    func checkLeaves(of proof: WireProof) throws(ProofRefusal) {
        let named =
            [proof.subject.leaf, proof.seal.leaf, proof.state.seal.leaf]
            + proof.membership.map(\.leaf) + proof.activations.map(\.leaf)
        guard let last = named.max(), last < size else {
            throw ProofRefusal(
                .beyondLog, "the checkpoint's log has \(size) leaves, and the proof names others")
        }
    }

    /// Refuses unless `leaf` lies at `index`.
    func check(
        _ leaf: Digest, at index: UInt64, path: [Digest], what: String
    ) throws(ProofRefusal) {
        guard index < size else {
            throw ProofRefusal(
                .beyondLog, "\(what) is at leaf \(index), and the checkpoint's log has \(size)")
        }
        guard let found = MerkleTree.root(leaf: leaf, index: index, size: size, path: path) else {
            throw ProofRefusal(
                .pathMalformed, "the path of \(what) does not fit leaf \(index) of \(size)")
        }
        guard found == root else {
            throw ProofRefusal(.notInLog, "\(what) is not in the log at leaf \(index)")
        }
    }

    /// The root over the leaves before `index`, from the inclusion path of the leaf there: its
    /// siblings to the left are exactly the complete subtrees before it.
    ///
    /// - Parameter path: has passed ``check(_:at:path:what:)``.
    func rootBefore(_ index: UInt64, path: [Digest]) -> Digest {
        var position = index
        var last = size - 1
        var hash: Digest?
        for sibling in path {
            if position & 1 == 1 || position == last {
                hash = hash.map { TreeHash.node(sibling, $0) } ?? sibling
                while position & 1 == 0, position != 0 {
                    position >>= 1
                    last >>= 1
                }
            }
            position >>= 1
            last >>= 1
        }
        return hash ?? TreeHash.empty
    }

    /// Reads a path from the wire.
    static func path(_ fields: [some Sequence<UInt8>]) throws(ProofRefusal) -> [Digest] {
        // 64 levels hold any log that 64-bit indices can name.
        guard fields.count <= 64 else { throw ProofRefusal(.pathMalformed, "a path is too long") }
        var path = [Digest]()
        for field in fields {
            guard let digest = Digest(field) else {
                throw ProofRefusal(.pathMalformed, "a path is malformed")
            }
            path.append(digest)
        }
        return path
    }
}
