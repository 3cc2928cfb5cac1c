/// One pass over the source that writes the tape. Recursion is bounded by the depth limit.
struct JSONParser {
    private let base: UnsafePointer<UInt8>
    private let count: Int
    private let depthMax: Int
    private let nodesMax: Int
    private var position = 0
    private var nodes: [JSONNode] = []

    /// About one node per so many source bytes, in compact FHIR: the first size of the tape.
    private static let bytesPerNode = 12

    static func parse(_ bytes: [UInt8], limits: JSONLimits) throws(JSONError) -> [JSONNode] {
        var outcome: Result<[JSONNode], JSONError> = .failure(JSONError(.empty, at: 0))
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress, buffer.count > 0 else { return }
            var parser = JSONParser(base: base, count: buffer.count, limits: limits)
            do throws(JSONError) {
                try parser.parseDocument()
                outcome = .success(parser.nodes)
            } catch {
                outcome = .failure(error)
            }
        }
        return try outcome.get()
    }

    private init(base: UnsafePointer<UInt8>, count: Int, limits: JSONLimits) {
        self.base = base
        self.count = count
        depthMax = limits.depth
        nodesMax = limits.nodes
        nodes.reserveCapacity(min(count / Self.bytesPerNode, limits.nodes) + 8)
    }

    private mutating func parseDocument() throws(JSONError) {
        skipWhitespace()
        guard position < count else { throw JSONError(.empty, at: position) }
        try parseValue(depth: 1)
        skipWhitespace()
        guard position == count else { throw JSONError(.trailingContent, at: position) }
    }

    private mutating func parseValue(depth: Int) throws(JSONError) {
        switch try peek() {
        case UInt8(ascii: "{"): try parseObject(depth: depth)
        case UInt8(ascii: "["): try parseArray(depth: depth)
        case UInt8(ascii: "\""): try parseString()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try parseNumber()
        case UInt8(ascii: "t"): try parseLiteral("true", kind: .boolean)
        case UInt8(ascii: "f"): try parseLiteral("false", kind: .boolean)
        case UInt8(ascii: "n"): try parseLiteral("null", kind: .null)
        default: throw JSONError(.unexpectedByte, at: position)
        }
    }

    // MARK: Containers

    private mutating func parseObject(depth: Int) throws(JSONError) {
        let node = try openContainer(.object, depth: depth)
        var members = 0
        if try peek() == UInt8(ascii: "}") {
            return closeContainer(node)
        }
        while true {
            guard try peek() == UInt8(ascii: "\"") else {
                throw JSONError(.unexpectedByte, at: position)
            }
            try parseString()
            skipWhitespace()
            guard try peek() == UInt8(ascii: ":") else {
                throw JSONError(.unexpectedByte, at: position)
            }
            position += 1
            skipWhitespace()
            try parseValue(depth: depth + 1)
            members += 1
            if try endsContainer(UInt8(ascii: "}")) { break }
        }
        closeContainer(node)
        try refuseDuplicateKeys(of: node, count: members)
    }

    private mutating func parseArray(depth: Int) throws(JSONError) {
        let node = try openContainer(.array, depth: depth)
        if try peek() == UInt8(ascii: "]") {
            return closeContainer(node)
        }
        while true {
            try parseValue(depth: depth + 1)
            if try endsContainer(UInt8(ascii: "]")) { break }
        }
        closeContainer(node)
    }

    private mutating func openContainer(_ kind: JSONKind, depth: Int) throws(JSONError) -> Int {
        guard depth <= depthMax else { throw JSONError(.tooDeep, at: position) }
        let node = nodes.count
        try append(kind, start: position, end: position, escaped: false)
        position += 1
        skipWhitespace()
        return node
    }

    private mutating func closeContainer(_ node: Int) {
        position += 1
        nodes[node].end = UInt32(truncatingIfNeeded: position)
        nodes[node].next = UInt32(truncatingIfNeeded: nodes.count)
    }

    /// Past a comma: false, at the next value. At the closing byte: true, and still on it.
    private mutating func endsContainer(_ close: UInt8) throws(JSONError) -> Bool {
        skipWhitespace()
        let byte = try peek()
        if byte == close { return true }
        guard byte == UInt8(ascii: ",") else { throw JSONError(.unexpectedByte, at: position) }
        position += 1
        skipWhitespace()
        return false
    }

    private func refuseDuplicateKeys(of object: Int, count members: Int) throws(JSONError) {
        guard members > 1 else { return }
        let duplicate = nodes.withUnsafeBufferPointer {
            JSONKeys.duplicate(in: $0, object: object, count: members, base: base)
        }
        if let duplicate {
            throw JSONError(.duplicateKey, at: duplicate)
        }
    }

    // MARK: Scalars

    private mutating func parseString() throws(JSONError) {
        let start = position
        let scan = try JSONStringScanner.scan(base, from: position, count: count)
        position = scan.end
        try append(.string, start: start, end: scan.end, escaped: scan.escaped)
    }

    private mutating func parseNumber() throws(JSONError) {
        let start = position
        if base[position] == UInt8(ascii: "-") { position += 1 }
        guard position < count else { throw JSONError(.unexpectedEnd, at: position) }
        if base[position] == UInt8(ascii: "0") {
            position += 1
        } else {
            try skipDigits()
        }
        if position < count, base[position] == UInt8(ascii: ".") {
            position += 1
            try skipDigits()
        }
        if position < count, base[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < count,
                base[position] == UInt8(ascii: "+") || base[position] == UInt8(ascii: "-")
            {
                position += 1
            }
            try skipDigits()
        }
        try append(.number, start: start, end: position, escaped: false)
    }

    private mutating func skipDigits() throws(JSONError) {
        let start = position
        while position < count, base[position] &- UInt8(ascii: "0") < 10 {
            position += 1
        }
        guard position > start else {
            throw JSONError(position < count ? .badNumber : .unexpectedEnd, at: position)
        }
    }

    private mutating func parseLiteral(_ word: StaticString, kind: JSONKind) throws(JSONError) {
        let start = position
        for offset in 0..<word.utf8CodeUnitCount {
            guard position < count else { throw JSONError(.unexpectedEnd, at: position) }
            guard base[position] == word.utf8Start[offset] else {
                throw JSONError(.badLiteral, at: position)
            }
            position += 1
        }
        try append(kind, start: start, end: position, escaped: false)
    }

    // MARK: Bytes

    private mutating func append(
        _ kind: JSONKind, start: Int, end: Int, escaped: Bool
    ) throws(JSONError) {
        guard nodes.count < nodesMax else { throw JSONError(.tooMany, at: start) }
        let next = nodes.count + 1
        nodes.append(
            JSONNode(
                start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end),
                next: UInt32(truncatingIfNeeded: next), kind: kind, escaped: escaped))
    }

    private func peek() throws(JSONError) -> UInt8 {
        guard position < count else { throw JSONError(.unexpectedEnd, at: position) }
        return base[position]
    }

    private mutating func skipWhitespace() {
        while position < count {
            switch base[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }
}
