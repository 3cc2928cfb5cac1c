import FHIR
import Foundation
import Testing

@testable import CairnClient

@Suite struct LoadPlanTests {
    /// A folder that lasts as long as a test.
    private func withFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "cairn-load-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, text) in files {
            let path = "\(folder)/\(name)"
            try FileManager.default.createDirectory(
                atPath: String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]),
                withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        try body(folder)
    }

    @Test func batchesComeBeforeTransactionsAndHospitalsFirst() throws {
        let batch = #"{"resourceType":"Bundle","type":"batch"}"#
        let transaction = #"{"resourceType":"Bundle","type":"transaction","entry":[]}"#
        try withFolder([
            "b.json": transaction, "a/c.json": transaction, "z-batch.json": batch,
            "practitionerInformation1.json": batch, "hospitalInformation1.json": batch,
            "scan.dcm": "not json", ".hidden": "x", "lines.ndjson": "{}",
            "p.json": #"{"resourceType":"Patient","id":"1"}"#,
            "list.json": #"{"resourceType":"Bundle","id":"x","type":"collection"}"#,
            "other.json": #"{"a":1}"#,
        ]) { folder in
            let plan = LoadPlan(paths: [folder])
            func names(_ phase: LoadPlan.Phase) -> [String] {
                plan.phases[phase]?.map { LoadPlan.name($0.path) } ?? []
            }
            #expect(
                names(.information) == [
                    "hospitalInformation1.json", "practitionerInformation1.json",
                ])
            #expect(names(.batches) == ["z-batch.json"])
            #expect(names(.transactions) == ["b.json", "c.json"])
            #expect(names(.resources) == ["lines.ndjson", "list.json", "p.json"])
            #expect(names(.documents) == ["other.json", "scan.dcm"])
            #expect(plan.fileCount == 10)
        }
    }

    @Test func missingPathsAreNamed() {
        let plan = LoadPlan(paths: ["/nowhere/at/all"])
        #expect(plan.unreadable.map(\.path) == ["/nowhere/at/all"])
        #expect(plan.fileCount == 0)
    }

    @Test func kindIsFoundBehindAFarType() throws {
        let filler = String(repeating: " ", count: 10_000)
        try withFolder([
            "far.json": #"{"resourceType":"Bundle","entry":[\#(filler)],"type":"batch"}"#
        ]) { folder in
            let kind = try FileKind.of(path: "\(folder)/far.json")
            #expect(kind == .batch)
        }
    }

    @Test func peekPassesValuesThatHoldTheSameNames() {
        var peek = JSONPeek(
            Array(
                #" {"x":{"type":"wrong","a":["}","\""]},"type" : "batch","resourceType":"Bu"#.utf8))
        #expect(peek.members(["type", "resourceType"]) == ["type": "batch"])
    }

    @Test func linesAndEntriesBecomeWork() throws {
        try withFolder([
            "a.ndjson": "{\"a\":1}\n\n{\"b\":2}",
            "b.json":
                #"{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"c":3}},{}]}"#,
        ]) { folder in
            let plan = LoadPlan(paths: [folder])
            var reader = LoadWorkReader(plan.phases[.resources] ?? [])
            var found = [String]()
            while let work = reader.next() {
                guard case .entry(let place, _, let content, _) = work else { continue }
                let name = "\(place)".dropFirst(folder.count + 1)
                found.append("\(name) \(String(decoding: content, as: UTF8.self))")
            }
            // Lines as editors count them.
            #expect(
                found == [
                    #"a.ndjson:1 {"a":1}"#, #"a.ndjson:3 {"b":2}"#,
                    #"b.json: Bundle.entry[0] {"c":3}"#,
                ])
        }
    }

    @Test func aFailureNamesItsFileOnce() {
        var result = LoadResult()
        result.fail(LoadPlace("d/x"), .file(path: "d/x", cause: "does not exist"))
        #expect(result.failures.map { "\($0.place): \($0.message)" } == ["d/x: does not exist"])
    }

    /// Opening a pipe waits for somebody who writes to it.
    @Test(.timeLimit(.minutes(1))) func pipesAreRefusedNotWaitedFor() throws {
        try withFolder(["note.txt": "x"]) { folder in
            #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
            let plan = LoadPlan(paths: [folder, "\(folder)/pipe"])
            #expect(plan.fileCount == 1)
            #expect(
                plan.unreadable.map(\.error.message)
                    == Array(repeating: "\(folder)/pipe: is not a regular file", count: 2))
        }
    }

    @Test(arguments: [
        ("x.bin", "%PDF-1.7", "application/pdf"), ("x.EDF", "0 ", "application/edf"),
        ("x", "MSH|^~", "x-application/hl7-v2+er7"), ("x.unknown", "?", "application/octet-stream"),
    ]) func mediaTypesComeFromContentThenName(_ name: String, _ head: String, _ type: String) {
        #expect(MediaType.of(name: name, head: Array(head.utf8)) == type)
    }

    @Test func dicomIsKnownByItsMark() {
        let head = [UInt8](repeating: 0, count: 128) + Array("DICM".utf8)
        #expect(MediaType.of(name: "x.jpg", head: head) == "application/dicom")
    }
}

@Suite struct ClientTests {
    @Test func addressesAreReadStrictly() throws {
        let address = try #require(ServerAddress("http://Localhost:8080/"))
        #expect(address.authority == "localhost:8080")
        #expect(ServerAddress("https://a:443/x/")?.description == "https://a/x")
        for text in [
            "localhost:8080", "ftp://a", "http://", "http://a b", "http://a?b", "http://u@a",
        ] {
            #expect(ServerAddress(text) == nil, "\(text)")
        }
    }

    @Test func targetsAreEncodedOnce() {
        #expect(
            RequestTarget.encoded("/fhir/Observation?code=http://l|8 0&x=%20")
                == "/fhir/Observation?code=http://l%7C8%200&x=%20")
        #expect(RequestTarget.segment("a/b?é") == "a%2Fb%3F%C3%A9")
    }

    @Test func pausesHonourRetryAfterAndStayBounded() {
        let plan = RetryPlan()
        #expect(plan.pauseMs(after: 1, retryAfterSeconds: 2, random: 0) == 2_000)
        #expect(plan.pauseMs(after: 1, retryAfterSeconds: 2, random: 0.99) < 2_600)
        #expect(plan.pauseMs(after: 1, retryAfterSeconds: 9_999, random: 0) == plan.pauseMaxMs)
        #expect(plan.pauseMs(after: 50, retryAfterSeconds: nil, random: 0.99) <= plan.pauseMaxMs)
    }

    @Test func onlyRepeatableRequestsAreSentAgain() {
        #expect(ClientRequest(.get, "/").isRepeatable)
        #expect(ClientRequest(.put, "/").isRepeatable)
        #expect(!ClientRequest(.post, "/").isRepeatable)
        #expect(ClientRequest(.post, "/", headers: [("Idempotency-Key", "a")]).isRepeatable)
    }

    @Test func errorBodiesOfBothKindsAreRead() {
        let outcome = ErrorBody.read(
            status: 422,
            Array(
                #"{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"a"},{"severity":"error","code":"required","diagnostics":"missing","expression":["Patient.x"]}]}"#
                    .utf8))
        #expect(outcome == .init(code: "required", message: "Patient.x: missing", hint: ""))
        let plain = ErrorBody.read(
            status: 403, Array(#"{"error":{"code":"c","message":"m","hint":"h"}}"#.utf8))
        #expect(plain == .init(code: "c", message: "m", hint: "h"))
        #expect(ErrorBody.read(status: 503, Array("<html>".utf8)).code == "http-503")
    }

    @Test func nobodyListeningIsUnreachable() async throws {
        let address = try #require(ServerAddress("http://127.0.0.1:9"))
        await #expect(throws: ClientError.self) {
            try await CairnHTTPClient.with(server: address) { client in
                var client = client
                client.retries = .never
                return try await client.send(ClientRequest(.get, "/livez"))
            }
        }
    }

    @Test func documentsPointAtTheirBinary() throws {
        let document = LoadDocument(title: "a\"b.txt", mediaType: "text/plain", patient: "p")
        let bytes = document.reference(binary: "Binary/1", sizeBytes: 3)
        let root = try JSONDocument(parsing: bytes).root
        let attachment = root["content"]?.elements.first { _ in true }?["attachment"]
        #expect(attachment?["url"]?.string == "Binary/1")
        #expect(attachment?["title"]?.string == "a\"b.txt")
        #expect(root["subject"]?["reference"]?.string == "Patient/p")
        #expect(root["status"]?.isString("current") ?? false)
    }
}
