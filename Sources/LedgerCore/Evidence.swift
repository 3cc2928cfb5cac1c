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
        /// A checkpoint of the log up to the first header's seal with another root. `edge` holds
        /// the roots of the complete subtrees before the seal.
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
            contradiction = .checkpoint(try Checkpoint(note: note), edge: edge)
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

    /// What the statements show, in words; `nil` where they do not contradict each other, or a
    /// signature does not hold.
    ///
    /// - Parameters:
    ///   - stampKey: of the node that both headers name.
    ///   - noteKeys: with which the checkpoint may be signed: the log's and the member's.
    package func shows(stampKey: PublicKey, noteKeys: [NoteKey]) -> String? {
        guard first.header.network == network, first.holds(key: stampKey) else { return nil }
        switch contradiction {
        case .header(let second):
            guard second.node == first.node, second.header.network == network,
                second.header.channel == first.header.channel, second.holds(key: stampKey)
            else { return nil }
            if second.header.height == first.header.height, second.hash != first.hash {
                return "two blocks of height \(first.header.height): "
                    + "\(first.hash) and \(second.hash)"
            }
            if second.header.height == first.header.height + 1,
                second.header.previous != first.hash
            {
                return "a block of height \(first.header.height), \(first.hash), and one of height "
                    + "\(second.header.height) that follows another, \(second.header.previous)"
            }
            return nil
        case .checkpoint(let checkpoint, let edge):
            let origin = Checkpoint.origin(network: network, channel: first.header.channel)
            guard var log = LogTree(size: first.header.logSize, edge: edge),
                log.root == first.header.logRoot, checkpoint.origin == origin,
                noteKeys.contains(where: { $0.verify(checkpoint) != nil })
            else { return nil }
            _ = log.append([first.hash])
            guard checkpoint.size == log.size, checkpoint.root != log.root else { return nil }
            return "a block of height \(first.header.height) after which the log has the root "
                + "\(log.root), and a checkpoint of the same \(log.size) leaves with "
                + "\(checkpoint.root)"
        }
    }
}
