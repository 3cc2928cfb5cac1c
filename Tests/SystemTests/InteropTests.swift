import Foundation
import Testing

/// Programs of others that check what nodes say: Go's transparency-log packages, and the verifier
/// in Python. Scripts/install-packages.sh --tests installs what they need.
enum OtherTools {
    static let go = ["/usr/bin/go", "/usr/local/bin/go"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    /// Where Debian's golang-golang-x-mod-dev puts its sources.
    static let goPath = "/usr/share/gocode"
    static let goIsThere =
        go != nil
        && FileManager.default.fileExists(
            atPath: goPath + "/src/golang.org/x/mod/sumdb/note/note.go")
    static let goAbsence: Comment =
        "no go with golang.org/x/mod; Scripts/install-packages.sh --tests installs them"

    /// Builds Tests/Interop, without modules and without a network.
    static func buildInterop(in folder: TempFolder) async throws -> String {
        let program = folder.url("interop").path
        let sources = ["main.go", "tiles.go", "witness.go"].map {
            CairnBinary.repository.appending(path: "Tests/Interop/\($0)").path
        }
        let build = try ChildProcess(
            go ?? "", ["build", "-o", program] + sources,
            environment: [
                "GO111MODULE": "off", "GOFLAGS": "", "GOPATH": goPath, "GOPROXY": "off",
                "GOCACHE": CairnBinary.repository.appending(path: ".build/go-cache").path,
                "GOTOOLCHAIN": "local", "CGO_ENABLED": "0",
            ])
        let result = try await build.result(timeoutSeconds: 600)
        try #require(result.exit == 0, "\(result)")
        return program
    }

    /// A Python that has `cryptography`; `nil` where there is none.
    static let python: String? = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return (["/usr/bin/python3"] + folders.map { "\($0)/python3" }).first { path in
            let process = Process()
            process.executableURL = URL(filePath: path)
            process.arguments = ["-c", "import cryptography"]
            process.standardError = FileHandle.nullDevice
            guard FileManager.default.isExecutableFile(atPath: path),
                (try? process.run()) != nil
            else { return false }
            process.waitUntilExit()
            return process.terminationStatus == 0
        }
    }()
    static let pythonAbsence: Comment =
        "no python3 with cryptography; Scripts/install-packages.sh --tests installs it"
}

/// Two members' nodes, and what they say in files of their own.
private struct Spoken {
    let network: Network
    let folder: TempFolder
    let proof: String
    let note: String
    let keys: String

    var genesis: String { network.hospitalData + "/genesis.cairn" }

    static func make() async throws -> Spoken {
        let network = try await Network.pair()
        let clinic = try await network.second().client()
        for number in 0..<12 {
            let resource = Sample.patient(family: "Other\(number)")
            let answer = try await clinic.send("POST", "/fhir/Patient", Data(resource.utf8))
            #expect(answer.status == 201, "\(answer)")
        }
        let body = Data(Sample.patient(family: "Okafor").utf8)
        let written = try await clinic.send("POST", "/fhir/Patient?wait=final", body)
        let id = try #require(written.object["id"] as? String, "\(written)")
        try await network.agree()
        let folder = try TempFolder("interop")
        let proof = folder.url("p.proof").path
        let made = try await network.second().run(
            ["proof", "Patient/\(id)", "--out", proof, "--with-content"])
        #expect(made.exit == 0, "\(made)")
        let head = try await clinic.get("/api/v1/ledger/main/head").object
        let note = try #require(head["checkpoint"] as? String, "\(head)")
        try folder.write(Data(note.utf8), to: "note")
        let discovery = try await clinic.get("/.well-known/cairn").object
        let keys = try #require(discovery["checkpointKeys"] as? [String], "\(discovery)")
        try folder.write(Data(keys.joined(separator: "\n").utf8), to: "keys")
        return Spoken(
            network: network, folder: folder, proof: proof, note: folder.url("note").path,
            keys: folder.url("keys").path)
    }

    /// The file with one line or byte changed, beside it.
    func altered(_ path: String, _ change: (inout Data) throws -> Void) throws -> String {
        var data = try Data(contentsOf: URL(filePath: path))
        try change(&data)
        try folder.write(data, to: "altered")
        return folder.url("altered").path
    }
}

@Suite("Tools of others agree", .serialized)
struct InteropTests {
    @Test(.enabled(if: OtherTools.goIsThere, OtherTools.goAbsence))
    func goVerifiesNotesAndInclusion() async throws {
        let spoken = try await Spoken.make()
        let interop = try await OtherTools.buildInterop(in: spoken.folder)
        func run(_ kind: String, _ file: String, keys: String? = nil) async throws -> CommandResult
        {
            try await ChildProcess(interop, [kind, file, keys ?? spoken.keys])
                .result(timeoutSeconds: 60)
        }
        // The log's own line, and a cosignature of each member.
        let note = try await run("note", spoken.note)
        #expect(note.exit == 0 && note.stdout.hasPrefix("3 signatures"), "\(note)")
        let proof = try await run("proof", spoken.proof)
        #expect(proof.exit == 0 && proof.stdout.hasPrefix("2 signatures"), "\(proof)")

        // And they can refuse: another size, a line of nobody's, another byte of each path.
        let size = try spoken.altered(spoken.note) { data in
            let text = String(decoding: data, as: UTF8.self)
            var lines = text.components(separatedBy: "\n")
            lines[1] += "0"
            data = Data(lines.joined(separator: "\n").utf8)
        }
        #expect(try await run("note", size).exit == 1)
        let own = try String(contentsOfFile: spoken.keys, encoding: .utf8)
            .components(separatedBy: "\n")
        try spoken.folder.write(Data(own[0].utf8), to: "fewer")
        let fewer = try await run("note", spoken.note, keys: spoken.folder.url("fewer").path)
        #expect(fewer.exit == 1 && fewer.stderr.contains("none of the keys"), "\(fewer)")
        for part in ["transaction", "header"] {
            let file = try spoken.altered(spoken.proof) { try ProofParts.alter(part, of: &$0) }
            let result = try await run("proof", file)
            #expect(result.exit == 1 && result.stderr.contains("field"), "\(part): \(result)")
        }
        for result in try await spoken.network.stopAndVerify() {
            #expect(result.exit == 0, "\(result)")
        }
    }

    /// Over HTTP, more than one tile: the second node's log, whose leaves the first one ordered.
    @Test(.enabled(if: OtherTools.goIsThere, OtherTools.goAbsence))
    func goWalksTheTilesOfBothNodes() async throws {
        let spoken = try await Spoken.make()
        let interop = try await OtherTools.buildInterop(in: spoken.folder)
        let clinic = try spoken.network.second()
        let entry =
            #"{"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}}"#
        let entries = Array(repeating: entry, count: 150).joined(separator: ",")
        let bundle = #"{"resourceType":"Bundle","type":"batch","entry":[\#(entries)]}"#
        for server in [clinic, spoken.network.hospital] {
            let answer = try await server.client().send("POST", "/fhir", Data(bundle.utf8))
            #expect(answer.status == 200, "\(answer)")
        }
        try await spoken.network.agree()
        for server in [clinic, spoken.network.hospital] {
            let url = server.url + "/api/v1/ledger/main/log"
            let token = try await server.token()
            let result = try await ChildProcess(interop, ["tiles", url, spoken.keys, token])
                .result(timeoutSeconds: 60)
            #expect(result.exit == 0 && result.stdout.hasPrefix("3 signatures"), "\(result)")
            let leaves = try #require(
                result.stdout.split(separator: " ").dropFirst(2).first.flatMap { Int($0) })
            #expect(leaves > 300, "\(result)")
            // Under other keys nothing is believed.
            let own = try String(contentsOfFile: spoken.keys, encoding: .utf8)
                .components(separatedBy: "\n")
            try spoken.folder.write(Data(own[0].utf8), to: "fewer")
            let fewer = try await ChildProcess(
                interop, ["tiles", url, spoken.folder.url("fewer").path, token]
            ).result(timeoutSeconds: 60)
            #expect(fewer.exit == 1 && fewer.stderr.contains("none of the keys"), "\(fewer)")
        }
        for result in try await spoken.network.stopAndVerify() {
            #expect(result.exit == 0, "\(result)")
        }
    }

    @Test(.enabled(if: OtherTools.python != nil, OtherTools.pythonAbsence))
    func pythonVerifiesProofsOfTwoMembers() async throws {
        let python = try #require(OtherTools.python)
        let spoken = try await Spoken.make()
        let script = CairnBinary.repository.appending(path: "Tests/SecondVerifier/verify_proof.py")
        func run(_ file: String, trust: String) async throws -> CommandResult {
            try await ChildProcess(python, [script.path, file, trust]).result(timeoutSeconds: 60)
        }
        for trust in [spoken.genesis, spoken.keys] {
            let result = try await run(spoken.proof, trust: trust)
            #expect(result.exit == 0 && result.stdout.hasSuffix("holds\n"), "\(result)")
        }
        let file = try spoken.altered(spoken.proof) { try ProofParts.alter("content", of: &$0) }
        let result = try await run(file, trust: spoken.genesis)
        #expect(result.exit == 1 && result.stdout == "opening-mismatch\n", "\(result)")
        for result in try await spoken.network.stopAndVerify() {
            #expect(result.exit == 0, "\(result)")
        }
    }
}
