import Crypto

/// Where an authenticator's key may be used, as the ledger has it.
package struct RelyingParty: Hashable, Sendable {
    /// The domain that the authenticator made the key for (W3C WebAuthn Level 2, section 4: RP ID).
    package let id: String
    /// The pages that may ask for a stamp: scheme, host and port of each.
    package let origins: [String]

    /// Longest domain name in bytes (RFC 1035 section 2.3.4).
    package static let idBytesMax = 253
    /// A domain name, its scheme and port, with room.
    package static let originBytesMax = 300
    /// Pages of one key.
    package static let originsMax = 8

    /// Checks the texts: a lowercase domain name, origins of printable ASCII that JSON writes as
    /// they are.
    package init(id: String, origins: [String]) throws(MalformedBytes) {
        let isDomain = id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isDomain, (1...RelyingParty.idBytesMax).contains(id.utf8.count),
            (1...RelyingParty.originsMax).contains(origins.count),
            Set(origins).count == origins.count, origins.allSatisfy(RelyingParty.isOrigin)
        else { throw MalformedBytes("relying party", .badField) }
        self.id = id
        self.origins = origins
    }

    private static func isOrigin(_ text: String) -> Bool {
        (1...originBytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            }
    }

    /// Reads the wire's form.
    package init(_ wire: WireRelyingParty) throws(MalformedBytes) {
        try self.init(id: wire.id, origins: wire.origins)
    }

    /// The wire's form.
    package var wire: WireRelyingParty {
        var wire = WireRelyingParty()
        wire.id = id
        wire.origins = origins
        return wire
    }
}

/// What of an authenticator's answer the ledger does not take. The raw values stand in blocks.
package enum WebAuthnFault: String, Hashable, Sendable, CaseIterable {
    /// A document is cut, too long, or not as browsers write it.
    case malformed = "webauthn-malformed"
    /// Made to register a key, not to sign.
    case type = "webauthn-type"
    /// Another intent, purpose or hop.
    case challenge = "webauthn-challenge"
    /// Another page, or a page inside another one.
    case origin = "webauthn-origin"
    /// Another domain's.
    case relyingParty = "webauthn-relying-party"
    /// Nobody touched the authenticator, or it did not find out who.
    case userNotVerified = "webauthn-user-not-verified"
}

extension EStamp.WebAuthnEvidence {
    /// Hash of the RP ID, flags, counter (WebAuthn section 6.1).
    private static let authenticatorDataBytesMin = 37
    /// With extensions; what browsers send is far below.
    package static let documentBytesMax = 4096
    /// User present and user verified.
    private static let flags: UInt8 = 0b0000_0101

    /// What the authenticator signed (WebAuthn section 6.3.3).
    package var signedBytes: [UInt8] {
        authenticatorData + Digest.sha256(clientDataJSON).bytes
    }

    /// Checks all but the signature, in the order of WebAuthn section 7.2.
    package func fault(challenge: Digest, at party: RelyingParty) -> WebAuthnFault? {
        let limit = EStamp.WebAuthnEvidence.documentBytesMax
        guard clientDataJSON.count <= limit, authenticatorData.count <= limit,
            authenticatorData.count >= EStamp.WebAuthnEvidence.authenticatorDataBytesMin,
            let client = ClientData(clientDataJSON)
        else { return .malformed }
        guard client.type == "webauthn.get" else { return .type }
        guard client.challenge == Base64.encodeURL(challenge.bytes) else { return .challenge }
        guard !client.isCrossOrigin, party.origins.contains(client.origin) else { return .origin }
        guard Array(authenticatorData[..<32]) == Digest.sha256(Array(party.id.utf8)).bytes else {
            return .relyingParty
        }
        let flags = EStamp.WebAuthnEvidence.flags
        guard authenticatorData[32] & flags == flags else { return .userNotVerified }
        return nil
    }
}

/// What a browser says of the page that asked, read as WebAuthn section 5.8.1.2 has it for
/// verifiers without a whole JSON parser: type, challenge, origin and crossOrigin come first and in
/// this order, and whatever follows is covered by the signature and means nothing here.
private struct ClientData {
    let type: String
    let challenge: String
    let origin: String
    let isCrossOrigin: Bool

    init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        func skip(_ text: StaticString) -> Bool {
            let sought = text.withUTF8Buffer { Array($0) }
            guard rest.starts(with: sought) else { return false }
            rest = rest.dropFirst(sought.count)
            return true
        }
        func value() -> String? {
            guard let end = rest.firstIndex(of: UInt8(ascii: "\"")),
                rest[..<end].allSatisfy({ (0x20...0x7e).contains($0) && $0 != UInt8(ascii: "\\") })
            else { return nil }
            defer { rest = rest[(end + 1)...] }
            return String(decoding: rest[..<end], as: UTF8.self)
        }
        guard skip(#"{"type":""#), let type = value(), skip(#","challenge":""#),
            let challenge = value(), skip(#","origin":""#), let origin = value(),
            rest.last == UInt8(ascii: "}")
        else { return nil }
        self.type = type
        self.challenge = challenge
        self.origin = origin
        isCrossOrigin = skip(#","crossOrigin":true"#)
        // Some browsers leave it out where the page stands alone.
        if !isCrossOrigin { _ = skip(#","crossOrigin":false"#) }
        guard rest.first == UInt8(ascii: ",") || rest.count == 1 else { return nil }
    }
}
