/// The one of two equivalent P-256 signatures that Cairn writes.
///
/// If (r, s) verifies, so does (r, n − s). Ledger bytes must have one form, so signers choose the
/// s that is at most n/2 (SEC 1 leaves it open; BIP 62 made the rule known). Signatures and n are
/// public, so comparing and subtracting need not take constant time.
enum LowSForm {
    /// The order n of P-256's base point (SP 800-186 section 3.2.1.3), big-endian.
    static let order: [UInt8] = [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
        0x25, 0x51,
    ]

    /// n / 2, rounded down, big-endian.
    static let halfOrder: [UInt8] = [
        0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31,
        0x92, 0xa8,
    ]

    /// Whether a 64-byte r‖s has s ≤ n/2; false for any other length.
    static func isLow(_ signature: [UInt8]) -> Bool {
        guard signature.count == KeyScheme.signatureSize else { return false }
        return !halfOrder.lexicographicallyPrecedes(signature[32...])
    }

    /// The same signature with s ≤ n/2: either the input or (r, n − s).
    static func normalise(_ signature: [UInt8]) -> [UInt8] {
        guard signature.count == KeyScheme.signatureSize, !isLow(signature) else {
            return signature
        }
        var result = signature
        var borrow = 0
        for position in stride(from: 31, through: 0, by: -1) {
            let difference = Int(order[position]) - Int(signature[32 + position]) - borrow
            borrow = difference < 0 ? 1 : 0
            result[32 + position] = UInt8(truncatingIfNeeded: difference)
        }
        return result
    }
}
