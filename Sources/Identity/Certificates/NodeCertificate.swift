import Crypto
package import FoundationEssentials
package import LedgerCore

/// What a node shows in TLS: a fresh leaf of its member's authority, and the key to it.
package struct NodeCertificate: Sendable {
    /// DER.
    package let certificate: [UInt8]
    /// PKCS #8, DER.
    package let privateKey: [UInt8]

    /// Issues it. A leaf lives for 90 days, and a node issues the next one in time.
    ///
    /// - Parameters:
    ///   - authority: the member's certificate, DER, as the ledger has it.
    ///   - hosts: names and addresses under which the node is reached.
    package init(
        keys: NodeKeys, authority: [UInt8], node: Identifier, hosts: [String], now: Date
    ) throws {
        let issuer = try CertificateAuthority(
            certificate: try MemberCertificate(der: authority), key: keys.authority)
        certificate = try issuer.issue(
            publicKey: keys.transport.publicKey, node: node,
            hostNames: try hosts.map { try HostName($0) }, now: now
        ).der
        privateKey = [UInt8](keys.transport.derRepresentation)
    }
}

extension NodeCertificate: CustomStringConvertible, CustomReflectable {
    package var description: String { "node certificate" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
