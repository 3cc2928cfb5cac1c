import Crypto
import Identity
import LedgerCore
import Vault

/// The catalogue is signed with the node's stamp key, under a domain of its own.
enum CatalogueSigning {
    static func signer(_ keys: NodeKeys) -> CatalogueSigner {
        let key = keys.stamp
        return CatalogueSigner(
            sign: { [UInt8](try key.signature(for: Domain.catalogue.prefix + $0)) },
            verify: verify(keys))
    }

    /// Checks a catalogue signature: what was signed, and the signature.
    static func verify(_ keys: NodeKeys) -> @Sendable ([UInt8], [UInt8]) -> Bool {
        let key = keys.stamp.publicKey
        return { bytes, signature in
            key.isValidSignature(signature, for: Domain.catalogue.prefix + bytes)
        }
    }
}
