import Foundation

/// How strings are compared in searches.
package enum IndexText {
    /// Without case and diacritics: "Müller" and "MULLER" fold to "muller".
    package static func fold(_ text: String) -> String {
        var isASCII = true
        var isFolded = true
        for byte in text.utf8 {
            if byte >= 0x80 { isASCII = false }
            if byte >= 0x41 && byte <= 0x5A { isFolded = false }
        }
        if isASCII { return isFolded ? text : text.lowercased() }
        return text.decomposedStringWithCanonicalMapping.folding(
            options: [.caseInsensitive, .diacriticInsensitive], locale: nil)
    }

    /// The first text behind all those that start with `prefix`, in the order of UTF-8 bytes; `nil`
    /// if there is none.
    static func end(ofPrefix prefix: String) -> String? {
        var scalars = Array(prefix.unicodeScalars)
        while let last = scalars.popLast() {
            // The surrogates are no scalars; behind U+10FFFF comes none.
            let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
            guard let scalar = Unicode.Scalar(next) else { continue }
            scalars.append(scalar)
            return String(String.UnicodeScalarView(scalars))
        }
        return nil
    }
}
