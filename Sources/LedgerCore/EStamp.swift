/// What a stamp says. The raw values are the wire's.
package enum StampPurpose: Int, Sendable, CaseIterable {
    /// The author's own key.
    case author = 1
    /// The node's key, for an author whom the node authenticated.
    case onBehalf = 2
    /// Passes on to a named receiver.
    case handOver = 3
    /// The receiver took it.
    case accept = 4
    /// A sibling approval.
    case approve = 5
    /// A sibling refusal.
    case refuse = 6
}

/// One signature over a transaction's intent: alone, or over the root of many intents at once.
package struct EStamp: Hashable, Sendable {
    package var scheme: StampScheme
    package var purpose: StampPurpose
    /// Id of the key that signs.
    package var key: Digest
    package var signature: [UInt8]
    /// In a hand-over chain: link of the stamp before.
    package var previous: Digest?
    /// In a hand-over: the only key that may accept.
    package var receiver: Digest?
    /// Where the signature covers many intents: the place of this one.
    package var batch: BatchPlace?
    /// WebAuthn's two documents.
    package var webauthn: WebAuthnEvidence?

    /// The place of an intent under a signed RFC 6962 root.
    package struct BatchPlace: Hashable, Sendable {
        package var index: Int
        package var size: Int
        package var path: [Digest]

        package init(index: Int, size: Int, path: [Digest]) {
            self.index = index
            self.size = size
            self.path = path
        }
    }

    /// W3C WebAuthn Level 2, section 7.2: what an authenticator and a browser say.
    package struct WebAuthnEvidence: Hashable, Sendable {
        package var authenticatorData: [UInt8]
        package var clientDataJSON: [UInt8]

        package init(authenticatorData: [UInt8], clientDataJSON: [UInt8]) {
            self.authenticatorData = authenticatorData
            self.clientDataJSON = clientDataJSON
        }
    }

    /// Deepest path that is accepted: a root over 2^20 intents.
    package static let pathDepthMax = 20

    package init(
        scheme: StampScheme, purpose: StampPurpose, key: Digest, signature: [UInt8],
        batch: BatchPlace? = nil
    ) {
        self.scheme = scheme
        self.purpose = purpose
        self.key = key
        self.signature = signature
        self.batch = batch
    }

    /// Stamps one intent; in a hand-over chain with the stamp before, and with the receiver's key.
    package init(
        intent: Digest, purpose: StampPurpose, after previous: EStamp? = nil,
        to receiver: Digest? = nil, signingWith signer: SigningKey
    ) throws {
        let key = try signer.publicKey()
        self.init(scheme: key.scheme, purpose: purpose, key: key.id, signature: [])
        self.previous = previous?.link
        self.receiver = receiver
        signature = try signer.sign(message(intent: intent))
    }

    /// Stamps many intents with one signature; one stamp each, in order.
    package static func batch(
        intents: [Digest], purpose: StampPurpose, signingWith signer: SigningKey
    ) throws -> [EStamp] {
        if intents.count == 1 {
            return [try EStamp(intent: intents[0], purpose: purpose, signingWith: signer)]
        }
        let key = try signer.publicKey()
        let tree = MerkleTree(leaves: intents)
        let signature = try signer.sign(
            batchMessage(root: tree.root, size: intents.count, purpose: purpose))
        return intents.indices.map { index in
            EStamp(
                scheme: key.scheme, purpose: purpose, key: key.id, signature: signature,
                batch: BatchPlace(index: index, size: intents.count, path: tree.path(to: index)))
        }
    }

    /// The bytes that are signed: domain, purpose, then the intent's id and what a hand-over adds.
    package func message(intent: Digest) -> [UInt8] {
        if let batch {
            let root = MerkleTree.root(
                leaf: intent, index: UInt64(batch.index), size: UInt64(batch.size), path: batch.path
            )
            return EStamp.batchMessage(root: root ?? .zero, size: batch.size, purpose: purpose)
        }
        var bytes = Domain.stamp.prefix
        bytes.append(UInt8(purpose.rawValue))
        bytes += intent.bytes
        if previous != nil || receiver != nil {
            // Both or neither, zero where one is absent: no stamp's `receiver` reads as `previous`.
            bytes += (previous ?? .zero).bytes
            bytes += (receiver ?? .zero).bytes
        }
        return bytes
    }

    /// The bytes that one signature over many intents covers.
    package static func batchMessage(root: Digest, size: Int, purpose: StampPurpose) -> [UInt8] {
        Domain.stampBatch.prefix + [UInt8(purpose.rawValue)]
            + withUnsafeBytes(of: UInt32(truncatingIfNeeded: size).bigEndian) { [UInt8]($0) }
            + root.bytes
    }

    /// What the next stamp of a hand-over chain names this one by: the digest of all of it.
    package var link: Digest { Domain.stampLink.digest(Wire.encode(wire)) }

    /// What an authenticator is asked to sign: the digest of what a raw key signs, so that purpose
    /// and hop cannot be altered under it either.
    package func challenge(intent: Digest) -> Digest { .sha256(message(intent: intent)) }
}

extension EStamp {
    /// Reads the wire's form; every length is checked.
    package init(_ wire: WireStamp) throws(MalformedBytes) {
        guard let scheme = StampScheme(rawValue: wire.scheme.rawValue),
            let purpose = StampPurpose(rawValue: wire.purpose.rawValue),
            wire.signature.count == scheme.signatureSize
        else { throw MalformedBytes("stamp", .badField) }
        self.init(
            scheme: scheme, purpose: purpose, key: try Digest(field: wire.key, of: "stamp key"),
            signature: [UInt8](wire.signature))
        if !wire.previous.isEmpty { previous = try Digest(field: wire.previous, of: "stamp") }
        if !wire.receiver.isEmpty { receiver = try Digest(field: wire.receiver, of: "stamp") }
        // Zero stands for "none" in the signed message.
        guard previous != .zero, receiver != .zero else { throw MalformedBytes("stamp", .badField) }
        if wire.hasBatch {
            guard wire.batch.size > 1, wire.batch.index < wire.batch.size,
                wire.batch.path.count <= EStamp.pathDepthMax
            else { throw MalformedBytes("stamp", .badField) }
            var path = [Digest]()
            for step in wire.batch.path { path.append(try Digest(field: step, of: "stamp path")) }
            batch = BatchPlace(index: Int(wire.batch.index), size: Int(wire.batch.size), path: path)
        }
        guard wire.hasWebauthn == (scheme == .webauthn) else {
            throw MalformedBytes("stamp", .badField)
        }
        if wire.hasWebauthn {
            webauthn = WebAuthnEvidence(
                authenticatorData: [UInt8](wire.webauthn.authenticatorData),
                clientDataJSON: [UInt8](wire.webauthn.clientDataJson))
        }
    }

    /// The wire's form.
    package var wire: WireStamp {
        var wire = WireStamp()
        wire.scheme = WireStampScheme(rawValue: scheme.rawValue) ?? .unspecified
        wire.purpose = WireStampPurpose(rawValue: purpose.rawValue) ?? .unspecified
        wire.key = key.bytes.field
        wire.signature = signature.field
        if let previous { wire.previous = previous.bytes.field }
        if let receiver { wire.receiver = receiver.bytes.field }
        if let batch {
            wire.batch.index = UInt32(batch.index)
            wire.batch.size = UInt32(batch.size)
            wire.batch.path = batch.path.map { $0.bytes.field }
        }
        if let webauthn {
            wire.webauthn.authenticatorData = webauthn.authenticatorData.field
            wire.webauthn.clientDataJson = webauthn.clientDataJSON.field
        }
        return wire
    }
}
