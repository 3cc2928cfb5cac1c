import Crypto
import Foundation
import LedgerCore
import TestSupport
import Testing
import X509

@testable import Identity

@Suite struct CertificateTests {
    static let now = Date(timeIntervalSince1970: 1_800_000_000)
    let authorityKey = P256.Signing.PrivateKey()
    let nodeKey = P256.Signing.PrivateKey()
    let authority: CertificateAuthority
    let leaf: MemberCertificate

    init() throws {
        authority = try CertificateAuthority.create(
            memberName: "Kantonsspital Süd", key: authorityKey, now: CertificateTests.now)
        leaf = try authority.issue(
            publicKey: nodeKey.publicKey, node: .test(5),
            hostNames: [
                try HostName("Node1.Example.org"), try HostName("localhost"),
                try HostName("192.0.2.7"), try HostName("2001:db8::7"),
            ], now: CertificateTests.now)
    }

    private func days(_ count: Double) -> Date {
        CertificateTests.now.addingTimeInterval(count * 86_400)
    }

    @Test func aLeafIsValidForItsAuthority() async throws {
        let valid = try await leaf.validated(by: authority.certificate, at: days(1))
        #expect(valid.publicKey.rawRepresentation == nodeKey.publicKey.rawRepresentation)
        #expect(
            valid.hostNames.map(\.description) == [
                "node1.example.org", "localhost", "192.0.2.7", "2001:db8::7",
            ])
        #expect(leaf.certificate.subject.description.contains(Identifier.test(5).description))
        #expect(leaf.certificate.subject.description.contains("Kantonsspital Süd"))
    }

    @Test func theAuthorityHasTheShapeOfItsProfile() throws {
        let extensions = authority.certificate.certificate.extensions
        #expect(try extensions.basicConstraints == .isCertificateAuthority(maxPathLength: 0))
        #expect(try extensions.keyUsage == KeyUsage(keyCertSign: true, cRLSign: true))
        #expect(authority.certificate.isAuthority && !leaf.isAuthority)
        let years = authority.certificate.notAfter.timeIntervalSince(CertificateTests.now) / 86_400
        #expect(years == 3_652)
        #expect(leaf.notAfter == days(90))
    }

    /// The fake clock: dates around both ends.
    @Test func timeIsTheOneGiven() async throws {
        let ca = authority.certificate
        _ = try await leaf.validated(by: ca, at: CertificateTests.now.addingTimeInterval(-300))
        _ = try await leaf.validated(by: ca, at: days(90))
        await #expect(throws: MemberCertificateError.notYetValid) {
            try await leaf.validated(by: ca, at: CertificateTests.now.addingTimeInterval(-301))
        }
        await #expect(throws: MemberCertificateError.expired) {
            try await leaf.validated(by: ca, at: days(90).addingTimeInterval(1))
        }
        await #expect(throws: MemberCertificateError.expired) {
            try await leaf.validated(by: ca, at: days(5_000))
        }
    }

    @Test func aLeafNeverOutlivesItsAuthority() throws {
        let late = try authority.issue(
            publicKey: nodeKey.publicKey, node: .test(5), hostNames: [try HostName("n")],
            now: days(3_600))
        #expect(late.notAfter == authority.certificate.notAfter)
        #expect(throws: MemberCertificateError.expired) {
            try authority.issue(
                publicKey: nodeKey.publicKey, node: .test(5), hostNames: [try HostName("n")],
                now: days(3_653))
        }
    }

    /// Same name, other key; and the reverse: only the right key's signature counts.
    @Test func anotherAuthorityIsNotTrusted() async throws {
        let other = try CertificateAuthority.create(
            memberName: "Kantonsspital Süd", key: P256.Signing.PrivateKey(),
            now: CertificateTests.now)
        await #expect(throws: MemberCertificateError.untrusted) {
            try await leaf.validated(by: other.certificate, at: days(1))
        }
        await #expect(throws: MemberCertificateError.notAuthority) {
            try await leaf.validated(by: leaf, at: days(1))
        }
        await #expect(throws: MemberCertificateError.notLeaf) {
            try await authority.certificate.validated(by: authority.certificate, at: days(1))
        }
    }

    /// A certificate by the right authority that is no node's: made by hand with one part wrong.
    @Test(arguments: ["ca", "server-only", "no-names", "certsign"])
    func otherShapesAreNoLeaf(_ fault: String) async throws {
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(nodeKey.publicKey),
            notValidBefore: CertificateTests.now, notValidAfter: days(9),
            issuer: authority.certificate.certificate.subject,
            subject: try DistinguishedName { OrganizationName("x") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                fault == "ca"
                    ? BasicConstraints.isCertificateAuthority(maxPathLength: nil)
                    : BasicConstraints.notCertificateAuthority
                KeyUsage(digitalSignature: true, keyCertSign: fault == "certsign")
                try ExtendedKeyUsage(
                    fault == "server-only" ? [.serverAuth] : [.serverAuth, .clientAuth])
                if fault != "no-names" { SubjectAlternativeNames([.dnsName("n")]) }
            },
            issuerPrivateKey: .init(authorityKey))
        let read = try MemberCertificate(certificate)
        await #expect(throws: MemberCertificateError.self) {
            try await read.validated(by: authority.certificate, at: days(1))
        }
    }

    @Test func derAndPEMReadBack() throws {
        #expect(try MemberCertificate(der: leaf.der) == leaf)
        #expect(try MemberCertificate(pem: leaf.pem) == leaf)
        #expect(throws: MemberCertificateError.malformed) {
            try MemberCertificate(der: leaf.der + [0])
        }
        #expect(throws: MemberCertificateError.malformed) { try MemberCertificate(der: []) }
        #expect(throws: MemberCertificateError.malformed) { try MemberCertificate(pem: "hello") }
        #expect(throws: MemberCertificateError.malformed) {
            try MemberCertificate(pem: nodeKey.pemRepresentation)
        }
    }

    @Test func anAuthorityNeedsItsOwnKey() throws {
        _ = try CertificateAuthority(certificate: authority.certificate, key: authorityKey)
        #expect(throws: MemberCertificateError.keyMismatch) {
            try CertificateAuthority(certificate: authority.certificate, key: nodeKey)
        }
        #expect(throws: MemberCertificateError.notAuthority) {
            try CertificateAuthority(certificate: leaf, key: nodeKey)
        }
    }

    @Test(arguments: ["", "a\nb", "a\u{0}", String(repeating: "x", count: 65)])
    func badMemberNamesAreRefused(name: String) {
        #expect(throws: MemberCertificateError.memberName) {
            try CertificateAuthority.create(
                memberName: name, key: authorityKey, now: CertificateTests.now)
        }
    }

    @Test(arguments: [
        "", ".", "a..b", "-a", "a-", "*.example.org", "a_b", "a b", "exämple.org", "a.b.", "1.2.3",
        "1.2.3.4.5", "256.1.1.1", "::g", "a\u{0}b", String(repeating: "a", count: 64),
        String(repeating: "a.", count: 127) + "a", "https://a",
    ])
    func badHostNamesAreRefused(name: String) {
        #expect(throws: MemberCertificateError.self) { try HostName(name) }
    }

    @Test func theNumberOfHostNamesIsBounded() throws {
        for count in [0, HostName.countMax + 1] {
            let names = try (0..<count).map { try HostName("n\($0)") }
            #expect(throws: MemberCertificateError.hostNameCount) {
                try authority.issue(
                    publicKey: nodeKey.publicKey, node: .test(5), hostNames: names,
                    now: CertificateTests.now)
            }
        }
    }

    /// A signature whose last bits are said to be unused, where they are zero, is the same
    /// signature to the library.
    @Test func unusedBitsOfASignatureAreRefused() throws {
        var der: [UInt8] = []
        while der.last.map({ $0 & 7 }) != 0 {
            der = try authority.issue(
                publicKey: nodeKey.publicKey, node: .test(5), hostNames: [try HostName("n")],
                now: CertificateTests.now
            ).der
        }
        let last = der.indices.last {
            der[$0...].starts(with: [0x03, UInt8(truncatingIfNeeded: der.count - $0 - 2), 0])
        }
        let unused = try #require(last) + 2
        _ = try MemberCertificate(der: der)
        for count in 1...3 as ClosedRange<UInt8> {
            der[unused] = count
            #expect(throws: MemberCertificateError.malformed) { try MemberCertificate(der: der) }
        }
    }

    @Test func everyMutatedCertificateIsRefused() async throws {
        for await item in Soak.cases(usual: 1_500, long: 60_000, pinned: 5) {
            var random = item.random
            let altered = random.mutated(leaf.der)
            guard altered != leaf.der, let read = try? MemberCertificate(der: altered) else {
                continue
            }
            await #expect(throws: MemberCertificateError.self, "\(item): \(Hex.encode(altered))") {
                try await read.validated(by: authority.certificate, at: days(1))
            }
        }
    }
}
