/// Bounds on the JSON that the parser takes, so that hostile input costs no more than honest input.
package struct JSONLimits: Sendable, Equatable {
    /// Longest accepted document. The widest transactions that peers send are some 10 MiB; offsets
    /// are kept as 32-bit numbers, so this may never pass 4 GiB.
    package static let sizeBytesMax = 64 << 20
    /// Deepest accepted nesting. FHIR's own nesting stays below 40 levels; recursion needs a bound.
    package static let depthMax = 100
    /// Most values, keys counted too. Honest FHIR has one in some 12 bytes, so this is more than a
    /// body of 32 MiB holds; `[1,1,1,…]` has one in 2 bytes, and each costs 16 on the tape.
    package static let nodesMax = 4 << 20

    /// Longest document, in bytes.
    package var sizeBytes: Int
    /// Deepest nesting; a scalar alone has depth 0, `[]` has 1.
    package var depth: Int
    /// Most values and keys.
    package var nodes: Int

    /// Values beyond what the parser can represent are clamped.
    package init(
        sizeBytes: Int = JSONLimits.sizeBytesMax, depth: Int = JSONLimits.depthMax,
        nodes: Int = JSONLimits.nodesMax
    ) {
        self.sizeBytes = min(max(sizeBytes, 0), Int(UInt32.max) - 1)
        self.depth = max(depth, 1)
        self.nodes = max(nodes, 1)
    }

    /// The largest values.
    package static let `default` = JSONLimits()
}
