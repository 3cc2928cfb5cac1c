/// How long things may be. The limits only ever go down.
enum SizeRules {
    /// A file is one idea.
    static let fileLinesMax = 400
    /// A function fits a screen.
    static let functionLinesMax = 70
    static let lineCharactersMax = 100

    static func longFiles(_ files: [SourceFile], limit: Int = fileLinesMax) -> [Finding] {
        files.compactMap { file in
            let count = file.text.last == "\n" ? file.lines.count - 1 : file.lines.count
            guard count > limit else { return nil }
            return Finding(
                path: file.path, line: count, what: "\(count) lines; the limit is \(limit)")
        }
    }

    /// Lines of tests that hold a literal and little else are data, and pass.
    static func longLines(_ file: SourceFile) -> [Finding] {
        let code = SwiftCode(blanked: file.code).lines
        let mayHoldData = file.path.hasPrefix("Tests/")
        return file.lines.enumerated().compactMap { index, line in
            guard line.utf8.count > lineCharactersMax, line.count > lineCharactersMax else {
                return nil
            }
            let isComment = line.drop { $0 == " " }.hasPrefix("//")
            if mayHoldData, !isComment, code[index].filter({ $0 != " " }).count <= 12 { return nil }
            return Finding(
                path: file.path, line: index + 1,
                what: "\(line.count) characters; the limit is \(lineCharactersMax)")
        }
    }

    static func longFunctions(_ file: SourceFile) -> [Finding] {
        Functions.all(in: SwiftCode(blanked: file.code)).compactMap { function in
            guard function.lines > functionLinesMax else { return nil }
            return Finding(
                path: file.path, line: function.firstLine,
                what: "\(function.name) has \(function.lines) lines; "
                    + "the limit is \(functionLinesMax)")
        }
    }
}

/// Functions and initialisers with bodies, found by their words and braces.
struct Functions {
    struct Function: Equatable {
        let name: String
        let firstLine: Int
        let lines: Int
    }

    static func all(in code: SwiftCode) -> [Function] {
        let words = code.words
        return words.indices.compactMap { index in
            let (word, offset) = words[index]
            let before = offset > 0 ? code.bytes[offset - 1] : UInt8(ascii: "\n")
            guard before != UInt8(ascii: "."), before != UInt8(ascii: "`") else { return nil }
            let name: String
            switch word {
            case "func": name = index + 1 < words.count ? words[index + 1].text : "operator"
            case "init", "deinit": name = word
            default: return nil
            }
            guard let body = body(after: offset + word.utf8.count, in: code.bytes),
                let end = closing(body, in: code.bytes)
            else { return nil }
            let first = code.line(at: offset)
            return Function(name: name, firstLine: first, lines: code.line(at: end) - first + 1)
        }
    }

    /// The opening brace of the body, or `nil` for a declaration without one.
    private static func body(after start: Int, in bytes: [UInt8]) -> Int? {
        var depth = 0
        for position in start..<bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"):
                depth -= 1
                if depth < 0 { return nil }
            case UInt8(ascii: "{"): if depth == 0 { return position }
            case UInt8(ascii: "}"): if depth == 0 { return nil }
            case UInt8(ascii: "\n"):
                if depth == 0, startsDeclaration(bytes[(position + 1)...]) { return nil }
            default: break
            }
        }
        return nil
    }

    /// Whether a line starts another member: then the one before it was a requirement.
    private static func startsDeclaration(_ rest: ArraySlice<UInt8>) -> Bool {
        let line = rest.prefix { $0 != UInt8(ascii: "\n") }
        let text = String(decoding: line, as: UTF8.self)
        let first = text.split { $0 == " " || $0 == "(" }.first.map(String.init) ?? ""
        return [
            "func", "var", "let", "static", "mutating", "init", "associatedtype", "package",
            "public", "private", "@discardableResult", "case", "struct", "enum",
        ].contains(first)
    }

    private static func closing(_ open: Int, in bytes: [UInt8]) -> Int? {
        var depth = 0
        for position in open..<bytes.count {
            if bytes[position] == UInt8(ascii: "{") { depth += 1 }
            if bytes[position] == UInt8(ascii: "}") {
                depth -= 1
                if depth == 0 { return position }
            }
        }
        return nil
    }
}
