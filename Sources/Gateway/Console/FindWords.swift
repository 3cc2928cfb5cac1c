import FHIR

/// What somebody typed to find a patient, taken apart: dates of birth in the forms people write
/// them in, and words that are names or identifiers.
struct FindWords: Sendable, Hashable {
    /// As FHIR writes them: YYYY-MM-DD, YYYY-MM or YYYY.
    private(set) var dates: [String] = []
    private(set) var names: [String] = []

    /// All words count: one that is left out would find somebody else.
    static let wordsMax = 12

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september",
        "october", "november", "december",
    ]

    init(_ text: String) {
        var words = text.split(whereSeparator: \.isWhitespace).map(String.init)[...]
        while let word = words.popFirst() {
            let next = Array(words.prefix(2))
            if next.count == 2, let date = FindWords.date(word, next[0], next[1]) {
                dates.append(date)
                words = words.dropFirst(2)
            } else if let date = FindWords.date(word) {
                dates.append(date)
            } else {
                names.append(word)
            }
        }
    }

    /// How many words there are, a date being one.
    var count: Int { dates.count + names.count }

    /// 1968-08-06, 1968-08 and 1968; 6.8.1968.
    private static func date(_ word: String) -> String? {
        if word.first?.isNumber == true, word.utf8.count >= 4, FHIRTime.range(word) != nil {
            return word
        }
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        return date(day: String(parts[0]), month: Int(parts[1]), year: String(parts[2]))
    }

    /// 6 August 1968, 6 Aug 1968.
    private static func date(_ day: String, _ month: String, _ year: String) -> String? {
        let name = month.lowercased()
        guard name.utf8.count >= 3, let index = months.firstIndex(where: { $0.hasPrefix(name) })
        else { return nil }
        return date(day: day, month: index + 1, year: year)
    }

    private static func date(day: String, month: Int?, year: String) -> String? {
        guard let day = Int(day), let month, let year = Int(year), (1...31).contains(day),
            (1...12).contains(month), (1_000...9_999).contains(year)
        else { return nil }
        let text = "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
        return FHIRTime.range(text) == nil ? nil : text
    }
}
