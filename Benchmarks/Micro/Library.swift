import Crypto
import LedgerCore

/// swift-crypto's own work, nothing of Cairn's around it.
enum Library {
    static func sign(_ key: SigningKey, _ message: [UInt8]) -> Bound {
        Bound("swift-crypto") {
            switch key {
            case .ed25519(let key): keep(try key.signature(for: message))
            case .p256(let key): keep(try key.signature(for: message))
            case .mldsa65(let key): keep(try key.signature(for: message))
            }
        }
    }

    static func verify(_ key: SigningKey, _ message: [UInt8]) throws -> Bound {
        switch key {
        case .ed25519(let key):
            let (signature, publicKey) = (try key.signature(for: message), key.publicKey)
            return Bound("swift-crypto") {
                keep(publicKey.isValidSignature(signature, for: message))
            }
        case .p256(let key):
            let (signature, publicKey) = (try key.signature(for: message), key.publicKey)
            return Bound("swift-crypto") {
                keep(publicKey.isValidSignature(signature, for: message))
            }
        case .mldsa65(let key):
            let (signature, publicKey) = (try key.signature(for: message), key.publicKey)
            return Bound("swift-crypto") {
                keep(publicKey.isValidSignature(signature, for: message))
            }
        }
    }

    /// One chunk under one key.
    static func aes(_ content: [UInt8]) -> Bound {
        let key = SymmetricKey(size: .bits256)
        return Bound("AES-256-GCM") { keep(try AES.GCM.seal(content, using: key)) }
    }
}
