package import Crypto
package import LedgerCore

/// An authenticator with its browser, in software: it makes the two documents of W3C WebAuthn
/// Level 2, sections 5.8.1 and 6.1, and signs them as section 6.3.3 has it.
package struct SoftAuthenticator: Sendable {
    package let key = P256.Signing.PrivateKey()
    package var party: RelyingParty

    package init(id: String = "hospital.example", origin: String = "https://hospital.example")
        throws
    {
        party = try RelyingParty(id: id, origins: [origin])
    }

    /// As the ledger registers it.
    package func publicKey() throws -> PublicKey {
        try PublicKey(
            scheme: .webauthn, bytes: [UInt8](key.publicKey.compressedRepresentation),
            relyingParty: party)
    }

    /// What browser and authenticator are made to say.
    package struct Answer {
        package var type = "webauthn.get"
        package var challenge: [UInt8]
        package var origin: String
        /// What stands between the origin's text and the closing brace.
        package var rest = #","crossOrigin":false"#
        package var party: String
        /// User present and verified, backup eligible and backed up, as passkeys say it.
        package var flags: UInt8 = 0b0001_1101
        /// Whole documents, in place of those made of the parts above.
        package var clientDataJSON: [UInt8]?
        package var authenticatorData: [UInt8]?

        fileprivate var documents: EStamp.WebAuthnEvidence {
            let json =
                #"{"type":"\#(type)","challenge":"\#(Base64.encodeURL(challenge))""#
                + #","origin":"\#(origin)"\#(rest)}"#
            let data = LedgerCore.Digest.sha256(Array(party.utf8)).bytes + [flags, 0, 0, 0, 7]
            return .init(
                authenticatorData: authenticatorData ?? data,
                clientDataJSON: clientDataJSON ?? Array(json.utf8))
        }
    }

    /// A stamp by this authenticator's key.
    ///
    /// - Parameter alter: what is said otherwise; it is signed as it then is.
    package func stamp(
        intent: LedgerCore.Digest, purpose: StampPurpose, after previous: EStamp? = nil,
        to receiver: LedgerCore.Digest? = nil, alter: (inout Answer) -> Void = { _ in }
    ) throws -> EStamp {
        var stamp = EStamp(
            scheme: .webauthn, purpose: purpose, key: try publicKey().id, signature: [])
        stamp.previous = previous?.link
        stamp.receiver = receiver
        var answer = Answer(
            challenge: stamp.challenge(intent: intent).bytes, origin: party.origins[0],
            party: party.id)
        alter(&answer)
        stamp.webauthn = answer.documents
        stamp.signature = try SigningKey.p256(key).sign(answer.documents.signedBytes)
        return stamp
    }
}
