package import LedgerCore

/// Fresh random values from the operating system.
package enum Fresh {
    /// 32 bytes.
    package static func digest() -> Digest {
        var generator = SystemRandomNumberGenerator()
        let bytes = Identifier(using: &generator).bytes + Identifier(using: &generator).bytes
        return Digest(bytes) ?? .zero
    }

    /// 16 bytes.
    package static func identifier() -> Identifier {
        var generator = SystemRandomNumberGenerator()
        return Identifier(using: &generator)
    }
}
