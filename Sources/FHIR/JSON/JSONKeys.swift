/// Search for a key that stands twice in one object.
enum JSONKeys {
    /// Up to so many members pairs are compared (about as fast as any table); above, keys are
    /// sorted, so that an object of a million members costs n log n and not n².
    private static let pairwiseMax = 24

    /// Offset of the second of two equal keys of `object`, nil where all differ.
    static func duplicate(
        in nodes: UnsafeBufferPointer<JSONNode>, object: Int, count: Int,
        base: UnsafePointer<UInt8>
    ) -> Int? {
        guard count <= pairwiseMax else {
            return duplicateBySorting(in: nodes, object: object, count: count, base: base)
        }
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: pairwiseMax) { prints in
            var index = object + 1
            for member in 0..<count {
                let key = nodes[index]
                if key.escaped {
                    return duplicateBySorting(in: nodes, object: object, count: count, base: base)
                }
                let print = fingerprint(key, base)
                for earlier in 0..<member where prints[earlier] == print {
                    return duplicateBySorting(in: nodes, object: object, count: count, base: base)
                }
                prints[member] = print
                index = Int(nodes[index + 1].next)
            }
            return nil
        }
    }

    /// Equal for equal keys; for unequal ones of FHIR nearly never.
    private static func fingerprint(_ key: JSONNode, _ base: UnsafePointer<UInt8>) -> UInt64 {
        let start = Int(key.start) + 1
        let length = Int(key.end) - 1 - start
        if length >= 8 {
            let head = UnsafeRawPointer(base + start).loadUnaligned(as: UInt64.self)
            let tail = UnsafeRawPointer(base + start + length - 8).loadUnaligned(as: UInt64.self)
            return head &* 0x9E37_79B9_7F4A_7C15 ^ tail ^ UInt64(length)
        }
        var word: UInt64 = UInt64(length) << 56
        for offset in 0..<length {
            word |= UInt64(base[start + offset]) << UInt64(offset * 8)
        }
        return word
    }

    private static func duplicateBySorting(
        in nodes: UnsafeBufferPointer<JSONNode>, object: Int, count: Int,
        base: UnsafePointer<UInt8>
    ) -> Int? {
        var keys: [(text: [UInt8], start: Int)] = []
        keys.reserveCapacity(count)
        var index = object + 1
        for _ in 0..<count {
            let key = nodes[index]
            let raw = UnsafeBufferPointer(
                start: base + Int(key.start) + 1, count: Int(key.end - key.start) - 2)
            let text = key.escaped ? JSONText.unescape(raw) : Array(raw)
            keys.append((text, Int(key.start)))
            index = Int(nodes[index + 1].next)
        }
        keys.sort { left, right in
            left.text == right.text
                ? left.start < right.start : left.text.lexicographicallyPrecedes(right.text)
        }
        for position in 1..<keys.count where keys[position].text == keys[position - 1].text {
            return keys[position].start
        }
        return nil
    }
}
