import ArgumentParser
import CairnClient
import FHIR

/// `cairn search 'Type?parameter=value'`
struct SearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find resources; one line for each, or a Bundle with --json.",
        discussion: CommandStatus.discussion(
            examples: """
                  cairn search 'Patient?name=Fisher'
                  cairn search --all 'Observation?patient=7f3a&code=http://loinc.org|8480-6'
                  cairn search --json 'Patient?_summary=count'
                """))

    @Argument(help: "Type?parameters, as after the server's address.")
    var query: String

    @Flag(help: "Follow the pages to the end.")
    var all = false

    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func validate() throws {
        let path = query.prefix { $0 != "?" }
        guard !path.isEmpty else {
            throw ValidationError("the resource type is missing; write 'Type?parameters'")
        }
        guard case .search = Interaction(method: .get, path: String(path)) else {
            throw ValidationError("\(path) is no resource type; write 'Type?parameters'")
        }
    }

    func run() async throws {
        let (query, all, asJSON) = (query, all, output.json)
        try await server.withClient { client, _ in
            var target: String? = "/fhir/\(query)"
            var pages = SearchPages(isBundle: asJSON)
            while let page = target {
                let response = try await client.send(
                    ClientRequest(
                        .get, RequestTarget.encoded(page),
                        headers: [("Accept", "application/fhir+json")]))
                let root = try JSONDocument(parsing: response.body).root
                pages.add(root)
                let next = SearchPages.next(root, prefix: client.server.prefix)
                target = all && next != page ? next : nil
            }
            pages.end(isWhole: all)
        }
    }
}

/// What comes out of a search's pages: lines as they come, or one bundle at the end.
struct SearchPages {
    let isBundle: Bool
    private var total: String?
    private var entries: [[UInt8]] = []
    private var shown = 0
    /// The first page's.
    private var links: [[UInt8]]?
    /// Those without the one to the next page.
    private var ownLinks: [[UInt8]] = []
    private var hasNext = false

    init(isBundle: Bool) { self.isBundle = isBundle }

    mutating func add(_ bundle: JSONView) {
        total = bundle["total"]?.numberText ?? total
        let found = bundle["link"]?.elements.map { $0 } ?? []
        let own = found.filter { !($0["relation"]?.isString("next") ?? false) }
        hasNext = own.count < found.count
        if links == nil {
            links = found.map { Array($0.rawBytes) }
            ownLinks = own.map { Array($0.rawBytes) }
        }
        for entry in bundle["entry"]?.elementsOrSelf.map({ $0 }) ?? [] {
            if isBundle {
                entries.append(Array(entry.rawBytes))
            } else if let resource = entry["resource"] {
                Output.line(ResourceLine.text(resource))
                shown += 1
            }
        }
        if !isBundle, bundle["entry"] == nil, let total, total != "0" {
            Output.line("\(total) found")
        }
    }

    /// Ends the output: with the bundle, or on stderr with what was left out.
    ///
    /// - Parameter isWhole: all pages were read.
    func end(isWhole: Bool) {
        guard isBundle else {
            if let note { Output.error(TerminalText.escaped(note) + "\n") }
            return
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", "Bundle")
        writer.member("type", "searchset")
        if let total {
            writer.key("total")
            writer.raw(total.utf8)
        }
        // Nothing comes after all of the pages.
        array("link", isWhole ? ownLinks : links ?? [], &writer)
        array("entry", entries, &writer)
        writer.endObject()
        Output.json(writer.bytes)
    }

    /// That there is more than was shown; `nil` where that is all.
    var note: String? {
        guard hasNext else { return nil }
        return total.map { "\(shown) of \($0) shown; --all shows the rest" }
            ?? "\(shown) shown; --all shows the rest"
    }

    private func array(_ name: String, _ values: [[UInt8]], _ writer: inout JSONWriter) {
        guard !values.isEmpty else { return }
        writer.key(name)
        writer.beginArray()
        for value in values { writer.raw(value) }
        writer.endArray()
    }

    /// The path of the next page. Only path and query are taken from the link: whatever host it
    /// names, requests go to the server that was asked.
    static func next(_ bundle: JSONView, prefix: String) -> String? {
        let links = bundle["link"]?.elements.map { $0 } ?? []
        guard let link = links.first(where: { $0["relation"]?.isString("next") ?? false }),
            var url = link["url"]?.string
        else { return nil }
        for scheme in ["http://", "https://"] where url.hasPrefix(scheme) {
            let rest = url.dropFirst(scheme.count)
            url = rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
        }
        if !prefix.isEmpty, url.hasPrefix(prefix + "/") { url.removeFirst(prefix.count) }
        return url.hasPrefix("/") ? url : "/fhir/" + url
    }
}

/// A resource on one line: type and id, a date, a few words.
enum ResourceLine {
    /// Characters of the words.
    static let textMax = 80

    static func text(_ resource: JSONView) -> String {
        let type = resource["resourceType"]?.string ?? "?"
        let id = resource["id"]?.string ?? "?"
        return ["\(type)/\(id)", date(resource), words(resource)].compactMap { $0 }
            .filter { !$0.isEmpty }.joined(separator: "  ")
    }

    private static func date(_ resource: JSONView) -> String? {
        let names = [
            "effectiveDateTime", "performedDateTime", "onsetDateTime", "occurrenceDateTime",
            "authoredOn", "date", "issued", "recordedDate", "created", "birthDate",
        ]
        for name in names {
            if let date = resource[name]?.string { return String(date.prefix(10)) }
        }
        for name in ["period", "effectivePeriod", "performedPeriod", "billablePeriod"] {
            if let date = resource[name]?["start"]?.string { return String(date.prefix(10)) }
        }
        return resource["meta"]?["lastUpdated"]?.string.map { String($0.prefix(10)) }
    }

    private static func words(_ resource: JSONView) -> String? {
        var text = resource["name"].flatMap(name)
        for key in ["code", "vaccineCode", "medicationCodeableConcept", "type", "category"]
        where text == nil {
            text = resource[key]?.elementsOrSelf.first { _ in true }.flatMap(concept)
        }
        text = text ?? resource["description"]?.string
        return text.map { $0.count > textMax ? $0.prefix(textMax) + "…" : $0 }
    }

    private static func name(_ view: JSONView) -> String? {
        if let text = view.string { return text }
        guard let first = view.elementsOrSelf.first(where: { _ in true }) else { return nil }
        if let text = first["text"]?.string { return text }
        let given = first["given"]?.elements.compactMap(\.string) ?? []
        return (given + [first["family"]?.string].compactMap { $0 }).joined(separator: " ")
    }

    private static func concept(_ view: JSONView) -> String? {
        let coding = view["coding"]?.elements.first { _ in true }
        return view["text"]?.string ?? coding?["display"]?.string ?? coding?["code"]?.string
    }
}
