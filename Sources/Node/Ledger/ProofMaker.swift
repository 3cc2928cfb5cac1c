import Contracts
import FoundationEssentials
package import LedgerCore
import Storage
import Vault

/// Makes self-contained proofs of record versions.
package struct ProofMaker: Sendable {
    let identity: NodeIdentity
    let channel: String
    let reader: LedgerReader
    let finality: Finality
    let records: Records

    /// How long a proof waits for a checkpoint that covers it.
    package static let waitMs = 5_000

    /// The proof file of one version of a record; of its newest where `version` is `nil`.
    ///
    /// - Parameter opening: whether content and secret go along, for whoever may read them.
    package func proof(
        of record: Identifier, version: UInt32?, opening: Bool
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
        let checkpoint = try await checkpoint(covering: seal.leaf)
        let tiles = reader.tiles(size: checkpoint.size)
        var proof = WireProof()
        proof.version = ProofFile.version
        proof.genesis = identity.genesis.bytes.field
        proof.genesisSeal = try proven(try genesisSeal(), tiles)
        proof.membership = try reader.membership()
            .filter { $0.place.leaf < checkpoint.size }.map { try proven($0, tiles) }
        proof.activations = try activations().filter { $0.leaf < checkpoint.size }
            .map { try proven($0, tiles) }
        proof.subject = try proven(found, tiles)
        proof.seal = try proven(seal, tiles)
        proof.write = UInt32(write)
        proof.record = record.bytes.field
        // The members' cosignatures are what a proof rests on; the log's own line adds nothing.
        var cosigned = checkpoint
        cosigned.signatures.removeAll { $0.name == checkpoint.origin }
        proof.checkpoint = Array(cosigned.note.utf8).field
        if opening {
            let stored = try records.vault.open(row.locator)
            proof.opening.secret = stored.secret.bytes.field
            proof.opening.content = stored.content.field
        }
        return ProofFile.bytes(proof)
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
