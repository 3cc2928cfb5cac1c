/// Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with
/// PURBs", PoPETs 2019, section 4): what a length is rounded up to before it is published. It leaks
/// O(log log L) bits and adds at most 12 per cent.
package enum Padme {
    /// The padded size of `sizeBytes`.
    package static func padded(_ sizeBytes: Int) -> Int {
        guard sizeBytes >= 2 else { return max(0, sizeBytes) }
        let exponent = Int.bitWidth - 1 - sizeBytes.leadingZeroBitCount
        let significant = Int.bitWidth - exponent.leadingZeroBitCount
        let mask = (1 << max(0, exponent - significant)) - 1
        return (sizeBytes + mask) & ~mask
    }
}
