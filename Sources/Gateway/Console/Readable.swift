import FHIR

/// What FHIR's data types say to a person: sentences before codes.
extension JSONView {
    /// A CodeableConcept, or the first of several: its text, else a coding's display, else a code.
    var concept: String? {
        guard let one = elementsOrSelf.first(where: { _ in true }) else { return nil }
        if let text = one["text"]?.filled { return text }
        var codings = one["coding"]?.elements
        var code: String?
        while let coding = codings?.next() {
            if let display = coding["display"]?.filled { return display }
            code = code ?? coding["code"]?.filled
        }
        return code ?? one["display"]?.filled ?? one["code"]?.filled
    }

    /// Whether a CodeableConcept, or one of several, has one of these codes, whatever the system.
    func hasCode(_ codes: Set<String>) -> Bool {
        for one in elementsOrSelf {
            guard let codings = one["coding"] else { continue }
            for coding in codings.elements {
                if let code = coding["code"]?.string, codes.contains(code) { return true }
            }
        }
        return false
    }

    /// The first code of a CodeableConcept.
    var code: String? {
        for one in elementsOrSelf {
            guard let codings = one["coding"] else { continue }
            for coding in codings.elements {
                if let code = coding["code"]?.filled { return code }
            }
        }
        return nil
    }

    /// A string that is not empty.
    var filled: String? { string.flatMap { $0.isEmpty ? nil : $0 } }

    /// The first element of an array, or the value itself.
    var first: JSONView? { elementsOrSelf.first(where: { _ in true }) }

    /// A Quantity's unit as people write it.
    var unit: String? { self["unit"]?.filled ?? self["code"]?.filled }

    /// A HumanName, or the one of several that counts.
    var humanName: String? {
        var best: (rank: Int, text: String)?
        for name in elementsOrSelf {
            guard let text = JSONView.oneName(name) else { continue }
            let rank = ["official": 0, "usual": 1][name["use"]?.string ?? ""] ?? 2
            if rank < best?.rank ?? .max { best = (rank, text) }
        }
        return best?.text
    }

    private static func oneName(_ name: JSONView) -> String? {
        if let text = name["text"]?.filled { return text }
        var parts = [String]()
        for key in ["prefix", "given"] {
            if let values = name[key] { parts += values.elements.compactMap(\.filled) }
        }
        if let family = name["family"]?.filled { parts.append(family) }
        return parts.isEmpty ? nil : parts.joined(separator: " ")
    }

    /// A decimal without trailing zeros that nobody measured: the digits as sent, at most `places`
    /// behind the point.
    func decimal(places: Int) -> String? {
        guard let text = numberText else { return nil }
        let parts = text.split(separator: ".")
        guard parts.count == 2, !text.contains("e"), !text.contains("E"),
            parts[1].count > places, let value = Double(text)
        else { return text }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        return "\(rounded)"
    }
}

/// What a resource says in one line.
struct Reading {
    let resource: JSONView

    /// What it is about: "Body weight", "Asthma", "Amoxicillin 250 mg".
    var title: String {
        let type = resource["resourceType"]?.string ?? "Record"
        if type == "DocumentReference",
            let title = resource["description"]?.filled
                ?? resource["content"]?.first?["attachment"]?["title"]?.filled
        {
            return title
        }
        for key in Reading.titleKeys {
            if let found = resource[key]?.concept { return found }
        }
        return resource["title"]?.filled ?? resource["name"]?.humanName
            ?? resource["medicationReference"]?["display"]?.filled
            ?? Reading.words(type)
    }

    /// When it happened, as written; its end, where it has one.
    var time: (start: String?, end: String?) {
        for key in Reading.timeKeys {
            guard let value = resource[key] else { continue }
            if let text = value.filled {
                return (text, resource["abatementDateTime"]?.filled)
            }
            if value.kind == .object, let start = value["start"]?.filled {
                return (start, value["end"]?.filled)
            }
        }
        return (nil, nil)
    }

    /// What it found, in words; `nil` where there is nothing beyond the title.
    var finding: String? {
        if let value = Reading.value(of: resource) { return value }
        if let components = resource["component"] {
            let parts = components.elements.compactMap { part in
                Reading.value(of: part).map { value in
                    "\(part["code"]?.concept ?? "?") \(value)"
                }
            }
            if !parts.isEmpty { return parts.joined(separator: ", ") }
        }
        return resource["conclusion"]?.filled ?? resource["reasonCode"]?.concept
    }

    /// How it stands: active, completed, final.
    var state: String? { resource["clinicalStatus"]?.code ?? resource["status"]?.filled }

    private static func value(of part: JSONView) -> String? {
        if let quantity = part["valueQuantity"] {
            guard let number = quantity["value"]?.decimal(places: 2) else { return nil }
            let sign = quantity["comparator"]?.string ?? ""
            return [sign + number, quantity.unit ?? ""].filter { !$0.isEmpty }
                .joined(separator: " ")
        }
        if let value = part["valueBoolean"]?.bool { return value ? "yes" : "no" }
        return part["valueCodeableConcept"]?.concept ?? part["valueString"]?.filled
            ?? part["valueInteger"]?.numberText ?? part["valueDateTime"]?.filled.map(FHIRTime.words)
    }

    /// "DiagnosticReport" as "Diagnostic report".
    static func words(_ name: String) -> String {
        var words = ""
        for character in name {
            if character.isUppercase, !words.isEmpty {
                words += " " + character.lowercased()
            } else {
                words.append(character)
            }
        }
        return words
    }

    private static let titleKeys = [
        "code", "vaccineCode", "medicationCodeableConcept", "modality", "type", "category", "class",
        "service", "serviceType", "scope", "relationship",
    ]

    private static let timeKeys = [
        "effectiveDateTime", "effectivePeriod", "effectiveInstant", "onsetDateTime", "onsetPeriod",
        "performedDateTime", "performedPeriod", "occurrenceDateTime", "occurrencePeriod", "period",
        "started", "start", "startDate", "authoredOn", "authored", "createdDateTime", "created",
        "date", "dateTime", "sent", "recordedDate", "issued", "recorded", "whenHandedOver",
        "servicedPeriod", "billablePeriod",
    ]
}
