import Foundation
import Testing

@Suite("Sample patients load", .serialized)
struct SampleTests {
    /// Every file below a folder, by its path from there.
    private func tree(_ folder: String) throws -> [String: Data] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
        return try Dictionary(
            uniqueKeysWithValues: names.compactMap { name in
                var isFolder: ObjCBool = false
                let path = "\(folder)/\(name)"
                _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
                return isFolder.boolValue
                    ? nil : (name, try Data(contentsOf: URL(filePath: path)))
            })
    }

    private func sample(_ folder: String, _ more: String...) async throws -> CommandResult {
        try await CairnBinary.run(["sample", "--out", folder] + more)
    }

    @Test func theSameOptionsGiveTheSameFiles() async throws {
        let folder = try TempFolder("sample")
        let paths = ["a", "b", "c"].map { folder.url($0).path }
        for (path, seed) in zip(paths, ["5", "5", "6"]) {
            let result = try await sample(path, "--patients", "12", "--seed", seed)
            #expect(result.exit == 0, "\(result)")
            #expect(result.stdout.hasPrefix("\(path): 12 patients, "), "\(result)")
        }
        let trees = try paths.map(tree)
        #expect(trees[0].count > 20 && trees[0]["sample.json"] != nil)
        #expect(trees[0] == trees[1])
        #expect(trees[0] != trees[2])
    }

    @Test func whatIsThereIsLeftAlone() async throws {
        let folder = try TempFolder("sample")
        try folder.write(Data("mine".utf8), to: "note.txt")
        for path in [folder.path, folder.url("note.txt").path] {
            let result = try await sample(path)
            #expect(result.exit == 2, "\(result)")
            #expect(result.stderr.contains("hint: name a folder that is new or empty"))
        }
        #expect(try tree(folder.path) == ["note.txt": Data("mine".utf8)])
        let empty = folder.url("empty")
        try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: false)
        let result = try await sample(empty.path, "--patients", "1", "--json")
        #expect(result.exit == 0, "\(result)")
        let found = try tree(empty.path)
        let bytes = found.values.reduce(0) { $0 + $1.count }
        #expect(try JSONText(Data(result.stdout.utf8))["bytes"]?.text == "\(bytes)")
        #expect(try JSONText(Data(result.stdout.utf8))["files"]?.text == "\(found.count)")
    }

    @Test(arguments: [
        ["--patients", "0"], ["--patients", "9999"], ["--until", "2026-02-30"],
        ["--until", "1989-12-31"], ["--seed", "-1"], ["--timeline", "0"],
    ]) func optionsAreChecked(_ options: [String]) async throws {
        let folder = try TempFolder("sample")
        let path = folder.url("new").path
        let result = try await CairnBinary.run(["sample", "--out", path] + options)
        #expect(result.exit == 2, "\(result)")
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    /// Both members' files are accepted by a node, entry by entry; loaded again nothing changes.
    @Test func everythingIsAccepted() async throws {
        let bench = try await Bench.start("sample")
        let path = bench.folder.url("files").path
        let made = try await sample(path, "--patients", "60", "--json")
        let count = try #require(
            try JSONText(Data(made.stdout.utf8))["resources"]?.text.flatMap { Int($0) })
        #expect((6_000...12_000).contains(count))
        let folders = ["hospital", "clinic"].map { "\(path)/\($0)" }
        var stored = 0
        for folder in folders {
            let result = try await bench.server.run(["load", "--json", folder])
            #expect(result.exit == 0, "\(result)")
            let counts = try JSONText(Data(result.stdout.utf8))
            #expect(counts["failed"]?.text == "0", "\(result)")
            for name in ["created", "updated"] {
                stored += try #require(counts[name]?.text.flatMap { Int($0) })
            }
        }
        #expect(stored == count)
        try await bench.unchanged {
            for folder in folders {
                let again = try await bench.server.run(["load", folder])
                #expect(again.stdout.hasPrefix("0 created, 0 updated, "), "\(again)")
            }
        }
        try await expectSecondVersions(bench)
    }

    /// The second versions came after the first ones.
    private func expectSecondVersions(_ bench: Bench) async throws {
        let ids = try await bench.client.get("/fhir/Patient?name=Wrenfield").resources
            .compactMap { $0["id"] as? String }
        #expect(ids.count == 2)
        var corrected: [String] = []
        for id in ids {
            let path = "/fhir/Observation?patient=\(id)&code=2823-3"
            for result in try await bench.client.get(path).resources
            where result["status"] as? String == "corrected" {
                let meta = result["meta"] as? [String: Any]
                corrected.append(try #require(meta?["versionId"] as? String))
            }
        }
        #expect(corrected == ["2"])
        let found = try await bench.client.get("/fhir/Patient?name=Vanterpool").resources
        let links = found.compactMap { ($0["link"] as? [[String: Any]])?.first?["type"] as? String }
        #expect(links.sorted() == ["replaced-by", "replaces"])
        let dead = try await bench.client.get("/fhir/Patient?name=Okonjo&gender=male").resources
        #expect(dead.contains { $0["deceasedDateTime"] != nil })
    }

    /// An independent opinion: SMART's Python library. It is fetched once, below `.build`.
    @Test(.enabled("fhirclient needs python3 with venv, pip and a network", Fhirclient.isReady))
    func fhirclientReadsEveryResource() async throws {
        let folder = try TempFolder("sample")
        let path = folder.url("files").path
        _ = try await sample(path, "--patients", "24", "--seed", "3")
        let result = try await Fhirclient.check(path)
        #expect(result.exit == 0, "\(result)")
        #expect(result.stdout.hasSuffix(" 0 failed\n"), "\(result)")
    }
}

/// The script that installs fhirclient and runs it.
private enum Fhirclient {
    private static let secondsMax = 240.0

    static func check(_ argument: String) async throws -> CommandResult {
        let script = CairnBinary.repository.appending(path: "Scripts/check-fhirclient.sh").path
        return try await ChildProcess(script, [argument]).result(timeoutSeconds: secondsMax)
    }

    /// Only that it cannot be installed is no failure.
    static func isReady() async throws -> Bool { try await check("--prepare").exit != 3 }
}
