/// The proof of one commit, for whoever wrote: the block's header under the answering node's
/// signature, and the transaction's path to it.
package struct WriteReceipt: Hashable, Sendable {
    package let transaction: Digest
    package let digest: Digest
    /// The reason, where it was refused.
    package let refused: String?
    package let index: Int
    package let path: [Digest]
    package let headerBytes: [UInt8]
    package let node: Identifier
    package let signature: [UInt8]

    package init(
        transaction: Digest, digest: Digest, refused: String?, index: Int, path: [Digest],
        headerBytes: [UInt8], node: Identifier, signature: [UInt8]
    ) {
        self.transaction = transaction
        self.digest = digest
        self.refused = refused
        self.index = index
        self.path = path
        self.headerBytes = headerBytes
        self.node = node
        self.signature = signature
    }

    /// What the node signs, once per block.
    package static func message(block: Digest) -> [UInt8] { Domain.receipt.prefix + block.bytes }

    /// Whether node, header and path agree: the node's block holds an accepted transaction of this
    /// `digest`, or refused one of this `transaction` id for this reason.
    ///
    /// The header binds accepted transactions by digest and refused ones by id. That the digest is
    /// of a transaction with this id shows only with its bytes: ask `speaks(of:)`.
    package func holds(key: PublicKey) -> Bool {
        guard let header = try? Header(bytes: headerBytes), let parsed = try? ParsedKey(key),
            parsed.verifies(
                signature, over: WriteReceipt.message(block: BlockHash.of(header: headerBytes)))
        else { return false }
        let count = refused == nil ? header.acceptedCount : header.refusedCount
        let leaf = refused.map { Block.Refusal.leaf(id: transaction, reason: $0) } ?? digest
        guard index >= 0, count > 0 else { return false }
        let root = MerkleTree.root(
            leaf: leaf, index: UInt64(index), size: UInt64(count), path: path)
        return root == (refused == nil ? header.acceptedRoot : header.refusedRoot)
    }

    /// Whether this receipt's id and digest are those of `transaction`.
    package func speaks(of transaction: UnverifiedTransaction) -> Bool {
        self.transaction == transaction.id && digest == transaction.digest
    }

    package init(_ wire: WireWriteReceipt) throws(MalformedBytes) {
        var path = [Digest]()
        for step in wire.path { path.append(try Digest(field: step, of: "receipt path")) }
        self.init(
            transaction: try Digest(field: wire.transaction, of: "receipt"),
            digest: try Digest(field: wire.digest, of: "receipt"),
            refused: wire.refused.isEmpty ? nil : wire.refused, index: Int(wire.index), path: path,
            headerBytes: [UInt8](wire.header),
            node: try Identifier(field: wire.node, of: "receipt"),
            signature: [UInt8](wire.signature))
    }

    package var wire: WireWriteReceipt {
        var wire = WireWriteReceipt()
        wire.transaction = transaction.bytes.field
        wire.digest = digest.bytes.field
        wire.refused = refused ?? ""
        wire.index = UInt32(index)
        wire.path = path.map { $0.bytes.field }
        wire.header = headerBytes.field
        wire.node = node.bytes.field
        wire.signature = signature.field
        return wire
    }
}
