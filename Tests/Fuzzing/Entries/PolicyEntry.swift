import Contracts
import LedgerCore

/// A signature policy: its text, and its form on the ledger.
enum PolicyEntry {
    static func run(_ bytes: [UInt8]) throws -> Bool {
        var taken = false
        if let text = String(validating: bytes, as: UTF8.self),
            let policy = try? SignaturePolicy(text: text)
        {
            try check(policy)
            taken = true
        }
        if let wire = try? Wire.decode(
            WireSignaturePolicy.self, from: bytes, what: "policy",
            limitBytes: WireLimit.intentBytes),
            let policy = try? SignaturePolicy(wire)
        {
            try expectSame("policy", Wire.encode(policy.wire), bytes)
            try check(policy)
            taken = true
        }
        return taken
    }

    /// Printed and read again, by text and by the ledger's form, it is the same policy.
    private static func check(_ policy: SignaturePolicy) throws {
        let text = policy.text()
        try expectSame("policy text", try SignaturePolicy(text: text), policy)
        try expectSame("policy on the ledger", try SignaturePolicy(policy.wire), policy)
    }
}
