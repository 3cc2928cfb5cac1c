import Foundation
import Testing

@Suite("What commands print can be used", .serialized)
struct CommandOutputTests {
    @Test func tokenWorksForOtherPrograms() async throws {
        let bench = try await Bench.start("output")
        let id = try await bench.create("Patient", Sample.patient(family: "Okafor"))
        let token = try await bench.server.token()
        let curl = try ChildProcess(
            "/usr/bin/env",
            [
                "curl", "-s", "-H", "Authorization: Bearer \(token)",
                "\(bench.server.url)/fhir/Patient/\(id)",
            ])
        let result = try await curl.result(timeoutSeconds: 30)
        #expect(result.exit == 0 && result.stdout.contains("Okafor"), "\(result)")
        let json = try JSONText(
            Data(try await bench.server.run(["token", "--json"]).stdout.utf8))
        #expect(json["token"]?.text?.isEmpty == false)
        #expect(json["expiresInSeconds"]?.text == "900")
    }

    @Test func getPrintsResourcesVersionsAndFiles() async throws {
        let bench = try await Bench.start("output")
        let id = try await bench.create(
            "Observation", Sample.observation(subject: "Patient/none", value: "1.00"))
        let shown = try await bench.server.run(["get", "Observation/\(id)"])
        #expect(shown.exit == 0 && shown.stdout.contains("\n    \"value\": 1.00\n"), "\(shown)")
        let raw = try await bench.server.run(["get", "Observation/\(id)", "--raw"])
        #expect(raw.stdout == (try await bench.client.get("/fhir/Observation/\(id)").text))
        let version = try await bench.server.run(["get", "Observation/\(id)/_history/1"])
        #expect(version.stdout == shown.stdout)

        let text = "line one\nline two\n"
        let file = try bench.file("note.txt", text)
        #expect(try await bench.server.run(["load", file]).exit == 0)
        let document = try #require(
            try await bench.client.get("/fhir/DocumentReference").resources.first)
        let content = (document["content"] as? [[String: Any]])?.first?["attachment"]
        let url = try #require((content as? [String: Any])?["url"] as? String)
        #expect(try await bench.server.run(["get", url]).stdout == text)
    }

    @Test func searchPrintsALineForEachOrABundle() async throws {
        let bench = try await Bench.start("output")
        for number in 0..<45 {
            _ = try await bench.create("Patient", Sample.patient(family: "Okafor\(number)"))
        }
        let all = try await bench.server.run(["search", "--all", "Patient?name=okafor&_count=10"])
        let lines = Set(all.stdout.split(separator: "\n"))
        #expect(lines.count == 45 && lines.allSatisfy { $0.hasPrefix("Patient/") }, "\(all)")
        let page = try await bench.server.run(["search", "Patient?name=okafor&_count=10"])
        #expect(page.stdout.split(separator: "\n").count == 10)
        #expect(page.stderr == "10 of 45 shown; --all shows the rest\n")
        #expect(all.stderr.isEmpty, "\(all)")
        let first = try JSONText(
            Data(
                try await bench.server.run(["search", "--json", "Patient?_count=10"]).stdout.utf8))
        #expect(first["link"]?.items.map { $0["relation"]?.text } == ["self", "next"])
        let json = try JSONText(
            Data(
                try await bench.server.run(["search", "--json", "--all", "Patient?_count=10"])
                    .stdout.utf8))
        #expect(json["resourceType"]?.text == "Bundle")
        #expect(json["total"]?.text == "45" && json["entry"]?.items.count == 45)
        #expect(json["link"]?.items.map { $0["relation"]?.text } == ["self"])
        let count = try await bench.server.run(["search", "Patient?_summary=count"])
        #expect(count.stdout == "45 found\n")
        let none = try await bench.server.run(["search", "Patient?name=nobody"])
        #expect(none.exit == 0 && none.stdout.isEmpty)
    }

    @Test func peopleAreShownLineByLine() async throws {
        let bench = try await Bench.start("output")
        let shown = try await bench.server.run(["person", "show"])
        #expect(shown.exit == 0 && shown.stdout.contains("\nkeys:\n  - id: "), "\(shown)")
        let list = try await bench.server.run(["person", "list"])
        #expect(list.stdout.hasSuffix("  1 key\n"), "\(list)")
    }

    @Test func transactionsAndHeadAreShown() async throws {
        let bench = try await Bench.start("output")
        let made = try await bench.client.send(
            "POST", "/fhir/Patient", Data(Sample.patient(family: "Okafor").utf8))
        let id = try #require(made.headers["cairn-transaction"])
        let shown = try await bench.server.run(["transaction", id, "--json"])
        let json = try JSONText(Data(shown.stdout.utf8))
        #expect(json["id"]?.text == id)
        #expect(
            json["writes"]?.items.first?["record"]?.text == made.headers["cairn-record"])
        let out = bench.folder.url("transaction.bin").path
        #expect(try await bench.server.run(["transaction", id, "--out", out]).exit == 0)
        // Nothing of the patient stands in what the ledger keeps.
        let bytes = try Data(contentsOf: URL(filePath: out))
        #expect(bytes.count > 100 && bytes.range(of: Data("Okafor".utf8)) == nil)
        let head = try JSONText(
            Data(try await bench.server.run(["head", "--json"]).stdout.utf8))
        #expect(head["logSize"]?.text == "\(try await bench.logSize())")
        #expect(head["checkpoint"]?.text?.contains("/main\n") == true)
    }

    @Test func benchEndsWithItsFigures() async throws {
        let result = try await CairnBinary.run(
            ["bench", "ledger", "--seconds", "2", "--json"], timeoutSeconds: 120)
        #expect(result.exit == 0, "\(result)")
        let last = try #require(result.stdout.split(separator: "\n").last)
        let figures = try JSONText(Data(last.utf8))
        #expect(figures["name"]?.text == "ledger")
        #expect(figures["unit"]?.text?.isEmpty == false)
        #expect(figures["machine"]?.text?.isEmpty == false)
        for name in ["value", "bound", "ratio", "p50_ms", "p99_ms", "fsync_p99_ms"] {
            guard case .number(let text) = figures[name], let number = Double(text) else {
                Issue.record("\(name) is no number: \(last)")
                continue
            }
            #expect(number > 0, "\(name)")
        }
    }
}
