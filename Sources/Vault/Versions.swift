package import LedgerCore

/// One version on its way into the vault.
package struct VersionToSeal: Sendable {
    package let locator: Identifier
    package let compartment: Compartment
    package let secret: LedgerCore.Digest
    /// To the content, under the secret; `nil` where nobody has made it yet.
    package let commitment: Commitment?
    package let content: [UInt8]
    package let sidecar: [UInt8]
    package let naming: Naming?

    /// `locator`: fresh random bytes for every attempt, never used again, also after a failure.
    /// `secret`: opens the commitment. `commitment`: where the caller has checked or made it; it is
    /// not made again. `content`: as the author sent it; empty for a tombstone.
    /// `sidecar`: what the node keeps beside it, at most `Limits.sidecarBytes`. `naming`: the
    /// transaction that decides whether it stays; `nil` where it stays whatever happens.
    package init(
        locator: Identifier, compartment: Compartment, secret: LedgerCore.Digest,
        commitment: Commitment? = nil, content: [UInt8], sidecar: [UInt8] = [],
        naming: Naming? = nil
    ) {
        self.locator = locator
        self.compartment = compartment
        self.secret = secret
        self.commitment = commitment
        self.content = content
        self.sidecar = sidecar
        self.naming = naming
    }

    var sizeBytes: Int { content.count + sidecar.count }
}

/// A version that is durable: fragments, slot and catalogue.
package struct SealedVersion: Hashable, Sendable {
    package let locator: Identifier
    /// The content's size by Padmé, fit to be published.
    package let paddedSizeBytes: Int
    package let commitment: Commitment
}

/// A version, opened.
package struct OpenedVersion: Hashable, Sendable {
    package let content: [UInt8]
    package let sidecar: [UInt8]
    package let secret: LedgerCore.Digest
}
