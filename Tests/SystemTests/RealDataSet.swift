import Foundation
import Testing

/// The shared folders of real data, which lie beside the checkout where it is developed.
enum RealData {
    static let folder = CairnBinary.repository.deletingLastPathComponent()
        .appending(path: "shared/data")

    static let isThere = FileManager.default.fileExists(atPath: folder.path)

    static let missing: Comment = "../shared/data is not there: tests on real data are left out"

    static func path(_ name: String) -> String { folder.appending(path: name).path }

    /// The files below a folder, in order of their paths.
    static func files(_ name: String) throws -> [URL] {
        let place = folder.appending(path: name)
        return try FileManager.default.subpathsOfDirectory(atPath: place.path).sorted()
            .map { place.appending(path: $0) }
            .filter { try $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile ?? false }
    }
}

/// What `cairn load --json` says.
struct LoadReport {
    let exit: Int32
    let created: Int
    let existing: Int
    let failed: Int
    /// `file:entry: message`, the file without its folders.
    let failures: [String]

    init(_ result: CommandResult) throws {
        let json = try JSONText(Data(result.stdout.utf8))
        let number = { (name: String) in json[name]?.text.flatMap { Int($0) } }
        exit = result.exit
        created = try #require(number("created"), "\(result)")
        existing = try #require(number("existing"))
        failed = try #require(number("failed"))
        failures =
            json["failures"]?.items.map {
                let place = $0["place"]?.text?.split(separator: "/").last ?? ""
                return "\(place): \($0["message"]?.text ?? "")"
            } ?? []
    }
}

/// Resources that refer to each other, told apart by what they and their neighbours say, whatever
/// their ids are.
struct ResourceGraph {
    /// By `Type/id`, or by `urn:uuid:` where there is no id yet.
    private(set) var resources: [String: JSONText] = [:]
    /// How a reference's text leads to a key of `resources`; `nil` where it leads nowhere.
    private let resolve: (String) -> String?

    init(_ resources: [String: JSONText], resolve: @escaping (String) -> String?) {
        self.resources = resources
        self.resolve = resolve
    }

    /// References that lead nowhere, but should.
    var dangling: [String] {
        var found: [String] = []
        for resource in resources.values {
            _ = resource.mapReferences { text in
                if !text.hasPrefix("#"), target(text) == nil { found.append(text) }
                return text
            }
        }
        return found
    }

    private func target(_ text: String) -> String? {
        resolve(text).flatMap { resources[$0] == nil ? nil : $0 }
    }

    /// One label for each resource, how often it comes: content without id, meta and references at
    /// first, then in each round with the labels of what it refers to. Equal for two graphs when
    /// they say the same.
    func labels(rounds: Int) -> [Int: Int] {
        let plain = resources.mapValues { $0.without("id", "meta") }
        var labels = plain.mapValues { $0.mapReferences { _ in "" }.canonical.hashValue }
        for _ in 0..<rounds {
            labels = plain.mapValues { resource in
                resource.mapReferences { text in
                    target(text).flatMap { labels[$0] }.map(String.init) ?? text
                }.canonical.hashValue
            }
        }
        return labels.values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
}

/// The Synthea bundles as they are sent.
struct SyntheaInput {
    /// By full URL.
    private(set) var resources: [String: JSONText] = [:]
    /// By `Type?identifier=system|value`.
    private var byIdentifier: [String: String] = [:]

    init() throws {
        for file in try RealData.files("synthea-r4") {
            for entry in try JSONText(Data(contentsOf: file))["entry"]?.items ?? [] {
                guard let name = entry["fullUrl"]?.text, let resource = entry["resource"],
                    let type = resource["resourceType"]?.text
                else { continue }
                #expect(resources.updateValue(resource, forKey: name) == nil, "\(name) twice")
                for identifier in resource["identifier"]?.items ?? [] {
                    let system = identifier["system"]?.text ?? ""
                    let value = identifier["value"]?.text ?? ""
                    byIdentifier["\(type)?identifier=\(system)|\(value)"] = name
                }
            }
        }
    }

    var graph: ResourceGraph {
        let byIdentifier = byIdentifier
        return ResourceGraph(resources) { text in
            text.contains("?") ? byIdentifier[text] : text
        }
    }

    func all(_ type: String) -> [JSONText] {
        resources.values.filter { $0["resourceType"]?.text == type }
    }
}

extension Bench {
    /// All resources of a type, page by page; each must come once.
    func all(_ search: String, page: Int) async throws -> [String: JSONText] {
        var found: [String: JSONText] = [:]
        let mark = search.contains("?") ? "&" : "?"
        var next: String? = "/fhir/\(search)\(mark)_count=\(page)"
        var total: Int?
        while let path = next {
            let answer = try await client.get(path)
            let bundle = try JSONText(answer.body)
            total = total ?? bundle["total"]?.text.flatMap { Int($0) }
            let entries = bundle["entry"]?.items ?? []
            #expect(entries.count <= page)
            for resource in entries.compactMap({ $0["resource"] }) {
                let key = "\(resource["resourceType"]?.text ?? "")/\(resource["id"]?.text ?? "")"
                let isFirst = found.updateValue(resource, forKey: key) == nil
                #expect(isFirst, "\(key) came twice")
            }
            next = bundle["link"]?.items.first { $0["relation"]?.text == "next" }?["url"]?.text
            next = next.map { $0.replacing(server.url, with: "") }
        }
        #expect(total == found.count, "\(search)")
        return found
    }
}
