import Foundation
import TestSupport
import Testing

@Suite("A proof holds by itself, and only whole", .serialized)
struct CommandProofTests {
    /// A record with a few others around it, its proof, and the network's genesis; the server is
    /// gone, and so is its data directory.
    private struct Proven {
        let folder: TempFolder
        let record: String
        let proof: String
        let genesis: String
        let keys: [String]

        static func make(_ options: [String] = []) async throws -> Proven {
            let bench = try await Bench.start("proof")
            for number in 0..<5 {
                _ = try await bench.create("Patient", Sample.patient(family: "Other\(number)"))
            }
            let made = try await bench.client.send(
                "POST", "/fhir/Patient", Data(Sample.patient(family: "Okafor").utf8))
            let id = try #require(made.object["id"] as? String)
            let folder = try TempFolder("proof")
            let proof = folder.url("p.proof").path
            let result = try await bench.server.run(
                ["proof", "Patient/\(id)", "--out", proof] + options)
            #expect(result.exit == 0, "\(result)")
            try FileManager.default.copyItem(
                atPath: bench.server.data + "/genesis.cairn",
                toPath: folder.url("genesis.cairn").path)
            let discovery = try await bench.client.get("/.well-known/cairn").object
            try await bench.server.kill()
            return Proven(
                folder: folder, record: try #require(made.headers["cairn-record"]), proof: proof,
                genesis: folder.url("genesis.cairn").path,
                keys: try #require(discovery["checkpointKeys"] as? [String]))
        }

        func verify(_ options: [String] = [], trust: String? = nil) async throws -> CommandResult {
            try await CairnBinary.run(
                ["verify", "--proof", proof, "--trust", trust ?? genesis] + options)
        }

        func file(_ name: String, _ text: String) throws -> String {
            try folder.write(Data(text.utf8), to: name)
            return folder.url(name).path
        }
    }

    @Test func proofHoldsWithoutServerOrData() async throws {
        let proven = try await Proven.make()
        let result = try await proven.verify()
        #expect(result.exit == 0 && result.stdout.hasSuffix("the proof holds\n"), "\(result)")
        #expect(result.stdout.contains(proven.record))
        #expect(!result.stdout.contains("Okafor"))
        let bytes = try Data(contentsOf: URL(filePath: proven.proof))
        #expect(bytes.range(of: Data("Okafor".utf8)) == nil)
        let json = try await proven.verify(["--json"])
        #expect(json.exit == 0)
        _ = try JSONText(Data(json.stdout.utf8))
    }

    @Test func proofWithContentHoldsTheContent() async throws {
        let proven = try await Proven.make(["--with-content"])
        let result = try await proven.verify()
        #expect(result.exit == 0, "\(result)")
        let bytes = try Data(contentsOf: URL(filePath: proven.proof))
        #expect(bytes.range(of: Data("Okafor".utf8)) != nil)
    }

    @Test func everyAlteredByteIsRefused() async throws {
        for options in [[], ["--with-content"]] {
            let proven = try await Proven.make(options)
            var random = SeededGenerator(announcing: "everyAlteredByteIsRefused")
            let original = try Data(contentsOf: URL(filePath: proven.proof))
            let ends = Array(0..<20) + Array((original.count - 40)..<original.count)
            let places =
                Set(ends).union(
                    (0..<140).map { _ in Int.random(in: 0..<original.count, using: &random) })
            for place in places.sorted() {
                var altered = original
                altered[place] ^= UInt8(1 << Int.random(in: 0..<8, using: &random))
                try altered.write(to: URL(filePath: proven.proof))
                let result = try await proven.verify()
                #expect(result.exit == 1, "seed \(random.seed), byte \(place): \(result)")
                #expect(result.stderr.hasPrefix("error: the proof does not hold"), "\(result)")
            }
            for count in [0, 1, 40, original.count / 2, original.count - 1] {
                try original.prefix(count).write(to: URL(filePath: proven.proof))
                #expect(try await proven.verify().exit == 1, "\(count) bytes")
            }
            try (original + Data([0])).write(to: URL(filePath: proven.proof))
            #expect(try await proven.verify().exit == 1, "a byte too many")
        }
    }

    @Test func checkpointKeysAreTrustEnough() async throws {
        let proven = try await Proven.make()
        let keys = try proven.file(
            "all.keys", "# by telephone\n" + proven.keys.joined(separator: "\n"))
        #expect(try await proven.verify(trust: keys).exit == 0)
        let member = try #require(proven.keys.last)
        let alone = try await proven.verify(trust: try proven.file("member.keys", member + "\n"))
        #expect(alone.exit == 0, "\(alone)")
    }

    @Test func otherTrustIsRefused() async throws {
        let proven = try await Proven.make()
        let other = try await Proven.make()
        let byGenesis = try await proven.verify(trust: other.genesis)
        #expect(byGenesis.exit == 1, "\(byGenesis)")
        let keys = try proven.file("other.keys", other.keys.joined(separator: "\n"))
        let byKeys = try await proven.verify(trust: keys)
        #expect(byKeys.exit == 1, "\(byKeys)")
        // What is no trust file at all is wrong usage.
        let noTrust = try await proven.verify(trust: try proven.file("no.keys", "nothing"))
        #expect(noTrust.exit == 2, "\(noTrust)")
        #expect(try await proven.verify(trust: try proven.file("empty.keys", "")).exit == 2)
    }

    @Test func proofTellsWhetherTheVersionIsTheNewest() async throws {
        let proven = try await Proven.make(["--with-state"])
        let result = try await proven.verify(["--not-before", "2026-01-01T00:00:00Z"])
        #expect(result.exit == 0, "\(result)")
        #expect(
            result.stdout.contains("ok  state: record \(proven.record): version 1"), "\(result)")
        #expect(result.stdout.contains("ok  certificate: node "), "\(result)")
        let late = try await proven.verify(["--not-before", "2999-01-01T00:00:00Z"])
        #expect(late.exit == 1 && late.stderr.contains("older"), "\(late)")
        #expect(try await proven.verify(["--not-before", "yesterday"]).exit == 2)
        let json = try await proven.verify(["--json"])
        #expect(json.stdout.contains("\"present\""), "\(json)")
    }

    @Test func stateIsProvedWithoutARecord() async throws {
        let bench = try await Bench.start("state-proof")
        let me = try await bench.client.get("/api/v1/people/me").object
        let person = try #require(me["id"] as? String)
        let folder = try TempFolder("state-proof")
        let genesis = folder.url("genesis.cairn").path
        try FileManager.default.copyItem(
            atPath: bench.server.data + "/genesis.cairn", toPath: genesis)
        func prove(_ name: String, _ id: String) async throws -> String {
            let file = folder.url("\(name).proof").path
            let result = try await bench.server.run(
                ["proof", "--state", "person", id, "--out", file])
            #expect(result.exit == 0, "\(result)")
            return file
        }
        let present = try await prove("present", person)
        let absent = try await prove("absent", String(person.reversed()))
        for wrong in [
            ["proof", "--out", present], ["proof", "--state", "person", "--out", present],
            ["proof", "--state", "sheep", person, "--out", present],
            ["proof", "Patient/1", "--state", "person", person, "--out", present],
            ["proof", "--state", "person", person, "--with-state", "--out", present],
        ] { #expect(try await bench.server.run(wrong).exit == 2, "\(wrong)") }
        try await bench.server.kill()
        for (file, words) in [(present, "practitioner"), (absent, "none existed")] {
            let result = try await CairnBinary.run(
                ["verify", "--proof", file, "--trust", genesis])
            #expect(result.exit == 0 && result.stdout.contains(words), "\(result)")
            if let python = OtherTools.python {
                let script = CairnBinary.repository.appending(
                    path: "Tests/SecondVerifier/verify_proof.py")
                let second = try await ChildProcess(python, [script.path, file, genesis])
                    .result(timeoutSeconds: 60)
                #expect(second.exit == 0 && second.stdout.hasSuffix("holds\n"), "\(second)")
            }
        }
    }

    @Test func proofIsOfTheRecordThatWasAskedFor() async throws {
        let proven = try await Proven.make()
        #expect(try await proven.verify(["--record", proven.record]).exit == 0)
        let other = String(proven.record.reversed())
        let result = try await proven.verify(["--record", other])
        #expect(result.exit == 1 && result.stderr.contains("record"), "\(result)")
        #expect(try await proven.verify(["--record", "xyz"]).exit == 2)
    }
}
