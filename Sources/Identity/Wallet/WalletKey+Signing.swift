package import LedgerCore

extension WalletKey {
    /// The key as e-stamps use it.
    package var signingKey: SigningKey {
        switch material {
        case .ed25519(let key): .ed25519(key)
        case .p256(let key): .p256(key)
        }
    }
}
