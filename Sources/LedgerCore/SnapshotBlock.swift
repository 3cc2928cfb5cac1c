/// One block of a snapshot, compared with its header.
package struct SnapshotBlock: Sendable {
    /// The whole block, where the snapshot has it.
    package let block: Block?
    package let headerBytes: [UInt8]
    package let header: Header
    package let hash: Digest
    /// The log's size before this block.
    package let firstLeaf: UInt64
    package let accepted: [Accepted]
    package let membership: [Membership]
    /// Tiles of the log that this block touched; a later one of the same place replaces an earlier.
    package internal(set) var tiles: [LogTree.Tile] = []
    /// The log after this block.
    package internal(set) var log = LogTree()

    /// An accepted transaction, in the order of the log.
    package struct Accepted: Sendable, Hashable {
        /// In a block that is not whole, nothing but the snapshot's maker vouches for it.
        package let id: Digest
        package let digest: Digest
        /// Its place among all transactions of the block.
        package let index: UInt32

        package init(id: Digest, digest: Digest, index: UInt32) {
            self.id = id
            self.digest = digest
            self.index = index
        }
    }

    /// An accepted transaction about members or people.
    package struct Membership: Sendable {
        package let leaf: UInt64
        package let submission: Submission
        /// Its index in the submission.
        package let index: Int

        package init(leaf: UInt64, submission: Submission, index: Int) {
            self.leaf = leaf
            self.submission = submission
            self.index = index
        }

        /// The transaction itself.
        package var transaction: UnverifiedTransaction { submission.transactions[index] }

        /// As a snapshot and a node that began with one keep it.
        package var wire: WireSnapshotMembership {
            var wire = WireSnapshotMembership()
            wire.leaf = leaf
            wire.index = UInt32(index)
            wire.submission = submission.bytes.field
            return wire
        }

        /// Reads it back.
        package init(_ wire: WireSnapshotMembership) throws(MalformedBytes) {
            submission = try Submission(bytes: [UInt8](wire.submission))
            guard Int(wire.index) < submission.transactions.count else {
                throw MalformedBytes("membership of a snapshot", .badField)
            }
            leaf = wire.leaf
            index = Int(wire.index)
        }
    }

    /// The contract whose transactions a snapshot does not carry for proofs.
    package static let records = "records"

    init(
        _ wire: WireSnapshotBlock, isWhole: Bool, firstLeaf: UInt64
    ) throws(SnapshotRefusal) {
        self.firstLeaf = firstLeaf
        let malformed = SnapshotRefusal(.damaged, "a block in the snapshot is malformed")
        guard wire.block.isEmpty != isWhole, wire.header.isEmpty == isWhole else {
            throw SnapshotRefusal(.bodyMissing, "a block is whole or not against the manifest")
        }
        do {
            if isWhole {
                guard wire.digests.isEmpty, wire.ids.isEmpty, wire.indices.isEmpty,
                    wire.membership.isEmpty
                else { throw malformed }
                let block = try Block(bytes: [UInt8](wire.block))
                self.block = block
                headerBytes = block.headerBytes
                header = try Header(bytes: headerBytes)
                (accepted, membership) = try SnapshotBlock.contents(
                    block, header, firstLeaf: firstLeaf)
            } else {
                block = nil
                headerBytes = [UInt8](wire.header)
                header = try Header(bytes: headerBytes)
                accepted = try SnapshotBlock.accepted(wire)
                membership = try SnapshotBlock.membership(wire, accepted, firstLeaf: firstLeaf)
            }
        } catch let refusal as SnapshotRefusal {
            throw refusal
        } catch {
            throw malformed
        }
        hash = BlockHash.of(header: headerBytes)
        guard accepted.count == header.acceptedCount,
            MerkleTree(leaves: accepted.map(\.digest)).root == header.acceptedRoot
        else { throw SnapshotBlock.mismatch(header) }
    }

    private static func mismatch(_ header: Header) -> SnapshotRefusal {
        SnapshotRefusal(
            .blockMismatch, "the block at height \(header.height) is not what its header says")
    }

    /// The lists of a block that is not whole.
    private static func accepted(_ wire: WireSnapshotBlock) throws -> [Accepted] {
        let count = wire.digests.count / Digest.size
        guard wire.digests.count == count * Digest.size, wire.ids.count == wire.digests.count,
            wire.indices.count == count * 4
        else { throw MalformedBytes("snapshot block", .badField) }
        let (digests, ids) = ([UInt8](wire.digests), [UInt8](wire.ids))
        let indices = [UInt8](wire.indices)
        var accepted = [Accepted]()
        accepted.reserveCapacity(count)
        for number in 0..<count {
            let place = number * Digest.size..<(number + 1) * Digest.size
            let index = indices[number * 4..<number * 4 + 4].reduce(0) { $0 << 8 | UInt32($1) }
            guard let digest = Digest(digests[place]), let id = Digest(ids[place]),
                accepted.last.map({ $0.index < index }) ?? true
            else { throw MalformedBytes("snapshot block", .badField) }
            accepted.append(Accepted(id: id, digest: digest, index: index))
        }
        return accepted
    }

    private static func membership(
        _ wire: WireSnapshotBlock, _ accepted: [Accepted], firstLeaf: UInt64
    ) throws -> [Membership] {
        var next = firstLeaf
        return try wire.membership.map { wire in
            let found = try Membership(wire)
            guard found.leaf >= next, found.leaf - firstLeaf < UInt64(accepted.count) else {
                throw MalformedBytes("snapshot block", .badField)
            }
            let listed = accepted[Int(found.leaf - firstLeaf)]
            guard found.transaction.digest == listed.digest, found.transaction.id == listed.id,
                found.transaction.intent.contract != records
            else { throw MalformedBytes("snapshot block", .badField) }
            next = found.leaf + 1
            return found
        }
    }

    /// What a whole block holds: its transactions, the accepted ones among them by its refusals,
    /// all compared with the header.
    package static func contents(
        _ block: Block, _ header: Header, firstLeaf: UInt64
    ) throws -> (accepted: [Accepted], membership: [Membership]) {
        guard Domain.batch.digest(block.batchBytes) == header.batch else { throw mismatch(header) }
        var accepted = [Accepted]()
        var membership = [Membership]()
        var refused = [Digest]()
        var refusals = block.refusals[...]
        var index = 0
        for bytes in try Batch(bytes: block.batchBytes).submissions {
            // What does not decode was left out when the block was made.
            guard let submission = try? Submission(bytes: bytes) else { continue }
            for (place, transaction) in submission.transactions.enumerated() {
                defer { index += 1 }
                if let refusal = refusals.first, refusal.index == index {
                    refusals.removeFirst()
                    refused.append(Block.Refusal.leaf(id: transaction.id, reason: refusal.reason))
                    continue
                }
                if transaction.intent.contract != records {
                    membership.append(
                        Membership(
                            leaf: firstLeaf + UInt64(accepted.count), submission: submission,
                            index: place))
                }
                accepted.append(
                    Accepted(
                        id: transaction.id, digest: transaction.digest, index: UInt32(index)))
            }
        }
        guard refusals.isEmpty, refused.count == header.refusedCount,
            MerkleTree(leaves: refused).root == header.refusedRoot
        else { throw mismatch(header) }
        return (accepted, membership)
    }
}
