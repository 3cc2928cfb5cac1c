extension EStamp {
    /// Why a stamp does not hold under the key that it names.
    package enum Fault: Hashable, Sendable {
        /// The stamp says another scheme than its key's.
        case scheme
        /// An s above half the order: whoever saw the other one can make it (ECDSA malleability).
        case malleable
        /// It names no place under the signed root of many intents.
        case place
        /// The signature is over something else, or by another key.
        case signature
        /// What browser and authenticator said is not what the ledger asks for.
        case webauthn(WebAuthnFault)
    }

    /// Whether the stamp holds for this intent under `key`, which must be the key it names.
    package func holds(for intent: Digest, key: PublicKey, parsed: ParsedKey) -> Bool {
        fault(for: intent, key: key, parsed: parsed) == nil
    }

    /// Why the stamp does not hold for this intent under `key`; `nil` where it does.
    package func fault(for intent: Digest, key: PublicKey, parsed: ParsedKey) -> Fault? {
        guard key.id == self.key else { return .signature }
        guard key.scheme == scheme else { return .scheme }
        if let batch {
            guard previous == nil, receiver == nil, batch.index >= 0, batch.size > 1,
                MerkleTree.root(
                    leaf: intent, index: UInt64(batch.index), size: UInt64(batch.size),
                    path: batch.path) != nil
            else { return .place }
        }
        if scheme == .p256 || scheme == .webauthn {
            guard signature.count == 64 else { return .signature }
            guard LowS.isLow(signature[32...]) else { return .malleable }
        }
        var signed = message(intent: intent)
        if scheme == .webauthn {
            // A key that was registered for no page: nothing to compare with.
            guard let webauthn, let party = key.relyingParty else { return .signature }
            if let fault = webauthn.fault(challenge: .sha256(signed), at: party) {
                return .webauthn(fault)
            }
            signed = webauthn.signedBytes
        }
        return parsed.verifies(signature, over: signed) ? nil : .signature
    }
}
