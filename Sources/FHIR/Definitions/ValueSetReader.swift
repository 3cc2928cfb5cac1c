/// Builds the code tables out of `ValueSetTable`.
///
/// Lines: `V url` opens a value set; a line per code system follows, `system code code …`.
struct ValueSetReader {
    private(set) var codes = ByteTable(capacity: 4096)
    private(set) var valueSets: [ValueSetDefinition] = []

    init(_ text: StaticString) {
        var reader = LineReader(text)
        while let words = reader.nextLine() {
            if words[0].count == 1 {
                valueSets.append(ValueSetDefinition(url: reader.text(words[1])))
            } else if !valueSets.isEmpty {
                let numbers = words.map { codes.intern(reader.bytes, $0) }
                let last = valueSets.count - 1
                valueSets[last].systems.append((numbers[0], Set(numbers.dropFirst())))
                valueSets[last].codes = (valueSets[last].codes + numbers.dropFirst()).sorted()
            }
        }
    }
}
