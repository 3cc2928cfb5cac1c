import Foundation
import Testing

@Suite("A load stores what the files say, once", .serialized)
struct CommandLoadTests {
    /// What `cairn load --json` counted.
    private struct Counts: Equatable {
        var created = 0
        var updated = 0
        var existing = 0
        var failed = 0
    }

    private func load(_ bench: Bench, _ arguments: String...) async throws -> Counts {
        let result = try await bench.server.run(["load", "--json"] + arguments)
        let json = try JSONText(Data(result.stdout.utf8))
        func number(_ name: String) throws -> Int {
            try #require(json[name]?.text.flatMap { Int($0) }, "\(name): \(result)")
        }
        return Counts(
            created: try number("created"), updated: try number("updated"),
            existing: try number("existing"), failed: try number("failed"))
    }

    /// Version and `active` of the newest version.
    private func newest(_ bench: Bench, _ path: String) async throws -> String {
        let object = try await bench.client.get("/fhir/\(path)").object
        let version = (object["meta"] as? [String: Any])?["versionId"] as? String
        let active = object["active"] as? Bool
        return "\(version ?? "none") \(active.map { "\($0)" } ?? "none")"
    }

    /// The server's state decides, not what was sent once: nothing is lost in silence.
    @Test(arguments: ["chg.json", "chg.ndjson", "bundle.json"])
    func whatWasChangedOrDeletedIsStoredAgain(_ name: String) async throws {
        let bench = try await Bench.start("load")
        func write(_ active: Bool) throws -> String {
            let patient = #"{"resourceType":"Patient","id":"chg","active":\#(active)}"#
            let bundle =
                #"{"resourceType":"Bundle","type":"collection","entry":[{"resource":\#(patient)}]}"#
            return try bench.file(name, name == "bundle.json" ? bundle : patient)
        }
        #expect(try await load(bench, try write(true)) == Counts(created: 1))
        try await bench.unchanged {
            let again = try await load(bench, try write(true))
            #expect(again == Counts(existing: 1))
        }
        #expect(try await load(bench, try write(false)) == Counts(updated: 1))
        #expect(try await load(bench, try write(true)) == Counts(updated: 1))
        #expect(try await newest(bench, "Patient/chg") == "3 true")
        let gone = try await bench.client.send("DELETE", "/fhir/Patient/chg")
        #expect(gone.status < 300, "\(gone)")
        #expect(try await load(bench, try write(true)) == Counts(updated: 1))
        #expect(try await newest(bench, "Patient/chg") == "5 true")
        try await bench.unchanged {
            let again = try await load(bench, try write(true))
            #expect(again == Counts(existing: 1))
        }
    }

    /// Where a load names a resource several times, the last one counts, run after run.
    @Test func ofOneResourceTheLastCounts() async throws {
        let bench = try await Bench.start("load")
        let names = (0..<12).map { "f\($0 + 10).json" }
        let files = try names.map {
            try bench.file($0, Sample.patient(family: $0, id: "same"))
        }
        for _ in 0..<3 {
            let result = try await bench.server.run(["load"] + files)
            #expect(result.exit == 0 && result.stdout.contains(" 0 failed"), "\(result)")
            let shown = try await bench.server.run(["get", "Patient/same", "--raw"])
            #expect(shown.stdout.contains("f21.json"), "\(shown)")
        }
        let last = try await bench.client.get("/fhir/Patient/same/_history").entries.count
        #expect(last <= 2)
        try await bench.unchanged {
            let again = try await bench.server.run(["load"] + files)
            #expect(again.stdout.hasPrefix("0 created, 0 updated, 12 already"), "\(again)")
        }
    }

    /// A conditional reference is stored as what it leads to; that is no difference, unless it
    /// leads elsewhere now.
    @Test func resolvedReferencesAreNoChange() async throws {
        let bench = try await Bench.start("load")
        for name in ["a", "b"] {
            let more = #","identifier":[{"system":"urn:x","value":"\#(name)"}]"#
            _ = try await bench.create("Patient", Sample.patient(family: name, more: more))
        }
        func write(_ value: String) throws -> String {
            let observation = Sample.observation(subject: "Patient?identifier=urn:x|\(value)")
            return try bench.file(
                "o.json", observation.replacing(#""status""#, with: #""id":"o","status""#))
        }
        #expect(try await load(bench, try write("a")) == Counts(created: 1))
        try await bench.unchanged {
            let again = try await load(bench, try write("a"))
            #expect(again == Counts(existing: 1))
        }
        #expect(try await load(bench, try write("b")) == Counts(updated: 1))
    }

    /// Files of the same bytes are documents of their own where name, kind or patient differ.
    @Test func equalBytesAreDocumentsOfTheirOwn() async throws {
        let bench = try await Bench.start("load")
        let names = ["a.txt", "b.txt", "c.html", "d.txt", "e.txt"]
        let files = try names.map { try bench.file($0, $0 < "d" ? "same" : "") }
        let first = try await bench.server.run(["load"] + files)
        #expect(first.stdout.hasPrefix("10 created, 0 updated, 0 already there, 0 f"), "\(first)")
        try await bench.unchanged {
            let again = try await bench.server.run(["load"] + files)
            #expect(again.exit == 0 && again.stdout.hasPrefix("0 created, 0 updated, 10 already"))
        }
        let titles = try await bench.client.get("/fhir/DocumentReference").resources.compactMap {
            let content = ($0["content"] as? [[String: Any]])?.first?["attachment"]
            return (content as? [String: Any])?["title"] as? String
        }
        #expect(titles.sorted() == names)
        let patient = try await bench.create("Patient", Sample.patient(family: "Okafor"))
        #expect(try await load(bench, "--patient", patient, files[0]) == Counts(created: 2))
        #expect(try await load(bench, "--patient", patient, files[0]) == Counts(existing: 2))
        #expect(try await bench.client.count("DocumentReference?patient=\(patient)") == 1)
    }

    /// The same resource in two files is one request, made twice.
    @Test func equalResourceFilesAreOneResource() async throws {
        let bench = try await Bench.start("load")
        let files = try ["a.json", "b.json"].map {
            try bench.file($0, Sample.patient(family: "Okafor"))
        }
        #expect(try await load(bench, files[0], files[1]) == Counts(created: 1, existing: 1))
        #expect(try await bench.client.count("Patient") == 1)
    }

    /// A bundle that updates what is there says so; made again, it is the same request.
    @Test func bundlesCountWhatTheyUpdate() async throws {
        let bench = try await Bench.start("load")
        let one = try bench.file("one.json", Sample.patient(family: "Okafor", id: "one"))
        #expect(try await load(bench, one) == Counts(created: 1))
        for kind in ["transaction", "batch"] {
            let entries = [
                Sample.entry("PUT", "Patient/one", Sample.patient(family: kind, id: "one")),
                Sample.entry("POST", "Patient", Sample.patient(family: "New")),
            ]
            let bundle = try bench.file("\(kind).json", Sample.bundle(kind, entries))
            #expect(try await load(bench, bundle) == Counts(created: 1, updated: 1), "\(kind)")
        }
        let bundle = bench.folder.url("transaction.json").path
        try await bench.unchanged {
            let again = try await load(bench, bundle)
            #expect(again == Counts(existing: 2))
        }
    }

    @Test func failuresNameFileAndLine() async throws {
        let bench = try await Bench.start("load")
        let good = Sample.patient(family: "Okafor")
        let bad = #"{"resourceType":"Patient","gender":"m"}"#
        let lines = try bench.file("x.ndjson", "\(good)\n\n\(good)\n\(bad)\n")
        let lone = try bench.file("broken.json", bad)
        let missing = bench.folder.url("missing").path
        let result = try await bench.server.run(["load", lines, lone, missing])
        #expect(result.exit == 3 && result.stdout.contains("3 failed"), "\(result)")
        #expect(result.stderr.contains("failed: \(lines):4: Patient.gender"), "\(result)")
        #expect(result.stderr.contains("failed: \(lone): Patient.gender"), "\(result)")
        #expect(result.stderr.contains("failed: \(missing): does not exist\n"), "\(result)")
    }

    @Test func pipesAreRefused() async throws {
        let bench = try await Bench.start("load")
        let folder = bench.folder.url("files")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let pipe = folder.appending(path: "pipe").path
        #expect(mkfifo(pipe, 0o600) == 0)
        try Data("x".utf8).write(to: folder.appending(path: "note.txt"))
        let result = try await bench.server.run(["load", folder.path], timeoutSeconds: 20)
        #expect(result.exit == 3, "\(result)")
        #expect(result.stderr.contains("failed: \(pipe): is not a regular file\n"), "\(result)")
        #expect(result.stdout.hasPrefix("2 created, 0 updated, 0 already there, 1 failed"))
    }
}
