import Foundation
import TestSupport
import Testing

/// Every route of a real node against the API's own description, by schemathesis.
@Suite("The API as described")
struct OpenAPITests {
    @Test(.enabled("schemathesis needs python3 with venv, pip and a network", Schemathesis.isReady))
    func answersAreAsTheDocumentSays() async throws {
        var random = SeededGenerator(announcing: "schemathesis")
        let seed = UInt32.random(in: 1...UInt32.max, using: &random)
        let bench = try await Bench.start("openapi")
        let body = Data(Sample.patient(family: "Described").utf8)
        for _ in 0..<3 {
            #expect(try await bench.client.send("POST", "/fhir/Patient", body).status == 201)
        }
        let result = try await Schemathesis.check([
            bench.server.url, try await bench.server.token(), String(seed),
            Soak.isOn ? "200" : "12",
        ])
        #expect(result.exit == 0, "\(result)")
        #expect(try await bench.client.get("/livez").status == 200)
        #expect(bench.server.isRunning)
    }
}

/// What a program says of its version.
@Suite("One version")
struct VersionTests {
    /// The program, the API's description, discovery and FHIR's statement say the same.
    @Test func allSayTheSame() async throws {
        let said = try await CairnBinary.run(["--version"])
        let version = said.stdout.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(said.exit == 0 && version.split(separator: ".").count == 3, "\(said)")
        let bench = try await Bench.start("version")
        let document = try await bench.client.get("/api/v1/openapi.json").object
        #expect((document["info"] as? [String: Any])?["version"] as? String == version)
        let discovery = try await bench.client.get("/.well-known/cairn").object
        #expect(discovery["version"] as? String == version)
        let statement = try await bench.client.get("/fhir/metadata").object
        let software = try #require(statement["software"] as? [String: Any])
        #expect(software["version"] as? String == version)
    }
}

/// The script that installs schemathesis and runs it.
private enum Schemathesis {
    private static let secondsMax = 1_200.0

    static func check(_ arguments: [String]) async throws -> CommandResult {
        let script = CairnBinary.repository.appending(path: "Scripts/check-openapi.sh").path
        return try await ChildProcess(script, arguments).result(timeoutSeconds: secondsMax)
    }

    /// Only that it cannot be installed is no failure.
    static func isReady() async throws -> Bool { try await check(["--prepare"]).exit != 3 }
}
