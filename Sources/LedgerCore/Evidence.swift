/// Two signed statements of one node that cannot both be true: it showed one history to some and
/// another to others. It stands alone, for anyone who knows the network's genesis.
package struct Evidence: Sendable {
    package let network: Digest
    package let first: SignedHeader
    package let contradiction: Contradiction

    /// What cannot be true beside the first header.
    package enum Contradiction: Sendable {
        /// Another header of the same height, or the next header with another predecessor.
        case header(SignedHeader)
        /// A checkpoint of the log up to the first header's seal with another root, with the one
        /// signature line that convicts. `edge` holds the roots of the complete subtrees before
        /// the seal.
        case checkpoint(Checkpoint, edge: [Digest])
    }

    /// Largest file: headers, a note, an edge.
    package static let bytesMax = Checkpoint.noteBytesMax + 16 * 1024
    private static let magic = Array("cairn-evidence-1\n".utf8)

    package init(network: Digest, first: SignedHeader, contradiction: Contradiction) {
        self.network = network
        self.first = first
        self.contradiction = contradiction
    }

    package init(file bytes: [UInt8]) throws {
        guard bytes.starts(with: Evidence.magic) else {
            throw MalformedBytes("evidence", .badField)
        }
        let wire = try Wire.decode(
            WireEvidence.self, from: Array(bytes.dropFirst(Evidence.magic.count)),
            what: "evidence", limitBytes: Evidence.bytesMax)
        network = try Digest(field: wire.network, of: "evidence")
        first = try SignedHeader(wire.first)
        if wire.hasSecond {
            guard wire.checkpoint.isEmpty, wire.edge.isEmpty else {
                throw MalformedBytes("evidence", .badField)
            }
            contradiction = .header(try SignedHeader(wire.second))
        } else {
            guard let note = String(validating: wire.checkpoint, as: UTF8.self) else {
                throw MalformedBytes("evidence", .badField)
            }
            var edge = [Digest]()
            for hash in wire.edge { edge.append(try Digest(field: hash, of: "evidence")) }
            let checkpoint = try Checkpoint(note: note)
            // What does not convict has no place here: any byte that is altered counts.
            guard checkpoint.signatures.count == 1 else {
                throw MalformedBytes("evidence", .badField)
            }
            contradiction = .checkpoint(checkpoint, edge: edge)
        }
    }

    /// The file's bytes.
    package var file: [UInt8] {
        var wire = WireEvidence()
        wire.network = network.bytes.field
        wire.first = first.wire
        switch contradiction {
        case .header(let second): wire.second = second.wire
        case .checkpoint(let checkpoint, let edge):
            wire.checkpoint = Array(checkpoint.note.utf8).field
            wire.edge = edge.map { $0.bytes.field }
        }
        return Evidence.magic + Wire.encode(wire)
    }

    /// Why evidence shows nothing.
    package enum Problem: String, Error, Sendable {
        /// A statement is of another network or channel than the others.
        case mixed = "evidence-of-another-network"
        /// A signature does not hold, or is not of the node that the first statement names.
        case unsigned = "evidence-not-signed"
        /// Both statements can be true.
        case consistent = "evidence-not-contradictory"
    }

    /// What the statements show, in words.
    ///
    /// - Parameters:
    ///   - stampKey: of the node that both headers name.
    ///   - noteKeys: with which the checkpoint may be signed: the log's and the member's.
    package func shows(stampKey: PublicKey, noteKeys: [NoteKey]) throws(Problem) -> String {
        guard first.header.network == network else { throw .mixed }
        guard first.holds(key: stampKey) else { throw .unsigned }
        switch contradiction {
        case .header(let second): return try shows(second, stampKey)
        case .checkpoint(let checkpoint, let edge): return try shows(checkpoint, edge, noteKeys)
        }
    }

    private func shows(
        _ second: SignedHeader, _ stampKey: PublicKey
    ) throws(Problem) -> String {
        let (one, other) = (first.header, second.header)
        guard other.network == network, other.channel == one.channel else { throw .mixed }
        guard second.node == first.node, second.holds(key: stampKey) else { throw .unsigned }
        if other.height == one.height, second.hash != first.hash {
            return "two blocks of height \(one.height): \(first.hash) and \(second.hash)"
        }
        if other.height == one.height + 1, other.previous != first.hash {
            return "a block of height \(one.height), \(first.hash), and one of height "
                + "\(other.height) that follows another, \(other.previous)"
        }
        throw .consistent
    }

    private func shows(
        _ checkpoint: Checkpoint, _ edge: [Digest], _ noteKeys: [NoteKey]
    ) throws(Problem) -> String {
        let origin = Checkpoint.origin(network: network, channel: first.header.channel)
        guard checkpoint.origin == origin else { throw .mixed }
        guard noteKeys.contains(where: { $0.verify(checkpoint) != nil }) else { throw .unsigned }
        guard var log = LogTree(size: first.header.logSize, edge: edge),
            log.root == first.header.logRoot
        else { throw .consistent }
        _ = log.append([first.hash])
        guard checkpoint.size == log.size, checkpoint.root != log.root else { throw .consistent }
        return "a block of height \(first.header.height) after which the log has the root "
            + "\(log.root), and a checkpoint of the same \(log.size) leaves with "
            + "\(checkpoint.root)"
    }
}
