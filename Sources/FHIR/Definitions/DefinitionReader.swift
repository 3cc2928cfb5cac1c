/// Builds the lookup tables out of `DefinitionTable`. Runs once, at first use.
///
/// Lines: `R type …` is the next list of reference targets; `T name base` opens a type, whose lines
/// follow, `name min max-with-min types [>targets] [!value set]`; base is E, B, R or D for the four
/// base types whose elements it inherits, `-` for none, with a `*` where it is a concrete resource.
struct DefinitionReader {
    private(set) var symbols = ByteTable(capacity: 4096)
    private(set) var types: [TypeDefinition] = []
    private(set) var typeNumbers: [String: UInt16] = [:]
    private(set) var elements: [ElementDefinition] = []
    private(set) var targets: [Set<String>] = []

    private var reader: LineReader
    private var blocks: [Block] = []

    private struct Block {
        let type: Int
        let base: String?
        var lines: [[Range<Int>]]
    }

    private static let baseNames: [UInt8: String] = [
        UInt8(ascii: "E"): "Element", UInt8(ascii: "B"): "BackboneElement",
        UInt8(ascii: "R"): "Resource", UInt8(ascii: "D"): "DomainResource",
    ]

    init(_ text: StaticString) {
        reader = LineReader(text)
        for kind in PrimitiveKind.allCases {
            add(TypeDefinition(name: kind.rawValue, isResource: false, primitive: kind))
        }
        readBlocks()
        for index in blocks.indices { readElements(of: blocks[index]) }
    }

    private mutating func add(_ type: TypeDefinition) {
        typeNumbers[type.name] = UInt16(types.count)
        types.append(type)
    }

    private mutating func readBlocks() {
        while let words = reader.nextLine() {
            let isHeader = words[0].count == 1
            if isHeader, reader.bytes[words[0].lowerBound] == UInt8(ascii: "R") {
                targets.append(Set(words.dropFirst().map(reader.text)))
            } else if isHeader, reader.bytes[words[0].lowerBound] == UInt8(ascii: "T") {
                let base = reader.bytes[words[2].lowerBound]
                let name = reader.text(words[1])
                blocks.append(
                    Block(type: types.count, base: Self.baseNames[base], lines: []))
                add(TypeDefinition(name: name, isResource: words[2].count == 2, primitive: nil))
            } else if !blocks.isEmpty {
                blocks[blocks.count - 1].lines.append(words)
            }
        }
    }

    /// The lines of a type, those of the base types first.
    private func inheritedLines(of block: Block) -> [[Range<Int>]] {
        guard let base = block.base, let number = typeNumbers[base],
            let parent = blocks.first(where: { $0.type == Int(number) })
        else { return block.lines }
        return inheritedLines(of: parent) + block.lines
    }

    private mutating func readElements(of block: Block) {
        let start = elements.count
        for (group, words) in inheritedLines(of: block).prefix(GroupSet.capacity).enumerated() {
            readElement(words, type: block.type, group: UInt8(group))
        }
        elements[start...].sort { $0.symbol < $1.symbol }
        types[block.type].elements = start..<elements.count
    }

    private mutating func readElement(_ words: [Range<Int>], type owner: Int, group: UInt8) {
        let bytes = reader.bytes
        let isChoice = bytes[words[0].upperBound - 1] == UInt8(ascii: "]")
        let own = isChoice ? words[0].lowerBound..<words[0].upperBound - 3 : words[0]
        let name = symbols.intern(bytes, own)
        types[owner].groupNames.append(name)
        if bytes[words[1].lowerBound] != UInt8(ascii: "0") { types[owner].required.insert(group) }
        var targets: UInt16?
        var valueSet: UInt16?
        for word in words.dropFirst(3) {
            let number = UInt16(reader.number(word.lowerBound + 1..<word.upperBound))
            if bytes[word.lowerBound] == UInt8(ascii: ">") { targets = number }
            if bytes[word.lowerBound] == UInt8(ascii: "!") { valueSet = number }
        }
        for kind in reader.split(words[2], at: UInt8(ascii: ",")) {
            let isBackbone = bytes[kind.lowerBound] == UInt8(ascii: "@")
            let typeName = reader.text(isBackbone ? kind.lowerBound + 1..<kind.upperBound : kind)
            guard let number = typeNumbers[typeName] else { continue }
            elements.append(
                ElementDefinition(
                    symbol: isChoice ? choiceSymbol(own, kind) : name, name: name, type: number,
                    group: group, isChoice: isChoice,
                    isList: bytes[words[1].upperBound - 1] == UInt8(ascii: "*"),
                    valueSet: valueSet, targets: typeName == "Reference" ? targets : nil))
        }
    }

    /// `value` and `dateTime` give `valueDateTime`.
    private mutating func choiceSymbol(_ name: Range<Int>, _ type: Range<Int>) -> UInt16 {
        var joined = Array(reader.bytes[name])
        joined.append(contentsOf: reader.bytes[type])
        if joined[name.count] &- UInt8(ascii: "a") < 26 { joined[name.count] -= 0x20 }
        return symbols.intern(joined, 0..<joined.count)
    }
}
