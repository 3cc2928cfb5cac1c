import HTTPTypes
import LedgerCore

/// Names of requests: random, so that they say nothing, and short, so that a person can read one
/// out.
enum RequestName {
    static func fresh() -> String {
        var random = SystemRandomNumberGenerator()
        return Hex.encode(withUnsafeBytes(of: random.next() as UInt64) { [UInt8]($0) })
    }
}

extension HTTPField.Name {
    /// Names of our own are constants of valid characters; the fallback is never taken.
    static func own(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .via }

    /// The first Host of a request is its authority; a second one stays among the fields.
    static let secondHost = own("Host")
    static let requestID = own("X-Request-Id")
    static let cairnTransaction = own("Cairn-Transaction")
    static let cairnRecord = own("Cairn-Record")
    static let cairnVersion = own("Cairn-Version")
    static let cairnReceipt = own("Cairn-Receipt")
    static let cairnStamp = own("Cairn-Stamp")
    static let idempotencyKey = own("Idempotency-Key")
    static let idempotencyReplayed = own("Idempotency-Replayed")
    static let ifNoneExist = own("If-None-Exist")
    static let prefer = own("Prefer")
    static let preferenceApplied = own("Preference-Applied")
}
