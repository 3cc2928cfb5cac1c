import FoundationEssentials
import SwiftASN1

/// What is signed (RFC 3161 section 2.4.2, TSTInfo).
struct TimestampInfo {
    let algorithm: ASN1ObjectIdentifier
    let imprint: [UInt8]
    /// As a positive number's bytes; `nil` where there is none.
    let nonce: [UInt8]?
    let time: Date

    init(der: [UInt8]) throws {
        var parts = try TimestampParts.children(try DER.parse(der), .sequence)[...]
        guard parts.count >= 5, try Int(derEncoded: parts.removeFirst()) == 1 else {
            throw TimestampError.malformed
        }
        // The policy under which it was given is the authority's own matter.
        _ = try ASN1ObjectIdentifier(derEncoded: parts.removeFirst())
        let imprint = try TimestampParts.children(parts.removeFirst(), .sequence)
        try TimestampParts.require(imprint.count == 2)
        algorithm = try TimestampParts.algorithm(imprint[0])
        self.imprint = [UInt8](try ASN1OctetString(derEncoded: imprint[1]).bytes)
        try TimestampParts.require(parts.removeFirst().identifier == .integer)
        time = try TimestampInfo.date(try GeneralizedTime(derEncoded: parts.removeFirst()))
        // Accuracy and ordering come before the nonce, a name and extensions after it.
        nonce = try parts.first { $0.identifier == .integer }.map {
            try [UInt8](ArraySlice<UInt8>(derEncoded: $0))
        }
    }

    private static func date(_ time: GeneralizedTime) throws -> Date {
        var calendar = Calendar(identifier: .gregorian)
        guard let utc = TimeZone(secondsFromGMT: 0) else { throw TimestampError.malformed }
        calendar.timeZone = utc
        let components = DateComponents(
            year: time.year, month: time.month, day: time.day, hour: time.hours,
            minute: time.minutes, second: time.seconds)
        guard let date = calendar.date(from: components) else { throw TimestampError.malformed }
        return date.addingTimeInterval(time.fractionalSeconds)
    }
}
