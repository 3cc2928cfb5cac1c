import Foundation
import LedgerCore
import TestSupport
import Testing

@testable import Identity

/// Timestamps by `openssl ts`, and what is none.
@Suite(
    .serialized,
    .enabled(if: StampingAuthority.isThere, Comment(rawValue: StampingAuthority.absence)))
struct TimestampTests {
    private static let authority = Result { try StampingAuthority() }
    private let digest = Digest.sha256(Array("a signed note".utf8))

    private func roots(_ name: String = "root") throws -> TimestampAuthority {
        try TimestampAuthority(pem: try Self.authority.get().root(name))
    }

    private func request() -> TimestampRequest {
        var random = SystemRandomNumberGenerator()
        return TimestampRequest(digest: digest, using: &random)
    }

    private func answer(
        _ mode: String
    ) throws -> (request: TimestampRequest, response: [UInt8]) {
        let request = request()
        return (request, try Self.authority.get().reply(mode, to: try request.der))
    }

    private func failure(
        _ response: [UInt8], of request: TimestampRequest, by roots: TimestampAuthority
    ) async -> TimestampError? {
        do {
            _ = try await roots.check(response, of: request)
            return nil
        } catch { return error }
    }

    @Test(arguments: ["good", "rsa"]) func aTimestampHolds(mode: String) async throws {
        let (request, response) = try answer(mode)
        let timestamp = try await roots().check(response, of: request)
        let now = UInt64(Date().timeIntervalSince1970 * 1_000)
        #expect(timestamp.timeMs <= now + 2_000 && timestamp.timeMs + 60_000 > now)
        // Kept, and checked once more by somebody who knows no nonce.
        #expect(try await roots().check(response, of: digest).timeMs == timestamp.timeMs)
    }

    /// The signer's own certificate may be configured in the place of who issued it.
    @Test func aPinnedSignerHolds() async throws {
        let (request, response) = try answer("good")
        let pinned = try TimestampAuthority(pem: try Self.authority.get().root("good"))
        #expect(await failure(response, of: request, by: pinned) == nil)
        let other = try TimestampAuthority(pem: try Self.authority.get().root("rsa"))
        #expect(await failure(response, of: request, by: other) == .untrusted)
    }

    @Test(arguments: [
        ("nonce", TimestampError.wrongNonce), ("imprint", .wrongImprint), ("expired", .untrusted),
        ("foreign", .untrusted), ("purpose", .untrusted), ("refused", .refused),
        ("garbage", .malformed),
    ])
    func whatIsNoneIsNamed(mode: String, expected: TimestampError) async throws {
        let (request, response) = try answer(mode)
        #expect(await failure(response, of: request, by: try roots()) == expected)
    }

    @Test func anotherRequestsTimestampIsNone() async throws {
        let (_, response) = try answer("good")
        #expect(await failure(response, of: request(), by: try roots()) == .wrongNonce)
        var random = SystemRandomNumberGenerator()
        let other = TimestampRequest(digest: .zero, using: &random)
        #expect(await failure(response, of: other, by: try roots()) == .wrongImprint)
        await #expect(throws: TimestampError.wrongImprint) {
            try await roots().check(response, of: Digest.zero)
        }
    }

    @Test func foreignTimestampsHoldUnderTheirOwnAuthority() async throws {
        let (request, response) = try answer("foreign")
        #expect(await failure(response, of: request, by: try roots("another")) == nil)
    }

    /// Whatever bit is turned, it is no timestamp, or still the same one: a few bytes say how it
    /// came about, or are certificates that nobody needs. What is signed, and the signature, cannot
    /// be altered.
    @Test func alteredTimestampsAreNone() async throws {
        let (request, response) = try answer("good")
        let authority = try roots()
        let timeMs = try await authority.check(response, of: request).timeMs
        let parts = try TimestampParts(response: response)
        let guarded = try [
            parts.info, Array(parts.signer.attributes.dropFirst()), parts.signer.signature,
        ]
        .map { part in
            let start = try #require(
                response.indices.first { response[$0...].starts(with: part) })
            return start..<start + part.count
        }
        for position in response.indices {
            for bit in Soak.isOn ? Array(0..<8) : [position % 8] {
                var changed = response
                changed[position] ^= 1 << UInt8(bit)
                let read = try? await authority.check(changed, of: request)
                let place = "byte \(position) bit \(bit)"
                if let read { #expect(read.timeMs == timeMs, "\(place)") }
                if guarded.contains(where: { $0.contains(position) }) {
                    #expect(read == nil, "\(place)")
                }
            }
        }
    }

    @Test func truncatedAndLongerOnesAreNone() async throws {
        let (request, response) = try answer("good")
        let authority = try roots()
        for count in stride(from: 0, to: response.count, by: 7) {
            #expect(
                await failure(Array(response[..<count]), of: request, by: authority) == .malformed)
        }
        #expect(await failure(response + [0], of: request, by: authority) == .malformed)
        let large = [UInt8](repeating: 0x30, count: TimestampAuthority.responseBytesMax + 1)
        #expect(await failure(large, of: request, by: authority) == .malformed)
    }

    @Test func certificatesAreReadStrictly() throws {
        let pem = try Self.authority.get().root()
        #expect(throws: Never.self) { try TimestampAuthority(pem: pem + pem) }
        for bad in [
            "", "x", pem.replacingOccurrences(of: "CERT", with: "XERT"), String(pem.dropLast(40)),
        ] {
            #expect(throws: TimestampError.malformed) { try TimestampAuthority(pem: bad) }
        }
    }
}
