/// Where a tile lies in C2SP tlog-tiles: `<N>` or `<N>.p/<W>`, the index in groups of three digits,
/// all but the last of them after an `x`.
package struct TilePath: Hashable, Sendable {
    package let index: UInt64
    /// Hashes or entries that are asked for: 256, or fewer of a tile that still grew.
    package let width: Int

    /// Groups of three digits that a 64-bit index can have.
    private static let groupsMax = 7

    package init(index: UInt64, width: Int = LogTree.tileWidth) {
        self.index = index
        self.width = width
    }

    /// Reads the segments of a path; `nil` where they are not the one text of a tile.
    package init?(segments: [String]) {
        var groups = segments[...]
        var width = LogTree.tileWidth
        if groups.count >= 2, let tail = groups.dropLast().last, tail.hasSuffix(".p") {
            guard let text = groups.popLast(), let number = Int(text), String(number) == text,
                (1..<LogTree.tileWidth).contains(number)
            else { return nil }
            width = number
            groups[groups.endIndex - 1] = String(tail.dropLast(2))
        }
        guard (1...TilePath.groupsMax).contains(groups.count) else { return nil }
        var index: UInt64 = 0
        for (place, group) in groups.enumerated() {
            let isLast = place == groups.count - 1
            guard isLast || group.hasPrefix("x") else { return nil }
            let digits = isLast ? group[...] : group.dropFirst()
            guard digits.utf8.count == 3, let number = UInt64(digits),
                digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { return nil }
            let (high, overflow) = index.multipliedReportingOverflow(by: 1_000)
            let (sum, carry) = high.addingReportingOverflow(number)
            guard !overflow, !carry else { return nil }
            index = sum
        }
        self.init(index: index, width: width)
        // One tile has one path: no groups of zeros before the first that counts.
        guard self.segments == segments else { return nil }
    }

    /// The segments, in order.
    package var segments: [String] {
        var groups = [String]()
        var rest = index
        repeat {
            let digits = String(rest % 1_000)
            let padded = String(repeating: "0", count: 3 - digits.utf8.count) + digits
            groups.insert(groups.isEmpty ? padded : "x" + padded, at: 0)
            rest /= 1_000
        } while rest > 0
        guard width < LogTree.tileWidth else { return groups }
        groups[groups.count - 1] += ".p"
        return groups + [String(width)]
    }

    /// A bundle of entries: each after its length in two bytes, big-endian. An entry of Cairn's log
    /// is the digest that the leaf hash is made of, never what was digested.
    package static func bundle(_ entries: [Digest]) -> [UInt8] {
        entries.flatMap { [UInt8(Digest.size >> 8), UInt8(Digest.size & 0xff)] + $0.bytes }
    }
}
