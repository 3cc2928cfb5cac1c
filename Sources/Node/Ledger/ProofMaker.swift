import Contracts
import FoundationEssentials
import Identity
package import LedgerCore
import Storage
import Vault

extension NodeCertificates {
    /// Certificates that go into proofs. They name no host that is reached (RFC 2606): connections
    /// are made under others.
    static func forProofs(
        _ identity: NodeIdentity, clock: @escaping @Sendable () -> UInt64
    ) throws -> NodeCertificates {
        try NodeCertificates(
            keys: identity.keys, authority: identity.authority, node: identity.node,
            hosts: ["\(identity.node).invalid"], clock: clock)
    }
}

/// Makes self-contained proofs of record versions, and of what the state held.
package struct ProofMaker: Sendable {
    let identity: NodeIdentity
    let channel: String
    let reader: LedgerReader
    let finality: Finality
    let records: Records
    /// What this member's authority says of this node, for proofs alone.
    let certificates: NodeCertificates

    /// How long a proof waits for a checkpoint that covers it.
    package static let waitMs = 5_000

    /// The proof file of one version of a record; of its newest where `version` is `nil`.
    ///
    /// - Parameters:
    ///   - opening: whether content and secret go along, for whoever may read them.
    ///   - state: whether what the state holds of the record goes along, which tells whether the
    ///     version is the newest.
    package func proof(
        of record: Identifier, version: UInt32?, opening: Bool, state: Bool = false
    ) async throws -> [UInt8] {
        guard let current = try records.index.current(record: record) else {
            throw NodeError(.notFound, "there is no record with this id")
        }
        guard let row = try records.index.version(record: record, version ?? current.version),
            let id = try records.index.transaction(of: row),
            let found = try reader.transaction(id)
        else { throw NodeError(.notFound, "there is no such version of the record") }
        guard
            let write = try RecordsCommand.writes(found.transaction.intent.command)
                .firstIndex(where: { $0.record == record })
        else { throw NodeError(.damaged, "the version's transaction does not name its record") }
        let seal = try self.seal(of: found)
        let made =
            state
            ? try await StateProofMaker(reader: reader).proof(
                key: StateKey.record(record).bytes, .newest(atLeast: found.header.height)) : nil
        let checkpoint = try await checkpoint(covering: max(seal.leaf, made?.header.logSize ?? 0))
        let tiles = reader.tiles(size: checkpoint.size)
        var proof = try base(checkpoint, tiles)
        proof.subject = try proven(found, tiles)
        proof.seal = try proven(seal, tiles)
        proof.write = UInt32(write)
        proof.record = record.bytes.field
        if found.submission.node == identity.node {
            var certificate = WireProvenCertificate()
            certificate.node = identity.node.bytes.field
            certificate.certificate = certificates.current.certificate.field
            proof.certificates = [certificate]
        }
        if let made { proof.state = try wire(made, key: StateKey.record(record).bytes, tiles) }
        if opening {
            let stored = try records.vault.open(row.locator)
            proof.opening.secret = stored.secret.bytes.field
            proof.opening.content = stored.content.field
        }
        return ProofFile.bytes(proof)
    }

    /// The proof file of what the state holds under a key, also of its holding nothing.
    ///
    /// - Parameters:
    ///   - key: of the entry; `StateEntryText.Kind` makes it.
    ///   - height: after which block; without it the newest state that a header has the root of.
    ///     The state of the newest root at or below that height is shown.
    package func proof(ofState key: [UInt8], height: UInt64? = nil) async throws -> [UInt8] {
        let made = try await StateProofMaker(reader: reader).proof(
            key: key, height.map { .at($0) } ?? .newest(atLeast: 0))
        let checkpoint = try await checkpoint(covering: made.header.logSize)
        let tiles = reader.tiles(size: checkpoint.size)
        var proof = try base(checkpoint, tiles)
        proof.state = try wire(made, key: key, tiles)
        return ProofFile.bytes(proof)
    }

    /// What every proof rests on: genesis, membership, checkpoint.
    private func base(_ checkpoint: Checkpoint, _ tiles: TileReader) throws -> WireProof {
        var proof = WireProof()
        proof.version = ProofFile.version
        proof.genesis = identity.genesis.bytes.field
        proof.genesisSeal = try proven(try genesisSeal(), tiles)
        proof.membership = try reader.membership()
            .filter { $0.place.leaf < checkpoint.size }.map { try proven($0, tiles) }
        proof.activations = try activations().filter { $0.leaf < checkpoint.size }
            .map { try proven($0, tiles) }
        // The members' cosignatures are what a proof rests on; the log's own line adds nothing.
        var cosigned = checkpoint
        cosigned.signatures.removeAll { $0.name == checkpoint.origin }
        proof.checkpoint = Array(cosigned.note.utf8).field
        return proof
    }

    private func wire(
        _ made: StateProofMaker.Made, key: [UInt8], _ tiles: TileReader
    ) throws -> WireProvenState {
        var wire = WireProvenState()
        wire.key = key.field
        switch made.proof.place {
        case .present(let value):
            wire.present = true
            wire.value = value.field
        case .empty: break
        case .other(let path, let value):
            wire.otherPath = path.bytes.field
            wire.otherValue = value.field
        }
        wire.path = made.proof.siblings.map { $0.bytes.field }
        wire.seal = try proven(
            Seal(headerBytes: made.headerBytes, leaf: made.header.logSize), tiles)
        return wire
    }

    private struct Seal {
        let headerBytes: [UInt8]
        let leaf: UInt64
    }

    /// The seal of a transaction's block: the log's leaf after the block's transactions.
    private func seal(of found: LedgerReader.Found) throws -> Seal {
        Seal(headerBytes: found.headerBytes, leaf: found.header.logSize)
    }

    private func genesisSeal() throws -> Seal {
        guard let headerBytes = try reader.headerBytes(0) else {
            throw NodeError(.damaged, "the chain has no block 0")
        }
        return Seal(headerBytes: headerBytes, leaf: 0)
    }

    /// The block before each activation: what follows its seal in the log runs the new versions.
    private func activations() throws -> [Seal] {
        try reader.state.contracts().begun.map { height in
            guard let block = try reader.block(height - 1) else {
                throw NodeError(.damaged, "the chain has no block \(height - 1)")
            }
            let header = try Header(bytes: block.headerBytes)
            return Seal(headerBytes: block.headerBytes, leaf: header.logSize)
        }
    }

    private func checkpoint(covering leaf: UInt64) async throws -> Checkpoint {
        let final = try await finality.wait(covering: leaf, atMostMs: ProofMaker.waitMs)
        if let final { return final }
        throw NodeError(
            .unavailable, "no checkpoint that a quorum of members cosigned covers this record yet",
            hint: "try again once the other members' nodes are reachable"
        )
    }

    private func proven(_ seal: Seal, _ tiles: TileReader) throws -> WireProvenSeal {
        var wire = WireProvenSeal()
        wire.header = seal.headerBytes.field
        wire.leaf = seal.leaf
        wire.path = try path(seal.leaf, tiles)
        return wire
    }

    private func proven(
        _ found: LedgerReader.Found, _ tiles: TileReader
    ) throws -> WireProvenTransaction {
        let tree = MerkleTree(leaves: found.submission.transactions.map(\.digest))
        var wire = WireProvenTransaction()
        wire.transaction = found.transaction.bytes.field
        wire.node = found.submission.node.bytes.field
        wire.submissionIndex = UInt32(found.submissionIndex)
        wire.submissionSize = UInt32(found.submission.transactions.count)
        wire.submissionPath = tree.path(to: found.submissionIndex).map { $0.bytes.field }
        wire.submissionSignature = found.submission.signature.field
        wire.leaf = found.place.leaf
        wire.path = try path(found.place.leaf, tiles)
        return wire
    }

    private func path(_ leaf: UInt64, _ tiles: TileReader) throws -> [Data] {
        guard let path = try tiles.inclusion(of: leaf) else {
            throw NodeError(
                .damaged, "the log's tiles do not hold leaf \(leaf)",
                hint: "move the state folder away; it is rebuilt from the chain")
        }
        return path.map { $0.bytes.field }
    }
}
