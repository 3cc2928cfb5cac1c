/// Folds text for searching: lower case, without accents.
///
/// Latin letters of Latin-1 and Latin Extended-A lose their accents by a table, ligatures fall
/// apart (`ß` is `ss`, `æ` is `ae`), combining marks are dropped; other scripts only change case.
/// The folding is part of the index: changing it means rebuilding the index.
package enum TextFolding {
    /// Base letter(s), then what folds to them.
    private static let groups: [(base: String, letters: String)] = [
        ("a", "àáâãäåāăąǎ"), ("c", "çćĉċč"), ("d", "ďđð"), ("e", "èéêëēĕėęěẽ"), ("g", "ĝğġģ"),
        ("h", "ĥħ"), ("i", "ìíîïĩīĭįıǐ"), ("j", "ĵ"), ("k", "ķĸ"), ("l", "ĺļľŀł"),
        ("n", "ñńņňŉŋ"), ("o", "òóôõöøōŏőǒ"), ("r", "ŕŗř"), ("s", "śŝşšșſ"), ("t", "ţťŧț"),
        ("u", "ùúûüũūŭůűųǔ"), ("w", "ŵ"), ("y", "ýÿŷỳ"), ("z", "źżž"), ("ss", "ß"),
        ("ae", "æ"), ("oe", "œ"), ("th", "þ"), ("ij", "ĳ"),
    ]

    private static let table: [Unicode.Scalar: String] = {
        var table: [Unicode.Scalar: String] = [:]
        for group in groups {
            for scalar in group.letters.unicodeScalars { table[scalar] = group.base }
        }
        return table
    }()

    /// The folded text.
    package static func fold(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            return String(decoding: text.utf8.map(ASCII.lowercased), as: UTF8.self)
        }
        var folded = ""
        folded.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            for lower in scalar.properties.lowercaseMapping.unicodeScalars {
                append(lower, to: &folded)
            }
        }
        return folded
    }

    private static func append(_ scalar: Unicode.Scalar, to folded: inout String) {
        if scalar.isASCII {
            folded.unicodeScalars.append(scalar)
        } else if let base = table[scalar] {
            folded += base
        } else if scalar.properties.generalCategory != .nonspacingMark {
            folded.unicodeScalars.append(scalar)
        }
    }
}
