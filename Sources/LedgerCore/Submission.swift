/// What a node hands in for ordering: transactions under one signature of its stamp key.
package struct Submission: Sendable {
    package let node: Identifier
    package let transactions: [UnverifiedTransaction]
    package let signature: [UInt8]
    /// Where the signature is known to hold, because it was made here: the network, and the id of
    /// the key.
    private let made: (network: Digest, key: Digest)?

    /// Stamps transactions as the node `node`.
    package init(
        network: Digest, node: Identifier, transactions: [UnverifiedTransaction],
        signingWith key: SigningKey
    ) throws {
        self.node = node
        self.transactions = transactions
        let tree = MerkleTree(leaves: transactions.map(\.digest))
        signature = try key.sign(
            Submission.message(
                network: network, node: node, root: tree.root, count: transactions.count))
        made = (network, try key.publicKey().id)
    }

    /// Decodes within limits; the signature is not yet checked.
    package init(bytes: [UInt8]) throws(MalformedBytes) {
        let wire = try Wire.decode(
            WireSubmission.self, from: bytes, what: "submission",
            limitBytes: WireLimit.submissionBytes)
        guard (1...WireLimit.transactionsPerSubmission).contains(wire.transactions.count) else {
            throw MalformedBytes("submission", .tooMany)
        }
        node = try Identifier(field: wire.node, of: "submission node")
        var transactions = [UnverifiedTransaction]()
        transactions.reserveCapacity(wire.transactions.count)
        for bytes in wire.transactions {
            transactions.append(try UnverifiedTransaction(bytes: [UInt8](bytes)))
        }
        self.transactions = transactions
        signature = [UInt8](wire.signature)
        made = nil
    }

    /// The bytes for the ordering service.
    package var bytes: [UInt8] {
        var wire = WireSubmission()
        wire.node = node.bytes.field
        wire.transactions = transactions.map { $0.bytes.field }
        wire.signature = signature.field
        return Wire.encode(wire)
    }

    /// What the node's stamp covers: the network, the node, how many, and their RFC 6962 root.
    package static func message(
        network: Digest, node: Identifier, root: Digest, count: Int
    ) -> [UInt8] {
        Domain.submission.prefix + network.bytes + node.bytes
            + withUnsafeBytes(of: UInt32(truncatingIfNeeded: count).bigEndian) { [UInt8]($0) }
            + root.bytes
    }

    /// Whether the node's stamp holds. What was made here under that key is not checked again.
    package func holds(network: Digest, under key: PublicKey) throws -> Bool {
        if let made, made == (network, key.id) { return true }
        return holds(network: network, key: try ParsedKey(key))
    }

    /// Whether the node's stamp holds.
    package func holds(network: Digest, key: ParsedKey) -> Bool {
        let root = MerkleTree(leaves: transactions.map(\.digest)).root
        return key.verifies(
            signature,
            over: Submission.message(
                network: network, node: node, root: root, count: transactions.count))
    }
}
