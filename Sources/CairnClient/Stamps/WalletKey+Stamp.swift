package import Identity
package import LedgerCore

/// Stamps by a person's key. The wallet keeps the private half to itself, so that what is signed is
/// built here and only the signature comes from it.
extension WalletKey {
    /// The scheme under which the ledger knows this key.
    package var stampScheme: StampScheme {
        switch scheme {
        case .ed25519: .ed25519
        case .p256: .p256
        }
    }

    /// A stamp over one intent.
    package func stamp(intent: Digest, purpose: StampPurpose) throws -> EStamp {
        var stamp = EStamp(scheme: stampScheme, purpose: purpose, key: id, signature: [])
        stamp.signature = try sign(stamp.message(intent: intent))
        return stamp
    }

    /// One signature over many intents: what `EStamp.batch` makes, for a request's header.
    func signature(over intents: [Digest]) throws -> [UInt8] {
        if intents.count == 1 {
            return try stamp(intent: intents[0], purpose: .author).signature
        }
        let root = MerkleTree(leaves: intents).root
        return try sign(EStamp.batchMessage(root: root, size: intents.count, purpose: .author))
    }
}
