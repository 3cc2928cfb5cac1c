/// A block's header under the stamp key of the node that serves it. Whoever holds two of one node
/// that contradict each other has evidence: see ``Evidence``.
package struct SignedHeader: Hashable, Sendable {
    package let headerBytes: [UInt8]
    package let header: Header
    package let node: Identifier
    package let signature: [UInt8]

    package init(
        headerBytes: [UInt8], node: Identifier, signature: [UInt8]
    ) throws(MalformedBytes) {
        self.headerBytes = headerBytes
        header = try Header(bytes: headerBytes)
        self.node = node
        self.signature = signature
    }

    /// Signs a header: the same statement that a write receipt makes.
    package init(headerBytes: [UInt8], node: Identifier, signingWith key: SigningKey) throws {
        let hash = BlockHash.of(header: headerBytes)
        try self.init(
            headerBytes: headerBytes, node: node,
            signature: try key.sign(WriteReceipt.message(block: hash)))
    }

    package init(_ wire: WireSignedHeader) throws(MalformedBytes) {
        try self.init(
            headerBytes: [UInt8](wire.header),
            node: try Identifier(field: wire.node, of: "signed header"),
            signature: [UInt8](wire.signature))
    }

    package var wire: WireSignedHeader {
        var wire = WireSignedHeader()
        wire.header = headerBytes.field
        wire.node = node.bytes.field
        wire.signature = signature.field
        return wire
    }

    /// The block hash.
    package var hash: Digest { BlockHash.of(header: headerBytes) }

    /// Whether the node's stamp key signed it.
    package func holds(key: PublicKey) -> Bool {
        guard let parsed = try? ParsedKey(key) else { return false }
        return parsed.verifies(signature, over: WriteReceipt.message(block: hash))
    }
}

/// One message of the stream of blocks: a block, or a sign of life.
package struct BlockMessage: Sendable {
    package let head: SignedHeader
    /// `nil`: the sender has no further block at the moment.
    package let block: Block?

    /// Largest message: a block, its header once more, and a signature.
    package static let bytesMax = WireLimit.blockBytes + 2 * WireLimit.headerBytes

    package init(head: SignedHeader, block: Block?) {
        self.head = head
        self.block = block
    }

    package init(bytes: [UInt8]) throws {
        let wire = try Wire.decode(
            WireBlockMessage.self, from: bytes, what: "block message",
            limitBytes: BlockMessage.bytesMax)
        head = try SignedHeader(wire.head)
        block = wire.block.isEmpty ? nil : try Block(bytes: [UInt8](wire.block))
        guard block == nil || block?.headerBytes == head.headerBytes else {
            throw MalformedBytes("block message", .badField)
        }
    }

    /// The message behind its length.
    package var framed: [UInt8] {
        var wire = WireBlockMessage()
        wire.head = head.wire
        if let block { wire.block = block.bytes.field }
        let bytes = Wire.encode(wire)
        return withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { [UInt8]($0) } + bytes
    }
}

/// Takes a stream of framed messages apart.
package struct FrameReader: Sendable {
    private var buffer: [UInt8] = []
    private let bytesMax: Int

    package init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Adds bytes as they come, and gives the messages that are whole.
    package mutating func add(
        _ bytes: some Collection<UInt8>
    ) throws(MalformedBytes) -> [[UInt8]] {
        buffer.append(contentsOf: bytes)
        var messages = [[UInt8]]()
        var start = 0
        while buffer.count - start >= 4 {
            let count = buffer[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            guard count <= bytesMax else { throw MalformedBytes("frame", .oversize) }
            guard buffer.count - start - 4 >= count else { break }
            messages.append(Array(buffer[start + 4..<start + 4 + count]))
            start += 4 + count
        }
        buffer.removeFirst(start)
        return messages
    }
}
