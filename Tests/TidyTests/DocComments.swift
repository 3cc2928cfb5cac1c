/// Declarations for other targets that nobody documented.
enum DocComments {
    private static let kinds: Set<String> = [
        "func", "struct", "enum", "class", "actor", "protocol",
    ]
    /// Requirements of the standard library's protocols: documented there.
    private static let standard: Set<String> = [
        "hash", "next", "makeIterator", "makeAsyncIterator", "encode", "==", "<",
    ]

    /// - Parameter requirements: functions that a protocol of the same target asks for; what
    ///   implements them is documented there.
    static func undocumented(
        in file: SourceFile, requirements: Set<String> = []
    ) -> [Finding] {
        let raw = file.lines.map(String.init)
        let lines = SwiftCode(blanked: file.code).lines
        return lines.indices.compactMap { index in
            guard let name = declaration(lines[index]), !requirements.contains(name) else {
                return nil
            }
            return isDocumented(raw, above: index)
                ? nil
                : Finding(path: file.path, line: index + 1, what: "\(name) has no doc comment")
        }
    }

    /// Names of functions declared in protocols.
    static func requirements(in file: SourceFile) -> Set<String> {
        var names: Set<String> = []
        var isInside = false
        for line in SwiftCode(blanked: file.code).lines {
            let parts = line.split { $0 == " " || $0 == "(" || $0 == "<" }.map(String.init)
            if parts.contains("protocol") { isInside = true }
            if line.hasPrefix("}") { isInside = false }
            if isInside, let place = parts.firstIndex(of: "func"), place + 1 < parts.count {
                names.insert(parts[place + 1])
            }
        }
        return names
    }

    /// The name that a `package` or `public` line declares, or `nil`.
    private static func declaration(_ line: String) -> String? {
        let parts = line.replacing(" func < ", with: " func == ")
            .split { $0 == " " || $0 == "(" || $0 == "<" || $0 == ":" }.map(String.init)
        guard let kind = parts.firstIndex(where: kinds.contains), kind + 1 < parts.count,
            parts[..<kind].contains(where: { $0 == "package" || $0 == "public" }),
            !parts[..<kind].contains("override"), !parts[..<kind].contains("import")
        else { return nil }
        return standard.contains(parts[kind + 1]) ? nil : parts[kind + 1]
    }

    /// Whether a doc comment stands above, attributes between them aside.
    private static func isDocumented(_ raw: [String], above index: Int) -> Bool {
        var above = index - 1
        while above >= 0 {
            let line = raw[above].drop { $0 == " " }
            if line.hasPrefix("///") { return true }
            guard line.hasPrefix("@") else { return false }
            above -= 1
        }
        return false
    }
}
