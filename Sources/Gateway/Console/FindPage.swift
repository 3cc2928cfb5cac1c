import FHIR
import Hummingbird
import Node

/// GET /patients: find a patient by name, identifier or birth date.
extension Handlers {
    /// Patients on one page: more than that is a reason to type another letter.
    private static let shownMax = 50

    func findPatients(_ call: Call) throws -> Response {
        let parameters = FHIRParameters(try call.parameters())
        try parameters.requireOnly(["q"])
        let words = parameters.value("q") ?? ""
        guard words.utf8.count <= 400 else {
            throw NodeError(.badRequest, "the search is too long", hint: "use fewer words")
        }
        let found = try found(words)
        let page = page(
            call, title: words.isEmpty ? "Patients" : "Patients: \(words)", kind: "find",
            query: words)
        return Answer.page(
            page.html { html in
                html.element("h1", "Find a patient")
                FindPage.count(&html, words, found.count, isAll: found.count < Self.shownMax)
                guard !found.isEmpty else { return }
                html.element("ol", [("class", "people"), ("id", "results")]) { html in
                    for stored in found {
                        if let document = try? JSONDocument(parsing: stored.served()) {
                            FindPage.row(&html, stored.row.fhirID, document.root, nowMs: clock())
                        }
                    }
                }
            })
    }

    /// Names, an identifier or a date of birth; without words, who was changed last.
    private func found(_ words: String) throws -> [StoredVersion] {
        let typed = FindWords(words)
        guard typed.count <= FindWords.wordsMax else {
            throw NodeError(.badRequest, "the search is too long", hint: "use fewer words")
        }
        var sets = [[(name: String, value: String)]]()
        if typed.count == 0 { sets.append([("_sort", "-_lastUpdated")]) }
        let dates = typed.dates.map { (name: "birthdate", value: $0) }
        // An identifier is one word, and people are careless about its case.
        if typed.count == 1 {
            let word = words.filter { !$0.isWhitespace }
            for form in Set([word, word.uppercased(), word.lowercased()]).sorted() {
                sets.append([("identifier", FindPage.quoted(form))])
            }
        }
        if typed.count > 0 {
            sets.append(dates + typed.names.map { ("name:contains", FindPage.quoted($0)) })
        }
        var found = [StoredVersion]()
        for set in sets {
            let query = try SearchQuery(
                type: "Patient", parameters: set + [("_count", "\(Self.shownMax)")], base: nil)
            for version in try records.search(query).versions
            where !found.contains(where: { $0.row.record == version.row.record }) {
                found.append(version)
            }
        }
        return Array(found.prefix(Self.shownMax))
    }
}

/// The parts of the page.
enum FindPage {
    /// A search value in which nothing is a sign of FHIR's search language.
    static func quoted(_ text: String) -> String {
        var quoted = ""
        for character in text {
            if "\\$,|".contains(character) { quoted.append("\\") }
            quoted.append(character)
        }
        return quoted
    }

    static func count(_ html: inout HTML, _ words: String, _ count: Int, isAll: Bool) {
        html.element("p", [("class", "quiet"), ("role", "status")]) { html in
            switch (words.isEmpty, count) {
            case (true, 0):
                html.text("No patient is recorded at this member yet. The first one appears here.")
            case (true, _): html.text("The \(count) whose data changed last.")
            case (false, 0):
                html.text(
                    "Nobody is found for “\(words)”. Try a part of the name, a date of birth "
                        + "such as 17 May 1980, or a whole identifier.")
            case (false, _):
                html.text(isAll ? "\(count) found." : "The first \(count). Type more to narrow it.")
            }
        }
    }

    static func row(_ html: inout HTML, _ id: String, _ patient: JSONView, nowMs: UInt64) {
        html.element("li") { html in
            html.element("a", [("href", "/patients/\(id)")]) { html in
                html.element("span", [("class", "name")], patient["name"]?.humanName ?? "No name")
                html.element("span", [("class", "figures")], PatientPage.number(patient) ?? "")
                html.element(
                    "span", [("class", "quiet")],
                    Person.line(patient, today: FHIRTime.date(Int64(clamping: nowMs))))
            }
        }
    }
}

/// A patient in one line.
enum Person {
    /// "Woman, 42 years, born 3 March 1980".
    static func line(_ patient: JSONView, today: String) -> String {
        var parts = [String]()
        if let gender = patient["gender"]?.filled { parts.append(gender.capitalizedFirst) }
        if let birth = patient["birthDate"]?.filled {
            let died = patient["deceasedDateTime"]?.filled
            if let years = FHIRTime.years(from: birth, to: died ?? today), years >= 0 {
                parts.append(
                    years < 2 ? "\(max(months(birth, died ?? today), 0)) months" : "\(years) years")
            }
            parts.append("born \(FHIRTime.words(birth))")
            if let died { parts.append("died \(FHIRTime.words(died))") }
        }
        if patient["deceasedBoolean"]?.bool == true { parts.append("deceased") }
        return parts.joined(separator: ", ")
    }

    private static func months(_ birth: String, _ date: String) -> Int {
        guard let from = FHIRTime.range(birth)?.lowMs, let to = FHIRTime.range(date)?.lowMs else {
            return 0
        }
        return Int((to - from) / 2_629_800_000)
    }
}

extension String {
    /// With a capital first letter.
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
