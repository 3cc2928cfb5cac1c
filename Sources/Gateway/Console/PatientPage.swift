import FHIR
import Hummingbird
import LedgerCore
import Node

/// GET /patients/{id}: the answer first, then the frame that the timeline is drawn into.
extension Handlers {
    func patientPage(_ call: Call) throws -> Response {
        try requireNoQuery(call)
        let row = try patientRow(call)
        let document = try JSONDocument(parsing: try records.opened(row).served())
        let patient = document.root
        let name = patient["name"]?.humanName ?? "No name"
        let summary = try Summary(of: row.record, in: records)
        let page = page(
            call, title: name, kind: "patient", preload: "/patients/\(row.fhirID)/timeline")
        return Answer.page(
            page.html { html in
                html.element("article", [("data-patient", row.fhirID)]) { html in
                    html.element("header", [("class", "who")]) { html in
                        html.element("h1", name)
                        html.element("p") { html in
                            let today = FHIRTime.date(Int64(clamping: clock()))
                            html.text(Person.line(patient, today: today))
                            PatientPage.identifiers(&html, patient)
                        }
                    }
                    PatientPage.summary(&html, summary)
                    PatientPage.timeline(&html)
                }
                PatientPage.panel(&html)
            })
    }
}

/// The parts of the page.
enum PatientPage {
    /// The member's own number for a patient, or the first identifier that is shown.
    static func number(_ patient: JSONView) -> String? {
        guard let identifiers = patient["identifier"] else { return nil }
        let shown = identifiers.elements.filter { $0["system"]?.string != Records.personSystem }
        let own = shown.first { $0["type"]?.hasCode(["MR"]) ?? false }
        return (own ?? shown.first)?["value"]?.filled
    }

    static func identifiers(_ html: inout HTML, _ patient: JSONView) {
        guard let identifiers = patient["identifier"] else { return }
        var shown = Set<String>()
        for identifier in identifiers.elements where shown.count < 2 {
            guard let value = identifier["value"]?.filled,
                identifier["system"]?.string != Records.personSystem, shown.insert(value).inserted
            else { continue }
            html.element("span", [("class", "id")]) { html in
                html.text((identifier["type"]?.concept ?? "Identifier") + " ")
                html.element("span", [("class", "figures")], value)
            }
        }
    }

    static func summary(_ html: inout HTML, _ summary: Summary) {
        html.element("section", [("class", "summary"), ("aria-label", "Summary")]) { html in
            group(
                &html, "Allergies", "allergies", summary.allergies,
                empty: "None is recorded here. That does not say that there is none.")
            group(
                &html, "Problems", "problems", summary.problems,
                empty: "No active problem is recorded here.")
            group(
                &html, "Medication", "medication", summary.medication,
                empty: "No current medication is recorded here.")
            group(
                &html, "New", "new", summary.news,
                empty: "Nothing yet. What is written next appears here.")
        }
    }

    private static func group(
        _ html: inout HTML, _ title: String, _ id: String, _ lines: [Summary.Line], empty: String
    ) {
        html.element("section", [("class", id), ("aria-labelledby", "h-\(id)")]) { html in
            html.element("h2", [("id", "h-\(id)")]) { html in
                html.text(title)
                if lines.count > 1 {
                    html.element("span", [("class", "count")], " \(lines.count)")
                }
            }
            guard !lines.isEmpty else {
                html.element("p", [("class", "quiet")], empty)
                return
            }
            html.element("ul") { html in
                for line in lines.prefix(Summary.shownMax) { item(&html, line) }
            }
            guard lines.count > Summary.shownMax else { return }
            html.element("details") { html in
                html.element("summary", "\(lines.count - Summary.shownMax) more")
                html.element("ul") { html in
                    for line in lines.dropFirst(Summary.shownMax) { item(&html, line) }
                }
            }
        }
    }

    private static func item(_ html: inout HTML, _ line: Summary.Line) {
        html.element("li") { html in
            html.element(
                "a",
                [("href", "#\(line.reference)"), ("data-record", line.reference)]
            ) { html in
                html.element("span", [("class", line.isGrave ? "what grave" : "what")], line.what)
                if !line.more.isEmpty {
                    html.text(" ")
                    html.element("span", [("class", "quiet")], line.more)
                }
            }
        }
    }

    static func timeline(_ html: inout HTML) {
        html.element("section", [("class", "time"), ("aria-labelledby", "h-time")]) { html in
            html.element("div", [("class", "tools")]) { html in
                html.element("h2", [("id", "h-time")], "Timeline")
                html.element("div", [("role", "group"), ("aria-label", "Span")]) { html in
                    for (name, span) in [
                        ("All", "all"), ("10 years", "3652"), ("1 year", "365"), ("90 days", "90"),
                    ] {
                        html.element(
                            "button",
                            [("type", "button"), ("data-span", span), ("aria-pressed", "false")],
                            name)
                    }
                }
                html.element("div", [("role", "group"), ("aria-label", "Zoom")]) { html in
                    for (sign, name, act) in [("−", "Zoom out", "out"), ("+", "Zoom in", "in")] {
                        html.element(
                            "button",
                            [("type", "button"), ("data-zoom", act), ("aria-label", name)],
                            sign)
                    }
                }
            }
            html.raw("<div id=\"lanes\" class=\"lanes\" aria-busy=\"true\"></div>")
            html.raw("<p class=\"quiet\" id=\"lanes-state\" role=\"status\">Opening records…</p>")
        }
        html.element("section", [("class", "list"), ("aria-labelledby", "h-list")]) { html in
            html.element("div", [("class", "tools")]) { html in
                html.element("h2", [("id", "h-list")], "Records")
                html.raw("<label class=\"hidden\" for=\"kind\">Kind of record</label>")
                html.raw("<select id=\"kind\"><option value=\"\">All kinds</option></select>")
            }
            html.raw("<ol id=\"list\"></ol>")
            html.raw("<button type=\"button\" class=\"plain\" id=\"more\" hidden>Older</button>")
        }
    }

    static func panel(_ html: inout HTML) {
        html.raw("<aside id=\"panel\" class=\"panel\" aria-label=\"Record\" hidden></aside>")
    }
}
