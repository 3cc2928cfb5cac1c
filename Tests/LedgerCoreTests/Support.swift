import LedgerCore
import Testing

/// The digest of a number: distinct, reproducible leaves.
func leaf(_ number: Int) -> Digest { Digest.sha256(Array("leaf \(number)".utf8)) }

func leaves(_ count: Int) -> [Digest] { (0..<count).map(leaf) }

func hex(_ text: String) throws -> [UInt8] { try #require(Hex.decode(text)) }

/// RFC 6962 section 2.1 word for word, over leaves of any length.
enum NaiveLog {
    static func root(_ leaves: ArraySlice<[UInt8]>) -> Digest {
        if leaves.isEmpty { return Digest.sha256([]) }
        if leaves.count == 1 { return Digest.sha256([0] + leaves[leaves.startIndex]) }
        let middle = leaves.startIndex + split(leaves.count)
        let left: [UInt8] = root(leaves[..<middle]).bytes
        let right: [UInt8] = root(leaves[middle...]).bytes
        return Digest.sha256([1] + left + right)
    }

    static func path(_ index: Int, _ leaves: ArraySlice<[UInt8]>) -> [Digest] {
        guard leaves.count > 1 else { return [] }
        let width = split(leaves.count)
        let middle = leaves.startIndex + width
        return index < width
            ? path(index, leaves[..<middle]) + [root(leaves[middle...])]
            : path(index - width, leaves[middle...]) + [root(leaves[..<middle])]
    }

    private static func split(_ count: Int) -> Int {
        var width = 1
        while width * 2 < count { width *= 2 }
        return width
    }
}
